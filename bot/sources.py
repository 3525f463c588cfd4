"""What the config names as sources of data, opened: feeds, and what the background jobs read with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

import httpx

from bot.alerts.matching import Wish
from bot.clock import Clock
from bot.config import Config
from bot.feeds.base import Feed
from bot.feeds.ccxt import CcxtFeed
from bot.feeds.coingecko import CoinGecko, open_source
from bot.feeds.edgar.feed import EdgarFeed
from bot.feeds.edgar.submission import Edgar
from bot.feeds.exchanges.live import ExchangesFeed, open_adapters
from bot.feeds.exchanges.readers import AdapterReader, CcxtReader, Reader
from bot.feeds.finradar import FinradarFeed
from bot.feeds.http import HttpOptions, Source, open_client
from bot.feeds.sharpe import SharpeFeed
from bot.feeds.simulated import SimulatedMarket
from scoring.clusters import ClusterRule
from scoring.model import Signal
from storage import Storage

Sleep = Callable[[float], Awaitable[None]]


@dataclass
class Sources:
    """Everything that data comes from. Opened inside the event loop that uses it, and closed there."""

    feeds: tuple[Feed, ...] = ()
    readers: Mapping[str, Reader] = field(default_factory=dict)  # exchange → how its history is read
    exchanges: Mapping[str, Source] = field(default_factory=dict)  # exchange → how it is asked
    edgar: Edgar | None = None
    client: httpx.AsyncClient | None = None
    ccxt: tuple[CcxtFeed, ...] = ()

    async def close(self) -> None:
        """Let go of all connections."""
        for feed in self.ccxt:
            await feed.close()
        if self.client is not None:
            await self.client.aclose()


@dataclass(frozen=True, slots=True)
class _Opening:
    """What every source is opened with."""

    config: Config
    clock: Clock
    storage: Storage
    client: httpx.AsyncClient
    sleep: Sleep

    @property
    def options(self) -> HttpOptions:
        return HttpOptions(deadline_seconds=self.config.feeds.timeout_seconds)


def open_sources(
    config: Config,
    clock: Clock,
    storage: Storage,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Sources:
    """The sources of a config. Raises StartError where ccxt is named and missing, or does not know an exchange.

    `storage` tells what is known already. `transport` None: the network. `sleep`: how retries wait.
    """
    if config.simulated:
        return Sources((SimulatedMarket(config.simulation.seed, config.simulation.start),))
    feeds = config.feeds
    # Before the client, for they may not start.
    ccxt = tuple(CcxtFeed(name, clock=clock, deadline_seconds=3 * feeds.timeout_seconds) for name in _ccxt(config))
    opening = _Opening(config, clock, storage, open_client(transport), sleep)
    sources = Sources(client=opening.client, ccxt=ccxt)
    match feeds.funding:
        case "exchanges":
            _open_exchanges(opening, sources)
        case "sharpe":
            sharpe = SharpeFeed(config.sharpe, opening.client, clock, options=opening.options, sleep=sleep)
            sources.feeds = (sharpe, *_prices(opening))
        case _:
            pass
    match feeds.insiders:
        case "edgar":
            sources.edgar = Edgar(config.edgar, opening.client, clock, sleep=sleep)
            sources.feeds += (EdgarFeed(sources.edgar, lambda accessions: _known(storage, accessions)),)
        case "finradar":
            finradar = FinradarFeed(
                config.finradar,
                opening.client,
                clock,
                rules=lambda: _rules(storage),
                options=opening.options,
                sleep=sleep,
            )
            sources.feeds += (finradar,)
        case _:
            pass
    return sources


def _ccxt(config: Config) -> list[str]:
    return config.feeds.ccxt if config.feeds.funding == "exchanges" else []


def _open_exchanges(opening: _Opening, sources: Sources) -> None:
    feeds = opening.config.feeds
    exchanges = ExchangesFeed(
        opening.client,
        opening.clock,
        hosts=feeds.hosts,
        options=opening.options,
        only=feeds.exchanges,
        sleep=opening.sleep,
    )
    adapters = open_adapters()
    readers: dict[str, Reader] = {
        name: AdapterReader(adapters[name], source) for name, source in exchanges.sources.items()
    }
    sources.readers = readers | {feed.name: CcxtReader(feed) for feed in sources.ccxt}
    sources.exchanges = exchanges.sources
    sources.feeds = (exchanges, *sources.ccxt, *_prices(opening))


def _prices(opening: _Opening) -> tuple[Feed, ...]:
    prices = opening.config.prices
    if prices.source == "off":
        return ()
    source = open_source(prices, opening.client, opening.clock, host=prices.url or None, sleep=opening.sleep)
    return (CoinGecko(prices, source),)


def _known(storage: Storage, accessions: Collection[str]) -> frozenset[str]:
    with storage.read() as tx:
        return tx.filings.known(accessions)


def _rules(storage: Storage) -> list[ClusterRule]:
    """What the subscriptions ask of clusters."""
    with storage.read() as tx:
        wishes = [Wish.from_json(one.wish) for one in tx.subscriptions.active()]
    return [wish.cluster_rule() for wish in wishes if wish.signal is Signal.CLUSTERS]
