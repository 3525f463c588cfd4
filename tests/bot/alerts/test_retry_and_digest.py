"""Retries, order and merging."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.digest import merged, priority
from bot.alerts.matching import Verdict, Wish, verdict_on_change, verdict_on_coin
from bot.alerts.retry import Action, decide
from bot.errors import SendError
from scoring.model import ChangeKind, Side, Signal
from storage.outbox import NewAlert

NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def alert(kind: str, level: float | None, key: str = "X", subscription: int = 1, signal: str = "pump") -> NewAlert:
    return NewAlert(f"{key}{kind}", f"{key}{kind}{subscription}", subscription, signal, key, 1, kind, {"level": level})


def test_a_permanent_failure_is_not_tried_again() -> None:
    assert decide(SendError("kicked", permanent=True), 1, NOW, LATER, jitter=0.5).action is Action.BURY


def test_what_would_come_too_late_is_not_tried_again() -> None:
    assert decide(SendError("busy"), 1, NOW, NOW + timedelta(seconds=1), jitter=0.0).action is Action.BURY


@given(st.integers(1, 10_000), st.floats(0, 0.999))
def test_the_wait_grows_and_stays_within_five_minutes(attempts: int, jitter: float) -> None:
    decision = decide(SendError("busy"), attempts, NOW, LATER, jitter=jitter)
    assert decision.at is not None
    assert timedelta(seconds=1) <= decision.at - NOW <= timedelta(seconds=302)


def test_the_worst_comes_first_and_what_is_over_last() -> None:
    told = [alert("RESOLVED", 9.0, "A"), alert("NEW", 3.0, "B"), alert("NEW", 8.0, "C"), alert("ESCALATED", 8.0, "D")]
    assert [one.key for one, _ in merged(told)] == ["D", "C", "B", "A"]


def test_one_coin_is_told_once_and_names_all_its_subscriptions() -> None:
    told = [
        alert("NEW", 5.0, subscription=2),
        alert("ESCALATED", 5.0, subscription=1),
        alert("NEW", 5.0, signal="selling"),
    ]
    assert [(one.kind, ids) for one, ids in merged(told)] == [("ESCALATED", (1, 2)), ("NEW", (1,))]


@pytest.mark.parametrize(("worse", "better"), [(8.0, 3.0), (10.0, 9.9)])
def test_a_message_is_as_urgent_as_its_worst_alert(worse: float, better: float) -> None:
    assert priority([alert("NEW", better), alert("NEW", worse)]) == priority([alert("NEW", worse)])
    assert priority([alert("NEW", worse)]) < priority([alert("NEW", better)])
    assert priority([alert("NEW", 0.1)]) < priority([alert("RESOLVED", None)])


def test_wishes_survive_storage() -> None:
    wish = Wish(Signal.CLUSTERS, 4.0, side=None, days=90, sector="Energy", tickers=("A", "B"), exclude=("X",))
    assert Wish.from_json(wish.to_json()) == wish
    assert Wish.from_json(Wish(Signal.PUMP, 3.0, side=Side.SELL).to_json()).side is Side.SELL


def test_verdicts_give_their_reason() -> None:
    assert verdict_on_coin(Wish(Signal.PUMP, 3, coins=("A",)), "B") is Verdict.NOT_INCLUDED
    assert verdict_on_coin(Wish(Signal.PUMP, 3, exclude=("B",)), "B") is Verdict.EXCLUDED
    assert verdict_on_coin(Wish(Signal.PUMP, 3), "B") is Verdict.TELL
    assert verdict_on_change(Wish(Signal.PUMP, 3), ChangeKind.RESOLVED) is Verdict.RESOLVED_NOT_ASKED
    assert verdict_on_change(Wish(Signal.PUMP, 3, resolve=True), ChangeKind.RESOLVED) is Verdict.TELL
