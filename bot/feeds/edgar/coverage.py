"""Which days of filings are wanted, what brings them, and how far that has got (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from bot.feeds.edgar.hours import NEW_YORK, is_business_day
from storage.edgar import DayProgress

DAY = timedelta(days=1)
INDEX_AT = time(22, 30)  # New York: the index of a day is published at about 22:00
RECENT = timedelta(days=30)  # read filing by filing, for a data set has neither prices to the cent nor SIC codes
SET_AFTER = timedelta(days=15)  # the end of a quarter, its data set is expected; it comes within 10 days
PER_SECOND = 5.0  # requests
USUAL_DAY = 800  # filings
SET_SECONDS = 60.0  # of reading a data set


@dataclass(frozen=True, slots=True)
class EdgarCoverage:
    """How far the filings of the past have been read."""

    days_wanted: int  # business days whose index is due
    days_complete: int
    since: date | None  # every filing from this day to the newest due is stored; None: not even those of the newest
    filings_missing: int  # that an index lists, and that are not stored
    seconds_left: float  # at the pace that EDGAR allows

    @property
    def part(self) -> float:
        """Of the days that are wanted, 0-1; 1 when none is."""
        return self.days_complete / self.days_wanted if self.days_wanted else 1.0


def edgar_coverage(
    days: Mapping[date, DayProgress], sets: Collection[str], history_days: int, now: datetime
) -> EdgarCoverage:
    """The coverage of `history_days` back from `now`."""
    wanted = wanted_days(history_days, days, now)
    open_days = [day for day in wanted if not is_complete(days.get(day))]
    newest_open = open_days[0] if open_days else None
    covered = [day for day in wanted if newest_open is None or day > newest_open]
    counts = [one.filings for one in days.values() if one.filings]
    usual = sum(counts) / len(counts) if counts else USUAL_DAY
    seconds = 0.0
    quarters: set[str] = set()
    for day in open_days:
        progress, quarter = days.get(day), set_of(day)
        if quarter is not None and quarter not in sets and is_left_to_set(day, now):
            quarters.add(quarter)
        else:
            seconds += (1 + (progress.missing if progress and progress.filings else usual)) / PER_SECOND
    return EdgarCoverage(
        days_wanted=len(wanted),
        days_complete=len(wanted) - len(open_days),
        since=covered[-1] if covered else None,
        filings_missing=sum(days[day].missing for day in open_days if day in days),
        seconds_left=seconds + SET_SECONDS * len(quarters),
    )


def wanted_days(history_days: int, begun: Collection[date], now: datetime) -> list[date]:
    """The business days whose index is due, newest first.

    Without a history they are the days since the first that was ever noted: those on which the bot has been there.
    """
    local = now.astimezone(NEW_YORK)
    today = local.date()
    since = today - timedelta(days=history_days) if history_days else min(begun, default=today)
    newest = today if local.time() >= INDEX_AT else today - DAY
    span = range((newest - since).days + 1)
    return [day for day in (newest - timedelta(days=back) for back in span) if is_business_day(day)]


def is_complete(progress: DayProgress | None) -> bool:
    """Whether nothing is missing of a day."""
    return progress is not None and progress.complete


def due_at(day: date) -> datetime:
    """When the index of a day is there, UTC."""
    return datetime.combine(day, INDEX_AT, NEW_YORK).astimezone(UTC)


def set_of(day: date) -> str | None:
    """The data set that holds all filings of a day; None of a quarter's last day, whose evening is in the next set."""
    return None if day == quarter_days(quarter_of(day))[-1] else quarter_of(day)


def is_left_to_set(day: date, now: datetime) -> bool:
    """Whether a day is read with its quarter's data set rather than by its index."""
    today = now.astimezone(NEW_YORK).date()
    quarter = set_of(day)
    return quarter is not None and day < today - RECENT and today > quarter_days(quarter)[-1] + SET_AFTER


def quarter_of(day: date) -> str:
    """The quarter of a day, as data sets are named: 2026q2."""
    return f"{day.year}q{(day.month + 2) // 3}"


@cache
def quarter_days(quarter: str) -> tuple[date, ...]:
    """The business days of a quarter, oldest first."""
    year, number = int(quarter[:4]), int(quarter[5:])
    first = date(year, 3 * number - 2, 1)
    after = date(year + number // 4, 3 * number % 12 + 1, 1)
    days = (first + timedelta(days=ahead) for ahead in range((after - first).days))
    return tuple(day for day in days if is_business_day(day))
