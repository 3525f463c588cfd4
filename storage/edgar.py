"""How far EDGAR's past has been read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from storage import bulk
from storage.tables import EdgarDayRow, EdgarSetRow

COLUMNS = ("day", "filings", "complete", "asked_at", "missing")


@dataclass(frozen=True, slots=True)
class DayProgress:
    """What of the filings of one day is stored."""

    day: date  # of filing, in New York
    filings: int  # Forms 4 and 4/A that the day's index lists; 0 where there is none, or a data set covers the day
    complete: bool  # all of them are stored or set aside, and none will be added
    asked_at: datetime  # when the index, or the data set, was read last
    missing: int = 0  # of `filings`, not stored yet


class Edgar:
    """The progress of the backfill of filings, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def days(self) -> dict[date, DayProgress]:
        """Day → progress, of the days that were ever asked for."""
        rows = self._connection.execute(select(*(getattr(EdgarDayRow, name) for name in COLUMNS)))
        return {row.day: DayProgress(*row) for row in rows}

    def put_day(self, progress: DayProgress) -> None:
        """Replace the progress of one day."""
        self.put_days([progress])

    def put_days(self, progress: Iterable[DayProgress]) -> None:
        """Replace the progress of several days."""
        rows = [{name: getattr(one, name) for name in COLUMNS} for one in progress]
        if not rows:
            return
        statement = bulk.insert(self._connection, EdgarDayRow)
        replaced = {name: statement.excluded[name] for name in COLUMNS if name != "day"}
        self._connection.execute(statement.on_conflict_do_update(index_elements=["day"], set_=replaced), rows)

    def sets(self) -> dict[str, datetime]:
        """Name of a quarterly data set ("2026q2") → when it was stored whole."""
        rows = self._connection.execute(select(EdgarSetRow.name, EdgarSetRow.at))
        return {row.name: row.at for row in rows}

    def put_set(self, name: str, at: datetime) -> None:
        """Note that a quarterly data set is stored whole."""
        statement = bulk.insert(self._connection, EdgarSetRow)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_={"at": statement.excluded.at}),
            [{"name": name, "at": at}],
        )
