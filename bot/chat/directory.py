"""The names of all coins and companies, kept in memory: a key press never waits for the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.chat.names import Name, Names
from bot.clock import Clock
from bot.commands.base import Kind
from storage import Storage

log = logging.getLogger("tocsin.chat")

FRESH_SECONDS = 300.0
UNRANKED = 1_000_000  # behind every coin that has a rank


def names_in(storage: Storage) -> dict[Kind, Names]:
    """All that are stored; called in a thread."""
    with storage.read() as tx:
        tickers, coins = tx.pairs.base_coins(), tx.pairs.coins()
        issuers = tx.filings.issuers()
    by_coin = {ticker: coins.get(ticker) for ticker in tickers}
    return {
        Kind.COIN: Names(
            Name(ticker, "" if coin is None else coin.name, (coin and coin.market_cap_rank) or UNRANKED)
            for ticker, coin in by_coin.items()
        ),
        Kind.COMPANY: Names(Name(one.ticker, one.name) for one in issuers.values() if one.ticker),
    }


@dataclass
class Directory:
    """Keeps the names, and reads them again when somebody asks and they have become old."""

    storage: Storage
    clock: Clock
    _names: dict[Kind, Names] = field(default_factory=dict)
    _read_at: float = float("-inf")
    _reading: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Read them."""
        self._names = await asyncio.to_thread(names_in, self.storage)
        self._read_at = self.clock.monotonic()

    def find(self, kinds: Iterable[Kind], text: str, most: int) -> list[Name]:
        """What a text may mean, of these kinds in turn."""
        if self._reading is None and self._read_at + FRESH_SECONDS <= self.clock.monotonic():
            self._reading = asyncio.create_task(self._again())
        found: list[Name] = []
        for kind in kinds:
            if names := self._names.get(kind):
                found += names.find(text, most - len(found))
        return found

    async def close(self) -> None:
        """Wait for what is being read."""
        if self._reading is not None:
            await self._reading

    async def _again(self) -> None:
        try:
            await self.open()
        except Exception:
            log.exception("the names that are offered stay as they were")
            self._read_at = self.clock.monotonic()
        finally:
            self._reading = None
