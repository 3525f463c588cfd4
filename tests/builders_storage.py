"""Small made data for tests that need a database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import polars as pl

from bot.feeds.base import PRICE_SCHEMA, SETTLEMENT_SCHEMA
from scoring.model import Margin

NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)
Row = tuple[str, str, str, int, float, float, int]


def settlements(rows: Iterable[Row]) -> pl.DataFrame:
    """Rows of (exchange, symbol, base_coin, margin, rate, interval_hours, settled_at)."""
    return pl.DataFrame(list(rows), schema=SETTLEMENT_SCHEMA, orient="row")


def steady(
    exchange: str,
    base_coin: str,
    rate: float,
    *,
    hours: float = 8,
    days: float = 40,
    now: datetime = NOW,
    margin: Margin = Margin.USDT,
    symbol: str | None = None,
) -> list[Row]:
    """The same rate at every settlement of the last `days`."""
    step = timedelta(hours=hours)
    newest = now.replace(minute=0, second=0, microsecond=0)
    while newest.hour % hours:
        newest -= timedelta(hours=1)
    count = int(days * 24 / hours)
    name = symbol or f"{base_coin}USDT"
    return [
        (exchange, name, base_coin, int(margin), rate, hours, int((newest - i * step).timestamp()))
        for i in range(count)
    ]


def prices(rows: Iterable[tuple[str, datetime, float]]) -> pl.DataFrame:
    """Rows of (base_coin, time, price)."""
    return pl.DataFrame(
        [(coin, int(time.timestamp()), price) for coin, time, price in rows], schema=PRICE_SCHEMA, orient="row"
    )


def rise(base_coin: str, percent: float, now: datetime = NOW) -> pl.DataFrame:
    """A price now and one 7 days ago, so many percent apart."""
    return prices([(base_coin, now - timedelta(days=7), 100.0), (base_coin, now, 100.0 * (1 + percent / 100))])
