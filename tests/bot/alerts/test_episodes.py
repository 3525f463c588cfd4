"""One ring per crossing: the life of an episode."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.episodes import CoinRule, Episode, Reason, Step, advance, advance_cluster, standing
from scoring.detection import CoinState, Standing
from scoring.model import ChangeKind, Side, Signal
from tests.builders_filings import buys, filing, person, trade

NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)
RULE = CoinRule(minimum=3.0)
GATE, UNKNOWN = "no gate", "unknown"
Level = float | str


def state(level: Level, exchanges: int = 5) -> CoinState:
    if isinstance(level, str):
        return CoinState("X", Signal.PUMP, Standing(level), None, exchanges)
    return CoinState("X", Signal.PUMP, Standing.SCORED, level, exchanges)


def play(levels: list[Level], rule: CoinRule = RULE, episode: Episode | None = None) -> list[Step]:
    """One refresh after the other."""
    steps = []
    for slot, level in enumerate(levels, 1):
        steps.append(advance(episode, state(level), rule, NOW + slot * timedelta(minutes=30), slot))
        episode = steps[-1].episode
    return steps


def rings(levels: list[Level], rule: CoinRule = RULE) -> list[str]:
    return [step.change.value if step.change else "" for step in play(levels, rule)]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([2.9], [""]),
        ([3.0], ["NEW"]),
        ([3.0, 3.0, 3.9], ["NEW", "", ""]),
        ([3.0, 4.0], ["NEW", "ESCALATED"]),
        ([3.0, 5.5, 6.4, 6.5], ["NEW", "ESCALATED", "", "ESCALATED"]),
        ([3.0, 4.0, 3.2, 4.5, 5.0], ["NEW", "ESCALATED", "", "", "ESCALATED"]),
        ([3.0, 2.4, 2.4], ["NEW", "", "RESOLVED"]),
        ([3.0, GATE, GATE], ["NEW", "", "RESOLVED"]),
        ([3.0, 2.4, GATE], ["NEW", "", "RESOLVED"]),
        ([3.0, 2.6, 2.6, 2.6], ["NEW", "", "", ""]),
        ([3.0, 2.4, 2.6, 2.4], ["NEW", "", "", ""]),
        ([3.0, 2.4, 3.1], ["NEW", "", ""]),
        ([3.0, UNKNOWN, UNKNOWN, UNKNOWN], ["NEW", "", "", ""]),
        ([3.0, 2.4, UNKNOWN, 2.4], ["NEW", "", "", "RESOLVED"]),
        ([UNKNOWN, 3.0], ["", "NEW"]),
        ([3.0, GATE, GATE, 3.5], ["NEW", "", "RESOLVED", "NEW"]),
    ],
)
def test_what_rings(levels: list[Level], expected: list[str]) -> None:
    assert rings(levels) == expected


def test_a_score_that_dances_around_the_threshold_rings_once() -> None:
    assert rings([3.0, 2.9, 3.1, 2.8, 3.2, 2.6] * 5).count("NEW") == 1


def test_binary_fractions_do_not_swallow_an_escalation() -> None:
    assert rings([3.0, 3.1, 3.2, 3.3000000000000003, 3.9999999999999996])[-1] == "ESCALATED"


def test_too_few_exchanges_do_not_ring_and_say_so() -> None:
    step = advance(None, state(9.0, exchanges=2), RULE, NOW, 1)
    assert (step.change, step.reason) == (None, Reason.TOO_FEW_EXCHANGES)


def test_a_refresh_that_is_run_again_counts_once() -> None:
    first = play([3.0, 2.4])[-1].episode
    again = advance(first, state(2.4), RULE, NOW, 2)
    assert (again.change, again.episode) == (None, first)
    assert advance(first, state(2.4), RULE, NOW, 3).change is ChangeKind.RESOLVED


def test_a_refresh_from_the_past_changes_nothing() -> None:
    episode = play([3.0, 3.5])[-1].episode
    assert advance(episode, state(9.0), RULE, NOW, 1) == Step(episode, None, Reason.SEEN)


def test_the_episodes_are_numbered() -> None:
    last = play([3.0, GATE, GATE, 4.0])[-1].episode
    assert last is not None
    assert (last.number, last.told, last.is_open) == (2, 4.0, True)


def test_an_escalation_tells_from_what_to_what() -> None:
    step = play([3.0, 5.0])[-1]
    assert step.episode is not None
    assert (step.before, step.episode.told) == (3.0, 5.0)


def test_what_stands_when_a_subscription_is_made_is_silent_and_escalates_later() -> None:
    episode = standing(state(5.0), RULE, NOW, 0)
    assert episode is not None
    assert [step.change for step in play([5.0, 6.0], episode=episode)] == [None, ChangeKind.ESCALATED]
    assert standing(state(2.0), RULE, NOW, 0) is None
    assert standing(state(GATE), RULE, NOW, 0) is None


def test_an_episode_survives_storage() -> None:
    episode = play([3.0, 4.0, 2.0])[-1].episode
    assert episode is not None
    assert Episode.from_json(episode.to_json(), episode.number, episode.opened_at, episode.closed_at) == episode


levels = st.lists(st.one_of(st.floats(0, 10), st.sampled_from([GATE, UNKNOWN])), max_size=40)


@settings(max_examples=150)
@given(levels)
def test_rings_alternate_and_rise(sequence: list[Level]) -> None:
    told: float | None = None
    down = 0
    for level, step in zip(sequence, play(sequence), strict=True):
        if level != UNKNOWN:
            down = down + 1 if isinstance(level, str) or level < 2.5 else 0
        match step.change:
            case ChangeKind.NEW:
                assert told is None
                assert isinstance(level, float)
                assert level >= 3
                told = level
            case ChangeKind.ESCALATED:
                assert told is not None
                assert isinstance(level, float)
                assert level >= told + 1 - 1e-9
                told = level
            case ChangeKind.RESOLVED:
                assert told is not None
                assert down >= 2
                told = None


@settings(max_examples=100)
@given(levels, st.data())
def test_an_outage_inserted_anywhere_changes_nothing_that_is_told(sequence: list[Level], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(sequence)))
    disturbed = [*sequence[:place], UNKNOWN, *sequence[place:]]
    assert [one for one in rings(disturbed) if one] == [one for one in rings(sequence) if one]


@settings(max_examples=100)
@given(levels)
def test_running_every_refresh_twice_changes_nothing(sequence: list[Level]) -> None:
    once = play(sequence)
    episode: Episode | None = None
    for slot, (level, expected) in enumerate(zip(sequence, once, strict=True), 1):
        at = NOW + slot * timedelta(minutes=30)
        first = advance(episode, state(level), RULE, at, slot)
        again = advance(first.episode, state(level), RULE, at, slot)
        assert first.change == expected.change
        assert again.change is None
        episode = again.episode
        assert episode == expected.episode


def cluster(insiders: int, value: float = 1000):
    (found,) = buys(*(filing(person(i), trade(value / 10 / insiders)) for i in range(insiders)))
    assert found.side is Side.BUY
    return found


def test_a_cluster_rings_when_it_qualifies_and_when_it_grows() -> None:
    changes = []
    episode = None
    for slot, found in enumerate(
        [None, cluster(3), cluster(3), cluster(4), cluster(4, 1999), cluster(4, 2001), None, cluster(3)]
    ):
        step = advance_cluster(episode, found, NOW, slot)
        changes.append(step.change.value if step.change else "")
        episode = step.episode
    assert changes == ["", "NEW", "", "GROWN", "", "GROWN", "", "NEW"]
    assert episode is not None
    assert episode.number == 2


def test_a_cluster_that_shrinks_and_comes_back_does_not_ring_again() -> None:
    first = advance_cluster(None, cluster(4), NOW, 1).episode
    smaller = advance_cluster(first, cluster(3), NOW, 2)
    back = advance_cluster(smaller.episode, cluster(4), NOW, 3)
    assert (smaller.change, back.change) == (None, None)


def test_replacing_is_not_mutating() -> None:
    episode = play([3.0])[-1].episode
    assert episode is not None
    before = replace(episode)
    advance(episode, state(9.0), RULE, NOW, 9)
    assert episode == before
