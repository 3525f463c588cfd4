"""Asking a chat platform over HTTP without telling a secret, and what it means when no answer comes."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from bot.errors import Failure, SendError
from bot.feeds.faults import shown
from bot.feeds.masking import masked_text

MOST_BYTES = 4 * 1024 * 1024  # of an answer
CONNECTIONS = httpx.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=15.0)
# A filter does not see what a logger's children log, so each of them is named.
LOGGERS = ("httpx", "httpcore", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
# The request certainly never left. All other errors may hide that it arrived.
NEVER_LEFT = (
    httpx.ConnectError,  # name resolution and TLS among them
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


def seconds(value: object, default: float) -> float:
    """How long a platform asks to wait, where it says so with a number."""
    try:
        found = float(str(value))
    except ValueError:
        return default
    return max(0.0, found) if math.isfinite(found) else default


def of_no_chat(error: SendError) -> SendError:
    """What a failure means that met no message: none is in doubt, and no chat is to blame."""
    if error.failure in (Failure.LIMITED, Failure.REVOKED, Failure.UNKNOWN):
        return error
    return SendError(str(error), Failure.UNSENT)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform answered."""

    status: int
    headers: Mapping[str, str]  # by name without case
    body: Any  # the JSON; None where it is none

    @property
    def is_success(self) -> bool:
        """Whether the platform took what it was asked."""
        return 200 <= self.status < 300

    @property
    def facts(self) -> Mapping[str, Any]:
        """The JSON object of the answer; empty where it is none."""
        return self.body if isinstance(self.body, dict) else {}


class Redaction(logging.Filter):
    """Takes secrets out of what the HTTP libraries log: httpx writes every URL, and Telegram's holds the token."""

    def __init__(self, secrets: Sequence[str], loggers: Sequence[str] = LOGGERS) -> None:
        super().__init__()
        self.secrets = tuple(secrets)
        self._loggers = tuple(loggers)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without secrets, its traceback included."""
        text = record.getMessage()
        masked = masked_text(text, self.secrets)
        if masked != text:
            record.msg, record.args = masked, None
        if record.exc_info:
            # As text, for each handler would write the exception itself anew.
            record.exc_text = masked_text(logging.Formatter().formatException(record.exc_info), self.secrets)
            record.exc_info = None
        return True

    def install(self) -> None:
        """Watch the loggers."""
        for name in self._loggers:
            logging.getLogger(name).addFilter(self)

    def remove(self) -> None:
        """Watch them no longer."""
        for name in self._loggers:
            logging.getLogger(name).removeFilter(self)


def spellings(token: str) -> tuple[str, ...]:
    """How a token may stand in a text: whole, quoted in a URL, or its secret part alone."""
    return tuple({token, quote(token, safe=""), token.rpartition(":")[2]} - {""})


class Wire:
    """One platform over HTTP: each `ask` is one request, and no error or log line holds a secret."""

    def __init__(
        self, platform: str, token: str, timeout_seconds: float, headers: Mapping[str, str] | None = None
    ) -> None:
        self._platform = platform
        self._secrets = spellings(token)
        self._timeout = timeout_seconds
        self._redaction = Redaction(self._secrets)
        self._redaction.install()
        # No redirect is followed: a token must not travel to another host.
        self._client = httpx.AsyncClient(
            headers=dict(headers or {}), timeout=timeout_seconds, limits=CONNECTIONS, follow_redirects=False
        )

    async def ask(self, method: str, url: str, body: Any = None, params: Mapping[str, Any] | None = None) -> Answer:
        """The answer, whatever its status. Raises SendError where there is none: UNSENT or UNKNOWN."""
        try:
            # A turn, a connection and the answer; and no dripping answer holds a message for ever.
            async with asyncio.timeout(3 * self._timeout):
                return await self._answer(method, url, body, params)
        except NEVER_LEFT as error:
            failed = self.error(f"not sent ({type(error).__name__}): {error}")
        except (httpx.HTTPError, TimeoutError) as error:
            failed = self.error(f"no answer ({type(error).__name__})", Failure.UNKNOWN)
        # Raised out here so that it drags no context along: an httpx error knows the whole URL.
        raise failed

    def error(self, told: str, failure: Failure = Failure.UNSENT, **how: Any) -> SendError:
        """A SendError whose text names the platform and holds no secret."""
        return SendError(f"{self._platform}: {shown(told, self._secrets)}", failure, **how)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()
        self._redaction.remove()

    async def _answer(self, method: str, url: str, body: Any, params: Mapping[str, Any] | None) -> Answer:
        found = bytearray()
        async with self._client.stream(method, url, json=body, params=params) as response:
            async for chunk in response.aiter_bytes():
                found += chunk
                if len(found) > MOST_BYTES:
                    return Answer(response.status_code, response.headers, None)
            return Answer(response.status_code, response.headers, _json(found))


def _json(body: bytearray) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
