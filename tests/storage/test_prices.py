"""Prices and their changes."""

from datetime import timedelta

import pytest

from storage import Storage
from tests.builders_storage import NOW, prices, rise

WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)


def test_the_change_is_in_percent(storage: Storage) -> None:
    with storage.write() as tx:
        tx.prices.add(rise("BTC", 38.0))
        change = tx.prices.changes(NOW)["BTC"]
    assert change.pct_7d == pytest.approx(38.0)
    assert change.pct_24h is None
    assert change.price == pytest.approx(138.0)


@pytest.mark.parametrize(("age", "known"), [(120, True), (121, False)])
def test_a_price_may_be_two_hours_old_and_no_older(storage: Storage, age: int, known: bool) -> None:
    with storage.write() as tx:
        tx.prices.add(prices([("BTC", NOW - age * MINUTE, 1.0)]))
        assert ("BTC" in tx.prices.changes(NOW)) is known


@pytest.mark.parametrize(("offset", "known"), [(-121, False), (-120, True), (120, True), (121, False)])
def test_the_reference_lies_within_two_hours_of_a_week_ago(storage: Storage, offset: int, known: bool) -> None:
    with storage.write() as tx:
        tx.prices.add(prices([("BTC", NOW, 2.0), ("BTC", NOW - WEEK + offset * MINUTE, 1.0)]))
        assert (tx.prices.changes(NOW)["BTC"].pct_7d is not None) is known


def test_the_nearest_reference_counts_and_the_earlier_on_ties(storage: Storage) -> None:
    with storage.write() as tx:
        tx.prices.add(
            prices(
                [
                    ("BTC", NOW, 2.0),
                    ("BTC", NOW - WEEK - 30 * MINUTE, 1.0),
                    ("BTC", NOW - WEEK + 30 * MINUTE, 4.0),
                    ("BTC", NOW - WEEK + 31 * MINUTE, 8.0),
                ]
            )
        )
        assert tx.prices.changes(NOW)["BTC"].pct_7d == pytest.approx(100.0)


def test_the_future_is_not_known(storage: Storage) -> None:
    with storage.write() as tx:
        tx.prices.add(prices([("BTC", NOW - MINUTE, 1.0), ("BTC", NOW + MINUTE, 9.0)]))
        assert tx.prices.changes(NOW)["BTC"].price == 1.0


def test_adding_twice_adds_nothing_and_changes_nothing(storage: Storage) -> None:
    with storage.write() as tx:
        assert tx.prices.add(prices([("BTC", NOW, 1.0)])).new == 1
        assert tx.prices.add(prices([("BTC", NOW, 5.0)])).new == 0
        assert tx.prices.changes(NOW)["BTC"].price == 1.0


def test_prices_between_two_instants_come_oldest_first(storage: Storage) -> None:
    with storage.write() as tx:
        tx.prices.add(prices([("BTC", NOW - k * MINUTE, float(k + 1)) for k in range(5)]))
        found = tx.prices.between("BTC", NOW - 3 * MINUTE, NOW)
    assert [price for _, price in found] == [3.0, 2.0, 1.0]
