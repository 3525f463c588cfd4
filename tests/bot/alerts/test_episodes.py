"""One ring per crossing: the life of an episode."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.alerts.episodes import CoinRule, Episode, Reason, Step, advance, standing
from scoring.detection import CoinState, Standing
from scoring.model import ChangeKind, Signal

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


def test_an_escalation_waits_until_enough_exchanges_are_back() -> None:
    open_one = play([3.0])[-1].episode
    thin = advance(open_one, state(5.0, exchanges=2), RULE, NOW, 2)
    back = advance(thin.episode, state(5.0), RULE, NOW, 3)
    assert (thin.change, thin.reason) == (None, Reason.TOO_FEW_EXCHANGES)
    assert (back.change, back.before) == (ChangeKind.ESCALATED, 3.0)


@pytest.mark.parametrize(
    ("levels", "reason"),
    [
        ([2.0], Reason.BELOW_MINIMUM),
        ([GATE], Reason.BELOW_MINIMUM),
        ([UNKNOWN], Reason.UNKNOWN),
        ([3.0], Reason.CROSSED),
        ([3.0, 3.5], Reason.STILL_OPEN),
        ([3.0, 2.7], Reason.STILL_OPEN),
        ([3.0, 4.0], Reason.NEW_HIGH),
        ([3.0, 2.0], Reason.BELOW_ONCE),
        ([3.0, UNKNOWN], Reason.UNKNOWN),
        ([3.0, 2.0, GATE], Reason.STAYED_BELOW),
    ],
)
def test_every_step_says_why(levels: list[Level], reason: Reason) -> None:
    assert play(levels)[-1].reason is reason


def test_the_end_tells_the_level_last_told() -> None:
    step = play([3.0, 4.2, 4.9, 3.5, 2.0, 1.0])[-1]
    assert step.episode is not None
    assert (step.change, step.before, step.episode.told) == (ChangeKind.RESOLVED, 4.2, 4.2)


def test_a_refresh_that_decides_nothing_gives_back_the_very_same_episode() -> None:
    episode = play([3.0])[-1].episode
    for level in (2.6, 3.0, 3.99, UNKNOWN, float("nan")):
        assert advance(episode, state(level), RULE, NOW, 7).episode is episode
    thin = advance(episode, state(5.0, exchanges=2), RULE, NOW, 7)
    assert thin.episode is episode


def test_a_score_that_is_no_number_says_nothing() -> None:
    step = advance(None, state(float("nan")), RULE, NOW, 1)
    assert (step.change, step.reason) == (None, Reason.UNKNOWN)


def test_what_the_filters_do_not_let_through_neither_opens_nor_rises_and_says_so() -> None:
    held = advance(None, state(3.0), RULE, NOW, 1, passes=False)
    assert (held.episode, held.change, held.reason) == (None, None, Reason.FILTERED)
    episode = advance(None, state(3.0), RULE, NOW, 1).episode
    held = advance(episode, state(5.0), RULE, NOW, 2, passes=False)
    back = advance(held.episode, state(4.5), RULE, NOW, 3)
    assert (held.change, held.reason) == (None, Reason.FILTERED)
    assert (back.change, back.before) == (ChangeKind.ESCALATED, 3.0)


def test_filters_close_nothing_and_keep_nothing_open() -> None:
    episode = advance(None, state(3.0), RULE, NOW, 1).episode
    held = advance(episode, state(2.6), RULE, NOW, 2, passes=False)
    assert held.episode is episode
    once = advance(episode, state(2.0), RULE, NOW, 3, passes=False)
    assert advance(once.episode, state(2.0), RULE, NOW, 4, passes=False).change is ChangeKind.RESOLVED


def test_what_the_filters_do_not_let_through_does_not_stand_when_a_subscription_is_made() -> None:
    assert standing(state(5.0), RULE, NOW, 0, passes=False) is None


def test_a_refresh_run_again_does_not_reopen_what_its_first_run_closed() -> None:
    closed = play([3.0, 2.0, 2.0])[-1].episode
    assert advance(closed, state(3.5), RULE, NOW, 3) == Step(closed, None, Reason.SEEN)
    assert advance(closed, state(3.5), RULE, NOW, 4).change is ChangeKind.NEW


def test_a_refresh_that_is_run_again_counts_once() -> None:
    first = play([3.0, 2.4])[-1].episode
    again = advance(first, state(2.4), RULE, NOW, 2)
    assert (again.change, again.episode) == (None, first)
    assert advance(first, state(2.4), RULE, NOW, 3).change is ChangeKind.RESOLVED


def test_a_refresh_run_again_with_other_data_counts_what_it_finds_once() -> None:
    first = play([3.0, 3.5])[-1].episode
    again = advance(first, state(2.0), RULE, NOW, 2)
    assert again.reason is Reason.BELOW_ONCE
    assert advance(again.episode, state(2.0), RULE, NOW, 2) == Step(again.episode, None, Reason.SEEN)


def test_a_refresh_older_than_the_last_decision_changes_nothing() -> None:
    episode = play([3.0, 4.5])[-1].episode
    assert advance(episode, state(9.0), RULE, NOW, 1) == Step(episode, None, Reason.SEEN)


def test_an_episode_is_numbered_by_the_second_at_which_its_slot_begins() -> None:
    minute = int(NOW.timestamp()) // 60
    opened = advance(None, state(4.0), RULE, NOW + timedelta(seconds=3), minute).episode
    assert opened is not None
    assert (opened.number, opened.opened_at, opened.is_open) == (minute * 60, NOW + timedelta(seconds=3), True)


@pytest.mark.parametrize("clock", [timedelta(0), -timedelta(hours=1), -timedelta(days=1)])
def test_the_numbers_grow_with_the_places_of_refreshes_whatever_the_clock_shows(clock: timedelta) -> None:
    closed = play([3.0, GATE, GATE])[-1].episode
    assert closed is not None
    again = advance(closed, state(4.0), RULE, NOW + clock, 4).episode
    assert again is not None
    assert again.number > closed.number


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


levels = st.lists(st.one_of(st.floats(0, 10), st.sampled_from([GATE, UNKNOWN])), max_size=40)


@settings(max_examples=100)
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
@given(levels, st.lists(st.integers(1, 3), min_size=40, max_size=40))
def test_running_every_refresh_twice_or_thrice_changes_nothing(sequence: list[Level], runs: list[int]) -> None:
    episode: Episode | None = None
    for slot, (level, expected) in enumerate(zip(sequence, play(sequence), strict=True), 1):
        at = NOW + slot * timedelta(minutes=30)
        changes = []
        for _ in range(runs[slot - 1]):
            step = advance(episode, state(level), RULE, at, slot)
            changes.append(step.change)
            episode = step.episode
        assert changes == [expected.change] + [None] * (runs[slot - 1] - 1)
        assert episode == expected.episode


@settings(max_examples=100)
@given(
    st.lists(st.lists(st.sampled_from([2.0, 2.7, 3.0, 4.0, 5.0, GATE, UNKNOWN]), min_size=1, max_size=3), max_size=20)
)
def test_no_refresh_counts_twice_whatever_its_second_run_finds(slots: list[list[Level]]) -> None:
    episode: Episode | None = None
    for slot, found in enumerate(slots, 1):
        before = episode
        for level in found:
            episode = advance(episode, state(level), RULE, NOW + slot * timedelta(minutes=30), slot).episode
        if before is not None and episode is not None and before.is_open:
            assert episode.number == before.number
            assert episode.below <= before.below + 1


def reference(known: list[tuple[Level, int]]) -> list[tuple[str, Level]]:
    """DESIGN, Alerts, over the refreshes that knew the coin: (what is told, at which level)."""
    told: float | None = None
    rings: list[tuple[str, Level]] = []
    down = 0
    for level, exchanges in known:
        score = -1.0 if isinstance(level, str) else level
        down = down + 1 if score < 2.5 else 0
        if told is not None and down == 2:
            rings.append(("RESOLVED", level))
            told = None
        elif exchanges >= 3 and score >= (3.0 if told is None else told + 1 - 1e-9):
            rings.append(("NEW" if told is None else "ESCALATED", level))
            told = score
    return rings


class Life(RuleBasedStateMachine):
    """Refreshes, outages, reruns and late comers, against the reference."""

    def __init__(self) -> None:
        super().__init__()
        self.episode: Episode | None = None
        self.slot = 0
        self.last: tuple[Level, int] = (UNKNOWN, 0)
        self.known: list[tuple[Level, int]] = []
        self.told: list[tuple[str, Level]] = []
        self.numbers: list[int] = []

    def refresh(self, level: Level, exchanges: int, slot: int) -> None:
        at = NOW + slot * timedelta(minutes=30)
        step = advance(self.episode, state(level, exchanges), RULE, at, slot)
        self.episode = step.episode
        if step.change:
            self.told.append((step.change.value, level))
        if step.change is ChangeKind.NEW and step.episode is not None:
            self.numbers.append(step.episode.number)

    # Tenths around the thresholds, so that levels meet them exactly.
    @rule(level=st.integers(20, 60).map(lambda tenths: tenths / 10) | st.just(GATE), exchanges=st.integers(2, 4))
    def time_goes_on(self, level: Level, exchanges: int) -> None:
        self.slot += 1
        self.last = (level, exchanges)
        self.known.append(self.last)
        self.refresh(level, exchanges, self.slot)

    @rule()
    def nobody_answers(self) -> None:
        self.slot += 1
        self.last = (UNKNOWN, 0)
        before = self.episode
        self.refresh(*self.last, self.slot)
        assert self.episode == before

    @rule()
    def the_same_refresh_is_run_again(self) -> None:
        before = self.episode
        self.refresh(*self.last, self.slot)
        assert self.episode == before

    @rule(level=st.floats(0, 10) | st.just(GATE), refreshes=st.integers(1, 5))
    def an_older_refresh_comes_late(self, level: Level, refreshes: int) -> None:
        before = self.episode
        if before is not None:
            self.refresh(level, 4, before.slot - refreshes)
        assert self.episode == before

    @invariant()
    def what_is_told_is_what_the_reference_tells(self) -> None:
        assert self.told == reference(self.known)

    @invariant()
    def every_opening_has_its_number(self) -> None:
        assert self.numbers == sorted(set(self.numbers))
        assert len(self.numbers) == sum(kind == "NEW" for kind, _ in self.told)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_replacing_is_not_mutating() -> None:
    episode = play([3.0])[-1].episode
    assert episode is not None
    before = replace(episode)
    advance(episode, state(9.0), RULE, NOW, 9)
    assert episode == before
