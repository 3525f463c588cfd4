"""The made exchanges on a loopback server, with a clock that only sleeping moves, for tests of the live market.

async with world(storage, pairs=60, only=["gate"]) as here:
    await here.refresh_pairs()           # what a refresh stores: contracts and their rates
    backfill = here.backfill(days=30)
    await here.read(backfill)            # plan, and work until nothing is left
    here.server.route("/gate/...", ...)  # faults; `here.move(...)` serves them again
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import polars as pl

from bot.app import CONSOLE
from bot.clock import FixedClock
from bot.commands.answer import answer
from bot.config import Config
from bot.feeds.coingecko import PriceSettings
from bot.feeds.exchanges.backfill import Backfill, BackfillOptions
from bot.feeds.exchanges.live import ExchangesFeed, open_adapters
from bot.feeds.exchanges.price_gap import PriceGap
from bot.feeds.exchanges.readers import AdapterReader, Reader
from bot.feeds.http import open_client
from bot.feeds.intake import store
from bot.feeds.settings import FeedSettings
from bot.feeds.tape_state import export_settlements
from bot.refresh import Refreshed, RefreshOptions, refresh
from bot.sources import Sources, open_sources
from bot.views.elements import View
from storage import Storage
from tests.servers.exchange import Loopback, Reply
from tests.servers.universe import MONDAY, Universe, universe
from tests.servers.universe_history import ENDPOINTS, history_replies, symbol_of
from tests.servers.universe_market import Perpetual
from tests.servers.universe_prices import PRICES, serve_prices

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
Row = tuple[str, str, int, float, float]  # exchange, symbol, unix second, rate, hours


class Pauses:
    """A clock that is moved by sleeping: who sleeps beside others waits with them, not after them."""

    def __init__(self, now: datetime) -> None:
        self.clock = FixedClock(now)

    async def sleep(self, seconds: float) -> None:
        """Be at a later time at once."""
        until = self.clock.now() + timedelta(seconds=seconds)
        await asyncio.sleep(0)
        self.clock.instant = max(self.clock.instant, until)


@dataclass
class World:
    """Eleven exchanges, or some of them, and what is known of them."""

    storage: Storage
    server: Loopback
    pairs: int
    pauses: Pauses
    made: Universe
    feed: ExchangesFeed
    odd: bool = False  # with another token of a ticker, and a stock
    faults: dict[str, Reply] = field(default_factory=dict)  # path → what it does instead, whenever it is asked

    @property
    def clock(self) -> FixedClock:
        """The time."""
        return self.pauses.clock

    def move(self, step: timedelta = timedelta(0)) -> None:
        """Go on in time, and let the market do so too."""
        self.clock.advance(step)
        self.made = universe(self.pairs, self.clock.now(), odd=self.odd)
        self.serve()

    def serve(self) -> None:
        """Answer as of now, but for the faults."""
        self.made.serve(self.server)
        serve_prices(self.made, self.server, self.clock.now)
        for path, reply in {**history_replies(self.made, self.clock.now), **self.faults}.items():
            self.server.route(path, reply)

    def fail(self, path: str, reply: Reply) -> None:
        """Let a path do something else from now on."""
        self.faults[path] = reply
        self.serve()

    async def refresh_pairs(self) -> None:
        """Store what the exchanges list now, as a refresh does."""
        now = self.clock.now()
        batch = await self.feed.fetch(None, now)
        with self.storage.write() as tx:
            store(tx, [batch], now, 0.05)

    def readers(self) -> dict[str, Reader]:
        """How the exchanges' history is read."""
        adapters = open_adapters()
        return {name: AdapterReader(adapters[name], source) for name, source in self.feed.sources.items()}

    def backfill(
        self,
        days: int = 30,
        stored: Callable[[pl.DataFrame], None] = lambda _: None,
        storage: Storage | None = None,
    ) -> Backfill:
        """The job as it is after a start."""
        options = BackfillOptions(history_days=days, max_abs_rate=0.05)
        return Backfill(
            storage or self.storage, self.readers(), self.clock, options, sleep=self.pauses.sleep, stored=stored
        )

    async def read(self, backfill: Backfill) -> None:
        """Work until nothing is left that can be asked now."""
        await backfill.plan()
        await asyncio.wait_for(backfill.finish(), 60)

    def listed(self, exchange: str) -> tuple[Perpetual, ...]:
        """The contracts of an exchange."""
        return self.made.contracts[exchange]

    def asked(self, exchange: str) -> dict[str, int]:
        """Symbol → how often its history was asked for."""
        counts: dict[str, int] = {}
        for one in self.server.asked(history_path(exchange)):
            if exchange != "hyperliquid" or one.body["type"] == "fundingHistory":
                counts[symbol_of(one)] = counts.get(symbol_of(one), 0) + 1
        return counts

    def rows(self, exchange: str | None = None, *, provisional: bool = False) -> list[Row]:
        """The settlements in the database, by exchange, symbol and time."""
        with self.storage.read() as tx:
            found = export_settlements(tx, LONG_AGO, self.clock.now() + timedelta(days=1))
        found = found.filter(pl.col("provisional") == provisional)
        if exchange is not None:
            found = found.filter(pl.col("exchange") == exchange)
        return found.select("exchange", "symbol", "settled_at", "rate", "interval_hours").rows()


@asynccontextmanager
async def world(
    storage: Storage,
    pairs: int = 60,
    only: Sequence[str] = (),
    now: datetime = MONDAY,
    *,
    odd: bool = False,
) -> AsyncIterator[World]:
    """The market at an instant, served."""
    pauses = Pauses(now)
    made = universe(pairs, now, odd=odd)
    async with Loopback() as server, open_client(httpx.AsyncHTTPTransport()) as client:
        feed = ExchangesFeed(
            client,
            pauses.clock,
            hosts={name: host for name, host in made.hosts(server.url).items() if name in only or not only},
            only=only,
            sleep=pauses.sleep,
            jitter=lambda: 0.5,
        )
        here = World(storage, server, pairs, pauses, made, feed, odd)
        here.serve()
        yield here


def history_path(exchange: str) -> str:
    """Where the history of an exchange is on the server."""
    return f"/{exchange}{ENDPOINTS[exchange][0]}"


def true_rows(one: Perpetual, since: datetime, until: datetime) -> list[Row]:
    """What a contract has paid in [since, until], by the made schedule."""
    found = one.settled(int(since.timestamp() * 1000), int(until.timestamp() * 1000))
    return [(one.exchange, one.symbol, settled.second, settled.rate, float(settled.hours)) for settled in found]


def may_be_missing(one: Perpetual, second: int) -> bool:
    """Whether a settlement's interval cannot be known: at a change of the interval, or the first of a life."""
    span = max(one.hours, one.earlier_hours) * 3_600
    at_change = one.earlier_hours != one.hours and abs(second - one.changed_at) <= span
    return at_change or second - one.listed_at <= one.quoted_hours(second) * 3_600


def check_complete(here: World, exchanges: str | Iterable[str], days: float, now: datetime | None = None) -> None:
    """All that the exchanges have within the depth is there, with its own rate and interval, and nothing else."""
    now = now or here.clock.now()
    found: dict[tuple[str, str], set[Row]] = {}
    for row in here.rows():
        found.setdefault(row[:2], set()).add(row)
    for exchange in [exchanges] if isinstance(exchanges, str) else exchanges:
        for one in here.listed(exchange):
            own = found.get((exchange, one.symbol), set())
            whole = true_rows(one, now - timedelta(days=1000), now)
            assert own <= set(whole), sorted(own - set(whole))[:5]
            first = (now - timedelta(days=days)).timestamp() + 8 * 3600
            lost = [row for row in whole if row[2] >= first and row not in own]
            assert all(may_be_missing(one, row[2]) for row in lost), (one, lost[:5])
            assert len(lost) <= 2, (one, lost)


@dataclass
class Bot:
    """All of it as the wiring puts it together, with one refresh or one piece of background work at a time."""

    here: World
    config: Config
    sources: Sources
    options: RefreshOptions

    async def refresh(self, step: timedelta = timedelta(0)) -> Refreshed:
        """Go on in time, and run the refresh of then."""
        self.here.move(step)
        return await refresh(self.here.storage, self.sources.feeds, self.here.clock.now(), self.options)

    async def read_history(self) -> None:
        """What is missing of the history, to the end."""
        options = BackfillOptions(self.config.feeds.history_days, self.config.scoring.max_abs_rate)
        here = self.here
        backfill = Backfill(here.storage, self.sources.readers, here.clock, options, sleep=here.pauses.sleep)
        await here.read(backfill)

    async def read_candles(self) -> None:
        """What is missing of the prices."""
        await PriceGap(self.here.storage, self.sources.exchanges, self.here.clock).fill()

    def ask(self, line: str) -> View:
        """The answer to one line of the console."""
        return answer(
            line,
            chat=CONSOLE,
            now=self.here.clock.now(),
            storage=self.here.storage,
            scoring=self.config.scoring,
            alerts=self.config.alerts,
            feeds=self.config.feeds,
        )


def live_config(here: World, days: int = 40, **prices: Any) -> Config:
    """The config that names the server for everything."""
    feeds = FeedSettings(hosts=here.made.hosts(here.server.url), history_days=days, insiders="none")
    return Config(feeds=feeds, prices=PriceSettings(url=f"{here.server.url}{PRICES}", **prices))


@asynccontextmanager
async def bot(
    storage: Storage, pairs: int = 60, days: int = 40, *, odd: bool = False, transport: Any = None
) -> AsyncIterator[Bot]:
    """A bot in a world of its own. `transport` None: the network, which is the server's loopback."""
    async with world(storage, pairs, odd=odd) as here:
        config = live_config(here, days)
        sources = open_sources(config, here.clock, storage, sleep=here.pauses.sleep, transport=transport)
        options = RefreshOptions("me", config.scoring, config.alerts, config.schedule.refresh_minutes)
        try:
            yield Bot(here, config, sources, options)
        finally:
            await sources.close()
