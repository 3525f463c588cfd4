"""Current rates, and the settlements that stand in for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import event

from scoring.model import Settlement
from storage import Storage
from tests.builders_storage import NOW, settlements, steady


def test_the_last_settlement_of_each_pair_is_the_newest_up_to_now(storage: Storage) -> None:
    at = datetime(2026, 4, 26, 8, tzinfo=UTC)
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "B", -0.0002) + steady("binance", "A", 0.0001, hours=4)))
        estimate = [("okx", "BUSDT", "B", 0, 0.5, 8.0, int((at + timedelta(hours=8)).timestamp()))]
        tx.funding.add(settlements(estimate), provisional=True)
        assert tx.funding.last_settled(NOW) == (
            Settlement("binance", "AUSDT", "A", 0.0001, 4.0, NOW),
            Settlement("okx", "BUSDT", "B", -0.0002, 8.0, at),
        )
        assert tx.funding.last_settled(NOW + timedelta(hours=4))[1].provisional
        assert tx.funding.last_settled(NOW - timedelta(days=99)) == ()


def test_it_is_sought_and_never_looked_for_among_all(storage: Storage) -> None:
    plan: list[str] = []

    def explain(connection, cursor, statement, parameters, context, many) -> None:
        plan.extend(row[3] for row in cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "B", -0.0002)))
    with storage.read() as tx:
        event.listen(storage.engine, "before_cursor_execute", explain)
        tx.funding.last_settled(NOW)
        event.remove(storage.engine, "before_cursor_execute", explain)
    assert plan
    assert not [step for step in plan if step.startswith("SCAN settlement")]
