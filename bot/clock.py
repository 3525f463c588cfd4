"""One clock for everything that asks for "now"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """The current instant, UTC."""
        ...


class SystemClock:
    """The wall clock."""

    def now(self) -> datetime:
        """The current instant, UTC."""
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands still until it is moved: for `--at`, and for tests."""

    instant: datetime

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.instant

    def advance(self, step: timedelta) -> None:
        """Move the clock on."""
        self.instant += step


class SimulatedClock(FixedClock):
    """Simulated time: each cycle moves it by one refresh interval, in a few real seconds."""
