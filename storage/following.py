"""Accumulated windows follow what is written to the settlements that they hold.

The sums are whole numbers of 1e-15: adding what enters a window and taking away what leaves it gives exactly
what adding up the whole window gives, for years. A rate has at most ten decimals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Double,
    Integer,
    MetaData,
    Table,
    bindparam,
    case,
    cast,
    delete,
    func,
    select,
    update,
)

from storage import bulk
from storage.tables import FundingWindowRow, SettlementRow

DAY = 86_400  # seconds
ACCUMULATED_DAYS = (1, 7, 30, 90, 365)
UNIT = 1e15  # parts of a rate of 1
SUMS = tuple(f"sum_{days}" for days in ACCUMULATED_DAYS)
COUNTS = tuple(f"count_{days}" for days in ACCUMULATED_DAYS)
# Rows that are followed one by one; for more of them it is cheaper to add their pairs up anew.
MOST_FOLLOWED = 20_000
NEVER = 2**62  # unix seconds, beyond all times

Held = tuple[int, float]  # a settlement's rate in units, its interval in hours
NOTHING: Held = (0, 0.0)

TOUCHED = Table(
    "touched",
    MetaData(),
    Column("pair_id", Integer, primary_key=True, autoincrement=False),
    Column("settled_at", BigInteger, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
)


@dataclass(slots=True)
class Change:
    """What is to be added to the windows of one pair."""

    sums: list[int] = field(default_factory=lambda: [0] * len(SUMS))
    counts: list[int] = field(default_factory=lambda: [0] * len(COUNTS))
    first_at: int = NEVER
    longest_hours: float = 0.0

    def add(self, units: int, count: int, inside: Sequence[bool]) -> None:
        """Add to the windows that it lies inside of."""
        for place, is_inside in enumerate(inside):
            if is_inside:
                self.sums[place] += units
                self.counts[place] += count


@contextmanager
def following(connection: Connection, rows: pl.DataFrame) -> Iterator[None]:
    """Bring the windows in line with what the block does to the settlements (pair_id, settled_at) in `rows`.

    What happens after a window's end is left to the next advance.
    """
    keys = _inside(connection, rows)
    if len(keys) > MOST_FOLLOWED:
        _forget(connection, {pair for pair, _ in keys})
        keys = []
    if not keys:
        yield
        return
    TOUCHED.create(connection)
    bulk.insert_new(connection, TOUCHED, ("pair_id", "settled_at"), keys)
    before = _held(connection)
    yield
    after = _held(connection)
    TOUCHED.drop(connection)
    changed = [key for key in keys if before.get(key) != after.get(key)]
    if changed:
        _follow(connection, changed, before, after)


def _inside(connection: Connection, rows: pl.DataFrame) -> list[tuple[int, int]]:
    """(pair_id, settled_at) of the rows at or before the end of their pair's windows."""
    pairs, ends = bulk.columns_of(connection, select(FundingWindowRow.pair_id, FundingWindowRow.at), ("i8", "i8"))
    if not len(pairs):
        return []
    ended = pl.DataFrame({"pair_id": pairs, "at": ends})
    return (
        rows.join(ended, on="pair_id")
        .filter(pl.col("settled_at") <= pl.col("at"))
        .select("pair_id", "settled_at")
        .unique()
        .rows()
    )


def _held(connection: Connection) -> dict[tuple[int, int], Held]:
    """What is stored at the touched keys. The outer join makes the database seek each of them, and never scan."""
    rows = connection.execute(
        select(TOUCHED.c.pair_id, TOUCHED.c.settled_at, in_units(), SettlementRow.interval_hours).outerjoin(
            SettlementRow,
            (SettlementRow.pair_id == TOUCHED.c.pair_id) & (SettlementRow.settled_at == TOUCHED.c.settled_at),
        )
    )
    return {(pair, second): (rate, hours) for pair, second, rate, hours in rows if rate is not None}


def _follow(
    connection: Connection,
    changed: Sequence[tuple[int, int]],
    before: Mapping[tuple[int, int], Held],
    after: Mapping[tuple[int, int], Held],
) -> None:
    """Change the windows by the difference; void where the history may begin later, or its steps be shorter."""
    pairs = {pair for pair, _ in changed}
    ends = {
        pair: (at, first_at, longest)
        for pair, at, first_at, longest in connection.execute(
            select(
                FundingWindowRow.pair_id,
                FundingWindowRow.at,
                FundingWindowRow.first_at,
                FundingWindowRow.longest_hours,
            ).where(FundingWindowRow.pair_id.in_(pairs))
        )
    }
    changes = {pair: Change() for pair in sorted(pairs)}
    void: set[int] = set()
    for key in changed:
        pair, second = key
        at, first_at, longest_hours = ends[pair]
        (was_rate, was_hours), (rate, hours) = before.get(key, NOTHING), after.get(key, NOTHING)
        if (key not in after and second == first_at) or hours < was_hours == longest_hours:
            void.add(pair)
        inside = [second > at - days * DAY for days in ACCUMULATED_DAYS]
        changes[pair].add(rate - was_rate, (key in after) - (key in before), inside)
        changes[pair].longest_hours = max(changes[pair].longest_hours, hours)
        changes[pair].first_at = min(changes[pair].first_at, second)
    _forget(connection, void)
    change(connection, {pair: one for pair, one in changes.items() if pair not in void})


def change(connection: Connection, changes: Mapping[int, Change]) -> None:
    """Add to the windows of some pairs."""
    if not changes:
        return
    names = (*SUMS, *COUNTS)
    values: dict[str, Any] = {name: getattr(FundingWindowRow, name) + bindparam(f"b_{name}") for name in names}
    first_at = bindparam("b_first", type_=BigInteger)
    longest = bindparam("b_longest", type_=Double)
    values["first_at"] = case((first_at < FundingWindowRow.first_at, first_at), else_=FundingWindowRow.first_at)
    values["longest_hours"] = case(
        (longest > FundingWindowRow.longest_hours, longest), else_=FundingWindowRow.longest_hours
    )
    connection.execute(
        update(FundingWindowRow).where(FundingWindowRow.pair_id == bindparam("b_pair")).values(values),
        [
            {"b_pair": pair, "b_first": one.first_at, "b_longest": one.longest_hours}
            | {f"b_{name}": number for name, number in zip(names, (*one.sums, *one.counts), strict=True)}
            for pair, one in changes.items()
        ],
    )


def _forget(connection: Connection, pairs: set[int]) -> None:
    if pairs:
        connection.execute(
            delete(FundingWindowRow).where(FundingWindowRow.pair_id == bindparam("b_pair")),
            [{"b_pair": pair} for pair in sorted(pairs)],
        )


def in_units() -> ColumnElement[int]:
    """A settlement's rate as a whole number of 1e-15."""
    return cast(func.round(SettlementRow.rate * UNIT), BigInteger)
