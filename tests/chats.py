"""A chat platform for tests of delivery: it implements the border protocol, and fails as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.alerts.delivery import Courier, CourierOptions
from bot.alerts.limiter import Limits
from bot.alerts.outgoing import Outgoing, Receipt
from bot.clock import FixedClock
from bot.errors import SendError
from bot.views.elements import View
from storage import Storage


@dataclass
class FakePlatform:
    """Keeps what it is sent, in order."""

    failures: list[Exception] = field(default_factory=list)  # of the next sends
    fails: Callable[[str], Exception | None] = lambda _address: None  # by address, for good
    dead: SendError | None = None  # what asking for a sign of life says
    limits: Limits = field(default_factory=Limits)
    nonce_window: timedelta | None = None
    keeps_failed: bool = False  # what fails has arrived all the same
    sent: list[tuple[str, Outgoing]] = field(default_factory=list)
    asked: int = 0
    receipts: list[Receipt] = field(default_factory=list)

    async def send(self, address: str, message: Outgoing) -> Receipt:
        self.asked += 1
        failure = self.failures.pop(0) if self.failures else self.fails(address)
        if failure is None or self.keeps_failed:
            self.sent.append((address, message))
        if failure is not None:
            raise failure
        return self.receipts.pop(0) if self.receipts else Receipt(f"{address}-{len(self.sent)}")

    async def find(self, address: str, message: Outgoing) -> str | None:
        known = [one for where, one in self.sent if where == address and one.nonce == message.nonce]
        return f"{address}-found" if known and self.nonce_window else None

    async def alive(self) -> None:
        if self.dead is not None:
            raise self.dead

    async def close(self) -> None:
        pass

    @property
    def views(self) -> list[View]:
        """What was shown, as Views."""
        return [message.view() for _, message in self.sent]

    @property
    def addresses(self) -> list[str]:
        """Where it went, in order."""
        return [address for address, _ in self.sent]


def deliver(storage: Storage, now: datetime, platform: FakePlatform | None = None, name: str = "console") -> list[View]:
    """Deliver what is due, on one platform; returns what was shown."""
    chat = FakePlatform() if platform is None else platform
    asyncio.run(delivering(storage, now, chat, name))
    return chat.views


async def delivering(storage: Storage, now: datetime, platform: FakePlatform, name: str = "console") -> int:
    """The same inside a running loop; returns how many messages were sent."""
    return await Courier(storage, {name: platform}, FixedClock(now), CourierOptions("me")).drain()
