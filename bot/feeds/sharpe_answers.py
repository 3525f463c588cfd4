"""Sharpe's answers as values.

Shapes: seeds/funding-rates, pump-dump, insider-selling. What the documents leave open, and what holds here:

- They do not say which exchanges are behind `avg_funding_72h`. `CoinFunding.exchanges` therefore has those that
  list the coin in type=current, one contract each (the one that our own average would take), with its rate of
  this moment per 8 h and 0 settlements in 0 hours: none of its settlements was seen, so nobody can recompute the
  average from them. `negative_exchanges` counts those whose rate of this moment is below zero. A coin that no
  exchange lists there has no exchange behind it, and does not ring.
- They give no median: `median_72h` repeats the average.
- Several coins share a ticker, and rates name only the ticker: the coin with the higher score stands for it.
- `base_coin`, `interval_hours` and `next_funding_time` may be null. A rate without the first or the second is
  left out: an unknown interval is never assumed.
- type=history has no `symbol` in the documents: where it is missing, the base coin stands in its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field

from bot.feeds.base import HostedAccumulated
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.exchanges.symbols import margin_of
from bot.feeds.rows import Count, DocumentedRow, Kept, Text
from scoring.funding import eight_hour_rate
from scoring.model import (
    Coin,
    CoinFunding,
    CoinScore,
    ExchangeAverage,
    FundingRate,
    PriceChanges,
    Settlement,
    Signal,
)

NAME = "sharpe"
STALE = timedelta(hours=6)  # as documented for type=current
TOO_OLD = "older than 6 h"
SAME_TICKER = "of a ticker that a coin with a higher score has"
HOSTED_FORMULA = 0  # the service's own, whose version it does not tell
ALIASES = {alias: one.name for one in EXCHANGES.values() for alias in (one.title.lower(), *one.aliases)}


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("is no ISO 8601 time")  # pydantic turns only a ValueError into a fault
    at = datetime.fromisoformat(value)
    if not 1970 < at.year < 9999:
        raise ValueError("is no time of ours")
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _exchange(value: str) -> str:
    return ALIASES.get(value.lower(), value.lower())


Ticker = Annotated[Text, AfterValidator(str.upper)]
ExchangeName = Annotated[Text, AfterValidator(_exchange)]
Instant = Annotated[datetime, BeforeValidator(_instant)]  # without a zone it is UTC
Rate = Annotated[float, Field(ge=-1, le=1)]  # decimal
Hours = Annotated[float, Field(ge=0.1, le=24)]
Percent = Annotated[float, Field(ge=-100, le=1e7)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Part = Annotated[float, Field(ge=0, le=1)]
PartOfTen = Annotated[float, Field(ge=0, le=10)]


class ScoredRow(DocumentedRow):
    """What both signals say of a coin."""

    coin_id: Text
    symbol: Ticker
    name: Text
    score: PartOfTen
    avg_funding_72h: Rate  # per 8 h
    funding_magnitude: PartOfTen
    persistence: PartOfTen
    pump_magnitude: Part | None = None
    consecutive_negative_days: Days
    price_change_24h: Percent | None = None
    price_change_7d: Percent | None = None
    signal_start_date: Instant | None = None
    updated_at: Instant | None = None


class PumpRow(ScoredRow):
    """One coin of /v1/pump-dump/data."""

    funding_magnitude: Part
    persistence: Part = Field(validation_alias="divergence_persistence")
    # The second is its deprecated name.
    pump_magnitude: Part = Field(validation_alias=AliasChoices("pump_magnitude", "price_funding_divergence"))


class SellingRow(ScoredRow):
    """One coin of /v1/insider-selling/data."""

    persistence: PartOfTen = Field(validation_alias="funding_persistence")


class CurrentRow(DocumentedRow):
    """One pair of type=current."""

    exchange: ExchangeName
    symbol: Text
    base_coin: Ticker | None = None
    rate: Rate  # decimal per interval
    interval_hours: Hours | None = None
    next_funding_time: Instant | None = None
    updated_at: Instant


class AccumulatedRow(DocumentedRow):
    """One pair of type=accumulated."""

    base_coin: Ticker
    exchange: ExchangeName
    symbol: Text
    acc_1d: float | None = None
    acc_7d: float | None = None
    acc_30d: float | None = None
    acc_90d: float | None = None
    acc_1y: float | None = None
    settlements_1d: Count | None = None
    settlements_7d: Count | None = None
    settlements_30d: Count | None = None
    settlements_90d: Count | None = None
    settlements_1y: Count | None = None


class HistoryRow(DocumentedRow):
    """One settlement of type=history."""

    exchange: ExchangeName
    symbol: Text | None = None
    rate: Rate  # decimal per interval
    interval_hours: Hours
    settled_at: Instant


Scored = TypeVar("Scored", bound=ScoredRow)


def member(answer: object, *path: str) -> Any:
    """What lies at a path of keys inside an answer; None where there is nothing."""
    for key in path:
        answer = answer.get(key) if isinstance(answer, dict) else None
    return answer


def read_rates(rows: Iterable[CurrentRow], now: datetime) -> Kept[FundingRate]:
    """One rate a pair, the newest; rows that are stale, closed, or lack what a rate needs are left out."""
    found: dict[tuple[str, str], FundingRate] = {}
    left_out: Counter[str] = Counter()
    for row in rows:
        rate = _rate(row, now)
        if isinstance(rate, str):
            left_out[rate] += 1
        elif (row.exchange, row.symbol) not in found or rate.updated_at > found[row.exchange, row.symbol].updated_at:
            found[row.exchange, row.symbol] = rate
    return Kept(tuple(found.values()), left_out)


def _rate(row: CurrentRow, now: datetime) -> FundingRate | str:
    """The rate, or why it is left out."""
    exchange = EXCHANGES.get(row.exchange)
    if exchange is not None and exchange.closed is not None and exchange.closed <= now.date():
        return "of an exchange that has closed"
    if now - row.updated_at > STALE:
        return TOO_OLD
    if row.base_coin is None:
        return "without a base coin"
    if row.interval_hours is None:
        return "without an interval"
    return FundingRate(
        exchange=row.exchange,
        symbol=row.symbol,
        base_coin=row.base_coin,
        rate=row.rate,
        interval_hours=row.interval_hours,
        next_funding_time=row.next_funding_time,
        updated_at=min(row.updated_at, now),
    )


def behind(rates: Iterable[FundingRate]) -> dict[str, tuple[ExchangeAverage, ...]]:
    """Base coin → the exchanges that list it, by name, one contract each (see the module's first lines)."""
    chosen: dict[tuple[str, str], FundingRate] = {}
    for rate in sorted(rates, key=lambda one: (one.exchange, margin_of(one.exchange, one.symbol), one.symbol)):
        chosen.setdefault((rate.base_coin, rate.exchange), rate)
    found: dict[str, tuple[ExchangeAverage, ...]] = {}
    for (base_coin, exchange), rate in chosen.items():
        now_8h = eight_hour_rate(rate.rate, rate.interval_hours)
        listed = ExchangeAverage(exchange, rate.symbol, now_8h, hours=0.0, settlements=0)
        found[base_coin] = (*found.get(base_coin, ()), listed)
    return found


def best_of_each(rows: Iterable[Scored], now: datetime) -> Kept[Scored]:
    """One coin a ticker, that with the highest score; scores made more than 6 hours ago are left out."""
    found: dict[str, Scored] = {}
    left_out: Counter[str] = Counter()
    for row in sorted(rows, key=lambda one: (-one.score, one.coin_id)):
        if row.updated_at is not None and now - row.updated_at > STALE:
            left_out[TOO_OLD] += 1
        elif found.setdefault(row.symbol, row) is not row:
            left_out[SAME_TICKER] += 1
    return Kept(tuple(found.values()), left_out)


def score_of(row: ScoredRow, exchanges: tuple[ExchangeAverage, ...]) -> CoinScore:
    """The service's score as one of ours, as given; `exchanges`: those that list the coin."""
    signal = Signal.PUMP if isinstance(row, PumpRow) else Signal.SELLING
    return CoinScore(
        signal=signal,
        base_coin=row.symbol,
        score=row.score,
        funding_magnitude=row.funding_magnitude,
        persistence=row.persistence,
        pump_magnitude=row.pump_magnitude if signal is Signal.PUMP else None,
        funding=CoinFunding(
            base_coin=row.symbol,
            avg_72h=row.avg_funding_72h,
            median_72h=row.avg_funding_72h,
            exchanges=exchanges,
            negative_exchanges=sum(one.rate_8h < 0 for one in exchanges),
            streak=row.consecutive_negative_days,
            signal_start=row.signal_start_date,
        ),
        prices=PriceChanges(row.price_change_24h, row.price_change_7d, price=None, source=NAME),
        formula_version=HOSTED_FORMULA,
        source=NAME,
    )


def coin_of(row: ScoredRow) -> Coin:
    """The coin's slug and name; the service gives no market-cap rank."""
    return Coin(row.coin_id, row.symbol, row.name, market_cap_rank=None)


def accumulated_of(row: AccumulatedRow) -> HostedAccumulated:
    """The sums and counts of a pair, by window in days."""
    return HostedAccumulated(
        base_coin=row.base_coin,
        exchange=row.exchange,
        symbol=row.symbol,
        sums={1: row.acc_1d, 7: row.acc_7d, 30: row.acc_30d, 90: row.acc_90d, 365: row.acc_1y},
        counts={
            1: row.settlements_1d,
            7: row.settlements_7d,
            30: row.settlements_30d,
            90: row.settlements_90d,
            365: row.settlements_1y,
        },
    )


def settlement_of(row: HistoryRow, base_coin: str) -> Settlement:
    """A settlement of a coin; the base coin stands for a symbol that is not given."""
    return Settlement(
        exchange=row.exchange,
        symbol=row.symbol or base_coin,
        base_coin=base_coin,
        rate=row.rate,
        interval_hours=row.interval_hours,
        settled_at=row.settled_at,
    )
