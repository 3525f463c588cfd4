"""How far the history of each pair has been read from its exchange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from storage import bulk
from storage.pairs import ids_of, select_pairs
from storage.tables import BackfillRow

COLUMNS = ("covered_since", "covered_until", "page", "exhausted", "error", "asked_at")


@dataclass(frozen=True, slots=True)
class Progress:
    """What of a pair's history is stored; everything that its exchange has in between is."""

    covered_since: datetime
    covered_until: datetime
    page: int = 1  # the next one to ask for, of an exchange that numbers its pages
    exhausted: bool = False  # it serves nothing older
    error: str = ""  # the last failure in one line, or nothing
    asked_at: datetime | None = None


class Backfill:
    """The progress of the backfill, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> dict[tuple[str, str], Progress]:
        """(exchange, symbol) → progress, of the pairs that were ever asked for."""
        names = select_pairs().subquery()
        rows = self._connection.execute(
            select(names.c.exchange, names.c.symbol, *(getattr(BackfillRow, name) for name in COLUMNS)).join(
                names, names.c.id == BackfillRow.pair_id
            )
        )
        return {(exchange, symbol): Progress(*rest) for exchange, symbol, *rest in rows}

    def put(self, exchange: str, symbol: str, progress: Progress) -> None:
        """Replace the progress of one pair. Raises LookupError when the pair is not stored."""
        self.put_many({(exchange, symbol): progress})

    def put_many(self, progress: Mapping[tuple[str, str], Progress]) -> None:
        """Replace the progress of several pairs. Raises LookupError when one of them is not stored."""
        if not progress:
            return
        ids = ids_of(self._connection, progress)
        statement = bulk.insert(self._connection, BackfillRow)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["pair_id"], set_={name: statement.excluded[name] for name in COLUMNS}
            ),
            [{"pair_id": ids[key]} | {name: getattr(one, name) for name in COLUMNS} for key, one in progress.items()],
        )
