"""How many deliveries were ever enqueued, and how each ended: counted as it happens, apart from the rows."""

from __future__ import annotations

from sqlalchemy import Connection, select

from storage import bulk
from storage.tables import TallyRow

ENQUEUED = "enqueued"


class Tally:
    """Counters that only grow, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, name: str, count: int) -> int:
        """Add to a counter; returns what it has now."""
        statement = bulk.insert(self._connection, TallyRow).values(name=name, count=count)
        return int(
            self._connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["name"], set_={"count": TallyRow.count + statement.excluded["count"]}
                ).returning(TallyRow.count)
            ).scalar_one()
        )

    def reserve(self, name: str, count: int) -> range:
        """The next `count` numbers of a sequence, for rows that are written many at once."""
        last = self.add(name, count)
        return range(last - count + 1, last + 1)

    def counts(self) -> dict[str, int]:
        """All counters."""
        return {name: count for name, count in self._connection.execute(select(TallyRow.name, TallyRow.count))}  # noqa: C416
