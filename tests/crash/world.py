"""A small world that is crashed again and again: what happens in it, and who must hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from bot.alerts.matching import Wish
from bot.feeds.base import Batch, SourceReport
from scoring.model import Signal
from storage import open_storage
from tests.builders_market import EXCHANGES
from tests.builders_storage import NOW, rise, settlements, steady

HALF_HOUR = timedelta(minutes=30)
# Percent in 7 days, by coin and refresh. With the funding below 20 % scores 3.5, 90 % 5.2, 400 % 6.9.
STORY = {
    "ANT": (1, 20, 25, 90, -5, -5, 20, 20),
    "BEE": (1, 1, 20, 90, 90, -5, -5, -5),
    "CAT": (1, 20, 90, 400, 400, 400, -5, -5),
}
CYCLES = len(STORY["ANT"])
PLATFORMS = ("telegram", "discord")
CHATS = 3  # on each platform


@dataclass
class Told:
    """A feed that tells one refresh of the story."""

    cycle: int
    name: str = "story"

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        prices = pl.concat([rise(coin, percents[self.cycle], now) for coin, percents in STORY.items()])
        return Batch(prices=prices, reports=tuple(SourceReport(name, ok=True) for name in EXCHANGES))


def time_of(cycle: int) -> datetime:
    """When a refresh of the story runs."""
    return NOW + cycle * HALF_HOUR


def address(platform: str, number: int) -> str:
    """A chat's address; groups have negative numbers on Telegram."""
    return f"-{1000 + number}" if platform == "telegram" and number == 0 else f"{1000 + number}"


def make_world(path: Path) -> None:
    """A database with funding that has been negative for weeks, and people who wait for a price to rise."""
    storage = open_storage(f"sqlite:///{path}")
    later = NOW + timedelta(days=3)
    with storage.write() as tx:
        for exchange in EXCHANGES:
            for coin in STORY:
                tx.funding.add(settlements(steady(exchange, coin, -0.0004, days=43, now=later)))
        for platform in PLATFORMS:
            for number in range(CHATS):
                chat = tx.chats.put(platform, address(platform, number), NOW)
                for minimum in (3.0, 5.0)[: 1 + number % 2]:
                    wish = Wish(Signal.PUMP, minimum, resolve=True)
                    tx.subscriptions.add(chat.id, f"{platform}:{number}", "pump", wish.to_json(), NOW)
    storage.engine.dispose()
