"""The pace of answers: by the same limiter as alerts, and before them."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from telegram.error import BadRequest, NetworkError, RetryAfter, TimedOut
from telegram.ext import BaseRateLimiter

from bot.alerts.limiter import Limiter
from bot.chat.pacing import LONGEST_WAIT, turn
from bot.clock import Clock

# What a chat counts; all else goes out at once.
PACED = frozenset(
    {
        "sendMessage",
        "sendDocument",
        "sendPhoto",
        "editMessageText",
        "editMessageReplyMarkup",
        "editMessageMedia",
    }
)
TRIES = 3
AGAIN_AFTER = (1.0, 3.0, 10.0, 30.0)  # seconds
UNCHANGED = "message is not modified"
Result = TypeVar("Result")

log = logging.getLogger("tocsin.telegram")


async def patiently(clock: Clock, request: Callable[[], Awaitable[Result]]) -> Result:
    """Try again where it did not come through; an answer that comes twice harms less than none."""
    for pause in AGAIN_AFTER:
        try:
            return await request()
        except (BadRequest, TimedOut):
            raise
        except NetworkError as error:
            log.warning("an answer did not come through and is sent again: %s", error)
        await clock.sleep(pause)
    return await request()


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram asks to wait."""
    asked = error.retry_after
    return float(asked) if isinstance(asked, int | float) else asked.total_seconds()


class Pacer(BaseRateLimiter[None]):
    """Holds an answer until its chat takes one."""

    def __init__(self, limiter: Limiter, clock: Clock) -> None:
        self._limiter = limiter
        self._clock = clock

    async def initialize(self) -> None:
        """Nothing is opened."""

    async def shutdown(self) -> None:
        """Nothing is held."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> Any:
        """Make the request when it may be made, and again where Telegram asks to wait a little."""
        if endpoint not in PACED or "chat_id" not in data:
            return await callback(*args, **kwargs)
        address = str(data["chat_id"])
        for tries_left in reversed(range(TRIES)):
            if wait := await turn(self._limiter, self._clock, address):
                raise RetryAfter(max(1, round(wait)))
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                wait = seconds_of(error)
                self._limiter.refused(address, wait, self._clock.monotonic(), everywhere=False)
                if not tries_left or wait > LONGEST_WAIT:
                    raise
        raise AssertionError("the last try returns or raises")
