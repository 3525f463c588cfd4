"""Many rows at once."""

import pytest
from sqlalchemy import select

from storage import Storage, bulk
from storage.tables import SettlementRow
from tests.builders_storage import settlements, steady


@pytest.mark.parametrize("fetched", [1, 7, 119, 120, 121, 1000])
def test_columns_are_whole_however_many_rows_are_fetched_at_a_time(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, fetched: int
) -> None:
    monkeypatch.setattr(bulk, "FETCHED", fetched)
    statement = select(SettlementRow.settled_at, SettlementRow.rate).order_by(SettlementRow.settled_at)
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "A", 0.0003, days=40)))
        times, rates = bulk.columns_of(tx.connection, statement, ("i8", "f8"))
        expected = tx.connection.execute(statement).all()
    assert list(zip(times.tolist(), rates.tolist(), strict=True)) == [tuple(row) for row in expected]
    assert (times.dtype, rates.dtype) == ("i8", "f8")


def test_no_rows_are_empty_columns_of_their_kind(storage: Storage) -> None:
    with storage.read() as tx:
        times, rates = bulk.columns_of(
            tx.connection, select(SettlementRow.settled_at, SettlementRow.rate), ("i8", "f8")
        )
    assert (len(times), times.dtype, len(rates), rates.dtype) == (0, "i8", 0, "f8")
