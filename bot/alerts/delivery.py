"""Delivery: a lane for each platform, so that none waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.alerts.dispatch import Dispatch
from bot.alerts.lane import Lane
from bot.alerts.limiter import Limiter
from bot.alerts.outgoing import Sender
from bot.clock import Clock
from storage import Storage


@dataclass(frozen=True, slots=True)
class CourierOptions:
    """What delivery is run with."""

    owner: str  # who claims
    expire: timedelta = timedelta(hours=1)  # how long an alert is worth sending after it was released
    is_gone: Callable[[str], bool] = lambda _: False  # whether an owner is known to be dead


class Courier:
    """Sends what the outbox holds; one per process."""

    def __init__(self, storage: Storage, senders: Mapping[str, Sender], clock: Clock, options: CourierOptions) -> None:
        self.limiters = {platform: Limiter(sender.limits) for platform, sender in senders.items()}
        self._lanes = {
            platform: Lane(
                Dispatch(storage, platform, options.owner, options.expire, options.is_gone),
                sender,
                clock,
                asyncio.Event(),
                self.limiters[platform],
            )
            for platform, sender in senders.items()
        }

    def wake(self) -> None:
        """There may be something to deliver."""
        for lane in self._lanes.values():
            lane.wake.set()

    async def run(self) -> None:
        """Deliver for ever, on all platforms at once."""
        await asyncio.gather(*(lane.run() for lane in self._lanes.values()))

    async def drain(self) -> int:
        """Deliver all that is due now; returns how many messages were sent."""
        return sum(await asyncio.gather(*(lane.drain() for lane in self._lanes.values())))

    async def stop(self) -> None:
        """Let what is under way arrive; nothing more is begun."""
        await asyncio.gather(*(lane.stop() for lane in self._lanes.values()))

    @property
    def fault(self) -> str:
        """Why nothing is sent at all; empty when nothing hinders it."""
        return next((lane.fault for lane in self._lanes.values() if lane.fault), "")
