"""Settlements from what was read live."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.base import SettledRate
from bot.feeds.contracts import Known
from bot.feeds.settling import final, minute_of, provisional
from scoring.model import Settlement
from tests.builders_quotes import quote

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
KEY = ("okx", "WIF-USDT")
READ = Known("WIF", rate=-0.0004, interval_hours=4.0, next_funding_time=NOON, updated_at=NOON - timedelta(minutes=20))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_the_last_estimate_before_a_settlement_stands_for_it() -> None:
    found = provisional({KEY: READ}, NOON + minutes(10))
    assert found == [Settlement(*KEY, "WIF", -0.0004, 4.0, NOON, provisional=True)]


@pytest.mark.parametrize(
    ("known", "now"),
    [
        (READ, NOON - minutes(1)),
        (replace(READ, updated_at=NOON - minutes(66)), NOON + minutes(1)),
        (replace(READ, updated_at=NOON + minutes(1)), NOON + minutes(2)),
        (replace(READ, next_funding_time=None), NOON + minutes(1)),
        (Known("WIF"), NOON + minutes(1)),
    ],
    ids=["not due", "read long before", "read after it", "no time said", "no rate"],
)
def test_there_is_none_else(known: Known, now: datetime) -> None:
    assert provisional({KEY: known}, now) == []


def test_a_late_time_is_rounded_to_its_minute() -> None:
    late = replace(READ, next_funding_time=NOON + timedelta(seconds=3))
    assert [one.settled_at for one in provisional({KEY: late}, NOON + minutes(1))] == [NOON]
    assert minute_of(NOON - timedelta(seconds=29)) == NOON


@pytest.mark.parametrize(
    ("updated", "now", "hours"),
    [(10, 40, []), (40, 65, [1]), (40, 95, [1]), (0, 59, []), (0, 60, [1]), (40, 300, [1]), (0, 600, [1])],
)
def test_continuous_funding_is_paid_in_hourly_parts(updated: int, now: int, hours: list[int]) -> None:
    known = Known("BTC", rate=0.0008, interval_hours=8.0, updated_at=NOON + minutes(updated))
    found = provisional({("deribit", "BTC-PERPETUAL"): known}, NOON + minutes(now))
    assert [one.settled_at for one in found] == [NOON + timedelta(hours=hour) for hour in hours]
    assert all(one.rate == pytest.approx(0.0001) and one.interval_hours == 1.0 and one.provisional for one in found)


@given(st.lists(st.integers(5, 59), min_size=1, max_size=40))
def test_continuous_funding_pays_each_hour_once_however_refreshes_fall(steps: list[int]) -> None:
    at, rows = NOON, []
    for step in steps:
        known = Known("BTC", rate=0.0008, interval_hours=8.0, updated_at=at)
        at += minutes(step)
        rows += [one.settled_at for one in provisional({("deribit", "BTC-PERPETUAL"): known}, at)]
    hours = int((at - NOON) / timedelta(hours=1))
    assert rows == [NOON + timedelta(hours=hour) for hour in range(1, hours + 1)]


def test_a_settled_rate_takes_the_interval_that_was_stored_for_its_time() -> None:
    settled = SettledRate(NOON + timedelta(seconds=2), -0.0005)
    found = final([quote("okx", "WIF", interval_hours=1.0, settled=settled)], {KEY: READ}, NOON + minutes(5))
    assert found == [Settlement(*KEY, "WIF", -0.0005, 4.0, NOON)]


def test_an_interval_that_the_row_says_is_taken_before() -> None:
    settled = SettledRate(NOON, -0.0005, interval_hours=2.0)
    assert [one.interval_hours for one in final([quote("okx", "WIF", settled=settled)], {KEY: READ}, NOON)] == [2.0]


@pytest.mark.parametrize(
    ("settled", "known"),
    [
        (None, READ),
        (SettledRate(NOON, -0.0005), replace(READ, next_funding_time=NOON + timedelta(hours=4))),
        (SettledRate(NOON, -0.0005), Known("WIF")),
        (SettledRate(NOON, math.nan), READ),
        (SettledRate(NOON + timedelta(hours=1), -0.0005, 4.0), READ),
        (SettledRate(NOON, -0.0005, 48.0), READ),
    ],
    ids=["nothing settled", "another time", "no rate", "no number", "in the future", "an absurd interval"],
)
def test_a_settled_rate_without_a_sure_interval_is_skipped(settled: SettledRate | None, known: Known) -> None:
    assert final([quote("okx", "WIF", settled=settled)], {KEY: known}, NOON + minutes(5)) == []


def test_an_unknown_contract_has_no_settlements_yet() -> None:
    assert final([quote("okx", "WIF", settled=SettledRate(NOON, 0.0001, 8.0))], {}, NOON + minutes(5)) == []
