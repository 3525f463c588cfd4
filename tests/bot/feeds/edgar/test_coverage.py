"""Which days are wanted, and what of them is there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.feeds.edgar.coverage import (
    due_at,
    edgar_coverage,
    is_left_to_set,
    quarter_days,
    quarter_of,
    set_of,
    wanted_days,
)
from storage.edgar import DayProgress

NOW = datetime(2026, 11, 18, 21, tzinfo=UTC)  # Wednesday, 16:00 in New York
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 11, day) for day in (16, 17, 18))


def done(*days: date, filings: int = 500) -> dict[date, DayProgress]:
    return {day: DayProgress(day, filings, complete=True, asked_at=NOW) for day in days}


def test_a_day_is_wanted_from_half_past_ten_in_the_evening_in_new_york() -> None:
    night = datetime(2026, 11, 19, 3, 30, tzinfo=UTC)
    assert wanted_days(2, (), night - timedelta(seconds=1)) == [TUESDAY, MONDAY]
    assert wanted_days(2, (), night) == [WEDNESDAY, TUESDAY, MONDAY]
    assert due_at(WEDNESDAY) == night
    assert due_at(date(2026, 7, 1)) == datetime(2026, 7, 2, 2, 30, tzinfo=UTC)


def test_a_year_has_250_days_and_none_is_off() -> None:
    days = wanted_days(365, (), NOW)
    assert 248 <= len(days) <= 252
    assert all(day.weekday() < 5 for day in days)
    assert date(2026, 11, 11) not in days
    assert date(2026, 7, 3) not in days


def test_without_a_history_the_days_since_the_first_are_wanted() -> None:
    assert wanted_days(0, (), NOW) == []
    assert wanted_days(0, [MONDAY, TUESDAY], NOW) == [TUESDAY, MONDAY]


def test_covered_is_what_is_whole_back_to_the_first_gap() -> None:
    gap = MONDAY - timedelta(days=4)
    days = done(TUESDAY, MONDAY, gap - timedelta(days=1)) | {
        date(2026, 11, 13): DayProgress(date(2026, 11, 13), 500, complete=False, asked_at=NOW, missing=50)
    }
    found = edgar_coverage(days, (), 7, NOW)
    assert (found.days_wanted, found.days_complete, found.since, found.filings_missing) == (4, 2, MONDAY, 50)
    assert found.part == 0.5
    assert found.seconds_left == pytest.approx(51 / 5 + 501 / 5)
    assert edgar_coverage({}, (), 7, NOW).since is None
    assert edgar_coverage(done(*wanted_days(7, (), NOW)), (), 7, NOW).seconds_left == 0


def test_quarters_with_a_set_take_minutes() -> None:
    days = done(*wanted_days(48, (), NOW))
    found = edgar_coverage(days, (), 365, NOW)
    last = [day for day in wanted_days(365, (), NOW) if set_of(day) is None and day not in days]
    assert found.seconds_left == pytest.approx(4 * 60 + len(last) * 501 / 5)
    assert edgar_coverage(days, {"2026q3"}, 365, NOW).seconds_left > found.seconds_left  # it was read, and had them not


def test_the_days_of_quarters() -> None:
    assert quarter_of(date(2026, 12, 31)) == "2026q4"
    assert quarter_days("2026q4")[0] == date(2026, 10, 1)
    assert quarter_days("2026q4")[-1] == date(2026, 12, 31)
    assert quarter_days("2026q1")[0] == date(2026, 1, 2)
    assert set_of(date(2026, 9, 29)) == "2026q3"
    assert set_of(date(2026, 9, 30)) is None
    assert set_of(date(2026, 10, 30)) == "2026q4"
    assert set_of(date(2023, 9, 29)) is None  # a Friday, and the 30th is none of EDGAR's days


def test_a_day_is_left_to_a_set_when_there_must_be_one() -> None:
    assert is_left_to_set(date(2026, 9, 29), NOW)
    assert not is_left_to_set(date(2026, 9, 30), NOW)
    assert not is_left_to_set(date(2026, 10, 2), NOW)
    assert not is_left_to_set(date(2026, 8, 3), datetime(2026, 10, 9, 16, tzinfo=UTC))
    assert not is_left_to_set(date(2026, 9, 28), datetime(2026, 10, 25, 16, tzinfo=UTC))  # within 30 days
