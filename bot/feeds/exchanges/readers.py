"""How the settlements of an exchange are read: through an adapter of ours, or through ccxt."""

from __future__ import annotations

from typing import Protocol

from bot.feeds.base import SettledRate
from bot.feeds.ccxt import CcxtFeed
from bot.feeds.exchanges.base import Adapter, Endpoint, History, Paging
from bot.feeds.exchanges.history import Ask
from bot.feeds.http import Source


class Reader(Protocol):
    """How the settlements of one exchange are read."""

    def history(self, symbol: str) -> History:
        """Where they are."""
        ...

    async def read(self, symbol: str, ask: Ask) -> list[SettledRate]:
        """One answer. Raises FeedError."""
        ...


class AdapterReader:
    """Reads through an adapter, with the pace and the breaker that its live rates are read with."""

    def __init__(self, adapter: Adapter, source: Source) -> None:
        self._adapter = adapter
        self._source = source

    def history(self, symbol: str) -> History:
        """Where the adapter says that they are."""
        return self._adapter.history(symbol)

    async def read(self, symbol: str, ask: Ask) -> list[SettledRate]:
        """One answer. Raises FeedError."""
        history = self._adapter.history(symbol)
        answer = await self._source.ask(
            history.endpoint, ask.values(symbol), unwrap=self._adapter.unwrap, per_second=history.per_second
        )
        return self._adapter.parse_settlements(answer)


class CcxtReader:
    """Reads through ccxt, which walks the pages of a window itself."""

    def __init__(self, feed: CcxtFeed) -> None:
        self._feed = feed

    def history(self, symbol: str) -> History:
        """A window of a month: as small a piece of work as is worth remembering."""
        return History(Endpoint(""), Paging.ASCENDING, limit=1000, per_second=1.0, window_days=30)

    async def read(self, symbol: str, ask: Ask) -> list[SettledRate]:
        """All settlements of the window. Raises FeedError."""
        return await self._feed.history(symbol, ask.since, ask.until)
