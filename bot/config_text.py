"""Settings as text: what a key may be, in words, and a value as TOML has it (pure)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, get_args, get_origin

import annotated_types
from pydantic import SecretStr
from pydantic.fields import FieldInfo


def allowed(field: FieldInfo) -> str:
    """What a key may be, in words."""
    origin, choices = get_origin(field.annotation), get_args(field.annotation)
    if origin is list:
        names = " or ".join(as_toml(choice) for choice in get_args(choices[0]))
        return f"a list of {names}" if names else "a list of texts"
    if origin is dict:
        return "a table of name = text"
    if choices:
        return " or ".join(as_toml(choice) for choice in choices)
    kind = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        datetime: "a time",
        SecretStr: "text, never shown",
    }
    text = kind[field.annotation] if field.annotation in kind else str(field.annotation)
    bounds = {type(item): item for item in field.metadata}
    low = next((f"from {b.ge}" for b in bounds.values() if isinstance(b, annotated_types.Ge)), None)
    above = next((f"above {b.gt}" for b in bounds.values() if isinstance(b, annotated_types.Gt)), None)
    high = next((f"to {b.le}" for b in bounds.values() if isinstance(b, annotated_types.Le)), None)
    return " ".join(part for part in (text, low or above, high) if part)


def as_toml(value: Any) -> str:
    """A value as it stands in config.toml; always one line."""
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case str() | SecretStr():
            text = value.get_secret_value() if isinstance(value, SecretStr) else value
            return json.dumps(text, ensure_ascii=False)  # its escapes are TOML's: a line stays one line
        case list():
            return f"[{', '.join(as_toml(one) for one in value)}]"
        case dict():
            return "{ " + ", ".join(f"{key} = {as_toml(one)}" for key, one in value.items()) + " }" if value else "{}"
        case _:
            return str(value)
