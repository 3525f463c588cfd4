"""Intervals of history from its spacing: each settlement keeps the one it had."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.base import SettledRate
from bot.feeds.exchanges.intervals import INTERVALS, with_intervals

START = datetime(2026, 3, 1, tzinfo=UTC)


def rows(*hours: float) -> list[SettledRate]:
    return [SettledRate(START + timedelta(hours=hour), 0.0001) for hour in hours]


def intervals(*hours: float, current: float | None = None) -> dict[float, float | None]:
    given, _ = with_intervals(rows(*hours), current)
    return {(row.at - START) / timedelta(hours=1): row.interval_hours for row in given}


def test_evenly_spaced_rows_all_have_their_spacing() -> None:
    assert intervals(0, 8, 16, 24, current=8.0) == {0: 8, 8: 8, 16: 8, 24: 8}
    assert intervals(0, 8, 16, 24) == {0: 8, 8: 8, 16: 8, 24: 8}


def test_a_missing_settlement_does_not_double_an_interval() -> None:
    assert intervals(0, 4, 8, 16, 20, 24) == dict.fromkeys([0, 4, 8, 16, 20, 24], 4)
    assert intervals(0, 8, 16, 40, 48, 56) == dict.fromkeys([0, 8, 16, 40, 48, 56], 8)


def test_where_the_interval_grows_the_first_longer_gap_may_be_a_missing_settlement() -> None:
    found, left_out = with_intervals(rows(0, 4, 8, 16, 24), 8.0)
    assert [row.interval_hours for row in found] == [4, 4, 4, 8]
    assert left_out == 1


def test_where_the_interval_shrinks_the_last_longer_gap_may_be_a_missing_settlement() -> None:
    assert intervals(0, 8, 16, 24, 28, 32, current=4.0) == {0: 8, 8: 8, 16: 8, 28: 4, 32: 4}


def test_a_running_interval_that_differs_makes_the_last_gap_doubtful() -> None:
    assert 16 not in intervals(0, 8, 16, current=4.0)
    assert 16 in intervals(0, 8, 16, current=8.0)


def test_gaps_that_are_no_interval_are_left_out() -> None:
    assert intervals(0, 5, 12, 31) == {}
    assert with_intervals(rows(0, 5, 12, 31), None)[1] == 4


def test_a_stray_row_between_two_settlements_has_no_interval() -> None:
    assert intervals(0, 8, 16, 16.5, 24.5, 32.5).get(16.5) is None


def test_too_few_rows_say_nothing() -> None:
    assert with_intervals([], 8.0) == ([], 0)
    assert with_intervals(rows(0), 8.0) == ([], 1)
    assert with_intervals(rows(0, 8), None) == ([], 2)
    assert intervals(0, 8, current=8.0) == {0: 8, 8: 8}


def test_a_row_that_says_its_interval_keeps_it() -> None:
    said = [SettledRate(row.at, row.rate, 4.0) for row in rows(0, 8, 16)]
    given, left_out = with_intervals(said, 8.0)
    assert [row.interval_hours for row in given] == [4.0, 4.0, 4.0]
    assert left_out == 0


@pytest.mark.parametrize("nonsense", [0.0, -8.0, math.nan, 48.0])
def test_a_row_that_says_nonsense_says_nothing(nonsense: float) -> None:
    told = [SettledRate(row.at, row.rate, nonsense) for row in rows(0, 8, 16)]
    assert [row.interval_hours for row in with_intervals(told, 8.0)[0]] == [8.0, 8.0, 8.0]


def test_seconds_of_lateness_are_rounded_away_and_each_minute_comes_once() -> None:
    late = [SettledRate(row.at + timedelta(seconds=20 * i), row.rate) for i, row in enumerate(rows(0, 1, 2))]
    again = [SettledRate(START + timedelta(hours=1, seconds=9), 0.0001)]
    given, _ = with_intervals([*reversed(late), *again], 1.0)
    assert [row.at for row in given] == [START, START + timedelta(hours=1), START + timedelta(hours=2, minutes=1)]
    assert [row.interval_hours for row in given] == [1.0, 1.0, 1.0]


def test_of_two_rows_at_one_minute_the_one_with_a_number_stays() -> None:
    both = [SettledRate(START, math.nan), *rows(0, 8, 16), SettledRate(START + timedelta(hours=8), math.nan)]
    assert [row.rate for row in with_intervals(both, 8.0)[0]] == [0.0001, 0.0001, 0.0001]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[float, float]], set[int]]:
    """((hour, true interval) of each settlement, indices of those that are missing).

    An interval stays for at least five settlements, and missing ones stand alone, at least four apart.
    """
    kinds = draw(st.lists(st.sampled_from(INTERVALS), min_size=1, max_size=5))
    kinds = [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind != before]
    hour, settlements = 0.0, []
    for kind in kinds:
        for _ in range(draw(st.integers(5, 9))):
            hour += kind
            settlements.append((hour, kind))
    missing = draw(st.sets(st.integers(1, len(settlements) - 1)))
    alone = {one for one in missing if not missing & {one - 3, one - 2, one - 1}}
    return settlements, alone


@given(histories(), st.randoms(use_true_random=False))
def test_every_interval_given_is_the_true_one(
    history: tuple[list[tuple[float, float]], set[int]], random: object
) -> None:
    settlements, missing = history
    kept = [one for i, one in enumerate(settlements) if i not in missing]
    shuffled = rows(*(hour for hour, _ in kept))
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    given_rows, left_out = with_intervals(shuffled, settlements[-1][1])
    true = {START + timedelta(hours=hour): interval for hour, interval in kept}
    assert all(row.interval_hours == true[row.at] for row in given_rows)
    assert len(given_rows) + left_out == len(kept)
    changes = sum(early[1] != late[1] for early, late in pairwise(settlements))
    assert left_out <= 3 * changes + 2 * len(missing) + 2


@given(st.lists(st.floats(0, 500), max_size=20), st.sampled_from([None, *INTERVALS]))
def test_rows_come_oldest_first_on_full_minutes_each_with_an_interval(
    hours: list[float], current: float | None
) -> None:
    given_rows, left_out = with_intervals(rows(*hours), current)
    assert all(early.at < late.at for early, late in pairwise(given_rows))
    assert all(row.at.second == row.at.microsecond == 0 for row in given_rows)
    assert all(row.interval_hours is not None and 0 < row.interval_hours <= 24 for row in given_rows)
    assert len(given_rows) + left_out <= len(hours)
