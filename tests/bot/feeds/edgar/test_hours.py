"""When EDGAR takes filings: its days, its hours, its holidays, on both sides of a change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.edgar.hours import (
    NEW_YORK,
    holidays,
    is_business_day,
    is_open,
    last_business_days,
    last_close,
    next_open,
    start_of,
)

# As the Office of Personnel Management lists them.
HOLIDAYS = {
    2020: "01-01 01-20 02-17 05-25 07-03 09-07 10-12 11-11 11-26 12-25",
    2021: "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
    2022: "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26",
    2023: "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
    2024: "01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
    2025: "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25",
    2026: "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
    2027: "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
    2028: "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
}
INSTANTS = st.datetimes(datetime(2019, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - takes naive bounds


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize("year", HOLIDAYS)
def test_the_holidays_are_those_of_the_federal_calendar(year: int) -> None:
    assert sorted(f"{day:%m-%d}" for day in holidays(year)) == HOLIDAYS[year].split()


def test_inauguration_day_is_a_day_like_any_other() -> None:
    assert is_business_day(date(2021, 1, 20))
    assert not is_business_day(date(2025, 1, 20))  # for it is Martin Luther King's


@pytest.mark.parametrize(
    ("moment", "is_it"),
    [
        ("2026-11-25 05:59:59", False),
        ("2026-11-25 06:00", True),
        ("2026-11-25 22:15", True),
        ("2026-11-25 22:16", False),
        ("2026-11-26 12:00", False),  # Thanksgiving
        ("2026-11-27 12:00", True),  # the day after is none
        ("2026-11-28 12:00", False),
        ("2026-11-29 12:00", False),
    ],
)
def test_it_is_open_from_six_to_a_quarter_past_ten_on_business_days(moment: str, is_it: bool) -> None:
    assert is_open(new_york(moment)) is is_it


@pytest.mark.parametrize(
    ("instant", "is_it"),
    [
        ("2026-03-06T10:59Z", False),  # Friday in winter: 06:00 is 11:00 UTC
        ("2026-03-06T11:00Z", True),
        ("2026-03-09T09:59Z", False),  # Monday after the clocks went forward: 06:00 is 10:00 UTC
        ("2026-03-09T10:00Z", True),
        ("2026-10-31T02:15Z", True),  # Friday evening in summer
        ("2026-11-03T02:16Z", True),  # Monday evening in winter
        ("2026-11-03T03:16Z", False),
    ],
)
def test_the_hours_are_those_of_new_york_in_summer_and_in_winter(instant: str, is_it: bool) -> None:
    assert is_open(datetime.fromisoformat(instant)) is is_it


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-25 03:00", "2026-11-25 06:00"),
        ("2026-11-25 12:00", "2026-11-25 12:00"),
        ("2026-11-25 23:00", "2026-11-27 06:00"),  # over Thanksgiving
        ("2026-03-06 23:00", "2026-03-09 06:00"),  # over a weekend on which the clocks go forward
        ("2027-12-30 23:00", "2028-01-03 06:00"),  # New Year's Day 2028 is kept on 31 December
    ],
)
def test_it_opens_at_six_of_the_next_business_day(now: str, opens: str) -> None:
    assert next_open(new_york(now)) == new_york(opens)


@pytest.mark.parametrize(
    ("now", "closed"),
    [
        ("2026-11-25 22:14", "2026-11-24 22:15"),
        ("2026-11-25 22:15", "2026-11-25 22:15"),
        ("2026-11-29 12:00", "2026-11-27 22:15"),
    ],
)
def test_the_last_close_is_that_of_a_business_day(now: str, closed: str) -> None:
    assert last_close(new_york(now)) == new_york(closed)


def test_the_last_business_days_begin_with_today_and_leave_out_what_is_off() -> None:
    days = (date(2026, 11, 30), date(2026, 11, 27), date(2026, 11, 25), date(2026, 11, 24))
    assert last_business_days(new_york("2026-11-30 00:01"), 4) == days
    assert last_business_days(new_york("2026-11-29 12:00"), 1) == (date(2026, 11, 27),)


def test_a_day_begins_at_midnight_in_new_york() -> None:
    assert start_of(date(2026, 7, 1)) == datetime(2026, 7, 1, 4, tzinfo=UTC)
    assert start_of(date(2026, 12, 1)) == datetime(2026, 12, 1, 5, tzinfo=UTC)


@given(INSTANTS)
def test_at_the_next_opening_it_is_open_and_not_before(now: datetime) -> None:
    opening = next_open(now)
    assert is_open(opening)
    assert opening == now or not is_open(opening - timedelta(microseconds=1))
    assert opening - now < timedelta(days=4, hours=12)


@given(INSTANTS)
def test_between_the_last_close_and_now_no_other_lies(now: datetime) -> None:
    closed = last_close(now)
    assert closed <= now
    assert is_open(closed)
    assert now - closed < timedelta(days=5)
