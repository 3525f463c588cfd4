"""The made exchanges on a loopback server, with a clock that only sleeping moves, for tests of the live market.

async with world(storage, pairs=60, only=["gate"]) as here:
    await here.refresh_pairs()           # what a refresh stores: contracts and their rates
    backfill = here.backfill(days=30)
    await here.read(backfill)            # plan, and work until nothing is left
    here.server.route("/gate/...", ...)  # faults; `here.move(...)` serves them again
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import polars as pl

from bot.clock import FixedClock
from bot.feeds.exchanges.backfill import Backfill, BackfillOptions
from bot.feeds.exchanges.live import ExchangesFeed, open_adapters
from bot.feeds.exchanges.readers import AdapterReader, Reader
from bot.feeds.http import open_client
from bot.feeds.intake import store
from bot.feeds.tape_state import export_settlements
from storage import Storage
from tests.servers.exchange import Loopback, Reply
from tests.servers.universe import MONDAY, Universe, universe
from tests.servers.universe_history import ENDPOINTS, history_replies, symbol_of
from tests.servers.universe_market import Perpetual
from tests.servers.universe_prices import serve_prices

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
    faults: dict[str, Reply] = field(default_factory=dict)  # path → what it does instead, whenever it is asked

    @property
    def clock(self) -> FixedClock:
        """The time."""
        return self.pauses.clock

    def move(self, step: timedelta = timedelta(0)) -> None:
        """Go on in time, and let the market do so too."""
        self.clock.advance(step)
        self.made = universe(
            self.pairs, self.clock.now(), odd=any(not one.is_coin for one in self.made.contracts["gate"])
        )
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
        here = World(storage, server, pairs, pauses, made, feed)
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
