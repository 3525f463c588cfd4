"""Accumulated windows: moved on step by step, and always what the whole history adds up to."""

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.model import AssetClass, Margin, Pair
from storage import Storage, Transaction
from storage.funding import ACCUMULATED_DAYS, Accumulated, AccumulatedOrder
from tests.builders_storage import NOW, settlements, steady

T = int(NOW.timestamp())
DAY, STEP = 86_400, 4 * 3600
COINS = ("A", "B", "C")


def by_hand(tx: Transaction) -> dict[tuple[str, str], list[tuple[int, Fraction, float]]]:
    """(exchange, symbol) → (second, rate, hours) of all that is stored."""
    found: dict[tuple[str, str], list[tuple[int, Fraction, float]]] = {}
    for coin in COINS:
        for one in tx.funding.settlements(coin, NOW - timedelta(days=2000), NOW + timedelta(days=2000)):
            second = int(one.settled_at.timestamp())
            rate = Fraction(round(Fraction(one.rate) * 10**15), 10**15)
            found.setdefault((one.exchange, one.symbol), []).append((second, rate, one.interval_hours))
    return found


def check(one: Accumulated, rows: Iterable[tuple[int, Fraction, float]]) -> None:
    """Compare with the definition: DESIGN, the method, 7."""
    at = int(one.at.timestamp())
    known = [row for row in rows if row[0] <= at]
    covered = (at - min(row[0] for row in known)) / DAY + max(row[2] for row in known) / 24
    assert one.days_covered == covered
    for days in ACCUMULATED_DAYS:
        inside = [rate for second, rate, _ in known if second > at - days * DAY]
        if covered < days:
            assert (one.sums[days], one.counts[days]) == (None, None)
        else:
            assert (one.sums[days], one.counts[days]) == (float(sum(inside)), len(inside))


def check_all(tx: Transaction) -> None:
    """Every window that is there is right, and what is added up at that instant is the same."""
    raw = by_hand(tx)
    for one in tx.funding.accumulated_all():
        check(one, raw[one.exchange, one.symbol])
        anew = {(a.exchange, a.symbol): a for a in tx.funding.accumulated(one.base_coin, one.at)}
        assert anew[one.exchange, one.symbol] == one


class UndoError(Exception):
    """Ends a transaction without leaving anything."""


second = st.one_of(
    st.integers(0, 60).map(lambda n: T - n * STEP),  # dense, so that rows meet
    st.integers(0, 400).map(lambda n: T - n * DAY),
    st.integers(T - 380 * DAY, T + 2 * DAY),
)
row = st.tuples(
    st.sampled_from(["binance", "okx"]),
    st.sampled_from(COINS),
    second,
    st.integers(-5 * 10**8, 5 * 10**8).map(lambda n: n / 1e10),
    st.sampled_from([1.0, 4.0, 8.0]),
)
rows = st.lists(row, max_size=12)
operation = st.one_of(
    st.tuples(st.just("add"), rows),
    st.tuples(st.just("estimate"), rows),
    st.tuples(st.just("confirm"), rows, second, second),
    st.tuples(st.just("advance"), second),
    st.tuples(st.just("advance"), st.integers(0, 20).map(lambda n: T + n * 1800)),
)


def do(tx: Transaction, operation: tuple) -> None:
    name, *given = operation
    if name == "advance":
        assert tx.funding.advance_windows(datetime.fromtimestamp(given[0], UTC)) == 0
        return
    if name == "confirm":
        mine = [one for one in given[0] if one[:2] == ("okx", "A")]
        since, until = (datetime.fromtimestamp(one, UTC) for one in sorted(given[1:]))
        tx.funding.confirm("okx", "A", frame(mine), since, until)
        return
    tx.funding.add(frame(given[0]), provisional=name == "estimate")


def frame(given: Iterable[tuple]) -> pl.DataFrame:
    return settlements((exchange, coin, coin, 0, rate, hours, at) for exchange, coin, at, rate, hours in given)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=st.lists(operation, max_size=10), end=second)
def test_windows_are_always_what_the_whole_history_adds_up_to(
    storage: Storage, operations: list[tuple], end: int
) -> None:
    with contextlib.suppress(UndoError), storage.write() as tx:
        for one in operations:
            do(tx, one)
            check_all(tx)
        do(tx, ("advance", end))
        check_all(tx)
        known = {key for key, found in by_hand(tx).items() if any(at <= end for at, _, _ in found)}
        windows = tx.funding.accumulated_all()
        assert {(one.exchange, one.symbol) for one in windows} == known
        assert {one.at for one in windows} <= {datetime.fromtimestamp(end, UTC)}
        raise UndoError


def windows_of(tx: Transaction, coin: str) -> list[str]:
    return [one.exchange for one in tx.funding.accumulated_all() if one.base_coin == coin]


def test_a_late_row_is_counted_at_once_without_adding_up_the_pair_anew(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "A", 1e-4) + steady("okx", "B", 1e-4)))
        tx.funding.advance_windows(NOW)
        tx.funding.add(settlements([("okx", "AUSDT", "A", 0, 0.01, 8, T - 60)]))
        first, other = tx.funding.accumulated_all()
    assert (first.counts[1], first.sums[1]) == (4, 0.0103)
    assert (other.counts[1], other.sums[1]) == (3, 0.0003)


def test_an_older_page_of_the_history_moves_the_beginning(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "A", 1e-4, days=3)))
        tx.funding.advance_windows(NOW)
        (short,) = tx.funding.accumulated_all()
        tx.funding.confirm(
            "okx", "AUSDT", settlements(steady("okx", "A", 1e-4, days=40)), NOW - timedelta(days=40), NOW
        )
        (long,) = tx.funding.accumulated_all()
    assert (short.counts[30], long.counts[30]) == (None, 90)


def test_a_write_that_may_shorten_the_history_makes_that_pairs_windows_void_and_no_others(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "B", 1e-4, days=2)))
        tx.funding.add(settlements(steady("okx", "A", 1e-4, days=2)), provisional=True)
        tx.funding.advance_windows(NOW)
        tx.funding.confirm("okx", "AUSDT", settlements([]), NOW - timedelta(days=2), NOW - timedelta(days=1))
        assert windows_of(tx, "A") == []
        assert windows_of(tx, "B") == ["okx"]
        tx.funding.advance_windows(NOW)
        assert windows_of(tx, "A") == ["okx"]
        check_all(tx)


def test_a_large_import_is_added_up_anew(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.following.MOST_FOLLOWED", 10)
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "A", 1e-4, days=3)))
        tx.funding.advance_windows(NOW)
        tx.funding.add(settlements(steady("okx", "A", 1e-4, days=30)))
        assert tx.funding.accumulated_all() == ()
        tx.funding.advance_windows(NOW)
        check_all(tx)


def test_adding_up_whole_histories_can_be_spread_over_several_calls(storage: Storage) -> None:
    with storage.write() as tx:
        for coin in COINS:
            tx.funding.add(settlements(steady("okx", coin, 1e-4, days=2)))
        assert tx.funding.advance_windows(NOW, most=2) == 1
        assert len(tx.funding.accumulated_all()) == 2
        assert tx.funding.advance_windows(NOW, most=2) == 0
        assert len(tx.funding.accumulated_all()) == 3


def test_going_back_in_time_forgets_what_was_not_known_then(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "A", 1e-4, days=10)))
        tx.funding.advance_windows(NOW)
        earlier = NOW - timedelta(days=5)
        tx.funding.advance_windows(earlier)
        (one,) = tx.funding.accumulated_all()
        assert one.at == earlier
        check_all(tx)


def test_pairs_can_be_ordered_by_what_they_paid(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "A", 1e-4, days=8) + steady("okx", "B", -3e-4, days=8)))
        tx.funding.add(settlements(steady("okx", "C", -9e-4, days=2)))
        tx.funding.advance_windows(NOW)

        def coins(order: AccumulatedOrder, limit: int | None = None, days: int = 7) -> str:
            return "".join(one.base_coin for one in tx.funding.accumulated_all(order, limit, days))

        assert coins(AccumulatedOrder.LOWEST) == "BAC"  # C is too young for seven days
        assert coins(AccumulatedOrder.HIGHEST) == "ABC"
        assert coins(AccumulatedOrder.LOWEST, days=1) == "CBA"
        assert coins(AccumulatedOrder.LOWEST, limit=1) == "B"
        assert coins(AccumulatedOrder.COIN, limit=2) == "AB"


def test_what_is_no_coin_has_windows_too(storage: Storage) -> None:
    with storage.write() as tx:
        tx.pairs.put([Pair("okx", "AUSDT", "A", Margin.USDT, None, AssetClass.TRADFI)])
        tx.funding.add(settlements(steady("okx", "A", 1e-4, days=2)))
        tx.funding.advance_windows(NOW)
        assert windows_of(tx, "A") == ["okx"]
