"""The contracts that are alive: those whose history and prices are worth asking for."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from scoring.funding import eight_hour_rate
from scoring.model import Pair
from storage import Transaction

Key = tuple[str, str]  # exchange, symbol
# Contracts whose rate nobody gave for so long are gone: their exchange would only answer with errors.
GONE_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract whose history is wanted."""

    pair: Pair
    interval_hours: float
    rate_8h: float  # of its coin now, the mean over exchanges: the most negative goes first


def alive(tx: Transaction, exchanges: Iterable[str], now: datetime) -> dict[Key, Contract]:
    """The contracts of these exchanges that are alive and whose interval is known."""
    names = set(exchanges)
    found = [
        one
        for one in tx.pairs.known().values()
        if one.pair.exchange in names and one.rate is not None and now - one.rate.updated_at <= GONE_AFTER
    ]
    rates: dict[str, list[float]] = {}
    for one in found:
        if one.rate is not None:
            rates.setdefault(one.pair.base_coin, []).append(eight_hour_rate(one.rate.rate, one.rate.interval_hours))
    return {
        (one.pair.exchange, one.pair.symbol): Contract(
            one.pair, one.rate.interval_hours, math.fsum(rates[one.pair.base_coin]) / len(rates[one.pair.base_coin])
        )
        for one in found
        if one.rate is not None
    }
