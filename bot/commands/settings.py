"""/settings: how a chat wishes to be told."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot.alerts.holding import Why
from bot.charts.model import Theme
from bot.commands.base import Command, Kind, Param, Request
from bot.commands.chats import chat_here, open_chat, settings_of
from bot.commands.times import read_hours, read_time
from bot.commands.values import OFF, shown
from bot.commands.zones import zone_of
from bot.errors import UserError
from bot.views.elements import View
from bot.views.settings import settings_menu_view, settings_view
from bot.views.settings_menus import Menu
from bot.words import language_named, languages, speaking, tr

ROLE = re.compile(r"(?:<@&)?(?P<id>\d{15,20})>?", re.ASCII)
AUTO = {"auto", "automatic", "app", *OFF}
# What waits for a reason that is no longer the same is judged anew.
WAITS = {
    "zone": (Why.QUIET, Why.DAILY, Why.CAP),
    "quiet": (Why.QUIET,),
    "urgent": (Why.QUIET,),
    "cap": (Why.CAP,),
    "digest_at": (Why.DAILY,),
}


def run(request: Request) -> View:
    """Change what was typed, and show all."""
    given = {key: value for key, value in request.args.items() if value is not None}
    menu = given.pop("menu", None)
    if not given:
        with request.storage.read() as tx:
            settings = settings_of(chat_here(tx, request.chat))
        if menu is not None:
            return settings_menu_view(settings, Menu(menu), request.now)
        return settings_view(settings, request.now)
    changes = _changes(given, request)
    with request.storage.write() as tx:
        chat = open_chat(tx, request)
        settings = replace(settings_of(chat), **changes)
        tx.chats.settle(chat.id, settings.to_json())
        for why in {why for key in given for why in WAITS.get(key, ())}:
            tx.outbox.release_chat(chat.id, request.now, why.value)
    with speaking(settings.spoken):
        return settings_view(settings, request.now, changed=list(given))


def _changes(given: dict[str, Any], request: Request) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for key, value in given.items():
        match key:
            case "zone":
                changes["zone"] = zone_of(value, request.now)
            case "quiet":
                changes["quiet_from"], changes["quiet_to"] = _quiet(value)
            case "digest_at":
                changes["digest_at"] = _time(value)
            case "urgent" | "cap":
                changes[key] = None if value is False else value
            case "mention":
                changes["mention"] = _role(value, request)
            case "language":
                changes["language"] = _language(value)
            case "repeats":
                changes["repeat"] = value
            case "theme":
                changes["theme"] = Theme(value)
            case _:
                changes[key] = value
    return changes


def _role(value: str | bool, request: Request) -> str:
    """The id of a role; empty where nobody is to be called any more."""
    if value is False:
        return ""
    role = ROLE.fullmatch(str(value))
    if request.chat.platform != "discord" or not request.chat.is_group:
        raise UserError(tr("mention= calls the people of a role, which only the channels of a Discord server have"))
    if role is None:
        raise UserError(tr("{typed} is no role; choose one, or off", typed=shown(str(value))), "/settings mention=off")
    return role["id"]


def _quiet(text: str) -> tuple[int, int] | tuple[None, None]:
    if text.lower() in OFF:
        return None, None
    hours = read_hours(text)
    if hours is None:
        said = {"typed": f"quiet={shown(text)}", "example": "22:00-07:00"}
        raise UserError(
            tr("{typed} is not from when to when, such as {example}, or off", **said), "/settings quiet=22:00-07:00"
        )
    if hours[0] == hours[1]:
        said = {"typed": f"quiet={shown(text)}", "off": "quiet=off"}
        raise UserError(tr("{typed} begins when it ends; {off} takes it away", **said), "/settings quiet=off")
    return hours


def _language(text: str) -> str:
    """A code; empty for that of the person's app."""
    if text.lower() in AUTO:
        return ""
    if (code := language_named(text)) is not None:
        return code
    known = ", ".join(f"{code} ({name})" for code, name in languages().items())
    raise UserError(
        tr("{typed} is not spoken here; there are {known} and auto", typed=f"language={shown(text)}", known=known),
        "/settings language=auto",
    )


def _time(text: str) -> int:
    minute = read_time(text)
    if minute is None:
        said = {"typed": f"digest_at={shown(text)}", "example": "08:00"}
        raise UserError(tr("{typed} is not a time of day such as {example}", **said), "/settings digest_at=08:00")
    return minute


COMMAND = Command(
    name="settings",
    summary="How this chat is told: language, time zone, quiet hours, cap, daily digest",
    run=run,
    example="/settings zone=Europe/Berlin quiet=22:00-07:00",
    params=(
        Param(
            "zone",
            Kind.TEXT,
            "the clock of this chat",
            "Europe/Berlin",
            positional=True,
            aliases=("timezone", "tz", "time_zone"),
            allowed="a city, or an IANA name",
            line="/settings zone=Europe/Berlin",
        ),
        Param(
            "quiet",
            Kind.TEXT,
            "when alerts wait",
            "22:00-07:00",
            aliases=("quiet_hours", "night"),
            allowed="from-to; off",
        ),
        Param(
            "urgent",
            Kind.NUMBER,
            "a score of at least this rings in quiet hours too",
            "9",
            minimum=0,
            maximum=10,
            switchable=True,
        ),
        Param(
            "cap",
            Kind.INTEGER,
            "alerts a day at most; the rest waits until midnight",
            "50",
            minimum=1,
            maximum=10000,
            switchable=True,
        ),
        Param(
            "digest_at",
            Kind.TEXT,
            "when a daily digest comes",
            "08:00",
            aliases=("digest",),
            allowed="a time of day",
        ),
        Param(
            "mention",
            Kind.ROLE,
            "a role whose people each alert calls, on Discord",
            "off",
            switchable=True,
            aliases=("role",),
            allowed="a role of the server; off",
        ),
        Param(
            "language",
            Kind.TEXT,
            "the language of this chat; auto: that of your app, in a group English",
            "de",
            aliases=("lang", "locale"),
            allowed="a code such as en, de or zh; auto",
        ),
        Param("silent", Kind.FLAG, "without a sound, where the platform can", "yes"),
        Param(
            "theme",
            Kind.CHOICE,
            "of the pictures: light or dark",
            "dark",
            choices=tuple(one.value for one in Theme),
            aliases=("pictures",),
        ),
        Param("repeats", Kind.FLAG, "send again what may not have arrived, and say so", "no", aliases=("repeat",)),
        Param(
            "menu",
            Kind.CHOICE,
            "one of these, to be changed by buttons",
            "quiet",
            choices=tuple(one.value for one in Menu),
        ),
    ),
    aliases=("setting", "set"),
    changes=True,
    shows=True,
)
