"""What every feed gives: one batch of what is new, with a report for each source it asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import polars as pl

from scoring.model import Coin, Filing, FundingRate, Issuer

SETTLEMENT_SCHEMA: dict[str, pl.DataType] = {
    "exchange": pl.String(),
    "symbol": pl.String(),
    "base_coin": pl.String(),
    "margin": pl.Int8(),  # scoring.model.Margin
    "rate": pl.Float64(),  # decimal per interval
    "interval_hours": pl.Float64(),
    "settled_at": pl.Int64(),  # unix seconds
}
PRICE_SCHEMA: dict[str, pl.DataType] = {
    "base_coin": pl.String(),
    "time": pl.Int64(),  # unix seconds
    "price": pl.Float64(),  # USD per coin
}

Progress = Callable[[int, int], None]  # (done, total)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How one source answered in one refresh."""

    source: str  # exchange name, "prices", "filings"
    ok: bool
    detail: str = ""  # why not, in one line, free of secrets


def empty_settlements() -> pl.DataFrame:
    """No settlements, in the schema of `Batch.settlements`."""
    return pl.DataFrame(schema=SETTLEMENT_SCHEMA)


def empty_prices() -> pl.DataFrame:
    """No prices, in the schema of `Batch.prices`."""
    return pl.DataFrame(schema=PRICE_SCHEMA)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a feed found since it was last asked; overlaps with what is stored do no harm."""

    rates: tuple[FundingRate, ...] = ()
    settlements: pl.DataFrame = field(default_factory=empty_settlements)
    prices: pl.DataFrame = field(default_factory=empty_prices)
    coins: tuple[Coin, ...] = ()
    issuers: tuple[Issuer, ...] = ()  # sectors and industries, where the feed knows them
    filings: tuple[Filing, ...] = ()
    reports: tuple[SourceReport, ...] = ()


class Feed(Protocol):
    """A source of data. `fetch` raises FeedError only when nothing at all could be had."""

    name: str

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        """All that is new in (since, now]; everything up to `now` when `since` is None."""
        ...
