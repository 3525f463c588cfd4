"""When a chat wishes to be left alone, in its own time zone (pure).

Everything is stored in UTC; wall-clock times are looked at instant by instant, so that the hour that a clock
change leaves out or repeats needs no rule of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.charts.model import Theme
from bot.words import language_of

DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """How one chat wishes to be told. Times of day are minutes since its local midnight."""

    zone: str = "UTC"  # IANA name
    quiet_from: int | None = None  # with quiet_to: alerts wait from here …
    quiet_to: int | None = None  # … to there, also over midnight
    urgent: float | None = None  # a score of at least this rings in quiet hours; None: nothing does
    cap: int | None = None  # alerts a local day; the rest waits for the next one
    digest_at: int = 8 * 60  # when a daily digest comes
    silent: bool = False  # without a sound, where the platform can, but for what is urgent
    repeat: bool = True  # send again what may not have arrived, marked as a possible repeat
    theme: Theme = Theme.LIGHT  # of pictures
    mention: str = ""  # the id of a role whose people each alert calls, on Discord; empty: nobody is called
    language: str = ""  # its code, as it was chosen; empty: that of the person's app
    app_language: str = ""  # of the person's app, as it was seen last; empty: not known, or a group

    def to_json(self) -> dict[str, Any]:
        """What differs from the defaults, as plain data."""
        return {name: value for name, value in asdict(self).items() if value != _DEFAULTS[name]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ChatSettings:
        """Back from storage; what this version does not know is left out."""
        known = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        if (theme := known.pop("theme", None)) in set(Theme):
            known["theme"] = Theme(theme)
        return cls(**known)

    @property
    def tz(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.zone)

    @property
    def spoken(self) -> str:
        """The code of the language in which it is told."""
        return language_of(self.language or self.app_language)


_DEFAULTS = asdict(ChatSettings())


def quiet_until(settings: ChatSettings, now: datetime) -> datetime | None:
    """When the quiet hours that hold now are over; None when none do."""
    begin, end = settings.quiet_from, settings.quiet_to
    if begin is None or end is None or begin == end:
        return None
    local = now.astimezone(settings.tz)
    minute = local.hour * 60 + local.minute
    is_quiet = begin <= minute < end if begin < end else minute >= begin or minute < end
    return _next(settings.tz, end, now) if is_quiet else None


def next_time(settings: ChatSettings, minute: int, after: datetime) -> datetime:
    """The first instant after `after` at which the chat's clock shows this minute of the day."""
    return _next(settings.tz, minute, after)


def day_began(settings: ChatSettings, now: datetime) -> datetime:
    """When the chat's present day began."""
    tomorrow = _next(settings.tz, 0, now)
    local = now.astimezone(settings.tz)
    begin = _instant(local.date(), 0, settings.tz)
    return begin if begin <= now < tomorrow else tomorrow - timedelta(days=1)


def _next(zone: ZoneInfo, minute: int, after: datetime) -> datetime:
    day = after.astimezone(zone).date()
    return next(
        at for offset in (0, 1, 2) for at in _instants(day + timedelta(days=offset), minute, zone) if at > after
    )


def _instants(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Once, or twice where the clock is set back over it."""
    first = _instant(day, minute, zone)
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return (first, second) if second > first and second.astimezone(zone).replace(tzinfo=None) == wall else (first,)


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock time; where the clock jumps over it, the instant of the jump."""
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    offset = found.astimezone(zone).utcoffset()
    while found - early > timedelta(seconds=1):
        middle = (early + (found - early) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            found = middle
        else:
            early = middle
    return found
