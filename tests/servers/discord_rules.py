"""What Discord finds wrong with messages and with slash commands; `refusal(body)` alone says it of a message."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.servers.chat_police import is_text, json_of, units

FLAGS = 1 << 2 | 1 << 6 | 1 << 12 | 1 << 15
# name → the most UTF-16 units
EMBED_LIMITS = {"title": 256, "description": 4096}
EMBED_TOTAL = 6000
COMMAND_NAME = re.compile(r"^[-_'\w]{1,32}$")
COMMAND_CHARACTERS = 8000


async def form_of(request: web.Request) -> dict[str, Any] | None:
    """The JSON that a request brings, with its files by name; None where it brings none."""
    if request.content_type != "multipart/form-data":
        return await json_of(request)
    body: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    async for part in await request.multipart():
        if part.name == "payload_json":
            body = json.loads(await part.text())
        else:
            files[part.filename or ""] = bytes(await part.read())
    return body | {"files": files}


def wrong_commands(commands: list[dict[str, Any]]) -> Iterator[str]:
    """What Discord would refuse of slash commands."""
    if len(commands) > 100:
        yield "commands: Must be 100 or fewer in length."
    yield from _twice("commands", commands)
    for command in commands:
        yield from _wrong_names([command, *command.get("options", [])])
        if len(command.get("options", [])) > 25:
            yield "options: Must be 25 or fewer in length."
        given = [one.get("required", False) for one in command.get("options", [])]
        if sorted(given, reverse=True) != given:
            yield "options: Required options must be placed before non-required options"
        if _characters(command) > COMMAND_CHARACTERS:
            yield "Command exceeds maximum size (8000)"
        for option in command.get("options", []):
            yield from _wrong_option(option)


def _wrong_names(named: list[dict[str, Any]]) -> Iterator[str]:
    for one in named:
        if not COMMAND_NAME.match(one["name"]) or one["name"] != one["name"].lower():
            yield f"name: {one['name']}: Command name is invalid"
        for name in (one.get("name_localizations") or {}).values():
            if not COMMAND_NAME.match(name) or name != name.lower():
                yield f"name_localizations: {name}: Command name is invalid"
        descriptions = [one["description"], *(one.get("description_localizations") or {}).values()]
        if not all(1 <= units(text) <= 100 for text in descriptions):
            yield f"description: {one['name']}: Must be between 1 and 100 in length."
    yield from _twice("options", named[1:])


def _twice(place: str, named: list[dict[str, Any]]) -> Iterator[str]:
    """Names that somebody reads twice, in whichever language."""
    locales = {locale for one in named for locale in one.get("name_localizations") or {}}
    for locale in ("", *sorted(locales)):
        said = [(one.get("name_localizations") or {}).get(locale, one["name"]) for one in named]
        if twice := {name for name in said if said.count(name) > 1}:
            yield f"{place}: {locale}: {sorted(twice)}: names must be unique"


def _wrong_option(option: dict[str, Any]) -> Iterator[str]:
    choices = option.get("choices", [])
    if len(choices) > 25 or not all(1 <= units(one["name"]) <= 100 for one in choices):
        yield "choices: Must be 25 or fewer in length."
    yield from _twice("choices", choices)
    if choices and option.get("autocomplete"):
        yield "autocomplete: may not be set to true if choices are present"
    if option["type"] not in (3, 4, 5, 10):
        yield "type: Value is none of ours"
    if ("min_value" in option or "max_value" in option) and option["type"] not in (4, 10):
        yield "min_value: only for numbers"


def _characters(command: dict[str, Any]) -> int:
    total = len(command["name"]) + max(map(len, [command["description"], *_localised(command)]))
    for option in command.get("options", []):
        total += len(option["name"]) + max(map(len, [option["description"], *_localised(option)]))
        total += sum(len(one["name"]) + len(str(one["value"])) for one in option.get("choices", []))
    return total


def _localised(one: dict[str, Any]) -> list[str]:
    return list((one.get("description_localizations") or {}).values())


def refusal(body: dict[str, Any]) -> str:
    """The first thing wrong with a message, as `place: Discord's words`; nothing where it is right."""
    return next(_faults(body), "")


def _faults(body: dict[str, Any]) -> Iterator[str]:
    if not any(body.get(name) for name in ("content", "embeds", "components")):
        yield "content: Cannot send an empty message"
    yield from _longer(body, "content", 2000)
    if not isinstance(body.get("nonce", ""), str | int) or units(str(body.get("nonce", ""))) > 25:
        yield "nonce: Must be 25 or fewer in length."
    if body.get("flags", 0) & ~FLAGS:
        yield "flags: Value is not a valid set of flags."
    if not set((body.get("allowed_mentions") or {}).get("parse", [])) <= {"everyone", "roles", "users"}:
        yield "allowed_mentions: Value must be one of ('everyone', 'roles', 'users')."
    yield from _wrong_embeds(body.get("embeds", []))
    yield from _wrong_components(body.get("components", []))


def _longer(of: dict[str, Any], name: str, most: int) -> Iterator[str]:
    text = of.get(name)  # null is the same as nothing
    if text is not None and (not is_text(text) or units(text) > most):
        yield f"{name}: Must be {most} or fewer in length."


def _wrong_embeds(embeds: list[dict[str, Any]]) -> Iterator[str]:
    if len(embeds) > 10:
        yield "embeds: Must be 10 or fewer in length."
    total = 0
    for embed in embeds:
        fields, footer, author = embed.get("fields", []), embed.get("footer", {}), embed.get("author", {})
        if len(fields) > 25:
            yield "embeds: fields: Must be 25 or fewer in length."
        limited_texts = [(embed, name, most) for name, most in EMBED_LIMITS.items()]
        limited_texts += [(footer, "text", 2048), (author, "name", 256)]
        limited_texts += [(one, name, most) for one in fields for name, most in (("name", 256), ("value", 1024))]
        for of, name, most in limited_texts:
            yield from _longer(of, name, most)
            total += units(of.get(name, ""))
        yield from (
            f"fields: {name}: This field is required"
            for one in fields
            for name in ("name", "value")
            if not one.get(name)
        )
    if total > EMBED_TOTAL:
        yield f"embeds: Embed size exceeds maximum size of {EMBED_TOTAL}"


def _wrong_components(rows: list[dict[str, Any]]) -> Iterator[str]:
    if len(rows) > 5:
        yield "components: Must be between 1 and 5 in length."
    seen: set[str] = set()
    for row in rows:
        held = row.get("components", [])
        if row.get("type") != 1 or not 1 <= len(held) <= 5:
            yield "components: Must be between 1 and 5 in length."
        if any(one.get("type") == 3 for one in held) and len(held) > 1:
            yield "components: The specified component exceeds the maximum width"
        for one in held:
            name = one.get("custom_id", "")
            if not 1 <= units(name) <= 100:
                yield "custom_id: Must be between 1 and 100 in length."
            if name in seen:
                yield "custom_id: Component custom id cannot be duplicated"
            seen.add(name)
            yield from _wrong_select(one) if one.get("type") == 3 else _wrong_button(one)


def _wrong_button(button: dict[str, Any]) -> Iterator[str]:
    if not 1 <= units(button.get("label", "")) <= 80:
        yield "label: Must be between 1 and 80 in length."
    if button.get("type") != 2 or button.get("style") not in (1, 2, 3, 4):
        yield "style: Value must be one of {1, 2, 3, 4}."


def _wrong_select(select: dict[str, Any]) -> Iterator[str]:
    options = select.get("options", [])
    if not 1 <= len(options) <= 25:
        yield "options: Must be between 1 and 25 in length."
    if len({one.get("value") for one in options}) != len(options):
        yield "options: The specified option value is already used"
    for one in options:
        if not all(1 <= units(one.get(name, "")) <= 100 for name in ("label", "value")):
            yield "options: Must be between 1 and 100 in length."
    if units(select.get("placeholder") or "") > 150:
        yield "placeholder: Must be 150 or fewer in length."
