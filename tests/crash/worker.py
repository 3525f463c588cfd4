"""The process that is killed: it refreshes and delivers through the story, from wherever the last one stopped.

It is the bot's own code on real sockets; only the clock is wound, and the storage and the senders are wrapped so
that the process can be ended with SIGKILL before or after any commit and any send.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from bot.alerts.delivery import Courier, CourierOptions
from bot.alerts.outgoing import Outgoing, Receipt, Sender
from bot.chat.discord.send import DiscordSender
from bot.chat.telegram.send import TelegramSender
from bot.clock import FixedClock
from bot.owner import is_gone, owner_name
from bot.refresh import RefreshOptions, refresh
from bot.settings import AlertSettings, DiscordSettings, ScoringSettings, TelegramSettings
from storage import Storage, Transaction, open_storage
from storage.outbox import OPEN
from tests.crash.world import CYCLES, Told, time_of

STEP = timedelta(seconds=5)
MOST_STEPS = 300  # of waiting for one refresh's messages


@dataclass(frozen=True, slots=True)
class Job:
    """One life of the process."""

    database: Path
    telegram: tuple[str, str]  # where its API is, and the token
    discord: tuple[str, str]
    point: str = ""  # where it is killed; empty: it lives
    time: int = 1  # at which pass of the point


@dataclass
class Points:
    """The places where the process can be killed, and how often each was passed."""

    job: Job
    passed: Counter[str] = field(default_factory=Counter)

    def __call__(self, name: str) -> None:
        self.passed[name] += 1
        if name == self.job.point and self.passed[name] == self.job.time:
            os.kill(os.getpid(), signal.SIGKILL)


class MortalStorage(Storage):
    """Every write has two points; its name is that of the function that writes."""

    def __init__(self, storage: Storage, points: Points) -> None:
        super().__init__(storage.engine)
        self._points = points

    def write(self) -> AbstractContextManager[Transaction]:
        writer = sys._getframe(1).f_code
        return self._mortal(f"{Path(writer.co_filename).stem}.{writer.co_name.lstrip('_')}")

    @contextmanager
    def _mortal(self, name: str) -> Iterator[Transaction]:
        with super().write() as tx:
            yield tx
            self._points(f"{name}: before its commit")
        self._points(f"{name}: after its commit")


@dataclass
class MortalSender:
    """A sender with a point before and after each message."""

    platform: str
    inner: Sender
    points: Points

    def __post_init__(self) -> None:
        self.limits, self.nonce_window = self.inner.limits, self.inner.nonce_window
        self.find, self.alive, self.close = self.inner.find, self.inner.alive, self.inner.close

    async def send(self, address: str, message: Outgoing) -> Receipt:
        self.points(f"{self.platform}: before a send")
        receipt = await self.inner.send(address, message)
        self.points(f"{self.platform}: after a send")
        return receipt


def run(job: Job) -> None:
    """Live: to the end of the story, or to the point where it is killed."""
    logging.disable(logging.CRITICAL)  # what goes wrong is meant to
    points = Points(job)
    storage = MortalStorage(open_storage(f"sqlite:///{job.database}"), points)
    asyncio.run(_live(storage, points, job))
    job.database.with_suffix(".points").write_text(json.dumps(points.passed))


async def _live(storage: Storage, points: Points, job: Job) -> None:
    clock = FixedClock(time_of(0))
    telegram, discord = job.telegram, job.discord
    senders: dict[str, Sender] = {
        "telegram": TelegramSender(TelegramSettings(base_url=telegram[0], token=SecretStr(telegram[1]))),
        "discord": DiscordSender(DiscordSettings(base_url=discord[0], token=SecretStr(discord[1]))),
    }
    owner = owner_name()
    mortal = {name: MortalSender(name, sender, points) for name, sender in senders.items()}
    courier = Courier(storage, mortal, clock, CourierOptions(owner, is_gone=is_gone))
    options = RefreshOptions(owner, ScoringSettings(), AlertSettings(), 30, is_gone=is_gone)
    with storage.read() as tx:
        last = tx.refreshes.last()
    done = -1 if last is None else (last.at - time_of(0)) // (time_of(1) - time_of(0))
    clock.instant = time_of(max(done, 0))
    await _deliver_all(storage, courier, clock)
    # The last one runs again at the end: it must find nothing to tell.
    for cycle in [*range(done + 1, CYCLES), CYCLES - 1]:
        clock.instant = max(time_of(cycle), clock.instant)
        await refresh(storage, [Told(cycle)], time_of(cycle), options)
        await _deliver_all(storage, courier, clock)
    for sender in senders.values():
        await sender.close()


async def _deliver_all(storage: Storage, courier: Courier, clock: FixedClock) -> None:
    for _ in range(MOST_STEPS):
        await courier.drain()
        with storage.read() as tx:
            if not tx.outbox.counts().keys() & set(OPEN):
                return
        clock.advance(STEP)
