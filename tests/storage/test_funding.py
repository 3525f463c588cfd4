"""Settlements and what is derived from them."""

import contextlib
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.model import FundingRate, Margin, Pair
from storage import Storage
from tests.builders_funding import day_sums
from tests.builders_storage import NOW, settlements, steady

T = int(NOW.timestamp())
HOUR = 3600


def test_adding_twice_adds_nothing(storage: Storage) -> None:
    frame = settlements(steady("binance", "BTC", 0.0001))
    with storage.write() as tx:
        first = tx.funding.add(frame)
        again = tx.funding.add(frame)
    assert (first.new, first.known) == (len(frame), 0)
    assert (again.new, again.known) == (0, len(frame))


def test_a_known_settlement_keeps_its_rate(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements([("okx", "A", "A", 0, 0.0001, 8, T)]))
        tx.funding.add(settlements([("okx", "A", "A", 0, 0.0009, 8, T)]))
        (kept,) = tx.funding.last_settlements("A", NOW)
    assert kept.rate == 0.0001


def test_history_holds_72_hours_of_settlements_and_the_days_before_today(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("binance", "BTC", 0.0001, days=40)))
        history = tx.funding.history(NOW, lookback_days=30)
    assert [pair.symbol for pair in history.pairs] == ["BTCUSDT"]
    assert len(history.window.rate) == 9
    assert history.window.settled_at.min() > T - 72 * HOUR
    today = T // 86400
    assert (history.days.day.min(), history.days.day.max()) == (today - 30, today - 1)
    assert history.days.hours.tolist() == [24.0] * 30


def test_history_can_be_asked_for_some_coins_only(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("binance", "BTC", 0.0001) + steady("okx", "PEPE", -0.0002)))
        history = tx.funding.history(NOW, 30, ["PEPE"])
    assert [pair.base_coin for pair in history.pairs] == ["PEPE"]
    assert set(history.window.rate.tolist()) == {-0.0002}
    assert set(history.window.pair.tolist()) == {0}


def test_later_settlements_are_not_known_yet(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("binance", "BTC", 0.0001, now=NOW + timedelta(days=5), days=10)))
        history = tx.funding.history(NOW, 30)
        (last,) = tx.funding.last_settlements("BTC", NOW)
    assert history.window.settled_at.max() <= T
    assert last.settled_at <= NOW


rows = st.lists(
    st.tuples(
        st.sampled_from(["binance", "okx"]),
        st.sampled_from(["A", "B"]),
        st.integers(T - 5 * 86400, T),
        st.floats(-0.01, 0.01),
        st.sampled_from([1.0, 4.0, 8.0]),
    ),
    max_size=40,
)


class UndoError(Exception):
    """Ends a transaction without leaving anything."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(rows, min_size=1, max_size=4))
def test_day_sums_always_equal_what_the_settlements_give(storage: Storage, batches: list[list[tuple]]) -> None:
    with contextlib.suppress(UndoError), storage.write() as tx:
        for batch in batches:
            tx.funding.add(settlements((e, c, c, 0, rate, hours, t) for e, c, t, rate, hours in batch))
        raw = tx.connection.exec_driver_sql(
            "SELECT pair_id, (settled_at - 1) / 86400, count(*), sum(interval_hours), sum(rate) "
            "FROM settlement GROUP BY 1, 2 ORDER BY 1, 2"
        ).all()
        kept = tx.connection.exec_driver_sql(
            "SELECT pair_id, day, settlements, hours, rate_sum FROM funding_day ORDER BY 1, 2"
        ).all()
        assert [row[:4] for row in kept] == [row[:4] for row in raw]
        assert [row[4] for row in kept] == pytest.approx([row[4] for row in raw], abs=1e-15)
        raise UndoError


def test_the_stored_day_sums_are_those_of_the_scoring_rule(storage: Storage) -> None:
    frame = settlements(steady("binance", "BTC", 0.0001, hours=4, days=3))
    with storage.write() as tx:
        tx.funding.add(frame)
        history = tx.funding.history(NOW, 30)
    expected = day_sums(history.window)
    stored = dict(zip(history.days.day.tolist(), history.days.rate_sum.tolist(), strict=True))
    for day, total in zip(expected.day.tolist(), expected.rate_sum.tolist(), strict=True):
        if day in stored and day > history.window.settled_at.min() // 86400:
            assert stored[day] == pytest.approx(total)


def test_midnight_belongs_to_the_day_before(storage: Storage) -> None:
    midnight = T // 86400 * 86400
    with storage.write() as tx:
        tx.funding.add(settlements([("okx", "A", "A", 0, 0.001, 8, midnight)]))
        history = tx.funding.history(NOW, 30)
    assert history.days.day.tolist() == [T // 86400 - 1]


def test_accumulated_sums_native_rates_and_is_null_where_history_is_short(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("binance", "BTC", 0.0001, days=10)))
        (total,) = tx.funding.accumulated("BTC", NOW)
    assert (total.counts[1], total.counts[7]) == (3, 21)
    assert total.sums[7] == pytest.approx(0.0021)
    assert (total.sums[30], total.counts[30]) == (None, None)
    assert 9.5 < total.days_covered <= 10.5


def test_settlements_come_by_time_then_exchange_then_symbol(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "BTC", 1e-4, days=1) + steady("binance", "BTC", 2e-4, days=1)))
        found = tx.funding.settlements("BTC", NOW - timedelta(days=1), NOW)
    assert [(s.settled_at, s.exchange) for s in found] == sorted((s.settled_at, s.exchange) for s in found)
    assert len(found) == 6


def test_a_current_rate_is_replaced_and_brings_its_turnover(storage: Storage) -> None:
    def rate(value: float, turnover: float | None) -> FundingRate:
        return FundingRate("okx", "BTC-USDT-SWAP", "BTC", value, 8, NOW, NOW, 60_000.0, turnover)

    with storage.write() as tx:
        tx.pairs.put([Pair("okx", "BTC-USDT-SWAP", "BTC", Margin.USDT)])
        tx.funding.put_rates([rate(0.0001, 5e6)])
        tx.funding.put_rates([rate(0.0002, None)])
        (found,) = tx.funding.rates("BTC")
        (pair,) = tx.pairs.of("BTC")
    assert found.rate == 0.0002
    assert found.updated_at == NOW
    assert pair.turnover_usd == 5e6


def test_nan_never_enters(storage: Storage) -> None:
    with pytest.raises(Exception, match="NOT NULL"), storage.write() as tx:
        tx.funding.add(settlements([("okx", "A", "A", 0, float("nan"), 8, T)]))
    with storage.read() as tx:
        assert tx.pairs.base_coins() == ()


def test_the_newest_settlement_of_each_exchange_is_known(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "BTC", 1e-4, hours=8) + steady("binance", "BTC", 1e-4, hours=1)))
        newest = tx.funding.newest_settlements(NOW)
    assert newest["binance"] == NOW
    assert newest["okx"] == NOW - timedelta(hours=4)


def test_an_empty_frame_is_nothing_to_do(storage: Storage) -> None:
    with storage.write() as tx:
        assert tx.funding.add(settlements([])).given == 0
        assert tx.funding.history(NOW, 30).pairs == ()
    assert isinstance(settlements([]), pl.DataFrame)
