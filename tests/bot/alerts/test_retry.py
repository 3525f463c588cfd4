"""When a message is tried again, and when it is given up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.retry import DOUBT_SECONDS, Action, Attempt, decide
from bot.errors import Failure, SendError

NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
BUSY = SendError("busy")
LOST = SendError("the connection broke", Failure.UNKNOWN)
FIRST = Attempt(1, LATER)


def wait(attempts: int, jitter: float, expires_at: datetime = LATER) -> float:
    """Seconds until the next attempt."""
    decision = decide(BUSY, Attempt(attempts, expires_at), NOW, jitter=jitter)
    assert decision.action is Action.RETRY
    assert decision.at is not None
    return (decision.at - NOW).total_seconds()


@pytest.mark.parametrize(
    ("failure", "action"),
    [
        (Failure.GONE, Action.CHAT_OFF),
        (Failure.MOVED, Action.MOVE),
        (Failure.REVOKED, Action.PLATFORM_OFF),
        (Failure.OURS, Action.BURY),
    ],
)
def test_what_will_not_change_is_not_tried_again_and_says_why(failure: Failure, action: Action) -> None:
    decision = decide(SendError("because", failure), FIRST, NOW, jitter=0.5)
    assert (decision.action, decision.reason) == (action, "because")


@pytest.mark.parametrize("left", [-60, 0, 1])
def test_what_would_come_too_late_is_not_tried_again_and_says_why(left: int) -> None:
    decision = decide(BUSY, Attempt(1, NOW + timedelta(seconds=left)), NOW, jitter=0.0)
    assert (decision.action, decision.reason) == (Action.BURY, "busy; too late to try again")


def test_the_longest_wait_doubles_up_to_five_minutes() -> None:
    longest = [round(wait(attempts, 0.99999)) for attempts in range(1, 12)]
    assert longest == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_jitter_spreads_the_retries_over_the_whole_wait() -> None:
    assert [round(wait(5, jitter), 2) for jitter in (0.0, 0.25, 0.5, 0.75)] == [1.0, 8.75, 16.5, 24.25]


def test_while_there_is_time_another_attempt_is_made_before_it_expires() -> None:
    assert wait(20, 0.9, NOW + timedelta(minutes=4)) < 240


@pytest.mark.parametrize("seconds", [3, 1800])
def test_a_platform_that_asks_for_a_wait_gets_it_and_a_little_more(seconds: float) -> None:
    for jitter in (0.0, 0.99):
        decision = decide(SendError("429", Failure.LIMITED, retry_after=seconds), FIRST, NOW, jitter=jitter)
        assert decision.action is Action.RETRY
        assert decision.at is not None
        assert seconds <= (decision.at - NOW).total_seconds() <= seconds * 1.1


def test_what_may_have_arrived_is_sent_again_once_after_it_can_no_longer_be_under_way() -> None:
    first = decide(LOST, FIRST, NOW, jitter=0.5)
    assert (first.action, first.at) == (Action.REPEAT, NOW + timedelta(seconds=DOUBT_SECONDS))
    second = decide(LOST, replace(FIRST, attempts=2, maybe_repeat=True), NOW, jitter=0.5)
    assert second.action is Action.BURY


def test_a_chat_that_wishes_no_repeats_gets_none() -> None:
    assert decide(LOST, replace(FIRST, may_repeat=False), NOW, jitter=0.5).action is Action.BURY


def test_what_the_platform_knows_by_its_nonce_is_sent_again_at_once_however_often() -> None:
    for attempts in range(1, 20):
        decision = decide(LOST, Attempt(attempts, LATER, maybe_repeat=True, in_window=True), NOW, jitter=0.9)
        assert decision.action is Action.REPEAT
        assert decision.at is not None
        assert (decision.at - NOW).total_seconds() <= 10


@given(st.integers(0, 10_000), st.floats(0, 0.999), st.floats(1.1, 100_000))
def test_a_retry_comes_after_a_second_within_five_minutes_and_before_it_expires(
    attempts: int, jitter: float, left: float
) -> None:
    expires_at = NOW + timedelta(seconds=left)
    seconds = wait(attempts, jitter, expires_at)
    assert 1 <= seconds < 300
    assert NOW + timedelta(seconds=seconds) < expires_at
