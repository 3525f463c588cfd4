"""The buttons of a chat's settings: a menu for each that has more than two values."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.charts.model import Theme
from bot.views import local, numbers
from bot.views.elements import Button
from bot.words import languages, mark, spoken, tr, trc

if TYPE_CHECKING:
    from bot.alerts.quiet import ChatSettings

NIGHTS = ("21:00-07:00", "22:00-06:00", "22:00-07:00", "22:00-08:00", "23:00-07:00", "23:00-08:00", "00:00-08:00")
URGENT = (5, 6, 7, 8, 9)  # scores
CAPS = (5, 10, 20, 50, 100)  # alerts a day
DIGESTS_AT = (6, 7, 8, 9, 12, 18, 20, 22)  # hours of the day
# A large city for most offsets; whoever lives elsewhere types it.
ZONES = (
    "UTC", "Europe/London", "Europe/Berlin", "Europe/Istanbul", "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata",
    "Asia/Bangkok", "Asia/Singapore", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo",
    "America/New_York", "America/Chicago", "America/Los_Angeles",
)  # fmt: skip


class Menu(StrEnum):
    """A setting that has a menu."""

    QUIET = "quiet"
    ZONE = "zone"
    URGENT = "urgent"
    CAP = "cap"
    DIGEST = "digest"


LABELS = {
    Menu.QUIET: mark("Quiet hours…"),
    Menu.ZONE: mark("Clock…"),
    Menu.URGENT: mark("Urgent…"),
    Menu.CAP: mark("Cap…"),
    Menu.DIGEST: mark("Daily digest…"),
}


def menu_buttons(settings: ChatSettings, menu: Menu, now: datetime) -> tuple[Button, ...]:
    """What one setting may become."""
    buttons = {
        Menu.QUIET: _quiet_buttons,
        Menu.ZONE: lambda settings: _zone_buttons(settings, now),
        Menu.URGENT: _urgent_buttons,
        Menu.CAP: _cap_buttons,
        Menu.DIGEST: _digest_buttons,
    }[menu](settings)
    return (*buttons, Button(trc("menu", "◀ Back"), "/settings"))


def settings_buttons(settings: ChatSettings) -> tuple[Button, ...]:
    """All settings: menus, and what is turned into its opposite."""
    menus = (Button(tr(label), f"/settings menu={menu}") for menu, label in LABELS.items())
    sound = (tr("With sound"), "no") if settings.silent else (tr("Without sound"), "yes")
    repeats = (tr("Without repeats"), "no") if settings.repeat else (tr("With repeats"), "yes")
    dark = settings.theme is Theme.DARK
    theme = (tr("Light pictures"), Theme.LIGHT) if dark else (tr("Dark pictures"), Theme.DARK)
    return (
        *menus,
        _change(sound[0], "silent", sound[1]),
        _change(theme[0], "theme", theme[1]),
        _change(repeats[0], "repeats", repeats[1]),
        *(_change(name, "language", code) for code, name in languages().items() if code != spoken()),
        Button(tr("What is muted"), "/mute"),
        Button(tr("Subscriptions"), "/alerts"),
        Button(tr("Send a sample"), "/test"),
    )


def _change(label: str, key: str, value: str) -> Button:
    return Button(label, f"/settings {key}={value}")


def _quiet_buttons(settings: ChatSettings) -> list[Button]:
    begin, end = settings.quiet_from, settings.quiet_to
    now = "" if begin is None or end is None else f"{local.of_day(begin)}-{local.of_day(end)}"
    nights = [_change(night.replace("-", "–"), "quiet", night) for night in NIGHTS if night != now]
    return [*nights, *([_change(tr("No quiet hours"), "quiet", "off")] if now else [])]


def _zone_buttons(settings: ChatSettings, now: datetime) -> list[Button]:
    def city(zone: str) -> str:
        return f"{zone.rpartition('/')[2].replace('_', ' ')} {numbers.time(now.astimezone(ZoneInfo(zone)))}"

    return [_change(city(zone), "zone", zone) for zone in ZONES if zone != settings.zone]


def _urgent_buttons(settings: ChatSettings) -> list[Button]:
    levels = [_change(f"≥ {one}", "urgent", str(one)) for one in URGENT if one != settings.urgent]
    return [*levels, *_off(settings.urgent, tr("Nothing is urgent"), "urgent")]


def _cap_buttons(settings: ChatSettings) -> list[Button]:
    caps = [_change(tr("{count} a day", count=one), "cap", str(one)) for one in CAPS if one != settings.cap]
    return [*caps, *_off(settings.cap, tr("No cap"), "cap")]


def _digest_buttons(settings: ChatSettings) -> list[Button]:
    times = (hour * 60 for hour in DIGESTS_AT)
    return [_change(local.of_day(one), "digest_at", local.of_day(one)) for one in times if one != settings.digest_at]


def _off(value: float | None, label: str, key: str) -> list[Button]:
    return [] if value is None else [_change(label, key, "off")]
