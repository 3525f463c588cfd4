"""What a person chose of a slash command → the line that they would have typed (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.commands.base import Command

BARE = re.compile(r"[\w$.,@#%+/-]+")  # needs no quotation marks
WORD = re.compile(r"[\w$.-]+")  # may stand without its name
QUOTES = str.maketrans('"“”„', "''''")  # the marks that would end the value


def line_of(command: Command, options: Iterable[Mapping[str, Any]]) -> str:
    """The line, with what must be given first."""
    given = {one["name"]: one.get("value") for one in options}
    parts = [f"/{command.name}"]
    for param in sorted(command.params, key=lambda one: not one.required):
        if (value := given.get(param.name)) is None:
            continue
        text = _text(value)
        if param.required and param.positional and WORD.fullmatch(text):
            parts.append(text)
        elif text:
            parts.append(f"{param.name}={text if BARE.fullmatch(text) else _quoted(text)}")
    return " ".join(parts)


def focused(options: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """(name, text so far) of the option that somebody is typing; ("", "") where they are typing none."""
    return next(((str(one["name"]), str(one.get("value", ""))) for one in options if one.get("focused")), ("", ""))


def _text(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return str(int(value)) if value.is_integer() else str(value)
        case _:
            return " ".join(str(value).split())


def _quoted(text: str) -> str:
    return f'"{text.translate(QUOTES)}"'
