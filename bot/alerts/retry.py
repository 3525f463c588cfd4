"""What to do with a message that a platform did not take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.errors import SendError

FIRST_SECONDS, LONGEST_SECONDS = 1.0, 300.0


class Action(StrEnum):
    """Send again, or give up."""

    RETRY = "retry"
    BURY = "bury"


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """What to do, when, and why."""

    action: Action
    at: datetime | None
    reason: str


def decide(error: SendError, attempts: int, now: datetime, expires_at: datetime, *, jitter: float) -> RetryDecision:
    """Back off exponentially from 1 s to 5 min with full jitter (0 ≤ `jitter` < 1), until it expires.

    Full jitter spreads the retries of many chats over the whole wait, so that a platform that comes back is
    not hit by all of them at once. `attempts` counts those made, 1 or more.
    """
    if error.permanent:
        return RetryDecision(Action.BURY, None, str(error))
    wait = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(attempts - 1, 16))
    at = now + timedelta(seconds=FIRST_SECONDS + wait * jitter)
    if at >= expires_at:
        return RetryDecision(Action.BURY, None, f"{error}; too late to try again")
    return RetryDecision(Action.RETRY, at, str(error))
