"""Settlements as they are read: what scores rest on, and what a coin's contracts paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, func, select

from scoring.funding import DayColumns, FundingHistory, SettlementColumns
from scoring.model import AssetClass, Settlement
from storage import bulk
from storage.pairs import newest_settlement, pair_of, select_pairs
from storage.tables import BaseCoinRow, ExchangeRow, FundingDayRow, PairRow, SettlementRow

DAY = 86_400  # seconds
WINDOW = 72 * 3600  # seconds


class History:
    """What pairs have paid, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def history(self, now: datetime, lookback_days: int, base_coins: Iterable[str] | None = None) -> FundingHistory:
        """What the scores rest on: raw settlements of the last 72 hours, day sums of the days before today.

        Day sums reach back `lookback_days` complete UTC days. `base_coins` None: all coins. What is not a coin
        is never scored, and left out.
        """
        instant = int(now.timestamp())
        today = instant // DAY
        is_coin = PairRow.asset == AssetClass.COIN.value
        rows = self._connection.execute(select_pairs(base_coins).where(is_coin)).all()
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
                is_coin,
                SettlementRow.settled_at > instant - WINDOW,
                SettlementRow.settled_at <= instant,
            )
        )
        days = (
            select(FundingDayRow.pair_id, FundingDayRow.day, FundingDayRow.rate_sum, FundingDayRow.hours)
            .join(PairRow, PairRow.id == FundingDayRow.pair_id)
            .where(is_coin, FundingDayRow.day >= today - lookback_days, FundingDayRow.day < today)
        )
        if base_coins is not None:
            window = window.where(PairRow.id.in_(position))
            days = days.where(PairRow.id.in_(position))
        return FundingHistory(
            pairs=tuple(pair_of(row) for row in rows),
            window=SettlementColumns(*_positions(self._connection, window, position)),
            days=DayColumns(*_positions(self._connection, days, position)),
            first_day=today - lookback_days,
        )

    def newest_settlements(self, now: datetime) -> dict[str, datetime]:
        """Exchange → the time of its newest settlement up to now."""
        newest = select(
            PairRow.exchange_id, newest_settlement(int(now.timestamp())).label("newest")
        ).subquery()  # one seek a pair
        rows = self._connection.execute(
            select(ExchangeRow.name, func.max(newest.c.newest))
            .join(newest, newest.c.exchange_id == ExchangeRow.id)
            .group_by(ExchangeRow.name)
        )
        return {name: _utc(second) for name, second in rows if second is not None}

    def last_settlements(self, base_coin: str, now: datetime) -> tuple[Settlement, ...]:
        """The newest settlement, up to now, of each pair of a coin, ordered by exchange and symbol."""
        newest = newest_settlement(int(now.timestamp()))
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


def _settlements(base_coin: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            ExchangeRow.name,
            PairRow.symbol,
            BaseCoinRow.ticker,
            SettlementRow.rate,
            SettlementRow.interval_hours,
            SettlementRow.settled_at,
            SettlementRow.provisional,
        )
        .select_from(PairRow)
        .join(ExchangeRow, ExchangeRow.id == PairRow.exchange_id)
        .join(BaseCoinRow, BaseCoinRow.id == PairRow.base_coin_id)
        .join(SettlementRow, SettlementRow.pair_id == PairRow.id)
        .where(BaseCoinRow.ticker == base_coin)
    )


def _settlement(row: Any) -> Settlement:
    exchange, symbol, base_coin, rate, hours, settled_at, provisional = row
    return Settlement(exchange, symbol, base_coin, rate, hours, _utc(settled_at), provisional)


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
