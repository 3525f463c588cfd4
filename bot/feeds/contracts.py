"""Contracts as they are quoted and as they are known: what the rules between quotes and belief share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.feeds.base import Quote
from bot.feeds.exchanges.symbols import base_coin
from scoring.model import AssetClass

# USD per coin: the cheapest coins stand near 1e-13, the dearest contract, an index in won, near 1e6.
LEAST_PRICE, HIGHEST_PRICE = 1e-20, 1e9
SAME_PRICE = 0.10  # contracts whose marks differ by more are not on the same token

Key = tuple[str, str]  # (exchange, symbol)


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a contract before a refresh; the last believed rate's numbers are None where it has none."""

    base_coin: str
    asset: AssetClass | None = None  # None: stored without anybody having said, as by an import
    rate: float | None = None  # decimal per interval
    interval_hours: float | None = None
    next_funding_time: datetime | None = None
    updated_at: datetime | None = None  # when that rate was read
    mark_price: float | None = None  # USD per coin, multiplier removed


def key_of(quote: Quote) -> Key:
    """What tells a contract from all others."""
    return quote.exchange, quote.symbol


def mark_of(quote: Quote) -> float | None:
    """The mark price in USD per coin, multiplier removed; None where there is none that can be a price."""
    if quote.mark_price is None:
        return None
    mark = quote.mark_price / base_coin(quote.exchange, quote.base).multiplier
    return mark if LEAST_PRICE <= mark <= HIGHEST_PRICE else None  # NaN compares false with everything


def turnover_of(quote: Quote) -> float | None:
    """The turnover of 24 hours in USD; None where there is none that can be one."""
    turnover = quote.turnover_usd
    return turnover if turnover is not None and 0 <= turnover < math.inf else None


def agree(one: float, other: float) -> bool:
    """Whether two prices, both above zero, are those of one token.

    >>> agree(1.0, 1.09), agree(1.12, 1.0), agree(815.0, 1.82e-6)
    (True, False, False)
    """
    return max(one, other) <= min(one, other) * (1 + SAME_PRICE)


def distinct(quotes: Iterable[Quote]) -> list[Quote]:
    """Each contract once, ordered by exchange and symbol; of several the one with the higher turnover."""
    chosen: dict[Key, Quote] = {}
    for quote in quotes:
        known = chosen.get(key_of(quote))
        chosen[key_of(quote)] = quote if known is None else max(known, quote, key=_rank)
    return [chosen[key] for key in sorted(chosen)]


def _rank(quote: Quote) -> tuple[float, str]:
    return turnover_of(quote) or 0.0, repr(quote)
