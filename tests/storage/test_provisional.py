"""Provisional settlements, and the exchange's own that take their place."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.model import Settlement
from storage import Storage, Transaction
from tests.builders_storage import NOW, settlements

T = int(NOW.timestamp())
HOUR = timedelta(hours=1)
LONG_AGO = NOW - timedelta(days=30)


def own(rate: float, second: int = T, hours: float = 8, coin: str = "A") -> list[tuple]:
    return [("okx", coin, coin, 0, rate, hours, second)]


def stored(tx: Transaction, coin: str = "A") -> list[Settlement]:
    return list(tx.funding.settlements(coin, LONG_AGO, NOW + HOUR))


def day_rows(tx: Transaction) -> list[tuple]:
    query = "SELECT pair_id, day, settlements, hours, rate_sum FROM funding_day ORDER BY 1, 2"
    return [tuple(row) for row in tx.connection.exec_driver_sql(query)]


def test_the_exchanges_own_row_takes_the_place_of_a_provisional_one(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(own(0.0003)), provisional=True)
        (guess,) = stored(tx)
        replaced = tx.funding.add(settlements(own(0.0001, hours=4)))
        (real,) = stored(tx)
        days = day_rows(tx)
    assert (guess.rate, guess.provisional) == (0.0003, True)
    assert (real.rate, real.interval_hours, real.provisional) == (0.0001, 4, False)
    assert replaced.new == 1
    assert [row[2:] for row in days] == [(1, 4.0, 0.0001)]


def test_a_provisional_row_replaces_nothing(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(own(0.0001) + own(0.0002, coin="B")))
        tx.funding.add(settlements(own(0.0004, T - 60)), provisional=True)
        again = tx.funding.add(settlements(own(0.0003) + own(0.0005, T - 60)), provisional=True)
        rates = [(one.rate, one.provisional) for one in stored(tx)]
    assert again.new == 0
    assert rates == [(0.0004, True), (0.0001, False)]


def test_of_two_rows_of_the_exchange_the_first_is_kept(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(own(0.0001) + own(0.0007)))
        tx.funding.confirm("okx", "A", settlements(own(0.0009)), NOW - HOUR, NOW)
        (kept,) = stored(tx)
    assert kept.rate == 0.0001


def test_provisional_rows_count_in_averages(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(own(0.0003, T - 86400)), provisional=True)
        history = tx.funding.history(NOW, 30)
    assert history.window.rate.tolist() == [0.0003]
    assert history.days.rate_sum.tolist() == [0.0003]


def test_what_the_exchange_does_not_have_never_happened(storage: Storage) -> None:
    """An estimate at 08:00, the exchange's own settlement 30 seconds later: one payment, not two."""
    with storage.write() as tx:
        tx.funding.add(settlements(own(0.0003, T - 30)), provisional=True)
        added = tx.funding.confirm("okx", "A", settlements(own(0.0002)), NOW - HOUR, NOW)
        (kept,) = stored(tx)
        days = day_rows(tx)
    assert (added.given, added.new) == (1, 1)
    assert (kept.rate, kept.provisional) == (0.0002, False)
    assert [row[2:] for row in days] == [(1, 8.0, 0.0002)]


def test_a_day_with_nothing_left_has_no_sum(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(own(0.0003, T - 86400)), provisional=True)
        tx.funding.confirm("okx", "A", settlements([]), NOW - 48 * HOUR, NOW)
        assert stored(tx) == []
        assert day_rows(tx) == []


@pytest.mark.parametrize(
    ("since", "until", "left"),
    [(-1, 1, 0), (0, 0, 0), (1, 60, 1), (-60, -1, 1)],
)
def test_both_ends_of_what_is_confirmed_belong_to_it(storage: Storage, since: int, until: int, left: int) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(own(0.0003)), provisional=True)
        begin, end = NOW + timedelta(seconds=since), NOW + timedelta(seconds=until)
        tx.funding.confirm("okx", "A", settlements([]), begin, end)
        assert len(stored(tx)) == left


def test_a_confirmation_leaves_other_pairs_and_final_rows_alone(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(own(0.0001, T - 3600)))
        tx.funding.add(
            settlements([*own(0.0003), *own(0.0004, coin="B"), ("binance", "A", "A", 0, 0.1, 8, T)]), provisional=True
        )
        tx.funding.confirm("okx", "A", settlements([]), LONG_AGO, NOW)
        assert [(one.exchange, one.rate) for one in stored(tx)] == [("okx", 0.0001), ("binance", 0.1)]
        assert len(stored(tx, "B")) == 1


def test_nothing_of_a_pair_that_nobody_knows_is_nothing_to_do(storage: Storage) -> None:
    with storage.write() as tx:
        assert tx.funding.confirm("okx", "A", settlements([]), LONG_AGO, NOW).given == 0
        assert tx.pairs.base_coins() == ()


def test_it_is_known_who_still_waits_for_the_exchange(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(own(0.0001, T - 3600)))
        waiting = [
            *own(0.0003),
            *own(0.0003, T - 7200),
            *own(0.0003, T - 10800, coin="B"),
            ("bybit", "A", "A", 0, 0.1, 8, T),
        ]
        tx.funding.add(settlements(waiting), provisional=True)
        assert tx.funding.provisional() == {"bybit": 1, "okx": 3}
        assert tx.funding.provisional_pairs(NOW) == (("okx", "B", NOW - 3 * HOUR), ("okx", "A", NOW - 2 * HOUR))
        assert len(tx.funding.provisional_pairs(NOW + HOUR)) == 3
        tx.funding.confirm("okx", "A", settlements([]), LONG_AGO, NOW)
        assert tx.funding.provisional() == {"bybit": 1, "okx": 1}


def test_many_pairs_are_confirmed_at_once_each_in_its_own_time(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements([*own(0.0003), *own(0.0003, T - 3600), *own(0.0004, coin="B")]), provisional=True)
        rows = settlements([*own(0.0001, T - 7200), *own(0.0002, T - 7200, coin="B")])
        runs = [("okx", "A", NOW - 2 * HOUR, NOW - HOUR), ("okx", "B", NOW - 2 * HOUR, NOW), ("okx", "C", NOW, NOW)]
        assert tx.funding.confirm_all(rows, runs).new == 2
        assert [(one.rate, one.provisional) for one in stored(tx)] == [(0.0001, False), (0.0003, True)]
        assert [(one.rate, one.provisional) for one in stored(tx, "B")] == [(0.0002, False)]


class UndoError(Exception):
    """Ends a transaction without leaving anything."""


row = st.tuples(
    st.sampled_from(["A", "B"]),
    st.integers(0, 12).map(lambda n: T - n * 4 * 3600),
    st.sampled_from([-0.0004, 0.0001, 0.0007]),
    st.sampled_from([4.0, 8.0]),
)
writes = st.lists(
    st.one_of(
        st.tuples(st.just("final"), st.lists(row, max_size=6)),
        st.tuples(st.just("provisional"), st.lists(row, max_size=6)),
        st.tuples(st.just("confirm"), st.lists(row, max_size=6), st.integers(0, 12), st.integers(0, 12)),
    ),
    max_size=8,
)


def apply_rules(model: dict[tuple[str, int], tuple[float, float, bool]], write: tuple) -> None:
    """The rules, one row at a time, on a plain dict: (symbol, second) → (rate, hours, provisional)."""
    if write[0] == "confirm":
        since, until = T - write[2] * 4 * 3600, T - write[3] * 4 * 3600
        given = {second for coin, second, _, _ in write[1] if coin == "A"}
        for key in [k for k, v in model.items() if k[0] == "A" and since <= k[1] <= until and v[2]]:
            if key[1] not in given:
                del model[key]
    for coin, second, rate, hours in write[1]:
        if write[0] == "confirm" and coin != "A":
            continue
        there = model.get((coin, second))
        if there is None or (there[2] and write[0] != "provisional"):
            model[coin, second] = (rate, hours, write[0] == "provisional")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=writes)
def test_any_sequence_of_writes_leaves_what_the_rules_say_and_the_days_sum_it_up(
    storage: Storage, writes: list[tuple]
) -> None:
    model: dict[tuple[str, int], tuple[float, float, bool]] = {}
    with contextlib.suppress(UndoError), storage.write() as tx:
        for write in writes:
            given = write[1] if write[0] != "confirm" else [one for one in write[1] if one[0] == "A"]
            frame = settlements(("okx", c, c, 0, rate, hours, second) for c, second, rate, hours in given)
            if write[0] == "confirm":
                since, until = (datetime.fromtimestamp(T - n * 4 * 3600, UTC) for n in write[2:])
                tx.funding.confirm("okx", "A", frame, since, until)
            else:
                tx.funding.add(frame, provisional=write[0] == "provisional")
            apply_rules(model, write)
        found = {
            (one.symbol, int(one.settled_at.timestamp())): (one.rate, one.interval_hours, one.provisional)
            for coin in ("A", "B")
            for one in stored(tx, coin)
        }
        assert found == model
        raw = tx.connection.exec_driver_sql(
            "SELECT pair_id, (settled_at - 1) / 86400, count(*), sum(interval_hours), sum(rate) "
            "FROM settlement GROUP BY 1, 2 ORDER BY 1, 2"
        ).all()
        assert [one[:4] for one in day_rows(tx)] == [tuple(one[:4]) for one in raw]
        assert [one[4] for one in day_rows(tx)] == pytest.approx([one[4] for one in raw], abs=1e-15)
        raise UndoError
