"""The refreshes of a running bot, and what befalls them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.background import Background
from bot.clock import FixedClock
from bot.config import Config
from bot.cycle import Cycle, Follow
from bot.feeds.base import Batch, SourceReport
from bot.refresh import RefreshOptions
from bot.settings import AlertSettings, ScoringSettings
from bot.sources import Sources
from storage import Storage
from tests.builders_market import EXCHANGES, ask
from tests.builders_storage import NOW, prices, settlements, steady
from tests.chats import deliver

NIGHT = timedelta(hours=8)
OPTIONS = RefreshOptions("me", ScoringSettings(), AlertSettings(), 30)


@dataclass
class Drowsy:
    """A feed that is asked when the machine falls asleep."""

    clock: FixedClock
    name: str = "drowsy"
    asked: list[datetime] = field(default_factory=list)

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        self.asked.append(now)
        if len(self.asked) == 1:
            self.clock.advance(NIGHT)
        reports = tuple(SourceReport(name, ok=True) for name in EXCHANGES)
        return Batch(prices=prices([("X", now - timedelta(days=7), 100.0), ("X", now, 120.0)]), reports=reports)


def test_a_refresh_in_whose_midst_the_machine_slept_begins_again_with_what_is_true_now(storage: Storage) -> None:
    with storage.write() as tx:
        for exchange in EXCHANGES:
            tx.funding.add(settlements(steady(exchange, "X", -0.0004, days=43, now=NOW + timedelta(days=3))))
    ask(storage, "/alert pump min=3")
    clock = FixedClock(NOW)
    feed = Drowsy(clock)
    background = Background(storage, Sources(), clock, Config())
    cycle = Cycle(storage, Sources(feeds=(feed,)), clock, OPTIONS, Follow(lambda: None, background))
    done = asyncio.run(cycle.run())
    assert done is not None
    assert (done.at, done.alerts) == (NOW + NIGHT, 1)
    assert feed.asked == [NOW, NOW + NIGHT]
    (view,) = deliver(storage, clock.now())
    assert view.title.startswith("NEW  X")
