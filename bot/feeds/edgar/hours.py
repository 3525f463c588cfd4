"""When EDGAR takes filings (pure): 06:00 to 22:00 in New York, Monday to Friday, not on federal holidays.

The rule of holidays is 5 U.S.C. 6103. Closings that a President orders for one day (24 December 2024) follow no
rule: on such a day EDGAR is asked, and lists nothing new.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")  # EDGAR's clock
OPENS, CLOSES = time(6, 0), time(22, 15)  # what is accepted at 22:00 is listed a little later
MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6
DAY = timedelta(days=1)


def is_open(now: datetime) -> bool:
    """Whether filings are taken, or have just been, at this moment."""
    local = now.astimezone(NEW_YORK)
    return is_business_day(local.date()) and OPENS <= local.time() <= CLOSES


def next_open(now: datetime) -> datetime:
    """When filings are taken again; `now` itself while they are. UTC."""
    if is_open(now):
        return now.astimezone(UTC)
    local = now.astimezone(NEW_YORK)
    day = local.date() if local.time() < OPENS else local.date() + DAY
    while not is_business_day(day):
        day += DAY
    return _at(day, OPENS)


def last_close(now: datetime) -> datetime:
    """The latest end of a business day that is not after `now`, UTC."""
    return next(close for day in _back(now) if (close := _at(day, CLOSES)) <= now)


def last_business_days(now: datetime, n: int) -> tuple[date, ...]:
    """The last `n` business days in New York, the newest first; today is one of them from its first minute."""
    days = _back(now)
    return tuple(next(days) for _ in range(n))


def start_of(day: date) -> datetime:
    """Midnight in New York, UTC."""
    return _at(day, time())


def is_business_day(day: date) -> bool:
    """Whether EDGAR takes filings on that day."""
    return day.weekday() < SATURDAY and day not in holidays(day.year)


@cache
def holidays(year: int) -> frozenset[date]:
    """The days of a year that are off: a holiday on a Saturday is kept the Friday before, on a Sunday the Monday after.

    Inauguration Day is none: it is kept in Washington only, and EDGAR takes filings.
    """
    kept = (_kept(day) for one in (year, year + 1) for day in _named(one))  # 1 January may be kept in December
    return frozenset(day for day in kept if day.year == year)


def _named(year: int) -> Iterator[date]:
    yield date(year, 1, 1)  # New Year's Day
    yield _nth(year, 1, MONDAY, 3)  # Martin Luther King's birthday
    yield _nth(year, 2, MONDAY, 3)  # Washington's birthday
    yield _last_monday_of_may(year)  # Memorial Day
    if year >= 2021:
        yield date(year, 6, 19)  # Juneteenth
    yield date(year, 7, 4)  # Independence Day
    yield _nth(year, 9, MONDAY, 1)  # Labor Day
    yield _nth(year, 10, MONDAY, 2)  # Columbus Day
    yield date(year, 11, 11)  # Veterans Day
    yield _nth(year, 11, THURSDAY, 4)  # Thanksgiving
    yield date(year, 12, 25)  # Christmas


def _kept(day: date) -> date:
    return day + {SATURDAY: -DAY, SUNDAY: DAY}.get(day.weekday(), timedelta(0))


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def _back(now: datetime) -> Iterator[date]:
    day = now.astimezone(NEW_YORK).date()
    while True:
        if is_business_day(day):
            yield day
        day -= DAY


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, NEW_YORK).astimezone(UTC)
