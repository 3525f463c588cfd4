"""Many rows at once, without an object per row, on every database that SQLAlchemy speaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select
from sqlalchemy.dialects import postgresql, sqlite

Insert = sqlite.Insert | postgresql.Insert


def insert(connection: Connection, table: Any) -> Insert:
    """An INSERT that knows ON CONFLICT, in the connection's dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_new(connection: Connection, table: Any, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> int:
    """Insert the rows whose primary key is not there yet; returns how many that were.

    One compiled statement and plain tuples: SQLAlchemy's own path makes a dict per row first.
    """
    if not rows:
        return 0
    statement = insert(connection, table).values(dict.fromkeys(columns)).on_conflict_do_nothing()
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(columns))
    if compiled.positional:
        order = [columns.index(name) for name in compiled.positiontup or ()]
        ready: Any = rows if order == list(range(len(columns))) else [tuple(r[i] for i in order) for r in rows]
    else:
        ready = [dict(zip(columns, row, strict=True)) for row in rows]
    return max(0, connection.exec_driver_sql(str(compiled), ready).rowcount)


def columns_of(connection: Connection, statement: Select[*tuple[Any, ...]], kinds: Sequence[str]) -> list[NDArray[Any]]:
    """The result of a SELECT as one numpy array per column; `kinds` are dtypes ("i8", "f8")."""
    result = connection.execute(statement)
    rows = result.cursor.fetchall() if result.cursor is not None else []
    if not rows:
        return [np.empty(0, dtype=kind) for kind in kinds]
    table = np.fromiter(rows, dtype=[(str(i), kind) for i, kind in enumerate(kinds)], count=len(rows))
    return [np.ascontiguousarray(table[str(i)]) for i in range(len(kinds))]
