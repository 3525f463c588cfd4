"""From batches to storage: what is believed is stored, what is not is set aside and said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from bot.feeds.base import Batch
from bot.feeds.exchanges.symbols import margin_of
from scoring.model import FundingRate, Pair
from storage import Transaction

LONGEST_INTERVAL = 24.0  # hours


def store(tx: Transaction, batches: Sequence[Batch], now: datetime, max_abs_rate: float) -> tuple[str, ...]:
    """Store all batches; returns one line for each value that was set aside."""
    set_aside: list[str] = []
    for batch in batches:
        believed = _believable_settlements(batch.settlements, max_abs_rate, set_aside)
        rates = [rate for rate in batch.rates if _believable(rate, max_abs_rate, set_aside)]
        pairs = [Pair(r.exchange, r.symbol, r.base_coin, margin_of(r.exchange, r.symbol)) for r in rates]
        tx.pairs.put_coins(batch.coins)
        tx.funding.add(believed)
        tx.pairs.put(pairs)
        tx.funding.put_rates(rates)
        tx.prices.add(batch.prices.filter(pl.col("price").is_finite() & (pl.col("price") > 0)))
        tx.filings.put_issuers(batch.issuers)
        tx.filings.add(batch.filings)
        for report in batch.reports:
            tx.refreshes.put_source(report.source, now, ok=report.ok, detail=report.detail)
    return tuple(set_aside)


def _believable_settlements(frame: pl.DataFrame, max_abs_rate: float, set_aside: list[str]) -> pl.DataFrame:
    good = (
        pl.col("rate").is_finite()
        & (pl.col("rate").abs() <= max_abs_rate)
        & pl.col("interval_hours").is_finite()
        & (pl.col("interval_hours") > 0)
        & (pl.col("interval_hours") <= LONGEST_INTERVAL)
    ).fill_null(value=False)
    for row in frame.filter(~good).iter_rows(named=True):
        set_aside.append(f"{row['exchange']} {row['symbol']}: settled rate {row['rate']} per {row['interval_hours']} h")
    return frame.filter(good)


def _believable(rate: FundingRate, max_abs_rate: float, set_aside: list[str]) -> bool:
    # NaN compares false with everything, so it fails both tests.
    good = abs(rate.rate) <= max_abs_rate and 0 < rate.interval_hours <= LONGEST_INTERVAL
    if not good:
        set_aside.append(f"{rate.exchange} {rate.symbol}: rate {rate.rate} per {rate.interval_hours} h")
    return good
