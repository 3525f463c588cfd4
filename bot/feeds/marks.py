"""From the marks of many contracts to one price per base coin."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple, TypeGuard

import polars as pl

from bot.feeds.base import PRICE_SCHEMA
from scoring.model import FundingRate

CURRENT = timedelta(minutes=10)  # a mark read longer ago is of an earlier refresh: that exchange did not answer
ENOUGH = 3  # contracts from which a median is not at the mercy of one of them


def marks(rates: Iterable[FundingRate], now: datetime) -> pl.DataFrame:
    """One price per base coin in PRICE_SCHEMA, at `now` in whole seconds, from the marks read just now.

    With three contracts or more it is the median of their marks: the most liquid contract may change from
    one refresh to the next, and one exchange's bad print must not make a 7-day change. With fewer it is the
    mark of the most liquid one (24 h turnover, unknown counts as 0; then by exchange and symbol). Marks are
    USD per coin already; those that are not finite and above zero are left out.
    """
    contracts: dict[str, list[_Marked]] = {}
    for rate in rates:
        mark = rate.mark_price
        if _usable(mark) and abs(now - rate.updated_at) <= CURRENT:
            turnover = rate.turnover_usd if _usable(rate.turnover_usd) else 0.0
            contracts.setdefault(rate.base_coin, []).append(_Marked(-turnover, rate.exchange, rate.symbol, mark))
    instant = int(now.timestamp())
    rows = [(base_coin, instant, _price(found)) for base_coin, found in sorted(contracts.items())]
    return pl.DataFrame(rows, schema=PRICE_SCHEMA, orient="row")


class _Marked(NamedTuple):
    minus_turnover: float  # USD in 24 h, negated: the most liquid contract sorts first
    exchange: str
    symbol: str
    mark: float  # USD per coin


def _price(contracts: Sequence[_Marked]) -> float:
    return median(one.mark for one in contracts) if len(contracts) >= ENOUGH else min(contracts).mark


def _usable(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value) and value > 0
