"""Fills the week before the first start with hourly candles, for coins whose change nobody else knows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from itertools import groupby

import polars as pl

from bot.clock import Clock
from bot.errors import FeedError
from bot.feeds.base import empty_prices
from bot.feeds.exchanges.alive import Key, alive
from bot.feeds.exchanges.candles import CANDLES, fetch_candles, needs, to_prices
from bot.feeds.exchanges.symbols import multiplier_of
from bot.feeds.http import RefusedError, Source
from scoring.model import Pair
from storage import Storage
from storage.prices import PriceSource

log = logging.getLogger("tocsin.prices")

ASK_AGAIN = timedelta(days=1)  # a contract younger than a week has no more to give today
STORED_AT_ONCE = 25  # coins


class PriceGap:
    """Asks for candles after a refresh, the most negative coins first. One `fill` at a time."""

    def __init__(
        self,
        storage: Storage,
        sources: Mapping[str, Source],
        clock: Clock,
        *,
        stored: Callable[[pl.DataFrame], None] = lambda _: None,
    ) -> None:
        """`stored` hears of all prices that were written, for a recording."""
        self._storage = storage
        self._sources = {name: source for name, source in sources.items() if name in CANDLES}
        self._clock = clock
        self._stored = stored
        self._asked: dict[str, datetime] = {}  # coins that were answered
        self._unknown: dict[Key, datetime] = {}  # contracts that their exchange will not know

    async def fill(self) -> None:
        """Ask for what is missing now. What an exchange does not answer is asked of the next one."""
        answering = set(self._sources)
        while answering:
            missing = await asyncio.to_thread(self._missing, answering)
            by_exchange = {
                name: list(pairs)
                for name, pairs in groupby(sorted(missing, key=lambda pair: pair.exchange), lambda pair: pair.exchange)
            }
            if not by_exchange:
                return
            done = await asyncio.gather(*(self._ask(name, pairs) for name, pairs in by_exchange.items()))
            answering -= {name for name, is_done in zip(by_exchange, done, strict=True) if not is_done}

    def _missing(self, answering: Collection[str]) -> list[Pair]:
        now = self._clock.now()
        asked = {coin for coin, at in self._asked.items() if now - at < ASK_AGAIN}
        unknown = {key for key, at in self._unknown.items() if now - at < ASK_AGAIN}
        with self._storage.read() as tx:
            contracts = alive(tx, answering, now)
            changes = tx.prices.changes(now)
        pairs = [contract.pair for key, contract in contracts.items() if key not in unknown]
        averages = {contract.pair.base_coin: contract.rate_8h for contract in contracts.values()}
        return needs(pairs, changes, averages, answered=answering, asked=asked)

    async def _ask(self, exchange: str, pairs: list[Pair]) -> bool:
        """Whether the exchange answered to the end."""
        found = empty_prices()
        waiting = 0
        try:
            for pair in pairs:
                now = self._clock.now()
                try:
                    candles = await fetch_candles(self._sources[exchange], exchange, pair.symbol, now)
                except FeedError as error:
                    log.info("candles: %s", error)
                    if not error.permanent or isinstance(error, RefusedError):
                        return False
                    self._unknown[exchange, pair.symbol] = now  # another exchange may know the coin
                    continue
                self._asked[pair.base_coin] = now
                found.extend(to_prices(pair.base_coin, candles, multiplier_of(exchange, pair.symbol)))
                waiting += 1
                if waiting == STORED_AT_ONCE:
                    await asyncio.to_thread(self._store, found)
                    found, waiting = empty_prices(), 0
        finally:
            if len(found):
                await asyncio.to_thread(self._store, found)
        return True

    def _store(self, prices: pl.DataFrame) -> None:
        with self._storage.write() as tx:
            tx.prices.add(prices, source=PriceSource.CANDLES)
        self._stored(prices)
