"""What happens at each refresh seeks what it needs: no bulk table is ever read whole."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event

from scoring.model import FundingRate, Margin, Pair
from storage import Storage, Transaction
from storage.prices import PriceSource
from tests.builders_storage import NOW, rise, settlements, steady

T = int(NOW.timestamp())
LATE = [("okx", "AUSDT", "A", 0, 0.001, 8.0, T - 60), ("okx", "BUSDT", "B", 0, 0.001, 8.0, T - 60)]
# An index that holds nothing but what is asked for may be read from end to end.
SCAN = re.compile(r"SCAN (settlement|funding_day|price)(?! USING INDEX ix_settlement_provisional)\b")


def confirm(tx: Transaction) -> None:
    tx.funding.confirm("okx", "AUSDT", settlements(LATE[:1]), NOW - timedelta(days=1), NOW)


def put_rates(tx: Transaction) -> None:
    tx.pairs.put([Pair("okx", "AUSDT", "A", Margin.USDT)])
    tx.funding.put_rates([FundingRate("okx", "AUSDT", "A", 0.001, 8, NOW, NOW)])


WORK: dict[str, Callable[[Transaction], object]] = {
    "add": lambda tx: tx.funding.add(settlements(LATE)),
    "add provisional": lambda tx: tx.funding.add(settlements(LATE), provisional=True),
    "confirm": confirm,
    "put rates": put_rates,
    "advance": lambda tx: tx.funding.advance_windows(NOW + timedelta(hours=4)),
    "go back": lambda tx: tx.funding.advance_windows(NOW - timedelta(hours=4)),
    "all windows": lambda tx: tx.funding.accumulated_all(),
    "accumulated": lambda tx: tx.funding.accumulated("A", NOW),
    "history": lambda tx: tx.funding.history(NOW, 30),
    "history of a coin": lambda tx: tx.funding.history(NOW, 30, ["A"]),
    "newest": lambda tx: tx.funding.newest_settlements(NOW),
    "provisional": lambda tx: (tx.funding.provisional(), tx.funding.provisional_pairs(NOW)),
    "listed": lambda tx: tx.pairs.listed(NOW - timedelta(days=2)),
    "add prices": lambda tx: tx.prices.add(rise("A", 1.0), PriceSource.MARKS),
    "changes": lambda tx: tx.prices.changes(NOW),
    "changes of a coin": lambda tx: tx.prices.changes(NOW, ["A"]),
    "thin": lambda tx: tx.prices.thin(NOW),
    "newest price": lambda tx: tx.prices.newest(NOW),
}


@pytest.fixture
def filled(storage: Storage) -> Storage:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "A", 1e-4) + steady("binance", "A", 1e-4) + steady("okx", "B", 1e-4)))
        tx.funding.add(settlements([(*LATE[0][:6], T - 90)]), provisional=True)
        tx.funding.advance_windows(NOW)
        tx.prices.add(rise("A", 10.0))
    return storage


@pytest.mark.parametrize("name", WORK)
def test_it_seeks(filled: Storage, name: str) -> None:
    plans: list[str] = []

    def explain(connection, cursor, statement, parameters, context, many) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            one = parameters[0] if many else parameters
            plan = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", one)
            plans.extend(f"{row[3]}  <-  {statement}" for row in plan)

    with filled.write() as tx:
        event.listen(filled.engine, "before_cursor_execute", explain)
        WORK[name](tx)
        event.remove(filled.engine, "before_cursor_execute", explain)
    assert plans
    assert [plan for plan in plans if SCAN.match(plan)] == []
