"""What pairs paid in trailing windows, kept beside the settlements so that nobody adds up a year at each refresh."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from storage.following import ACCUMULATED_DAYS, COUNTS, DAY, SUMS, UNIT, Change, change, in_units
from storage.tables import BaseCoinRow, ExchangeRow, FundingWindowRow, PairRow, SettlementRow


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
        changes: defaultdict[int, Change] = defaultdict(Change)
        for pair, units, count, hours in self._connection.execute(_passed(instant, 0)):
            changes[pair].longest_hours = hours
            changes[pair].add(units, count, [True] * len(ACCUMULATED_DAYS))
        for days in ACCUMULATED_DAYS:
            only = [days == other for other in ACCUMULATED_DAYS]
            for pair, units, count, _ in self._connection.execute(_passed(instant, days)):
                changes[pair].add(-units, -count, only)
        change(self._connection, changes)
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


def _totals(instant: int) -> list[ColumnElement[Any]]:
    """at, first_at, longest_hours, sums and counts of the settlements at hand, all of them up to `instant`."""
    inside = [SettlementRow.settled_at > instant - days * DAY for days in ACCUMULATED_DAYS]
    return [
        cast(instant, BigInteger),
        func.min(SettlementRow.settled_at),
        func.max(SettlementRow.interval_hours),
        *(cast(func.coalesce(func.sum(in_units()).filter(one), 0), BigInteger) for one in inside),
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
            cast(func.sum(in_units()), BigInteger),
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
