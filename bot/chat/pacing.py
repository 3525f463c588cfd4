"""The pace of answers: by the same limiter as alerts, and before them."""

from __future__ import annotations

from bot.alerts.limiter import Limiter
from bot.clock import Clock

LONGEST_WAIT = 60.0  # seconds; an answer that comes later answers nobody


async def turn(limiter: Limiter, clock: Clock, address: str | None) -> float:
    """Wait until the platform, and a chat of it, take a message, and count it.

    Returns 0, or the seconds that it would take where that is too long, and then nothing is counted. A pause that
    begins meanwhile is kept too. An address of None is of what no chat counts. An alert waits for the platform, is
    claimed, and only then begins; an answer begins in the moment in which there is room, so it goes first.
    """
    latest = clock.monotonic() + LONGEST_WAIT
    while True:
        now = clock.monotonic()
        at = limiter.free_at() if address is None else max(limiter.free_at(), limiter.chat_free_at(address))
        if at <= now:
            limiter.passed(address, now)
            return 0.0
        if at > latest:
            return at - now
        await clock.sleep(at - now)
