"""Many rows at once, without an object per row, on every database that SQLAlchemy speaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select
from sqlalchemy.dialects import postgresql, sqlite

FETCHED = 10_000  # rows that are Python objects at the same time

Insert = sqlite.Insert | postgresql.Insert


def insert(connection: Connection, table: Any) -> Insert:
    """An INSERT that knows ON CONFLICT, in the connection's dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_new(connection: Connection, table: Any, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> int:
    """Insert the rows whose primary key is not there yet; returns how many that were."""
    statement = insert(connection, table).values(dict.fromkeys(columns)).on_conflict_do_nothing()
    return _run(connection, statement, columns, rows)


def insert_rows(connection: Connection, table: Any, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, all of which must be new."""
    _run(connection, insert(connection, table).values(dict.fromkeys(columns)), columns, rows)


def insert_over(
    connection: Connection,
    table: Any,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    replaces: ColumnElement[bool],
) -> int:
    """Insert the rows that are new or `replaces` one that is there; returns how many that were.

    `replaces` is asked of the stored row. A replaced row's other columns fall back to their defaults.
    """
    keys = [column.name for column in table.__table__.primary_key]
    statement = insert(connection, table).values(dict.fromkeys(columns))
    others = [column.name for column in table.__table__.columns if column.name not in keys]
    return _run(
        connection,
        statement.on_conflict_do_update(
            index_elements=keys, set_={name: statement.excluded[name] for name in others}, where=replaces
        ),
        columns,
        rows,
    )


def insert_or_update(
    connection: Connection,
    table: Any,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    keys: Sequence[str],
    updated: Sequence[str],
) -> None:
    """Insert the rows; where one with the same `keys` is there, give it the `updated` columns of the new one."""
    statement = insert(connection, table).values(dict.fromkeys(columns))
    _run(
        connection,
        statement.on_conflict_do_update(
            index_elements=list(keys), set_={name: statement.excluded[name] for name in updated}
        ),
        columns,
        rows,
    )


def columns_of(connection: Connection, statement: Select[*tuple[Any, ...]], kinds: Sequence[str]) -> list[NDArray[Any]]:
    """The result of a SELECT as one numpy array per column; `kinds` are dtypes ("i8", "f8").

    A Python row is four times as large as its numbers, so only some rows at a time are Python objects.
    """
    cursor = connection.execute(statement).cursor
    parts: list[list[NDArray[Any]]] = [[np.empty(0, dtype=kind)] for kind in kinds]
    while cursor is not None and (rows := cursor.fetchmany(FETCHED)):
        table = np.fromiter(rows, dtype=[(str(i), kind) for i, kind in enumerate(kinds)], count=len(rows))
        for i, column in enumerate(parts):
            column.append(np.ascontiguousarray(table[str(i)]))
    found = []
    while parts:
        found.append(np.concatenate(parts.pop(0)))
    return found


def _run(connection: Connection, statement: Insert, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> int:
    """Run an INSERT once for each row, and count the rows that it wrote.

    One compiled statement and plain tuples: SQLAlchemy's own path makes a dict per row first.
    """
    if not rows:
        return 0
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(columns))
    if compiled.positional:
        order = [columns.index(name) for name in compiled.positiontup or ()]
        ready: Any = rows if order == list(range(len(columns))) else [tuple(r[i] for i in order) for r in rows]
    else:
        ready = [dict(zip(columns, row, strict=True)) for row in rows]
    return max(0, connection.exec_driver_sql(str(compiled), ready).rowcount)
