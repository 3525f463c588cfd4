"""A refresh on a hosted service's clusters: they ring as our own do, over real sockets."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.clock import FixedClock
from bot.feeds.finradar import FinradarFeed, FinradarSettings
from bot.feeds.http import open_client
from bot.refresh import RefreshOptions, refresh
from bot.settings import AlertSettings, ScoringSettings
from storage import Storage
from tests.builders_market import ask
from tests.builders_storage import NOW
from tests.chats import FakePlatform, delivering
from tests.servers.finradar import KEY, TOKEN, Failure, FinradarServer

OPTIONS = RefreshOptions("me", ScoringSettings(), AlertSettings(expire_minutes=600), 30, hosted_clusters=True)
HALF_HOUR = timedelta(minutes=30)
NAMES = ["MARLOWE EDITH", "TANAKA REN", "OKAFOR CHIDI", "VESELY JANA"]


def row(ticker: str = "LUMO", insiders: int = 3, **changes: Any) -> dict[str, Any]:
    return {
        "ticker": ticker, "company_name": f"{ticker.title()} Inc", "sector": "Technology", "industry": None,
        "issuer_cik": f"{sum(map(ord, ticker)):010}", "insider_count": insiders, "total_value": 1860000,
        "net_shares": 62000, "transaction_count": 5, "first_date": "2026-04-20", "last_date": "2026-04-24",
        "insiders": NAMES[:insiders], "cluster_type": "BUY",
    } | changes  # fmt: skip


@dataclass
class Story:
    """A service, asked once a refresh, and what the chat heard."""

    storage: Storage
    server: FinradarServer = field(default_factory=FinradarServer)
    cycle: int = 0

    def next(self, *rows: Any) -> list[str]:
        now = NOW + self.cycle * HALF_HOUR
        self.cycle += 1
        self.server.rows = list(rows)
        return asyncio.run(self._next(now))

    async def _next(self, now: datetime) -> list[str]:
        async with self.server.open(), open_client() as client:
            settings = FinradarSettings(key=KEY, token=TOKEN, url=self.server.url)
            feed = FinradarFeed(settings, client, FixedClock(now), sleep=_at_once)
            await refresh(self.storage, [feed], now, OPTIONS)
        chat = FakePlatform()
        await delivering(self.storage, now, chat)
        return [view.title for view in chat.views]


async def _at_once(seconds: float) -> None:
    pass


def test_a_hosted_cluster_rings_once_and_again_when_it_grows(storage: Storage) -> None:
    story = Story(storage)
    assert story.next(row("FERN")) == []
    ask(storage, "/alert clusters min=3")
    (new,) = story.next(row("FERN"), row())
    assert new.startswith("NEW")
    assert "LUMO" in new
    assert story.next(row("FERN"), row()) == []
    (grown,) = story.next(row("FERN"), row(insiders=4))
    assert "LUMO" in grown


def test_nothing_closes_and_nothing_rings_anew_when_the_service_was_away(storage: Storage) -> None:
    story = Story(storage)
    story.next()
    ask(storage, "/alert clusters min=3")
    assert len(story.next(row())) == 1
    story.server.failure = Failure(500)
    for _ in range(8):
        assert story.next() == []
    story.server.failure = None
    assert story.next(row()) == []


def test_what_cannot_be_read_is_not_taken_for_gone(storage: Storage) -> None:
    story = Story(storage)
    story.next()
    ask(storage, "/alert clusters min=3")
    assert len(story.next(row())) == 1
    assert story.next(row() | {"total_value": None, "insider_count": "3"}, row("FERN", 2)) == []
    assert story.next(row()) == []


def test_what_stood_when_it_was_asked_for_the_first_time_does_not_ring(storage: Storage) -> None:
    story = Story(storage)
    ask(storage, "/alert clusters min=3")
    assert story.next(row()) == []
    assert story.next(row()) == []
