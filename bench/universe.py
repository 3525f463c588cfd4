"""A made universe of the size of the real one: 5,500 pairs of 1,100 coins on 11 exchanges."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl

from bot.feeds.base import SETTLEMENT_SCHEMA

NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)
EXCHANGES = 11
COINS = 1_100
PAIRS_PER_COIN = 5


def settlements(days: int, coins: int = COINS) -> pl.DataFrame:
    """All settlements of so many days: half of the pairs every 4 h, 47 % every 8 h, 3 % every hour."""
    random = np.random.default_rng(7)
    now = int(NOW.timestamp())
    frames = []
    for number in range(coins * PAIRS_PER_COIN):
        coin, place = divmod(number, PAIRS_PER_COIN)
        hours = (1, 4, 8)[int(np.searchsorted((0.03, 0.53), number % 100 / 100, side="right"))]
        times = np.arange(now - now % (hours * 3600), now - days * 86_400, -hours * 3600)
        rates = random.normal(0.00003 - 0.0001 * (coin % 7 == 0), 0.0001, len(times)) * hours / 8
        frames.append(
            pl.DataFrame(
                {
                    "exchange": f"exchange{(coin + place) % EXCHANGES}",
                    "symbol": f"C{coin}USDT",
                    "base_coin": f"C{coin}",
                    "margin": 0,
                    "rate": rates,
                    "interval_hours": float(hours),
                    "settled_at": times,
                }
            )
        )
    return pl.concat(frames).cast(SETTLEMENT_SCHEMA)  # type: ignore[arg-type]
