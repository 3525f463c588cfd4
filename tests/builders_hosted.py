"""Scores and rates as a hosted service would give them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.feeds.base import Batch, HostedAccumulated, SourceReport
from scoring.model import (
    Coin,
    CoinFunding,
    CoinScore,
    ExchangeAverage,
    FundingRate,
    Margin,
    Pair,
    PriceChanges,
    Signal,
)
from storage import Storage
from tests.builders_storage import NOW

SERVICE = "sharpe"
BOTH = frozenset({Signal.PUMP, Signal.SELLING})
LISTED = ("binance", "bybit", "okx")
MOON = Coin("moon-coin", "MOON", "Moon Coin", None)


def given(
    score: float, coin: str = "MOON", signal: Signal = Signal.PUMP, exchanges: Sequence[str] = LISTED
) -> CoinScore:
    """A score that our own formula would not give from these parts."""
    behind = tuple(ExchangeAverage(name, f"{coin}USDT", -0.0004, hours=0.0, settlements=0) for name in exchanges)
    funding = CoinFunding(coin, -0.00037, -0.00037, behind, len(behind), 3, datetime.fromisoformat("2026-04-23T00:00Z"))
    return CoinScore(
        signal=signal,
        base_coin=coin,
        score=score,
        funding_magnitude=0.74,
        persistence=0.43,
        pump_magnitude=0.61 if signal is Signal.PUMP else None,
        funding=funding,
        prices=PriceChanges(7.25, 66.5, price=None, source=SERVICE),
        formula_version=0,
        source=SERVICE,
    )


def rates(coin: str = "MOON", exchanges: Sequence[str] = LISTED, now: datetime = NOW) -> tuple[FundingRate, ...]:
    """The rate of this moment on each exchange."""
    return tuple(
        FundingRate(name, f"{coin}USDT", coin, -0.0004, 8.0, now + timedelta(hours=4), now) for name in exchanges
    )


def batch(*scores: CoinScore, scored: frozenset[Signal] = BOTH, now: datetime = NOW) -> Batch:
    """What one refresh brings; `scored`: the signals whose list is whole."""
    whole = scored == BOTH
    return Batch(
        rates=rates(now=now),
        coins=(MOON,),
        scores=scores,
        scored=scored,
        reports=(SourceReport(SERVICE, ok=whole, detail="" if whole else "pump & dump: asked too often (429)"),),
    )


def accumulated(exchange: str = "binance", coin: str = "MOON", week: float | None = -0.0081) -> HostedAccumulated:
    """What a pair paid, by the service's own count."""
    return HostedAccumulated(
        coin,
        exchange,
        f"{coin}USDT",
        {1: -0.0012, 7: week, 30: None, 90: None, 365: None},
        {1: 3, 7: 21, 30: None, 90: None, 365: None},
    )


def put(storage: Storage, *scores: CoinScore, now: datetime = NOW) -> None:
    """Store the scores with their coin and rates, as a refresh would."""
    with storage.write() as tx:
        tx.hosted.put(scores, now)
        tx.pairs.put_coins([MOON])
        tx.pairs.put([Pair(one.exchange, one.symbol, one.base_coin, Margin.USDT) for one in rates(now=now)])
        tx.funding.put_rates(rates(now=now))
