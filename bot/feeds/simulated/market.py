"""The simulated market as a feed: everything is a function of seed, start and time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bot.feeds.base import PRICE_SCHEMA, SETTLEMENT_SCHEMA, Batch, SourceReport
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.exchanges.symbols import margin_of
from bot.feeds.simulated import insiders, story
from bot.feeds.simulated.noise import noise
from bot.feeds.simulated.universe import Contract, coins, contracts
from scoring.model import FundingRate

HOUR = 3600  # seconds
PRICE_STEP = 1800  # seconds
PRICE_DIGITS = 7  # significant, of the price at rest
RATE_DECIMALS = 8
BIAS = 0.02  # an exchange's rates over those of the exchange before it, as a part of the rate
OWN = 0.00001  # largest noise of a contract's rate, decimal per 8 h
JITTER = 0.001  # largest noise of a price, as a part of it
# Streams of noise: coins and contracts have their own, apart from each other and from the story's.
PRICE_STREAM = 2_000
CONTRACT_STREAM = 10_000

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class SimulatedMarket:
    """13 exchanges, 60 coins and 200 issuers, with a story that goes on for ever.

    Asking for (a, c] gives exactly what (a, b] and (b, c] give together, in whatever order and after whatever
    restart. `seed` is 0 or more, `start` the instant at which a person begins to look.
    """

    name = "simulated"

    def __init__(self, seed: int, start: datetime, history_days: int = 45) -> None:
        self.seed = seed
        self.start = start.astimezone(UTC)
        self.history_days = history_days

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        """What happened in (since, now]; with `since` None, also the history before the start."""
        return await asyncio.to_thread(self.between, since, now)

    def between(self, since: datetime | None, now: datetime) -> Batch:
        """The same, in the calling thread."""
        begin = since or self.start - timedelta(days=self.history_days)
        first, last = int(begin.timestamp()), int(now.timestamp())
        return Batch(
            rates=self._rates(now),
            settlements=self._settlements(first, last),
            prices=self._prices(first, last),
            coins=tuple(coin.coin for coin in coins()),
            issuers=insiders.issuers(),
            filings=tuple(insiders.filings(self.seed, self.start, begin, now)),
            reports=tuple(SourceReport(name, ok=True) for name in (*EXCHANGES, "prices", "filings")),
        )

    def _hours(self, seconds: Integers) -> Floats:
        return (seconds - int(self.start.timestamp())) / HOUR

    def _market_rates(self, seconds: Integers) -> Floats:
        """The market's funding per 8 hours (decimal), one row a coin."""
        hours = self._hours(seconds)
        return np.stack([story.funding(coin, hours, self.seed) for coin in coins()])

    def _rates_of(self, listed: tuple[Contract, ...], market: Floats, seconds: Integers) -> Floats:
        """Funding per interval (decimal) as each exchange has it, one row a contract."""
        place = np.array([one.place for one in listed])
        interval = np.array([one.interval_hours for one in listed])
        own = np.stack([noise(self.seed, CONTRACT_STREAM + one.number, seconds) for one in listed])
        bias = 1 + BIAS * (place - len(EXCHANGES) // 2)
        per_8h = market[[one.coin.number for one in listed]] * bias[:, None] + OWN * own
        return np.asarray(np.round(per_8h * interval[:, None] / 8, RATE_DECIMALS))

    def _settlements(self, first: int, last: int) -> pl.DataFrame:
        hourly = _grid(first, last, HOUR)
        market = self._market_rates(hourly)
        frames = [pl.DataFrame(schema=SETTLEMENT_SCHEMA)]
        for hours, (listed, described) in _by_interval().items():
            settles = hourly % (hours * HOUR) == 0
            seconds = hourly[settles]
            if not len(seconds):
                continue
            rows = described[np.repeat(np.arange(len(listed)), len(seconds))]
            rate = self._rates_of(listed, market[:, settles], seconds).ravel()
            settled_at = np.tile(seconds, len(listed))
            rows = rows.with_columns(pl.Series("rate", rate), pl.Series("settled_at", settled_at))
            frames.append(rows.select(list(SETTLEMENT_SCHEMA)))
        return pl.concat(frames)

    def _prices_at(self, seconds: Integers) -> Floats:
        """USD per coin, one row a coin."""
        hours = self._hours(seconds)
        rows = []
        for coin in coins():
            jitter = 1 + JITTER * noise(self.seed, PRICE_STREAM + coin.number, seconds)
            decimals = PRICE_DIGITS - 1 - int(np.floor(np.log10(coin.price)))
            rows.append(np.round(story.price(coin, hours, self.seed) * jitter, decimals))
        return np.stack(rows)

    def _prices(self, first: int, last: int) -> pl.DataFrame:
        seconds = _grid(first, last, PRICE_STEP)
        names = pl.Series([coin.coin.symbol for coin in coins()], dtype=pl.String())
        columns = {
            "base_coin": names[np.repeat(np.arange(len(names)), len(seconds))],
            "time": np.tile(seconds, len(names)),
            "price": self._prices_at(seconds).ravel(),
        }
        return pl.DataFrame(columns, schema=PRICE_SCHEMA)

    def _rates(self, now: datetime) -> tuple[FundingRate, ...]:
        at = np.array([int(now.timestamp())], dtype=np.int64)
        marks = self._prices_at(at)[:, 0].tolist()
        rates = self._rates_of(contracts(), self._market_rates(at), at)[:, 0].tolist()
        upcoming = {
            hours: datetime.fromtimestamp((int(at[0]) // (hours * HOUR) + 1) * hours * HOUR, UTC)
            for hours in _by_interval()
        }
        return tuple(
            FundingRate(
                exchange=one.exchange,
                symbol=one.symbol,
                base_coin=one.coin.coin.symbol,
                rate=rate,
                interval_hours=float(one.interval_hours),
                next_funding_time=upcoming[one.interval_hours],
                updated_at=now,
                mark_price=marks[one.coin.number],
                turnover_usd=one.turnover_usd,
            )
            for one, rate in zip(contracts(), rates, strict=True)
        )


def _grid(first: int, last: int, step: int) -> Integers:
    """The multiples of `step` in (first, last], unix seconds."""
    return np.arange((first // step + 1) * step, last + 1, step, dtype=np.int64)


@cache
def _by_interval() -> dict[int, tuple[tuple[Contract, ...], pl.DataFrame]]:
    """Interval in hours → its contracts, and the same as a frame in the columns of settlements."""
    found = {}
    for hours in sorted({one.interval_hours for one in contracts()}):
        listed = tuple(one for one in contracts() if one.interval_hours == hours)
        columns = {
            "exchange": [one.exchange for one in listed],
            "symbol": [one.symbol for one in listed],
            "base_coin": [one.coin.coin.symbol for one in listed],
            "margin": [int(margin_of(one.exchange, one.symbol)) for one in listed],
            "interval_hours": [float(hours)] * len(listed),
        }
        found[hours] = (listed, pl.DataFrame(columns, schema={name: SETTLEMENT_SCHEMA[name] for name in columns}))
    return found
