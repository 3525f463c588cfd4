"""One clock for everything that asks for "now", or waits."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """The current instant, UTC. It may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds since some instant; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The wall clock."""

    def now(self) -> datetime:
        """The current instant, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that pass."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


@dataclass
class FixedClock:
    """A clock that stands still until it is moved, or somebody waits: for `--at`, and for tests."""

    instant: datetime
    _passed: float = field(default=0.0, repr=False)

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.instant

    def monotonic(self) -> float:
        """Seconds that were waited for."""
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once; others get their turn."""
        self._passed += max(0.0, seconds)
        self.instant += timedelta(seconds=max(0.0, seconds))
        await asyncio.sleep(0)

    def advance(self, step: timedelta) -> None:
        """Move the clock on."""
        self.instant += step
        self._passed += max(0.0, step.total_seconds())


class SimulatedClock(FixedClock):
    """Simulated time: each cycle moves it by one refresh interval, in a few real seconds; waiting takes real time."""

    def monotonic(self) -> float:
        """Real seconds that pass."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
