"""Sharpe's answers as values: each row is checked field by field, and one that fails costs only itself.

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

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from bot.errors import FeedError
from bot.feeds.base import HostedAccumulated
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.exchanges.symbols import margin_of
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
MISSHAPEN = "of another shape than documented"
TOO_OLD = "older than 6 h"
SAME_TICKER = "of a ticker that a coin with a higher score has"
HOSTED_FORMULA = 0  # the service's own, whose version it does not tell
ALIASES = {alias: one.name for one in EXCHANGES.values() for alias in (one.title.lower(), *one.aliases)}


def _text(value: str) -> str:
    # Control characters and halves of surrogate pairs are valid JSON; databases and terminals refuse them.
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in value):
        raise ValueError("holds what is no text")
    return value


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("is no ISO 8601 time")  # pydantic turns only a ValueError into a fault
    at = datetime.fromisoformat(value)
    if not 1970 < at.year < 9999:
        raise ValueError("is no time of ours")
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _exchange(value: str) -> str:
    return ALIASES.get(value.lower(), value.lower())


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_text)]
Ticker = Annotated[Text, AfterValidator(str.upper)]
ExchangeName = Annotated[Text, AfterValidator(_exchange)]
Instant = Annotated[datetime, BeforeValidator(_instant)]  # without a zone it is UTC
Rate = Annotated[float, Field(ge=-1, le=1)]  # decimal
Hours = Annotated[float, Field(ge=0.1, le=24)]
Percent = Annotated[float, Field(ge=-100, le=1e7)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Part = Annotated[float, Field(ge=0, le=1)]
PartOfTen = Annotated[float, Field(ge=0, le=10)]


class _Row(BaseModel):
    """A row as the documents have it; fields that they do not name are passed over."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class ScoredRow(_Row):
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


class CurrentRow(_Row):
    """One pair of type=current."""

    exchange: ExchangeName
    symbol: Text
    base_coin: Ticker | None = None
    rate: Rate  # decimal per interval
    interval_hours: Hours | None = None
    next_funding_time: Instant | None = None
    updated_at: Instant


class AccumulatedRow(_Row):
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


class HistoryRow(_Row):
    """One settlement of type=history."""

    exchange: ExchangeName
    symbol: Text | None = None
    rate: Rate  # decimal per interval
    interval_hours: Hours
    settled_at: Instant


Row = TypeVar("Row", bound=_Row)
Kind = TypeVar("Kind")
Scored = TypeVar("Scored", bound=ScoredRow)


@dataclass(frozen=True, slots=True)
class Kept(Generic[Kind]):
    """What can be used of a list, in its order, and what cannot."""

    kept: tuple[Kind, ...]
    left_out: Mapping[str, int]  # reason, such as "without an interval" → rows; only what happened


def read_rows(model: type[Row], rows: object) -> Kept[Row]:
    """The rows of a list. Raises FeedError when it is none, or when not one of its rows can be read."""
    if not isinstance(rows, list):
        raise FeedError("the answer has another shape than documented")
    read: list[Row] = []
    for row in rows:
        try:
            read.append(model.model_validate(row))
        except ValidationError:
            continue  # counted below
    if rows and not read:
        raise FeedError(f"none of {len(rows)} rows has the documented shape")
    wrong = len(rows) - len(read)
    return Kept(tuple(read), {MISSHAPEN: wrong} if wrong else {})


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
