"""What must not be in a recording: keys and signatures in the parameters and the body of a request."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from pydantic import JsonValue

MASK = "***"
SHORTEST = 8  # characters; a shorter "secret" is a placeholder, and would mask half of everything
# By the end of the name, without case, "_" and "-": x_cg_demo_api_key, accessToken, api-sign. Better one too many.
_SECRET = re.compile(r"(?:key|token|secret|signature|password|passphrase|credential|apisign)s?$|^(?:sign|sig|auth)$")


def is_secret(name: str) -> bool:
    """Whether a parameter of this name holds a secret.

    >>> [is_secret(name) for name in ("api_token", "apikey", "X_CG_PRO_API_KEY", "Signature", "symbol", "limit")]
    [True, True, True, True, False, False]
    """
    return _SECRET.search(re.sub(r"[_\-.\s]", "", name).lower()) is not None


def masked_text(text: str, secrets: Collection[str]) -> str:
    """The text with every known secret value in it masked, whatever its parameter is called."""
    # The longest first: one secret may be the beginning of another.
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, MASK)
    return text


def masked_params(params: Iterable[tuple[str, str]], secrets: Collection[str] = ()) -> tuple[tuple[str, str], ...]:
    """Query parameters with the values of secret ones masked."""
    return tuple((name, MASK if is_secret(name) else masked_text(value, secrets)) for name, value in params)


def masked_json(value: JsonValue, secrets: Collection[str] = ()) -> JsonValue:
    """A JSON body with the values under secret names masked, at any depth."""
    if isinstance(value, dict):
        return {name: MASK if is_secret(name) else masked_json(inner, secrets) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked_json(inner, secrets) for inner in value]
    return masked_text(value, secrets) if isinstance(value, str) else value
