"""How a chat is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.views import local, numbers
from bot.views.elements import Code, Field, Fields, Json, Note, View
from bot.views.settings_menus import settings_buttons

if TYPE_CHECKING:
    from bot.alerts.quiet import ChatSettings


def settings_view(settings: ChatSettings, now: datetime, changed: Sequence[str] = ()) -> View:
    """All settings, with the time that the chat's clock shows; `changed` are those that were just changed."""
    here = now.astimezone(settings.tz)
    title = f"Changed: {', '.join(changed)}" if changed else "How this chat is told"
    cap = "off" if settings.cap is None else f"{numbers.count(settings.cap, 'alert')} a day; the rest waits"
    fields = (
        Field("zone", f"{settings.zone}, now {here:%H:%M}"),
        Field("quiet", _quiet(settings)),
        Field("urgent", _urgent(settings)),
        Field("cap", cap),
        Field("digest_at", local.of_day(settings.digest_at)),
        Field("silent", "yes" if settings.silent else "no"),
        Field("repeats", "yes" if settings.repeat else "no"),
        Field("theme", f"{settings.theme} pictures"),
    )
    note = "Whatever waits is told afterwards in one message; /missed shows it at once. Change one, or several:"
    return View(
        title=title,
        body=(Fields(fields), Note(note), Code("/settings zone=Europe/Berlin quiet=22:00-07:00 urgent=9")),
        buttons=settings_buttons(settings),
        data=_data(settings, here),
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
    }
