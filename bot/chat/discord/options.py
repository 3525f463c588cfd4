"""What a person chose of a slash command ↔ the line that they would have typed (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.commands.base import Command, Kind, Param
from bot.commands.parse import find_command, given_texts, parse_line
from bot.commands.values import YES
from bot.errors import UserError
from bot.views.elements import Code, View

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


def as_slash(line: str, commands: Mapping[str, Command]) -> str:
    """A command line as Discord's apps take it where it is pasted: /alert what:pump min:6. What is none stays.

    The names are the English ones: pasted in another language a line is not taken, and typed both are
    (https://github.com/discord/discord-api-docs/issues/5446).
    """
    try:
        name, rest = parse_line(line)
        command = find_command(name, commands.values())
        given = given_texts(command, rest)
    except UserError:
        return line
    if command.alone:
        return line  # a code of /link goes to another platform
    params = [one for one in sorted(command.params, key=lambda one: not one.required) if one.name in given]
    return " ".join([f"/{command.name}", *(f"{one.name}:{_chosen(one, given[one.name])}" for one in params)])


def with_slashes(view: View, commands: Mapping[str, Command]) -> View:
    """A View whose lines to send are as Discord takes them."""
    body = (Code(as_slash(one.text, commands)) if isinstance(one, Code) else one for one in view.body)
    return replace(view, body=tuple(body))


def _chosen(param: Param, text: str) -> str:
    return str(text.lower() in YES) if param.kind is Kind.FLAG else text


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
