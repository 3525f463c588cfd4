"""What the config names as sources of data, opened: feeds, and what the background jobs read with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import httpx

from bot.clock import Clock
from bot.config import Config
from bot.feeds.base import Feed
from bot.feeds.ccxt import CcxtFeed
from bot.feeds.coingecko import CoinGecko, open_source
from bot.feeds.exchanges.live import ExchangesFeed, open_adapters
from bot.feeds.exchanges.readers import AdapterReader, CcxtReader, Reader
from bot.feeds.http import HttpOptions, Source, open_client
from bot.feeds.sharpe import SharpeFeed
from bot.feeds.simulated import SimulatedMarket

Sleep = Callable[[float], Awaitable[None]]


@dataclass
class Sources:
    """Everything that data comes from. Opened inside the event loop that uses it, and closed there."""

    feeds: tuple[Feed, ...] = ()
    readers: Mapping[str, Reader] = field(default_factory=dict)  # exchange → how its history is read
    exchanges: Mapping[str, Source] = field(default_factory=dict)  # exchange → how it is asked
    client: httpx.AsyncClient | None = None
    ccxt: tuple[CcxtFeed, ...] = ()

    async def close(self) -> None:
        """Let go of all connections."""
        for feed in self.ccxt:
            await feed.close()
        if self.client is not None:
            await self.client.aclose()


def open_sources(
    config: Config,
    clock: Clock,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Sources:
    """The sources of a config. Raises StartError where ccxt is named and missing, or does not know an exchange.

    `transport` None: the network. `sleep`: how retries wait.
    """
    match config.feeds.funding:
        case "simulated":
            return Sources((SimulatedMarket(config.simulation.seed, config.simulation.start),))
        case "none":
            return Sources()
        case "sharpe":
            client = open_client(transport)
            feed = SharpeFeed(config.sharpe, client, clock, options=_options(config), sleep=sleep)
            return Sources((feed, *_prices(config, client, clock, sleep)), client=client)
        case _:
            return _exchanges(config, clock, transport, sleep)


def _exchanges(config: Config, clock: Clock, transport: httpx.AsyncBaseTransport | None, sleep: Sleep) -> Sources:
    feeds = config.feeds
    ccxt = tuple(CcxtFeed(name, clock=clock, deadline_seconds=3 * feeds.timeout_seconds) for name in feeds.ccxt)
    client = open_client(transport)
    exchanges = ExchangesFeed(
        client, clock, hosts=feeds.hosts, options=_options(config), only=feeds.exchanges, sleep=sleep
    )
    adapters = open_adapters()
    readers: dict[str, Reader] = {
        name: AdapterReader(adapters[name], source) for name, source in exchanges.sources.items()
    }
    readers |= {feed.name: CcxtReader(feed) for feed in ccxt}
    return Sources(
        feeds=(exchanges, *ccxt, *_prices(config, client, clock, sleep)),
        readers=readers,
        exchanges=exchanges.sources,
        client=client,
        ccxt=ccxt,
    )


def _prices(config: Config, client: httpx.AsyncClient, clock: Clock, sleep: Sleep) -> tuple[Feed, ...]:
    prices = config.prices
    if prices.source == "off":
        return ()
    return (CoinGecko(prices, open_source(prices, client, clock, host=prices.url or None, sleep=sleep)),)


def _options(config: Config) -> HttpOptions:
    return HttpOptions(deadline_seconds=config.feeds.timeout_seconds)
