"""Prices of base coins, and their changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import polars as pl
from sqlalchemy import Connection, func, select

from scoring.model import PriceChanges
from storage import bulk
from storage.added import Added
from storage.pairs import base_coin_ids
from storage.tables import BaseCoinRow, PriceRow

DAY = 86_400  # seconds
TOLERANCE = 2 * 3600  # seconds: how far a price may be from the instant that it stands for


class Prices:
    """What is known of prices, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, frame: pl.DataFrame) -> Added:
        """Store prices: base_coin, time (unix seconds), price (USD); those known stay as they are."""
        if frame.is_empty():
            return Added(0, 0)
        ids = base_coin_ids(self._connection, frame["base_coin"].unique().to_list())
        keys = pl.DataFrame({"base_coin": list(ids), "id": list(ids.values())})
        rows = frame.join(keys, on="base_coin").select("id", "time", "price").sort("id", "time")
        new = bulk.insert_new(self._connection, PriceRow, ("base_coin_id", "time", "price"), rows.rows())
        return Added(len(frame), new)

    def changes(self, now: datetime, base_coins: Iterable[str] | None = None) -> dict[str, PriceChanges]:
        """Price and its changes over 24 h and 7 d in percent, per base coin that has any price to show.

        The price now is the latest, at most 2 h old; the reference is the one nearest to 24 h or 168 h ago,
        within 2 h, the earlier on ties (DESIGN, the method, 9).
        """
        instant = int(now.timestamp())
        wanted = None if base_coins is None else list(base_coins)
        current = self._near(instant, instant, wanted)
        day_ago = self._near(instant - DAY, instant, wanted)
        week_ago = self._near(instant - 7 * DAY, instant, wanted)
        return {
            ticker: PriceChanges(
                pct_24h=_percent(price, day_ago.get(ticker)),
                pct_7d=_percent(price, week_ago.get(ticker)),
                price=price,
            )
            for ticker, price in current.items()
        }

    def between(self, base_coin: str, since: datetime, until: datetime) -> tuple[tuple[datetime, float], ...]:
        """Prices of a coin in (since, until], oldest first."""
        statement = (
            select(PriceRow.time, PriceRow.price)
            .join(BaseCoinRow, BaseCoinRow.id == PriceRow.base_coin_id)
            .where(
                BaseCoinRow.ticker == base_coin,
                PriceRow.time > int(since.timestamp()),
                PriceRow.time <= int(until.timestamp()),
            )
            .order_by(PriceRow.time)
        )
        return tuple((datetime.fromtimestamp(time, UTC), price) for time, price in self._connection.execute(statement))

    def newest(self, now: datetime) -> datetime | None:
        """The time of the newest price up to now."""
        newest_of_coin = (
            select(func.max(PriceRow.time))
            .where(PriceRow.base_coin_id == BaseCoinRow.id, PriceRow.time <= int(now.timestamp()))
            .scalar_subquery()
        )
        times = select(newest_of_coin.label("time")).select_from(BaseCoinRow).subquery()
        second = self._connection.execute(select(func.max(times.c.time))).scalar_one()
        return None if second is None else datetime.fromtimestamp(second, UTC)

    def _near(self, target: int, until: int, base_coins: list[str] | None) -> dict[str, float]:
        distance = func.abs(PriceRow.time - target)
        statement = (
            select(BaseCoinRow.ticker, PriceRow.price)
            .select_from(BaseCoinRow)
            .join(PriceRow, PriceRow.base_coin_id == BaseCoinRow.id)
            .where(
                PriceRow.time >= target - TOLERANCE,
                PriceRow.time <= min(target + TOLERANCE, until),
            )
            .order_by(distance.desc(), PriceRow.time.desc())  # the nearest, then the earlier, comes last
        )
        if base_coins is not None:
            statement = statement.where(BaseCoinRow.ticker.in_(base_coins))
        return {ticker: price for ticker, price in self._connection.execute(statement)}  # noqa: C416


def _percent(price: float, reference: float | None) -> float | None:
    return None if reference is None else (price / reference - 1) * 100
