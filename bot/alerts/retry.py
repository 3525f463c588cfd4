"""What to do with a message that a platform did not take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.errors import SendError

FIRST_SECONDS, LONGEST_SECONDS = 1.0, 300.0
MOST_DOUBLINGS = 16  # far beyond the longest wait; keeps the power small however many attempts were made


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
    """Back off exponentially with full jitter (0 ≤ `jitter` < 1): from 1 s up to 5 min, and before it expires.

    Full jitter spreads the retries of many chats over the whole wait, so that a platform that comes back is
    not hit by all of them at once. The wait never reaches past `expires_at`: while there is time for another
    attempt, one is made. `attempts` counts those made, 1 or more.
    """
    if error.permanent:
        return RetryDecision(Action.BURY, None, str(error))
    left = (expires_at - now).total_seconds()
    if left <= FIRST_SECONDS:
        return RetryDecision(Action.BURY, None, f"{error}; too late to try again")
    longest = min(LONGEST_SECONDS, left, FIRST_SECONDS * 2 ** min(attempts, MOST_DOUBLINGS))
    wait = FIRST_SECONDS + (longest - FIRST_SECONDS) * jitter
    return RetryDecision(Action.RETRY, now + timedelta(seconds=wait), str(error))
