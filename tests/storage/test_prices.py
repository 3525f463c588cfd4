"""Prices and their changes."""

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from scoring.model import PriceChanges
from storage import Storage, Transaction
from storage.prices import PriceSource
from storage.tables import PriceRow
from tests.builders_storage import NOW, prices, rise

WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


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


def said(pct_24h: float | None, pct_7d: float | None, price: float | None = 9.0) -> dict[str, PriceChanges]:
    return {"BTC": PriceChanges(pct_24h, pct_7d, price)}


def test_what_a_price_service_says_goes_before_what_is_stored(storage: Storage) -> None:
    with storage.write() as tx:
        tx.prices.add(rise("BTC", 38.0))
        tx.prices.put_changes(said(1.0, 12.0), "coingecko", NOW)
        assert tx.prices.changes(NOW) == {"BTC": PriceChanges(1.0, 12.0, 9.0, "coingecko")}


@pytest.mark.parametrize(("minutes", "source"), [(-1, "import"), (0, "coingecko"), (119, "coingecko"), (120, "import")])
def test_what_a_price_service_says_counts_for_two_hours(storage: Storage, minutes: int, source: str) -> None:
    with storage.write() as tx:
        tx.prices.add(rise("BTC", 38.0, NOW + minutes * MINUTE))
        tx.prices.put_changes(said(1.0, 12.0), "coingecko", NOW)
        assert tx.prices.changes(NOW + minutes * MINUTE)["BTC"].source == source


def test_what_it_does_not_say_is_filled_from_what_is_stored(storage: Storage) -> None:
    with storage.write() as tx:
        tx.prices.add(prices([("BTC", NOW - WEEK, 1.0), ("BTC", NOW - DAY, 1.6), ("BTC", NOW, 2.0)]), PriceSource.MARKS)
        told = []
        for pct_24h, pct_7d, price in [(None, 12.0, 9.0), (1.0, None, 9.0), (None, None, 9.0), (1.0, 12.0, None)]:
            tx.prices.put_changes(said(pct_24h, pct_7d, price), "coingecko", NOW)
            one = tx.prices.changes(NOW)["BTC"]
            told.append((one.pct_24h, one.pct_7d, one.price, one.source))
    assert told == [
        (pytest.approx(25.0), 12.0, 9.0, "coingecko"),
        (1.0, pytest.approx(100.0), 9.0, "marks"),
        (pytest.approx(25.0), pytest.approx(100.0), 9.0, "marks"),
        (1.0, 12.0, 2.0, "coingecko"),
    ]


def test_a_coin_that_only_a_price_service_knows_has_changes_too(storage: Storage) -> None:
    with storage.write() as tx:
        tx.prices.put_changes(said(1.0, None), "coingecko", NOW)
        assert tx.prices.changes(NOW) == {"BTC": PriceChanges(1.0, None, 9.0, "coingecko")}
        assert tx.prices.changes(NOW, ["ETH"]) == {}


def test_a_newer_word_replaces_an_older_one_and_silence_does_not(storage: Storage) -> None:
    other = {"ETH": PriceChanges(3.0, 4.0, 5.0)}
    with storage.write() as tx:
        tx.prices.put_changes(said(1.0, 12.0) | other, "coingecko", NOW - 90 * MINUTE)
        tx.prices.put_changes(said(2.0, 13.0), "sharpe", NOW)
        tx.prices.put_changes({}, "coingecko", NOW)
        changes = tx.prices.changes(NOW)
    assert (changes["BTC"].pct_7d, changes["BTC"].source) == (13.0, "sharpe")
    assert (changes["ETH"].pct_7d, changes["ETH"].source) == (4.0, "coingecko")


def test_a_stored_change_is_from_where_the_older_price_is(storage: Storage) -> None:
    with storage.write() as tx:
        tx.prices.add(prices([("BTC", NOW - WEEK, 1.0), ("ETH", NOW - DAY, 1.0)]), PriceSource.CANDLES)
        tx.prices.add(prices([("DOGE", NOW - WEEK, 1.0)]))
        now = prices([(coin, NOW, 2.0) for coin in ("BTC", "ETH", "DOGE", "NEW")])
        tx.prices.add(now, PriceSource.MARKS)
        sources = {coin: change.source for coin, change in tx.prices.changes(NOW).items()}
        assert sources == {"BTC": "candles", "ETH": "candles", "DOGE": "import", "NEW": ""}
        tx.prices.put_changes({"NEW": PriceChanges(1.0, None, None)}, "coingecko", NOW)
        assert tx.prices.sources(NOW) == {"candles": 2, "coingecko": 1, "import": 1}


def test_of_which_coins_the_price_is_a_mark(storage: Storage) -> None:
    said = {"SAID": PriceChanges(pct_24h=None, pct_7d=1.0, price=1.0)}
    with storage.write() as tx:
        tx.prices.add(prices([(coin, NOW - 2 * HOUR, 1.0) for coin in ("MARK", "BOTH", "SAID")]), PriceSource.MARKS)
        tx.prices.add(prices([("TOO OLD", NOW - 3 * HOUR, 1.0), ("LATER", NOW + HOUR, 1.0)]), PriceSource.MARKS)
        tx.prices.add(prices([("CANDLE", NOW - HOUR, 1.0), ("BOTH", NOW - HOUR, 1.0)]), PriceSource.CANDLES)
        tx.prices.put_changes(said, "coingecko", NOW)
        assert tx.prices.by_marks(NOW) == {"MARK"}


def all_times(tx: Transaction, source: PriceSource) -> list[datetime]:
    statement = select(PriceRow.time).where(PriceRow.source == int(source)).order_by(PriceRow.time)
    return [datetime.fromtimestamp(time, UTC) for time in tx.connection.execute(statement).scalars()]


def first_of_each(times: Iterable[datetime], form: str) -> set[datetime]:
    first: dict[str, datetime] = {}
    for time in sorted(times):
        first.setdefault(f"{time:{form}}", time)
    return set(first.values())


def test_old_marks_are_thinned_to_one_an_hour_and_later_to_one_a_day(storage: Storage) -> None:
    """Half-hourly marks of 50 days, thinned at every refresh as they age."""
    begin = NOW - timedelta(days=50)
    marks = [begin + k * 30 * MINUTE for k in range(50 * 48 + 1)]
    with storage.write() as tx:
        for day in range(51):
            until = begin + day * DAY
            tx.prices.add(prices([("BTC", at, 1.0) for at in marks if until - DAY < at <= until]), PriceSource.MARKS)
            tx.prices.thin(until)
        kept = set(all_times(tx, PriceSource.MARKS))
    young, middle, old = NOW - timedelta(days=8), NOW - timedelta(days=40), NOW - timedelta(days=41)
    assert {at for at in kept if at >= young} == {at for at in marks if at >= young}
    hourly = first_of_each([at for at in marks if at < young], "%F %H")
    assert {at for at in kept if middle <= at < young} == {at for at in hourly if at >= middle}
    daily = first_of_each(marks, "%F")
    assert {at for at in kept if at < old} == {at for at in daily if at < old}


class UndoError(Exception):
    """Ends a transaction without leaving anything."""


ages = st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 45 * 24 * 4)), unique=True, max_size=60)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(marks=ages, imported=ages)
def test_thinning_never_touches_imports_nor_the_first_of_a_day_and_twice_is_once(
    storage: Storage, marks: list[tuple[str, int]], imported: list[tuple[str, int]]
) -> None:
    with contextlib.suppress(UndoError), storage.write() as tx:
        for given_, source in ((marks, PriceSource.MARKS), (imported, PriceSource.IMPORT)):
            minutes = 15 if source is PriceSource.MARKS else 15.5
            tx.prices.add(prices([(coin, NOW - age * minutes * MINUTE, 1.0) for coin, age in given_]), source)
        before = all_times(tx, PriceSource.MARKS), all_times(tx, PriceSource.IMPORT)
        tx.prices.thin(NOW)
        after = all_times(tx, PriceSource.MARKS), all_times(tx, PriceSource.IMPORT)
        tx.prices.thin(NOW)
        assert (all_times(tx, PriceSource.MARKS), all_times(tx, PriceSource.IMPORT)) == after
        assert after[1] == before[1]
        assert first_of_each(before[0], "%F") == first_of_each(after[0], "%F")
        raise UndoError
