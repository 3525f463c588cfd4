"""One clock for everything that asks for "now"."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time, and waiting for it to pass."""

    def now(self) -> datetime:
        """The current instant, UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds of this clock."""
        ...


class SystemClock:
    """The wall clock."""

    def now(self) -> datetime:
        """The current instant, UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait that many real seconds."""
        await asyncio.sleep(seconds)


@dataclass
class FixedClock:
    """A clock that stands still: for `--at`, and for tests, which move it by hand or by sleeping."""

    instant: datetime

    def now(self) -> datetime:
        """The instant it was set to, plus all time slept."""
        return self.instant

    def advance(self, step: timedelta) -> None:
        """Move the clock on."""
        self.instant += step

    async def sleep(self, seconds: float) -> None:
        """Move the clock on at once, letting others run."""
        self.instant += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@dataclass
class FastClock:
    """Simulated time: each step jumps by one refresh interval and takes a few real seconds."""

    instant: datetime
    real: Clock = field(default_factory=SystemClock)

    def now(self) -> datetime:
        """The simulated instant, UTC."""
        return self.instant

    def advance(self, step: timedelta) -> None:
        """Move simulated time on."""
        self.instant += step

    async def sleep(self, seconds: float) -> None:
        """Wait real seconds: what waits for a person or a socket is not sped up."""
        await self.real.sleep(seconds)
