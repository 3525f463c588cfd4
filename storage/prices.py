"""Prices of base coins, and their changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import IntEnum

import polars as pl
from sqlalchemy import BigInteger, ColumnElement, Connection, cast, delete, exists, func, select
from sqlalchemy.orm import aliased

from scoring.model import PriceChanges
from storage import bulk
from storage.added import Added
from storage.pairs import base_coin_ids
from storage.tables import BaseCoinRow, PriceChangeRow, PriceRow

HOUR, DAY = 3_600, 86_400  # seconds
TOLERANCE = 2 * HOUR  # how far a price may be from the instant that it stands for
HOURLY_AFTER, DAILY_AFTER = 8 * DAY, 40 * DAY  # ages from which one price an hour, and one a day, are enough
BAND = 2 * DAY  # how much of the past is thinned at a time
NO_CHANGES = PriceChanges(pct_24h=None, pct_7d=None, price=None)


class PriceSource(IntEnum):
    """Where a stored price comes from."""

    IMPORT = 0
    MARKS = 1  # of the contracts, at each refresh
    CANDLES = 2  # of the most liquid contract

    @property
    def title(self) -> str:
        """The name for people: import, marks, candles."""
        return self.name.lower()


class Prices:
    """What is known of prices, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, frame: pl.DataFrame, source: PriceSource = PriceSource.IMPORT) -> Added:
        """Store prices: base_coin, time (unix seconds), price (USD); those known stay as they are."""
        if frame.is_empty():
            return Added(0, 0)
        ids = base_coin_ids(self._connection, frame["base_coin"].unique().to_list())
        keys = pl.DataFrame({"base_coin": list(ids), "base_coin_id": list(ids.values())})
        columns = ("base_coin_id", "time", "price", "source")
        rows = frame.join(keys, on="base_coin").with_columns(source=int(source)).select(columns)
        new = bulk.insert_new(self._connection, PriceRow, columns, rows.sort("base_coin_id", "time").rows())
        return Added(len(frame), new)

    def put_changes(self, changes: Mapping[str, PriceChanges], source: str, at: datetime) -> None:
        """Note what a price service says at `at`, base coin → price and changes; what it says no more grows old."""
        if not changes:
            return
        ids = base_coin_ids(self._connection, list(changes))
        statement = bulk.insert(self._connection, PriceChangeRow)
        names = ("price", "pct_24h", "pct_7d", "source", "at")
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["base_coin_id"], set_={name: statement.excluded[name] for name in names}
            ),
            [
                {
                    "base_coin_id": ids[ticker],
                    "price": one.price,
                    "pct_24h": one.pct_24h,
                    "pct_7d": one.pct_7d,
                    "source": source,
                    "at": at,
                }
                for ticker, one in changes.items()
            ],
        )

    def changes(self, now: datetime, base_coins: Iterable[str] | None = None) -> dict[str, PriceChanges]:
        """Price and its changes over 24 h and 7 d in percent, per base coin of which any is known.

        What a price service said in the last 2 hours counts; what it did not say comes from the stored prices.
        There the price now is the latest, at most 2 h old; the reference is the one nearest to 24 h or 168 h
        ago, within 2 h, the earlier on ties (DESIGN, the method, 9).
        """
        wanted = None if base_coins is None else list(base_coins)
        said, stored = self._said(now, wanted), self._stored(now, wanted)
        return {
            ticker: _filled(said.get(ticker, NO_CHANGES), stored.get(ticker, (NO_CHANGES, "")))
            for ticker in sorted(said.keys() | stored.keys())
        }

    def by_marks(self, now: datetime) -> frozenset[str]:
        """Coins whose price now is a mark, and of which no price service tells."""
        instant = int(now.timestamp())
        current = self._near(instant, instant, None)
        told = {ticker for ticker, one in self._said(now, None).items() if one.pct_7d is not None}
        return frozenset(ticker for ticker, (_, source) in current.items() if source == PriceSource.MARKS) - told

    def sources(self, now: datetime) -> dict[str, int]:
        """Source → how many coins have their change from it: a price service, "marks", "candles" or "import"."""
        return dict(sorted(Counter(one.source for one in self.changes(now).values() if one.source).items()))

    def thin(self, now: datetime) -> None:
        """Of prices that were not imported keep the first of each hour after 8 days, of each UTC day after 40.

        Only the last two days before each of these ages are looked at: called at every refresh, no more is due.
        """
        instant = int(now.timestamp())
        for age, step in ((HOURLY_AFTER, HOUR), (DAILY_AFTER, DAY)):
            # Whole hours or days only: a price whose hour has not passed may not be the first that is left.
            until = (instant - age) // step * step
            earlier = aliased(PriceRow)
            is_later = exists().where(
                earlier.base_coin_id == PriceRow.base_coin_id,
                earlier.time >= _begin(step),
                earlier.time < PriceRow.time,
                earlier.source != int(PriceSource.IMPORT),
            )
            self._connection.execute(
                delete(PriceRow).where(
                    PriceRow.base_coin_id.in_(select(BaseCoinRow.id)),  # so that it seeks the times of each coin
                    PriceRow.time >= until - BAND,
                    PriceRow.time < until,
                    PriceRow.source != int(PriceSource.IMPORT),
                    is_later,
                )
            )

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

    def _said(self, now: datetime, base_coins: list[str] | None) -> dict[str, PriceChanges]:
        """What price services said in the last 2 hours."""
        statement = (
            select(
                BaseCoinRow.ticker,
                PriceChangeRow.pct_24h,
                PriceChangeRow.pct_7d,
                PriceChangeRow.price,
                PriceChangeRow.source,
            )
            .join(BaseCoinRow, BaseCoinRow.id == PriceChangeRow.base_coin_id)
            .where(PriceChangeRow.at > now - timedelta(seconds=TOLERANCE), PriceChangeRow.at <= now)
        )
        if base_coins is not None:
            statement = statement.where(BaseCoinRow.ticker.in_(base_coins))
        return {row[0]: PriceChanges(*row[1:]) for row in self._connection.execute(statement)}

    def _stored(self, now: datetime, base_coins: list[str] | None) -> dict[str, tuple[PriceChanges, str]]:
        """Changes in the stored prices, their source that of the 7-day reference; and that of the 24-hour one."""
        instant = int(now.timestamp())
        current = self._near(instant, instant, base_coins)
        day_ago = self._near(instant - DAY, instant, base_coins)
        week_ago = self._near(instant - 7 * DAY, instant, base_coins)
        return {
            ticker: (
                PriceChanges(
                    pct_24h=_percent(price, day_ago.get(ticker)),
                    pct_7d=_percent(price, week_ago.get(ticker)),
                    price=price,
                    source=_source(week_ago.get(ticker)),
                ),
                _source(day_ago.get(ticker)),
            )
            for ticker, (price, _) in current.items()
        }

    def _near(self, target: int, until: int, base_coins: list[str] | None) -> dict[str, tuple[float, int]]:
        """Base coin → the price nearest to `target`, and its source."""
        wanted = select(BaseCoinRow.id)
        if base_coins is not None:
            wanted = wanted.where(BaseCoinRow.ticker.in_(base_coins))
        distance = func.abs(PriceRow.time - target)
        statement = (
            select(BaseCoinRow.ticker, PriceRow.price, PriceRow.source)
            .join(PriceRow, PriceRow.base_coin_id == BaseCoinRow.id)
            .where(
                PriceRow.base_coin_id.in_(wanted),  # so that it seeks the times of each coin
                PriceRow.time >= target - TOLERANCE,
                PriceRow.time <= min(target + TOLERANCE, until),
            )
            .order_by(distance.desc(), PriceRow.time.desc())  # the nearest, then the earlier, comes last
        )
        return {ticker: (price, source) for ticker, price, source in self._connection.execute(statement)}


def _begin(step: int) -> ColumnElement[int]:
    """The beginning of the hour or day that a price lies in."""
    return cast(PriceRow.time, BigInteger).op("/")(step).op("*")(step)


def _filled(said: PriceChanges, stored: tuple[PriceChanges, str]) -> PriceChanges:
    """What a price service said, its gaps filled with what is stored."""
    own, source_24h = stored
    pct_24h = own.pct_24h if said.pct_24h is None else said.pct_24h
    pct_7d = own.pct_7d if said.pct_7d is None else said.pct_7d
    if pct_7d is not None:
        source = own.source if said.pct_7d is None else said.source
    elif pct_24h is not None:
        source = source_24h if said.pct_24h is None else said.source
    else:
        source = ""
    return PriceChanges(pct_24h, pct_7d, own.price if said.price is None else said.price, source)


def _percent(price: float, reference: tuple[float, int] | None) -> float | None:
    return None if reference is None else (price / reference[0] - 1) * 100


def _source(reference: tuple[float, int] | None) -> str:
    """The change is from where the older of the two prices is."""
    return "" if reference is None else PriceSource(reference[1]).title
