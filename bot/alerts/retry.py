"""What to do with a message that a platform did not take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.errors import Failure, SendError

FIRST_SECONDS, LONGEST_SECONDS = 1.0, 300.0
MOST_DOUBLINGS = 16  # far beyond the longest wait; keeps the power small however many attempts were made
DOUBT_SECONDS = 45.0  # a message whose outcome is unknown may still be under way; longer than any time-out of ours
LONGEST_PAUSE = timedelta(hours=12)  # a platform has been seen to ask for a wait of half a day


class Action(StrEnum):
    """What becomes of the message, or of its chat."""

    RETRY = "retry"  # certainly unsent: send it again
    REPEAT = "repeat"  # it may have arrived: send it again, as a possible repeat
    BURY = "bury"
    CHAT_OFF = "chat off"
    MOVE = "move"
    PLATFORM_OFF = "platform off"


FINAL = {
    Failure.GONE: Action.CHAT_OFF,
    Failure.MOVED: Action.MOVE,
    Failure.REVOKED: Action.PLATFORM_OFF,
    Failure.OURS: Action.BURY,
}


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """What to do, when, and why."""

    action: Action
    at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is known of a message that was not taken."""

    attempts: int  # made so far, 1 or more
    expires_at: datetime
    maybe_repeat: bool = False  # an earlier attempt may have arrived
    in_window: bool = False  # the platform still knows the nonce: sent again, it is no second message
    may_repeat: bool = True  # the chat wishes possible repeats


def decide(error: SendError, attempt: Attempt, now: datetime, *, jitter: float) -> RetryDecision:
    """Back off exponentially with full jitter (0 ≤ `jitter` < 1): from 1 s up to 5 min, and before it expires.

    Full jitter spreads the retries of many chats over the whole wait, so that a platform that comes back is
    not hit by all of them at once. The wait never reaches past `expires_at`: while there is time for another
    attempt, one is made. A message whose outcome is unknown is sent again once, and says so; where the platform
    knows it by its nonce it is no repeat, and may be sent again as often as that holds.
    """
    reason = str(error)
    match error.failure:
        case Failure.LIMITED:
            wait = min(LONGEST_PAUSE, timedelta(seconds=(error.retry_after or FIRST_SECONDS) * (1 + 0.1 * jitter)))
            return RetryDecision(Action.RETRY, now + wait, reason)
        case Failure.UNKNOWN:
            return _in_doubt(reason, attempt, now, jitter)
        case Failure.UNSENT:
            return _unsent(reason, attempt, now, jitter)
        case final:
            return RetryDecision(FINAL[final], now, reason)


def _unsent(reason: str, attempt: Attempt, now: datetime, jitter: float) -> RetryDecision:
    left = (attempt.expires_at - now).total_seconds()
    if left <= FIRST_SECONDS:
        return RetryDecision(Action.BURY, None, f"{reason}; too late to try again")
    longest = min(LONGEST_SECONDS, left, FIRST_SECONDS * 2 ** min(attempt.attempts, MOST_DOUBLINGS))
    wait = FIRST_SECONDS + (longest - FIRST_SECONDS) * jitter
    return RetryDecision(Action.RETRY, now + timedelta(seconds=wait), reason)


def _in_doubt(reason: str, attempt: Attempt, now: datetime, jitter: float) -> RetryDecision:
    if attempt.in_window:
        # Soon, while the platform still knows the nonce.
        wait = FIRST_SECONDS + (min(10.0, 2.0**attempt.attempts) - FIRST_SECONDS) * jitter
        return RetryDecision(Action.REPEAT, now + timedelta(seconds=wait), reason)
    if attempt.maybe_repeat:
        return RetryDecision(Action.BURY, None, f"{reason}; twice it may have arrived")
    if not attempt.may_repeat:
        return RetryDecision(Action.BURY, None, f"{reason}; it may have arrived, and this chat wishes no repeats")
    return RetryDecision(Action.REPEAT, now + timedelta(seconds=DOUBT_SECONDS), reason)
