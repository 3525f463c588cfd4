"""The slash commands as Discord is told them, made from our own declarations (pure).

https://discord.com/developers/docs/interactions/application-commands
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bot.chat.discord.words import SLASH, localisations
from bot.chat.texts import clean, cut, units
from bot.commands.base import Command, Kind, Param

DESCRIPTION_UNITS = 100
CHOICES = 25
EVERYWHERE = (0, 1, 2)  # contexts: in a server, alone with the bot, in other private chats
INSTALLS = (0, 1)  # for a server, for a person
CHAT_INPUT = 1
NAME = re.compile(r"[-_'\w]{1,32}")
STRING, INTEGER, BOOLEAN, NUMBER = 3, 4, 5, 10
TYPES = {Kind.INTEGER: INTEGER, Kind.NUMBER: NUMBER, Kind.FLAG: BOOLEAN}


def definitions(commands: Sequence[Command]) -> list[dict[str, Any]]:
    """All commands, in their order."""
    return _told_apart([_definition(one) for one in commands])


def fingerprint(defined: Sequence[Mapping[str, Any]]) -> str:
    """The same as long as the definitions are."""
    text = json.dumps(list(defined), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def option_type(param: Param) -> int:
    """How Discord lets a person give a parameter; what may also be "off" is a text."""
    return STRING if param.switchable else TYPES.get(param.kind, STRING)


def is_offered(param: Param) -> bool:
    """Whether names are offered while a person types."""
    return (bool(param.offered) or param.kind is Kind.CHOICE) and not _choices(param)


def _definition(command: Command) -> dict[str, Any]:
    # Discord wants what must be given first; the order is ours otherwise.
    params = sorted(command.params, key=lambda one: not one.required)
    return {
        "type": CHAT_INPUT,
        **_named(command.name),
        **_described(command.summary),
        "integration_types": list(INSTALLS),
        "contexts": list(EVERYWHERE),
        "options": _told_apart([_option(one) for one in params]),
    }


def _option(param: Param) -> dict[str, Any]:
    kind = option_type(param)
    option: dict[str, Any] = {
        "type": kind,
        **_named(param.name),
        **_described(param.help, param.example if kind == STRING and not _choices(param) else ""),
    }
    if param.required:
        option["required"] = True
    if kind in {INTEGER, NUMBER}:
        number = int if kind == INTEGER else float
        limits = (("min_value", param.minimum), ("max_value", param.maximum))
        option |= {name: number(limit) for name, limit in limits if limit is not None}
    if choices := _choices(param):
        option["choices"] = _told_apart([_choice(one) for one in choices])
    elif is_offered(param):
        option["autocomplete"] = True
    return option


def _choices(param: Param) -> tuple[str, ...]:
    return param.choices if param.kind is Kind.CHOICE and len(param.choices) <= CHOICES else ()


def _told_apart(named: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same, each under its English name in a language that has one word for two of them."""
    said = Counter((one["name"], "") for one in named)
    said += Counter((name, locale) for one in named for locale, name in one.get("name_localizations", {}).items())
    found = []
    for one in named:
        others = {
            locale: name
            for locale, name in one.get("name_localizations", {}).items()
            if said[name, locale] == 1 and (name == one["name"] or not said[name, ""])
        }
        plain = {key: value for key, value in one.items() if key != "name_localizations"}
        found.append(plain | ({"name_localizations": others} if others else {}))
    return found


def _named(name: str) -> dict[str, Any]:
    """The name, and in other languages what Discord takes for one: a word in lower case."""
    others = {one: said.lower() for one, said in localisations(name, SLASH).items() if NAME.fullmatch(said)}
    return {"name": name} | ({"name_localizations": others} if others else {})


def _choice(value: str) -> dict[str, Any]:
    others = {one: cut(clean(said), DESCRIPTION_UNITS) for one, said in localisations(value, SLASH).items()}
    return {"name": value, "value": value} | ({"name_localizations": others} if others else {})


def _described(text: str, example: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"description": _description(text, example)}
    if others := localisations(text):
        found["description_localizations"] = {one: _description(said, example) for one, said in others.items()}
    return found


def _description(text: str, example: str) -> str:
    whole = f"{clean(text)}, such as {example}" if example else clean(text)
    return whole if units(whole) <= DESCRIPTION_UNITS else cut(clean(text), DESCRIPTION_UNITS)
