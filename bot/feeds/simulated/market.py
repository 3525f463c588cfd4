"""The simulated market as a feed: everything is a function of seed, start and time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bot.feeds.base import PRICE_SCHEMA, SETTLEMENT_SCHEMA, Batch, SourceReport
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.exchanges.symbols import margin_of
from bot.feeds.simulated import insiders, story
from bot.feeds.simulated.universe import Contract, SimulatedCoin, coins, contracts
from scoring.model import FundingRate

HOUR = 3600  # seconds
PRICE_STEP = 1800  # seconds


class SimulatedMarket:
    """13 exchanges, 60 coins and 200 issuers, with a story that goes on for ever.

    Asking for (a, c] gives exactly what (a, b] and (b, c] give together, in whatever order and after whatever
    restart.
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
            rates=tuple(self._rates(now)),
            settlements=self._settlements(first, last),
            prices=self._prices(first, last),
            coins=tuple(coin.coin for coin in self._coins),
            issuers=insiders.issuers(),
            filings=tuple(insiders.filings(self.seed, self.start, begin, now)),
            reports=tuple(SourceReport(name, ok=True) for name in (*EXCHANGES, "prices", "filings")),
        )

    @cached_property
    def _coins(self) -> Sequence[SimulatedCoin]:
        return coins()

    @cached_property
    def _contracts(self) -> Sequence[Contract]:
        return contracts()

    def _hours(self, seconds: NDArray[np.int64]) -> NDArray[np.float64]:
        return (seconds - int(self.start.timestamp())) / HOUR

    def _rate(self, contract: Contract, seconds: NDArray[np.int64]) -> NDArray[np.float64]:
        """Funding per interval (decimal) as this exchange has it: the market's, with its own bias."""
        hours = self._hours(seconds)
        market = story.funding(contract.coin, hours, self.seed)
        number = contract.coin.number * 20 + contract.place
        own = 0.00001 * story.noise(number, hours, self.seed)
        bias = 1 + 0.02 * (contract.place - 6)
        return np.asarray(np.round((market * bias + own) * contract.interval_hours / 8, 8))

    def _settlements(self, first: int, last: int) -> pl.DataFrame:
        frames = []
        for contract in self._contracts:
            step = contract.interval_hours * HOUR
            seconds = np.arange((first // step + 1) * step, last + 1, step, dtype=np.int64)
            if not len(seconds):
                continue
            frames.append(
                pl.DataFrame(
                    {
                        "exchange": contract.exchange,
                        "symbol": contract.symbol,
                        "base_coin": contract.coin.coin.symbol,
                        "margin": int(margin_of(contract.exchange, contract.symbol)),
                        "rate": self._rate(contract, seconds),
                        "interval_hours": float(contract.interval_hours),
                        "settled_at": seconds,
                    },
                    schema=SETTLEMENT_SCHEMA,
                )
            )
        return pl.concat(frames) if frames else pl.DataFrame(schema=SETTLEMENT_SCHEMA)

    def _prices(self, first: int, last: int) -> pl.DataFrame:
        seconds = np.arange((first // PRICE_STEP + 1) * PRICE_STEP, last + 1, PRICE_STEP, dtype=np.int64)
        return pl.concat(
            pl.DataFrame(
                {
                    "base_coin": coin.coin.symbol,
                    "time": seconds,
                    "price": story.price(coin, self._hours(seconds), self.seed),
                },
                schema=PRICE_SCHEMA,
            )
            for coin in self._coins
        )

    def _rates(self, now: datetime) -> list[FundingRate]:
        at = np.array([int(now.timestamp())], dtype=np.int64)
        marks = {c.number: float(story.price(c, self._hours(at), self.seed)[0]) for c in self._coins}
        rates = []
        for contract in self._contracts:
            step = contract.interval_hours * HOUR
            upcoming = datetime.fromtimestamp((int(at[0]) // step + 1) * step, UTC)
            rates.append(
                FundingRate(
                    exchange=contract.exchange,
                    symbol=contract.symbol,
                    base_coin=contract.coin.coin.symbol,
                    rate=float(self._rate(contract, at)[0]),
                    interval_hours=float(contract.interval_hours),
                    next_funding_time=upcoming,
                    updated_at=now,
                    mark_price=marks[contract.coin.number],
                    turnover_usd=1e9 / (1 + contract.coin.number) / (1 + contract.place),
                )
            )
        return rates
