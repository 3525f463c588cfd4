"""What pairs paid in trailing windows, kept beside the settlements so that nobody adds up a year at each refresh.

The sums are whole numbers of 1e-15: adding what enters a window and taking away what leaves it gives exactly
what adding up the whole window gives, for years. A rate has at most ten decimals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import polars as pl
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Double,
    Select,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    select,
    tuple_,
    update,
)

from storage import bulk
from storage.tables import BaseCoinRow, ExchangeRow, FundingWindowRow, PairRow, SettlementRow

DAY = 86_400  # seconds
ACCUMULATED_DAYS = (1, 7, 30, 90, 365)
UNIT = 1e15  # parts of a rate of 1
SUMS = tuple(f"sum_{days}" for days in ACCUMULATED_DAYS)
COUNTS = tuple(f"count_{days}" for days in ACCUMULATED_DAYS)
# Rows that are followed one by one; for more of them it is cheaper to add their pairs up anew.
MOST_FOLLOWED = 20_000
ASKED_AT_ONCE = 5_000  # keys in one statement; a database takes some 32,000 values

NEVER = 2**62  # unix seconds, beyond all times

Held = tuple[int, float]  # a settlement's rate in units, its interval in hours
NOTHING: Held = (0, 0.0)


class AccumulatedOrder(StrEnum):
    """How pairs are ordered by what they paid."""

    LOWEST = "lowest"  # shorts paid the most
    HIGHEST = "highest"
    COIN = "coin"  # base coin, exchange, symbol


@dataclass(frozen=True, slots=True)
class Accumulated:
    """Sums of native rates of one pair over trailing windows (DESIGN, the method, 7)."""

    exchange: str
    symbol: str
    base_coin: str
    days_covered: float  # days of history known of the pair
    sums: Mapping[int, float | None]  # window in days → decimal; None when history is shorter
    counts: Mapping[int, int | None]
    at: datetime  # the instant at which the windows end


@dataclass(slots=True)
class _Change:
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


class Windows:
    """Accumulated funding, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def accumulated(self, base_coin: str, now: datetime) -> tuple[Accumulated, ...]:
        """Sums and counts of native rates per pair in (now − n days, now], n = 1, 7, 30, 90, 365."""
        instant = int(now.timestamp())
        statement = (
            select(ExchangeRow.name, PairRow.symbol, BaseCoinRow.ticker, *_totals(instant))
            .select_from(PairRow)
            .join(ExchangeRow, ExchangeRow.id == PairRow.exchange_id)
            .join(BaseCoinRow, BaseCoinRow.id == PairRow.base_coin_id)
            .join(SettlementRow, SettlementRow.pair_id == PairRow.id)
            .where(BaseCoinRow.ticker == base_coin, SettlementRow.settled_at <= instant)
            .group_by(ExchangeRow.name, PairRow.symbol, BaseCoinRow.ticker)
            .order_by(ExchangeRow.name, PairRow.symbol)
        )
        return tuple(_accumulated(row) for row in self._connection.execute(statement))

    def accumulated_all(
        self, order: AccumulatedOrder = AccumulatedOrder.COIN, limit: int | None = None, days: int = 7
    ) -> tuple[Accumulated, ...]:
        """The windows of all pairs as they were last advanced, without adding anything up.

        LOWEST and HIGHEST go by the sum over `days` (1, 7, 30, 90 or 365); pairs with a shorter history come last.
        """
        rows = self._connection.execute(
            select(ExchangeRow.name, PairRow.symbol, BaseCoinRow.ticker, *_columns("at", "first_at", "longest_hours"))
            .add_columns(*_columns(*SUMS, *COUNTS))
            .join(PairRow, PairRow.id == FundingWindowRow.pair_id)
            .join(ExchangeRow, ExchangeRow.id == PairRow.exchange_id)
            .join(BaseCoinRow, BaseCoinRow.id == PairRow.base_coin_id)
            .order_by(BaseCoinRow.ticker, ExchangeRow.name, PairRow.symbol)
        )
        found = [_accumulated(row) for row in rows]
        if order is not AccumulatedOrder.COIN:
            sign = 1 if order is AccumulatedOrder.LOWEST else -1
            found.sort(key=lambda one: _rank(one.sums[days], sign))
        return tuple(found[:limit])

    def advance_windows(self, now: datetime, most: int | None = None) -> int:
        """Move all windows on to `now`, and add up those that are not there; how many of these are left to do.

        Moving reads only what enters and leaves a window. `most` limits how many pairs are added up whole,
        which reads their history: None does all of them.
        """
        instant = int(now.timestamp())
        self._connection.execute(delete(FundingWindowRow).where(FundingWindowRow.at > instant))
        self._move(instant)
        return self._add_up(instant, most)

    def _move(self, instant: int) -> None:
        changes: defaultdict[int, _Change] = defaultdict(_Change)
        for pair, units, count, hours in self._connection.execute(_passed(instant, 0)):
            changes[pair].longest_hours = hours
            changes[pair].add(units, count, [True] * len(ACCUMULATED_DAYS))
        for days in ACCUMULATED_DAYS:
            only = [days == other for other in ACCUMULATED_DAYS]
            for pair, units, count, _ in self._connection.execute(_passed(instant, days)):
                changes[pair].add(-units, -count, only)
        _change(self._connection, changes)
        self._connection.execute(update(FundingWindowRow).where(FundingWindowRow.at < instant).values(at=instant))

    def _add_up(self, instant: int, most: int | None) -> int:
        has_window = exists().where(FundingWindowRow.pair_id == PairRow.id)
        has_paid = exists().where(SettlementRow.pair_id == PairRow.id, SettlementRow.settled_at <= instant)
        missing = self._connection.execute(select(PairRow.id).where(~has_window, has_paid)).scalars().all()
        todo = missing[:most]
        if todo:
            whole = select(bindparam("b_pair", type_=BigInteger), *_totals(instant)).where(
                SettlementRow.pair_id == bindparam("b_pair"), SettlementRow.settled_at <= instant
            )
            names = ["pair_id", "at", "first_at", "longest_hours", *SUMS, *COUNTS]
            self._connection.execute(
                insert(FundingWindowRow).from_select(names, whole), [{"b_pair": pair} for pair in todo]
            )
        return len(missing) - len(todo)


@contextmanager
def following(connection: Connection, rows: pl.DataFrame) -> Iterator[None]:
    """Bring the windows in line with what the block does to the settlements (pair_id, settled_at) in `rows`.

    What happens after a window's end is left to the next advance.
    """
    keys = _inside(connection, rows)
    if len(keys) > MOST_FOLLOWED:
        _forget(connection, {pair for pair, _ in keys})
        keys = []
    before = _held(connection, keys)
    yield
    after = _held(connection, keys)
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
        .rows()
    )


def _held(connection: Connection, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Held]:
    found: dict[tuple[int, int], Held] = {}
    for begin in range(0, len(keys), ASKED_AT_ONCE):
        asked = tuple_(SettlementRow.pair_id, SettlementRow.settled_at).in_(keys[begin : begin + ASKED_AT_ONCE])
        rows = connection.execute(
            select(SettlementRow.pair_id, SettlementRow.settled_at, _units(), SettlementRow.interval_hours).where(asked)
        )
        found |= {(pair, second): (units, hours) for pair, second, units, hours in rows}
    return found


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
            select(*_columns("pair_id", "at", "first_at", "longest_hours")).where(FundingWindowRow.pair_id.in_(pairs))
        )
    }
    changes = {pair: _Change() for pair in sorted(pairs)}
    void: set[int] = set()
    for key in changed:
        pair, second = key
        at, first_at, longest_hours = ends[pair]
        (was_units, was_hours), (units, hours) = before.get(key, NOTHING), after.get(key, NOTHING)
        if (key not in after and second == first_at) or hours < was_hours == longest_hours:
            void.add(pair)
        inside = [second > at - days * DAY for days in ACCUMULATED_DAYS]
        changes[pair].add(units - was_units, (key in after) - (key in before), inside)
        changes[pair].longest_hours = max(changes[pair].longest_hours, hours)
        changes[pair].first_at = min(changes[pair].first_at, second)
    _forget(connection, void)
    _change(connection, {pair: change for pair, change in changes.items() if pair not in void})


def _change(connection: Connection, changes: Mapping[int, _Change]) -> None:
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
            {"b_pair": pair, "b_first": change.first_at, "b_longest": change.longest_hours}
            | {f"b_{name}": number for name, number in zip(names, (*change.sums, *change.counts), strict=True)}
            for pair, change in changes.items()
        ],
    )


def _forget(connection: Connection, pairs: set[int]) -> None:
    if pairs:
        connection.execute(
            delete(FundingWindowRow).where(FundingWindowRow.pair_id == bindparam("b_pair")),
            [{"b_pair": pair} for pair in sorted(pairs)],
        )


def _units() -> ColumnElement[int]:
    """A settlement's rate as a whole number of 1e-15."""
    return cast(func.round(SettlementRow.rate * UNIT), BigInteger)


def _totals(instant: int) -> list[ColumnElement[Any]]:
    """at, first_at, longest_hours, sums and counts of the settlements at hand, all of them up to `instant`."""
    inside = [SettlementRow.settled_at > instant - days * DAY for days in ACCUMULATED_DAYS]
    return [
        cast(instant, BigInteger),
        func.min(SettlementRow.settled_at),
        func.max(SettlementRow.interval_hours),
        *(cast(func.coalesce(func.sum(_units()).filter(one), 0), BigInteger) for one in inside),
        *(func.count().filter(one) for one in inside),
    ]


def _passed(instant: int, days: int) -> Select[*tuple[Any, ...]]:
    """(pair_id, units, settlements, longest interval) of what the point `days` before the windows' end passes.

    The outer join makes the database go from window to window, with one seek in the settlements for each.
    """
    shift = days * DAY
    return (
        select(
            FundingWindowRow.pair_id,
            cast(func.sum(_units()), BigInteger),
            func.count(SettlementRow.pair_id),
            func.max(SettlementRow.interval_hours),
        )
        .outerjoin(
            SettlementRow,
            (SettlementRow.pair_id == FundingWindowRow.pair_id)
            & (SettlementRow.settled_at > FundingWindowRow.at - shift)
            & (SettlementRow.settled_at <= instant - shift),
        )
        .where(FundingWindowRow.at < instant)
        .group_by(FundingWindowRow.pair_id)
        .having(func.count(SettlementRow.pair_id) > 0)
    )


def _columns(*names: str) -> list[Any]:
    return [getattr(FundingWindowRow, name) for name in names]


def _accumulated(row: Any) -> Accumulated:
    exchange, symbol, base_coin, at, first_at, hours, *totals = row
    covered = (at - first_at) / DAY + hours / 24  # the first settlement pays for the interval before it
    sums: dict[int, float | None] = {}
    counts: dict[int, int | None] = {}
    for place, days in enumerate(ACCUMULATED_DAYS):
        whole = covered >= days
        sums[days] = totals[place] / UNIT if whole else None
        counts[days] = totals[len(SUMS) + place] if whole else None
    return Accumulated(exchange, symbol, base_coin, covered, sums, counts, datetime.fromtimestamp(at, UTC))


def _rank(total: float | None, sign: int) -> tuple[bool, float]:
    return (True, 0.0) if total is None else (False, sign * total)
