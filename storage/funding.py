"""Settlements, their day sums, and current funding rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    ScalarSelect,
    Select,
    bindparam,
    cast,
    func,
    select,
    update,
)

from scoring.funding import DayColumns, FundingHistory, SettlementColumns
from scoring.model import FundingRate, Margin, Pair, Settlement
from storage import bulk
from storage.added import Added
from storage.pairs import pair_ids, select_pairs
from storage.tables import BaseCoinRow, ExchangeRow, FundingDayRow, PairRow, RateRow, SettlementRow

DAY = 86_400  # seconds
WINDOW = 72 * 3600  # seconds
ACCUMULATED_DAYS = (1, 7, 30, 90, 365)


@dataclass(frozen=True, slots=True)
class Accumulated:
    """Sums of native rates of one pair over trailing windows (DESIGN, the method, 7)."""

    exchange: str
    symbol: str
    days_covered: float  # days of history known of the pair
    sums: Mapping[int, float | None]  # window in days → decimal; None when history is shorter
    counts: Mapping[int, int | None]


class Funding:
    """What is known of funding, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, frame: pl.DataFrame) -> Added:
        """Store settlements; those known already (same pair and second) stay as they are.

        `frame`: exchange, symbol, base_coin, margin, rate (decimal per interval), interval_hours, settled_at
        (unix seconds). The day sums follow in the same transaction.
        """
        if frame.is_empty():
            return Added(0, 0)
        ids = pair_ids(self._connection, frame.select("exchange", "symbol", "base_coin", "margin"))
        columns = ("pair_id", "settled_at", "rate", "interval_hours")
        rows = frame.join(ids, on=("exchange", "symbol")).select(columns).sort("pair_id", "settled_at")
        new = bulk.insert_new(self._connection, SettlementRow, columns, rows.rows())
        if new:
            self._sum_days(rows)
        return Added(len(frame), new)

    def put_rates(self, rates: Sequence[FundingRate], margins: Mapping[tuple[str, str], Margin]) -> None:
        """Replace the current rate of each pair; `margins` by (exchange, symbol)."""
        if not rates:
            return
        wanted = pl.DataFrame(
            [(r.exchange, r.symbol, r.base_coin, int(margins[r.exchange, r.symbol])) for r in rates],
            schema=("exchange", "symbol", "base_coin", "margin"),
            orient="row",
        )
        ids = {(e, s): i for e, s, i in pair_ids(self._connection, wanted).iter_rows()}
        statement = bulk.insert(self._connection, RateRow)
        columns = ("rate", "interval_hours", "next_funding_time", "updated_at", "mark_price")
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["pair_id"], set_={name: statement.excluded[name] for name in columns}
            ),
            [{"pair_id": ids[r.exchange, r.symbol]} | {c: getattr(r, c) for c in columns} for r in rates],
        )
        self._connection.execute(
            update(PairRow)
            .where(PairRow.id == bindparam("of_pair"))
            .values(turnover_usd=func.coalesce(bindparam("turnover"), PairRow.turnover_usd)),
            [{"of_pair": ids[r.exchange, r.symbol], "turnover": r.turnover_usd} for r in rates],
        )

    def history(self, now: datetime, lookback_days: int, base_coins: Iterable[str] | None = None) -> FundingHistory:
        """What the scores rest on: raw settlements of the last 72 hours, day sums of the days before today.

        Day sums reach back `lookback_days` complete UTC days. `base_coins` None: all coins.
        """
        instant = int(now.timestamp())
        today = instant // DAY
        rows = self._connection.execute(select_pairs(base_coins)).all()
        pairs = tuple(
            Pair(exchange, symbol, base, Margin(margin), turnover)
            for _, exchange, symbol, base, margin, turnover in rows
        )
        position = {row[0]: index for index, row in enumerate(rows)}
        window = (
            select(
                SettlementRow.pair_id,
                SettlementRow.settled_at,
                SettlementRow.rate,
                SettlementRow.interval_hours,
            )
            .join(PairRow, PairRow.id == SettlementRow.pair_id)
            .where(
                SettlementRow.settled_at > instant - WINDOW,
                SettlementRow.settled_at <= instant,
            )
        )
        days = (
            select(FundingDayRow.pair_id, FundingDayRow.day, FundingDayRow.rate_sum, FundingDayRow.hours)
            .join(PairRow, PairRow.id == FundingDayRow.pair_id)
            .where(FundingDayRow.day >= today - lookback_days, FundingDayRow.day < today)
        )
        if base_coins is not None:
            window = window.where(PairRow.id.in_(position))
            days = days.where(PairRow.id.in_(position))
        return FundingHistory(
            pairs=pairs,
            window=SettlementColumns(*_positions(self._connection, window, position)),
            days=DayColumns(*_positions(self._connection, days, position)),
            first_day=today - lookback_days,
        )

    def newest_settlements(self, now: datetime) -> dict[str, datetime]:
        """Exchange → the time of its newest settlement up to now."""
        newest = (
            select(PairRow.exchange_id, _newest(int(now.timestamp())).label("newest")).subquery()  # one seek a pair
        )
        rows = self._connection.execute(
            select(ExchangeRow.name, func.max(newest.c.newest))
            .join(newest, newest.c.exchange_id == ExchangeRow.id)
            .group_by(ExchangeRow.name)
        )
        return {name: _utc(second) for name, second in rows if second is not None}

    def rates(self, base_coin: str) -> tuple[FundingRate, ...]:
        """Current rates of a coin as last read, fresh or not, ordered by exchange and symbol."""
        rows = self._connection.execute(
            select(
                ExchangeRow.name,
                PairRow.symbol,
                BaseCoinRow.ticker,
                RateRow.rate,
                RateRow.interval_hours,
                RateRow.next_funding_time,
                RateRow.updated_at,
                RateRow.mark_price,
                PairRow.turnover_usd,
            )
            .select_from(RateRow)
            .join(PairRow, PairRow.id == RateRow.pair_id)
            .join(ExchangeRow, ExchangeRow.id == PairRow.exchange_id)
            .join(BaseCoinRow, BaseCoinRow.id == PairRow.base_coin_id)
            .where(BaseCoinRow.ticker == base_coin)
            .order_by(ExchangeRow.name, PairRow.symbol)
        )
        return tuple(FundingRate(*row) for row in rows)

    def last_settlements(self, base_coin: str, now: datetime) -> tuple[Settlement, ...]:
        """The newest settlement, up to now, of each pair of a coin, ordered by exchange and symbol."""
        newest = _newest(int(now.timestamp()))
        statement = _settlements(base_coin).where(SettlementRow.settled_at == newest)
        return tuple(
            _settlement(row) for row in self._connection.execute(statement.order_by(ExchangeRow.name, PairRow.symbol))
        )

    def settlements(self, base_coin: str, since: datetime, until: datetime) -> tuple[Settlement, ...]:
        """Settlements of a coin in (since, until], by settled_at, then exchange, then symbol."""
        statement = (
            _settlements(base_coin)
            .where(
                SettlementRow.settled_at > int(since.timestamp()),
                SettlementRow.settled_at <= int(until.timestamp()),
            )
            .order_by(SettlementRow.settled_at, ExchangeRow.name, PairRow.symbol)
        )
        return tuple(_settlement(row) for row in self._connection.execute(statement))

    def accumulated(self, base_coin: str, now: datetime) -> tuple[Accumulated, ...]:
        """Sums and counts of native rates per pair in (now − n days, now], n = 1, 7, 30, 90, 365."""
        instant = int(now.timestamp())
        totals: list[Any] = []
        for days in ACCUMULATED_DAYS:
            inside = SettlementRow.settled_at > instant - days * DAY
            totals += [func.sum(SettlementRow.rate).filter(inside), func.count().filter(inside)]
        statement = (
            select(
                ExchangeRow.name,
                PairRow.symbol,
                func.min(SettlementRow.settled_at),
                func.max(SettlementRow.interval_hours),
                *totals,
            )
            .select_from(PairRow)
            .join(ExchangeRow, ExchangeRow.id == PairRow.exchange_id)
            .join(BaseCoinRow, BaseCoinRow.id == PairRow.base_coin_id)
            .join(SettlementRow, SettlementRow.pair_id == PairRow.id)
            .where(BaseCoinRow.ticker == base_coin, SettlementRow.settled_at <= instant)
            .group_by(ExchangeRow.name, PairRow.symbol)
            .order_by(ExchangeRow.name, PairRow.symbol)
        )
        return tuple(_accumulated(tuple(row), instant) for row in self._connection.execute(statement))

    def _sum_days(self, rows: pl.DataFrame) -> None:
        """Bring `funding_day` in line with `settlement` for the pairs and days that `rows` touch."""
        touched = rows.group_by("pair_id").agg(
            ((pl.col("settled_at").min() - 1) // DAY).alias("first"),
            ((pl.col("settled_at").max() - 1) // DAY).alias("last"),
        )
        sums = (
            select(
                SettlementRow.pair_id,
                _day().label("day"),
                func.sum(SettlementRow.rate),
                func.sum(SettlementRow.interval_hours),
                func.count(),
            )
            .where(
                SettlementRow.pair_id == bindparam("b_pair"),
                SettlementRow.settled_at > bindparam("b_after"),
                SettlementRow.settled_at <= bindparam("b_until"),
            )
            .group_by(SettlementRow.pair_id, _day())
        )
        names = ("rate_sum", "hours", "settlements")
        statement = bulk.insert(self._connection, FundingDayRow).from_select(["pair_id", "day", *names], sums)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["pair_id", "day"], set_={name: statement.excluded[name] for name in names}
            ),
            [
                {"b_pair": pair, "b_after": first * DAY, "b_until": (last + 1) * DAY}
                for pair, first, last in touched.rows()
            ],
        )


def _day() -> ColumnElement[int]:
    """The UTC day that a settlement pays for: (00:00, 24:00], so midnight belongs to the day before."""
    return cast(SettlementRow.settled_at - 1, Integer).op("/")(DAY)


def _newest(until: int | None = None) -> ScalarSelect[Any]:
    """The newest settlement of the pair at hand, up to `until`: one seek in the primary key."""
    other = SettlementRow.__table__.alias("newest")
    statement = select(func.max(other.c.settled_at)).where(other.c.pair_id == PairRow.id)
    if until is not None:
        statement = statement.where(other.c.settled_at <= until)
    return statement.scalar_subquery()


def _settlements(base_coin: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            ExchangeRow.name,
            PairRow.symbol,
            BaseCoinRow.ticker,
            SettlementRow.rate,
            SettlementRow.interval_hours,
            SettlementRow.settled_at,
        )
        .select_from(PairRow)
        .join(ExchangeRow, ExchangeRow.id == PairRow.exchange_id)
        .join(BaseCoinRow, BaseCoinRow.id == PairRow.base_coin_id)
        .join(SettlementRow, SettlementRow.pair_id == PairRow.id)
        .where(BaseCoinRow.ticker == base_coin)
    )


def _settlement(row: Any) -> Settlement:
    exchange, symbol, base_coin, rate, hours, settled_at = row
    return Settlement(exchange, symbol, base_coin, rate, hours, _utc(settled_at))


def _accumulated(row: tuple[Any, ...], instant: int) -> Accumulated:
    exchange, symbol, first, hours, *totals = row
    covered = (instant - first) / DAY + hours / 24  # the first settlement pays for the interval before it
    sums: dict[int, float | None] = {}
    counts: dict[int, int | None] = {}
    for index, days in enumerate(ACCUMULATED_DAYS):
        whole = covered >= days
        sums[days] = (totals[2 * index] or 0.0) if whole else None
        counts[days] = totals[2 * index + 1] if whole else None
    return Accumulated(exchange, symbol, covered, sums, counts)


def _positions(
    connection: Connection, statement: Select[*tuple[Any, ...]], position: Mapping[int, int]
) -> list[NDArray[Any]]:
    """The statement's four columns, with the pair's id replaced by its position in the pairs."""
    ids, times, first, second = bulk.columns_of(connection, statement, ("i8", "i8", "f8", "f8"))
    places = np.full(max(position, default=0) + 1, -1, dtype=np.int64)
    places[list(position.keys())] = list(position.values())
    return [places[ids], times, first, second]


def _utc(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
