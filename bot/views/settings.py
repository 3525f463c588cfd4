"""How a chat is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.charts.model import Theme
from bot.views import local, numbers
from bot.views.elements import Code, Field, Fields, Json, Note, Text, View
from bot.views.settings_menus import LABELS, Menu, menu_buttons, settings_buttons
from bot.words import languages, mark, tr, trn

if TYPE_CHECKING:
    from bot.alerts.quiet import ChatSettings

# The field that a menu changes, what it means, and how another value is typed.
MENUS = {
    Menu.QUIET: (
        "quiet",
        mark("In quiet hours alerts wait, and come afterwards in one message."),
        "quiet=22:30-06:15",
    ),
    Menu.ZONE: ("zone", mark("By this clock quiet hours and days are counted."), "zone=Kathmandu"),
    Menu.URGENT: ("urgent", mark("A score of at least this rings in quiet hours too."), "urgent=8.5"),
    Menu.CAP: ("cap", mark("So many alerts a day at most; the rest waits until midnight."), "cap=30"),
    Menu.DIGEST: (
        "digest_at",
        mark("When subscriptions that are told once a day send their lines."),
        "digest_at=07:30",
    ),
}


def settings_view(settings: ChatSettings, now: datetime, changed: Sequence[str] = ()) -> View:
    """All settings, with the time that the chat's clock shows; `changed` are those that were just changed."""
    title = tr("Changed: {keys}", keys=", ".join(changed)) if changed else tr("How this chat is told")
    note = tr("Whatever waits is told afterwards in one message; /missed shows it at once. Change one, or several:")
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
        title=tr(LABELS[menu]).rstrip("…"),
        body=(
            Fields(tuple(one for one in _fields(settings, now) if one.label == label)),
            Text(tr(text)),
            Note(tr("Press, or type:")),
            Code(f"/settings {example}"),
        ),
        buttons=menu_buttons(settings, menu, now),
        data={"menu": menu.value},
    )


def _fields(settings: ChatSettings, now: datetime) -> tuple[Field, ...]:
    cap = tr("off")
    if settings.cap is not None:
        cap = trn("{count} alert a day; the rest waits", "{count} alerts a day; the rest waits", settings.cap)
    here = numbers.time(now.astimezone(settings.tz))
    pictures = tr("dark pictures") if settings.theme is Theme.DARK else tr("light pictures")
    return (
        Field("language", _language(settings)),
        Field("zone", tr("{zone}, now {time}", zone=settings.zone, time=here)),
        Field("quiet", _quiet(settings)),
        Field("urgent", _urgent(settings)),
        Field("cap", cap),
        Field("digest_at", local.of_day(settings.digest_at)),
        Field("silent", tr("yes") if settings.silent else tr("no")),
        *((Field("mention", tr("the role {id}", id=settings.mention)),) if settings.mention else ()),
        Field("repeats", tr("yes") if settings.repeat else tr("no")),
        Field("theme", pictures),
    )


def _quiet(settings: ChatSettings) -> str:
    if settings.quiet_from is None or settings.quiet_to is None:
        return tr("off")
    hours = {"first": local.of_day(settings.quiet_from), "last": local.of_day(settings.quiet_to)}
    return tr("{first} to {last}: alerts wait", **hours)


def _language(settings: ChatSettings) -> str:
    name = languages()[settings.spoken]
    return name if settings.language else tr("{language} (auto)", language=name)


def _urgent(settings: ChatSettings) -> str:
    if settings.urgent is None:
        return tr("off: nothing rings in quiet hours")
    return tr("a score of {score} or more rings in quiet hours", score=numbers.said(settings.urgent))


def _data(settings: ChatSettings, here: datetime) -> dict[str, Json]:
    begin, end = settings.quiet_from, settings.quiet_to
    return {
        "language": settings.language or "auto",
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
