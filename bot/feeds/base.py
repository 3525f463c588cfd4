"""What every feed gives: one batch of what is new, with a report for each source it asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import polars as pl

from scoring.model import Aside, AssetClass, Cluster, Coin, CoinScore, Filing, FundingRate, Issuer, Margin, Signal

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


class Outcome(StrEnum):
    """How a source answered."""

    OK = "ok"
    PARTIAL = "partial"  # some of it came; what is missing is not gone
    REFUSED = "refused"  # it serves no address of this country, or refused the key: asking again soon is no use
    FAILED = "failed"  # no answer, or none that can be used; asked again at the next refresh


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How one source answered in one refresh."""

    source: str  # exchange name, "prices", "filings"
    ok: bool  # what it gave stands for the whole source
    detail: str = ""  # why not, in one line, free of secrets
    outcome: Outcome = Outcome.OK

    @classmethod
    def failed(cls, source: str, detail: str, outcome: Outcome = Outcome.FAILED) -> SourceReport:
        """A source that gave nothing, or not all."""
        return cls(source, ok=False, detail=detail, outcome=outcome)


@dataclass(frozen=True, slots=True)
class SettledRate:
    """A settled funding rate of a pair that the context names."""

    at: datetime  # as the exchange gives it; seconds of jitter are its own
    rate: float  # decimal per interval; NaN where the exchange gave no number
    interval_hours: float | None = None  # None: the payload does not say


@dataclass(frozen=True, slots=True)
class Quote:
    """What an exchange says of one perpetual at this moment, as it says it; bot/feeds/plausible.py judges it.

    Numbers are None where the exchange says nothing, and NaN where it says something that is no number.
    """

    exchange: str
    symbol: str  # the exchange's own name of the contract
    base: str  # base asset as the exchange writes it, multiplier prefix and all: "1000PEPE", "kPEPE", "XBT"
    margin: Margin
    rate: float | None  # the rate of the running interval, decimal
    interval_hours: float | None
    next_funding_time: datetime | None
    mark_price: float | None = None  # USD per unit of `base` (of 1000 PEPE for 1000PEPE)
    turnover_usd: float | None = None  # 24 h
    floor: float | None = None  # lowest and highest rate that the exchange allows, decimal per interval
    cap: float | None = None
    asset: AssetClass | None = None  # None: the exchange does not say
    source_time: datetime | None = None  # the exchange's own time of these values
    settled: SettledRate | None = None  # the latest settled rate, where the same payload has it


@dataclass(frozen=True, slots=True)
class QuotedPrice:
    """What a price service says of one coin."""

    coin_id: str  # the service's slug: "shiba-inu"
    symbol: str  # upper case; many coins share one
    price: float  # USD per coin, above zero
    pct_24h: float | None  # percent, −100 or more; None where it gives none
    pct_7d: float | None
    at: datetime  # when the service last renewed the price
    rank: int | None = None  # by market capitalisation, from 1


@dataclass(frozen=True, slots=True)
class HostedAccumulated:
    """Sums of native rates of one pair over trailing windows, as a hosted service gives them."""

    base_coin: str
    exchange: str
    symbol: str
    sums: Mapping[int, float | None]  # window in days (1, 7, 30, 90, 365) → decimal; None where it gives none
    counts: Mapping[int, int | None]  # settlements in the window


@dataclass(frozen=True, slots=True)
class HostedClusters:
    """The clusters of one look-back, as a hosted service finds them: of two insiders or more, both sides."""

    days: int  # back from now
    clusters: tuple[Cluster, ...]
    is_whole: bool  # a cluster that is not among them is none; else it may be among what could not be read


def empty_settlements() -> pl.DataFrame:
    """No settlements, in the schema of `Batch.settlements`."""
    return pl.DataFrame(schema=SETTLEMENT_SCHEMA)


def empty_prices() -> pl.DataFrame:
    """No prices, in the schema of `Batch.prices`."""
    return pl.DataFrame(schema=PRICE_SCHEMA)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a feed found since it was last asked; overlaps with what is stored do no harm."""

    quotes: tuple[Quote, ...] | None = None  # as exchanges gave them, to be judged; None: of a feed that asks none
    rates: tuple[FundingRate, ...] = ()  # of a feed that vouches for them
    settlements: pl.DataFrame = field(default_factory=empty_settlements)
    prices: pl.DataFrame = field(default_factory=empty_prices)
    quoted_prices: tuple[QuotedPrice, ...] = ()  # of a price service, by its own slugs
    coins: tuple[Coin, ...] = ()
    issuers: tuple[Issuer, ...] = ()  # sectors and industries, where the feed knows them
    filings: tuple[Filing, ...] = ()
    asides: tuple[Aside, ...] = ()  # filings that cannot be read
    company_tickers: Mapping[str, tuple[str, ...]] | None = None  # CIK (ten digits) → tickers, all that SEC lists
    scores: tuple[CoinScore, ...] = ()  # of a hosted service; they stand in for our own
    scored: frozenset[Signal] = frozenset()  # `scores` of these are whole: a coin missing there has no gate
    accumulated: tuple[HostedAccumulated, ...] = ()  # of a hosted service
    clusters: tuple[HostedClusters, ...] = ()  # of a hosted service, a list for each look-back that it answered
    reports: tuple[SourceReport, ...] = ()


class Feed(Protocol):
    """A source of data. `fetch` raises FeedError only when nothing at all could be had."""

    name: str

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        """All that is new in (since, now]; everything up to `now` when `since` is None."""
        ...
