"""When a message is tried again, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.retry import Action, RetryDecision, decide
from bot.errors import SendError

NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
BUSY = SendError("busy")


def wait(attempts: int, jitter: float, expires_at: datetime = LATER) -> float:
    """Seconds until the next attempt."""
    decision = decide(BUSY, attempts, NOW, expires_at, jitter=jitter)
    assert decision.action is Action.RETRY
    assert decision.at is not None
    return (decision.at - NOW).total_seconds()


def test_a_permanent_failure_is_not_tried_again_and_says_why() -> None:
    decision = decide(SendError("kicked", permanent=True), 1, NOW, LATER, jitter=0.5)
    assert decision == RetryDecision(Action.BURY, None, "kicked")


@pytest.mark.parametrize("left", [-60, 0, 1])
def test_what_would_come_too_late_is_not_tried_again_and_says_why(left: int) -> None:
    decision = decide(BUSY, 1, NOW, NOW + timedelta(seconds=left), jitter=0.0)
    assert decision == RetryDecision(Action.BURY, None, "busy; too late to try again")


def test_the_longest_wait_doubles_up_to_five_minutes() -> None:
    longest = [round(wait(attempts, 0.99999)) for attempts in range(1, 12)]
    assert longest == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_jitter_spreads_the_retries_over_the_whole_wait() -> None:
    assert [round(wait(5, jitter), 2) for jitter in (0.0, 0.25, 0.5, 0.75)] == [1.0, 8.75, 16.5, 24.25]


def test_while_there_is_time_another_attempt_is_made_before_it_expires() -> None:
    assert wait(20, 0.9, NOW + timedelta(minutes=4)) < 240


@given(st.integers(0, 10_000), st.floats(0, 0.999), st.floats(1.1, 100_000))
def test_a_retry_comes_after_a_second_within_five_minutes_and_before_it_expires(
    attempts: int, jitter: float, left: float
) -> None:
    expires_at = NOW + timedelta(seconds=left)
    seconds = wait(attempts, jitter, expires_at)
    assert 1 <= seconds < 300
    assert NOW + timedelta(seconds=seconds) < expires_at
