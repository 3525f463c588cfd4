"""How far back filings have been read, while that is not as far as they are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bot.views import numbers
from bot.words import tr


@dataclass(frozen=True, slots=True)
class Covered:
    """The progress of reading filings of the past."""

    since: date | None  # every filing from this day on is stored; None: not even those of the newest day
    part: float  # of what is wanted, 0-1
    seconds_left: float | None = None  # None: not known

    @property
    def is_whole(self) -> bool:
        """Whether all that is wanted has been read."""
        return self.part >= 1


def covered_note(covered: Covered) -> str:
    """Filings from 2026-10-26 on; older ones are still being read: 37 %, about 1 h 20 min left."""
    if covered.is_whole:
        since = numbers.UNKNOWN if covered.since is None else numbers.day(covered.since)
        return tr("Filings from {day} on; older ones are not read ({key}).", day=since, key="edgar.history_days")
    progress = numbers.share(str(percent(covered))) + left(covered)
    if covered.since is None:
        return tr("Filings of the past are still being read: {progress}.", progress=progress)
    return tr(
        "Filings from {day} on; older ones are still being read: {progress}.",
        day=numbers.day(covered.since),
        progress=progress,
    )


def percent(covered: Covered) -> int:
    """How much is read, in percent; 100 only when all is."""
    return 100 if covered.is_whole else min(99, int(covered.part * 100))


def left(covered: Covered) -> str:
    """, about 1 h 20 min left; nothing where that is not known."""
    if not covered.seconds_left:
        return ""
    span = numbers.duration(timedelta(seconds=max(60.0, covered.seconds_left)))
    return tr(", about {span} left", span=span)
