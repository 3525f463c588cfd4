"""Two snapshots, and what changed between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.detection import (
    ClusterMove,
    CoinState,
    Move,
    Standing,
    coin_states,
    compare_clusters,
    compare_coins,
)
from scoring.model import Cluster, CoinFunding, CoinScore, ExchangeAverage, PriceChanges, Signal
from tests.builders_filings import buys, filing, person, trade

FOUR = frozenset({"a", "b", "c", "d"})


def scored(score: float, *exchanges: str) -> CoinScore:
    """A score of X that rests on these exchanges."""
    votes = tuple(ExchangeAverage(name, "XUSDT", -0.0004, 72.0, 9) for name in exchanges)
    funding = CoinFunding("X", -0.0004, -0.0004, votes, len(votes), 3, None)
    return CoinScore(Signal.PUMP, "X", score, 0.8, 0.4, 0.5, funding, PriceChanges(None, 20.0, 1.0), 1)


def snapshot(**scores: float | Standing) -> dict[str, CoinState]:
    return {
        coin: CoinState(coin, Signal.PUMP, score, None, 5)
        if isinstance(score, Standing)
        else CoinState(coin, Signal.PUMP, Standing.SCORED, score, 5)
        for coin, score in scores.items()
    }


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        ({"a", "b", "c", "d"}, Standing.SCORED),
        ({"a", "b"}, Standing.SCORED),
        ({"a"}, Standing.UNKNOWN),
        ({"a", "y", "z"}, Standing.UNKNOWN),
        (set(), Standing.UNKNOWN),
    ],
)
def test_a_coin_is_known_when_half_of_its_usual_exchanges_answered(answered: set[str], expected: Standing) -> None:
    state = coin_states(Signal.PUMP, {"X": scored(7.0, *FOUR)}, {"X": FOUR}, frozenset(answered))["X"]
    assert state.standing is expected
    assert state.score == (7.0 if expected is Standing.SCORED else None)


def test_without_a_score_the_gate_is_shut_only_when_enough_answered() -> None:
    usual = {"X": FOUR, "Y": frozenset({"z"})}
    states = coin_states(Signal.PUMP, {}, usual, FOUR)
    assert {coin: state.standing for coin, state in states.items()} == {"X": Standing.NO_GATE, "Y": Standing.UNKNOWN}


@pytest.mark.parametrize("usual", [{}, {"X": frozenset[str]()}])
def test_a_coin_without_usual_exchanges_is_judged_by_those_behind_its_score(usual: dict[str, frozenset[str]]) -> None:
    scores = {"X": scored(7.0, "a", "b", "c")}
    assert coin_states(Signal.PUMP, scores, usual, frozenset({"a", "b"}))["X"].standing is Standing.SCORED
    assert coin_states(Signal.PUMP, scores, usual, frozenset({"a"}))["X"].standing is Standing.UNKNOWN


def test_a_coin_that_no_exchange_stands_behind_is_unknown_and_not_down() -> None:
    assert coin_states(Signal.PUMP, {}, {"X": frozenset()}, FOUR)["X"].standing is Standing.UNKNOWN


def test_the_exchanges_of_a_score_are_those_behind_its_average() -> None:
    assert coin_states(Signal.PUMP, {"X": scored(7.0, "a", "b")}, {"X": FOUR}, FOUR)["X"].exchanges == 2


def test_a_coin_is_unknown_when_most_of_its_exchanges_said_nothing_of_it_that_can_be_believed() -> None:
    scores, usual = {"X": scored(7.0, *FOUR), "Y": scored(7.0, *FOUR)}, {"X": FOUR, "Y": FOUR}
    unread = {"X": frozenset({"a", "b", "c"}), "Y": frozenset({"a", "b"})}
    states = coin_states(Signal.PUMP, scores, usual, FOUR, unread)
    assert {coin: state.standing for coin, state in states.items()} == {"X": Standing.UNKNOWN, "Y": Standing.SCORED}


def test_a_coin_whose_gate_cannot_be_told_is_unknown_and_not_down() -> None:
    states = coin_states(Signal.PUMP, {}, {"X": FOUR, "Y": FOUR}, FOUR, undecided=frozenset({"X"}))
    assert {coin: state.standing for coin, state in states.items()} == {"X": Standing.UNKNOWN, "Y": Standing.NO_GATE}


def test_movements_are_named_and_the_largest_comes_first() -> None:
    before = snapshot(ROSE=3.0, FELL=5.0, LEFT=6.0, GATE=4.0, SAME=2.0)
    after = snapshot(ROSE=3.5, FELL=4.0, GATE=Standing.NO_GATE, SAME=2.0, CAME=7.0)
    moves = compare_coins(before, after)
    assert [(move.base_coin, move.kind, move.before, move.after) for move in moves] == [
        ("CAME", Move.ENTERED, None, 7.0),
        ("LEFT", Move.LEFT, 6.0, None),
        ("GATE", Move.LEFT, 4.0, None),
        ("FELL", Move.FELL, 5.0, 4.0),
        ("ROSE", Move.ROSE, 3.0, 3.5),
    ]


@pytest.mark.parametrize(
    ("before", "after", "least", "moved"),
    [
        (3.0, 3.05, 0.1, False),
        (3.0, 3.1, 0.1, True),
        (0.2, 0.3, 0.1, True),
        (3.0, 3.1, 0.5, False),
        (3.0, 3.0, 0.0, False),
        (3.0, 3.0001, 0.0, True),
        (Standing.UNKNOWN, 9.0, 0.1, False),
        (9.0, Standing.UNKNOWN, 0.1, False),
        (Standing.NO_GATE, 9.0, 0.1, True),
        (Standing.NO_GATE, Standing.NO_GATE, 0.0, False),
    ],
)
def test_what_counts_as_a_movement(
    before: float | Standing, after: float | Standing, least: float, moved: bool
) -> None:
    assert bool(compare_coins(snapshot(X=before), snapshot(X=after), least)) is moved


snapshots = st.dictionaries(
    st.sampled_from(["A", "B", "C", "D"]), st.one_of(st.floats(0, 10), st.sampled_from(Standing)).map(
        lambda one: Standing.NO_GATE if one is Standing.SCORED else one
    )
).map(lambda scores: snapshot(**scores))  # fmt: skip


@given(snapshots, snapshots)
def test_the_way_back_is_the_mirror_image(before: dict[str, CoinState], after: dict[str, CoinState]) -> None:
    mirror = {Move.ENTERED: Move.LEFT, Move.LEFT: Move.ENTERED, Move.ROSE: Move.FELL, Move.FELL: Move.ROSE}
    there = compare_coins(before, after)
    back = compare_coins(after, before)
    assert [(m.base_coin, m.kind, m.before, m.after) for m in there] == [
        (m.base_coin, mirror[m.kind], m.after, m.before) for m in back
    ]
    assert compare_coins(before, before, least=0.0) == ()


def cluster(insiders: int, value: float) -> Cluster:
    (found,) = buys(*(filing(person(i), trade(value / 10 / insiders)) for i in range(insiders)))
    return found


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, (3, 1000), ClusterMove.APPEARED),
        ((3, 1000), None, ClusterMove.GONE),
        ((3, 1000), (4, 1000), ClusterMove.GREW),
        ((3, 1000), (3, 2000), ClusterMove.GREW),
        ((3, 1000), (3, 1990), None),
        ((3, 1000), (2, 900), None),
        ((3, 1000), (3, 1000), None),
    ],
)
def test_how_a_cluster_changes(
    before: tuple[int, float] | None, after: tuple[int, float] | None, expected: ClusterMove | None
) -> None:
    old = [] if before is None else [cluster(*before)]
    new = [] if after is None else [cluster(*after)]
    assert [move.kind for move in compare_clusters(old, new)] == ([] if expected is None else [expected])
