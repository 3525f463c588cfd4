"""The pace of one source: how soon after the last one its next request may go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from bot.clock import Clock

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Pace:
    """Turns for the requests of one source, first come, first served."""

    def __init__(self, clock: Clock, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._queue = asyncio.Lock()  # serves its waiters in their order
        self._waiting = 0  # how many are in it
        self._next = LONG_AGO  # earliest turn of a paced request
        self._held_until = LONG_AGO  # earliest turn of any request

    def hold(self, seconds: float) -> None:
        """Let no request go for so long: the source said so."""
        self._held_until = max(self._held_until, self._clock.now() + timedelta(seconds=seconds))

    async def turn(self, per_second: float | None, deadline: datetime) -> float | None:
        """Wait until a request may go; the seconds that are missing, at once, where that is after `deadline`.

        Requests without a pace of their own only wait while the source is held.
        """
        if per_second is None:
            return await self._wait(lambda: self._held_until, deadline)
        gap = timedelta(seconds=1 / per_second)
        late = self._late(self._free_at() + self._waiting * gap, deadline)
        if late is not None:
            return late
        self._waiting += 1
        try:
            async with self._queue:
                late = await self._wait(self._free_at, deadline)
                if late is None:
                    self._next = self._clock.now() + gap
                return late
        finally:
            self._waiting -= 1

    def _free_at(self) -> datetime:
        return max(self._held_until, self._next)

    def _late(self, turn: datetime, deadline: datetime) -> float | None:
        seconds = (turn - self._clock.now()).total_seconds()
        return seconds if turn > deadline and seconds > 0 else None

    async def _wait(self, turn: Callable[[], datetime], deadline: datetime) -> float | None:
        waited_for = LONG_AGO
        while (at := turn()) > waited_for:  # the turn moves when the source is held meanwhile
            late = self._late(at, deadline)
            if late is not None:
                return late
            seconds = (at - self._clock.now()).total_seconds()
            if seconds > 0:
                await self._sleep(seconds)
            waited_for = at
        return None
