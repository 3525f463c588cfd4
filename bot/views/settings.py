"""How a chat is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.views import local, numbers
from bot.views.elements import Code, Field, Fields, Json, Note, Text, View
from bot.views.settings_menus import LABELS, Menu, menu_buttons, settings_buttons

if TYPE_CHECKING:
    from bot.alerts.quiet import ChatSettings

# The field that a menu changes, what it means, and how another value is typed.
MENUS = {
    Menu.QUIET: ("quiet", "In quiet hours alerts wait, and come afterwards in one message.", "quiet=22:30-06:15"),
    Menu.ZONE: ("zone", "By this clock quiet hours and days are counted.", "zone=Kathmandu"),
    Menu.URGENT: ("urgent", "A score of at least this rings in quiet hours too.", "urgent=8.5"),
    Menu.CAP: ("cap", "So many alerts a day at most; the rest waits until midnight.", "cap=30"),
    Menu.DIGEST: ("digest_at", "When subscriptions that are told once a day send their lines.", "digest_at=07:30"),
}


def settings_view(settings: ChatSettings, now: datetime, changed: Sequence[str] = ()) -> View:
    """All settings, with the time that the chat's clock shows; `changed` are those that were just changed."""
    title = f"Changed: {', '.join(changed)}" if changed else "How this chat is told"
    note = "Whatever waits is told afterwards in one message; /missed shows it at once. Change one, or several:"
    return View(
        title=title,
        body=(
            Fields(_fields(settings, now)),
            Note(note),
            Code("/settings zone=Europe/Berlin quiet=22:00-07:00 urgent=9"),
        ),
        buttons=settings_buttons(settings),
        data=_data(settings, now.astimezone(settings.tz)),
    )


def settings_menu_view(settings: ChatSettings, menu: Menu, now: datetime) -> View:
    """One setting, to be changed."""
    label, text, example = MENUS[menu]
    return View(
        title=LABELS[menu].rstrip("…"),
        body=(
            Fields(tuple(one for one in _fields(settings, now) if one.label == label)),
            Text(text),
            Note("Press, or type:"),
            Code(f"/settings {example}"),
        ),
        buttons=menu_buttons(settings, menu, now),
        data={"menu": menu.value},
    )


def _fields(settings: ChatSettings, now: datetime) -> tuple[Field, ...]:
    return (
        Field("zone", f"{settings.zone}, now {now.astimezone(settings.tz):%H:%M}"),
        Field("quiet", _quiet(settings)),
        Field("urgent", _urgent(settings)),
        Field(
            "cap", "off" if settings.cap is None else f"{numbers.count(settings.cap, 'alert')} a day; the rest waits"
        ),
        Field("digest_at", local.of_day(settings.digest_at)),
        Field("silent", "yes" if settings.silent else "no"),
        *((Field("mention", f"the role {settings.mention}"),) if settings.mention else ()),
        Field("repeats", "yes" if settings.repeat else "no"),
        Field("theme", f"{settings.theme} pictures"),
    )


def _quiet(settings: ChatSettings) -> str:
    if settings.quiet_from is None or settings.quiet_to is None:
        return "off"
    return f"{local.of_day(settings.quiet_from)} to {local.of_day(settings.quiet_to)}: alerts wait"


def _urgent(settings: ChatSettings) -> str:
    if settings.urgent is None:
        return "off: nothing rings in quiet hours"
    return f"a score of {numbers.plain(settings.urgent)} or more rings in quiet hours"


def _data(settings: ChatSettings, here: datetime) -> dict[str, Json]:
    begin, end = settings.quiet_from, settings.quiet_to
    return {
        "zone": settings.zone,
        "now": here.isoformat(timespec="minutes"),
        "quiet": None if begin is None or end is None else f"{local.of_day(begin)}-{local.of_day(end)}",
        "urgent": settings.urgent,
        "cap": settings.cap,
        "digest_at": local.of_day(settings.digest_at),
        "silent": settings.silent,
        "repeats": settings.repeat,
        "theme": settings.theme.value,
        "mention": settings.mention or None,
    }
