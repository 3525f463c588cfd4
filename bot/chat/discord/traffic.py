"""All that is asked of Discord, counted: by the sender of alerts, and by the library that listens.

10,000 answers of 401, 403 and 429 within 10 minutes, and Discord shuts out the address; we stop long before. And 50
requests a second are what it takes of a bot, answers to interactions apart.
https://discord.com/developers/docs/topics/rate-limits
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import discord

from bot.alerts.limiter import Limiter
from bot.chat.discord.words import HELD_BACK
from bot.chat.pacing import turn
from bot.clock import Clock
from bot.errors import TocsinError

log = logging.getLogger("tocsin.discord")

LATE = (10062, 40060)  # the interaction is too old, or was answered already
TOO_FAST = 429
INVALID = (401, 403, TOO_FAST)
INVALID_SECONDS = 600.0
MOST_INVALID = 2000
OF_INTERACTIONS = ("/interactions/", "/webhooks/")  # not counted among the 50 a second
NO_REQUESTS = ("ws", "wss")  # the gateway


class HeldBackError(TocsinError):
    """Nothing is asked, for Discord has refused too much, or wants a long pause of everything."""

    def __init__(self) -> None:
        super().__init__(HELD_BACK)


NOT_TAKEN = (discord.HTTPException, HeldBackError, aiohttp.ClientError, TimeoutError)


def log_refusal(error: Exception) -> None:
    """Note that something was not taken; that somebody waited too long for an answer is nothing to wonder at."""
    is_late = isinstance(error, discord.HTTPException) and error.code in LATE
    told = error.text if isinstance(error, discord.HTTPException) and error.text else str(error) or type(error).__name__
    log.log(logging.INFO if is_late else logging.WARNING, "Discord did not take what it was to be told: %s", told)


@dataclass
class Refusals:
    """The answers that bring a bot nearer to being shut out."""

    most: int = MOST_INVALID
    monotonic: Callable[[], float] = time.monotonic
    _at: deque[float] = field(default_factory=deque)
    _shut_until: float = float("-inf")

    def note(self, status: int, headers: Mapping[str, str]) -> None:
        """An answer came. A 429 that others share in is not counted; one that is not Discord's shuts us out already."""
        if status == TOO_FAST and "Via" not in headers:
            self._shut_until = self.monotonic() + INVALID_SECONDS
        if status in INVALID and headers.get("X-RateLimit-Scope") != "shared":
            self._at.append(self.monotonic())

    @property
    def are_too_many(self) -> bool:
        """Whether nothing must be asked now."""
        while self._at and self._at[0] <= self.monotonic() - INVALID_SECONDS:
            self._at.popleft()
        return len(self._at) >= self.most or self._shut_until > self.monotonic()


def watched(refusals: Refusals, limiter: Limiter, clock: Clock) -> aiohttp.TraceConfig:
    """What the library asks: in its turn, counted, and not at all where too much was refused."""

    async def begin(_session: Any, _context: Any, params: aiohttp.TraceRequestStartParams) -> None:
        if params.url.path.startswith("/gateway") or params.url.scheme in NO_REQUESTS:
            return
        if refusals.are_too_many:
            raise HeldBackError
        is_paced = not any(part in params.url.path for part in OF_INTERACTIONS)
        if is_paced and await turn(limiter, clock, None):
            raise HeldBackError

    async def end(_session: Any, _context: Any, params: aiohttp.TraceRequestEndParams) -> None:
        refusals.note(params.response.status, params.response.headers)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(begin)
    trace.on_request_end.append(end)
    return trace
