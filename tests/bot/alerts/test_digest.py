"""What one chat reads first, and what it reads only once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.digest import merged, priority
from scoring.model import ChangeKind
from storage.alerts import Alert
from tests.builders_storage import NOW


def alert(kind: str, level: float | None, key: str = "X", subscription: int = 1, signal: str = "pump") -> Alert:
    return Alert(f"{key}{kind}{subscription}", subscription, signal, key, 1, kind, NOW, {"level": level})


def test_the_worst_comes_first_and_what_is_over_last() -> None:
    told = [
        alert("RESOLVED", 9.0, "A"),
        alert("NEW", 3.0, "B"),
        alert("NEW", 8.0, "C"),
        alert("ESCALATED", 8.0, "D"),
        alert("RESOLVED", None, "E"),
    ]
    assert [one.key for one, _ in merged(told)] == ["D", "C", "B", "A", "E"]


def test_a_cluster_of_many_insiders_is_not_more_urgent_than_a_full_score() -> None:
    cluster = alert("NEW", 40.0, "0000000001:BUY", signal="clusters")
    assert priority([cluster]) == priority([alert("NEW", 10.0)])


def test_one_coin_is_told_once_and_names_all_its_subscriptions() -> None:
    told = [
        alert("NEW", 5.0, subscription=2),
        alert("ESCALATED", 5.0, subscription=1),
        alert("NEW", 5.0, subscription=7, signal="selling"),
    ]
    assert [(one.kind, ids) for one, ids in merged(told)] == [("ESCALATED", (1, 2)), ("NEW", (7,))]


def test_what_is_over_for_one_subscription_and_rings_for_another_is_told_twice() -> None:
    told = [alert("RESOLVED", 7.2, subscription=1), alert("ESCALATED", 7.2, subscription=2)]
    assert [(one.kind, ids) for one, ids in merged(told)] == [("ESCALATED", (2,)), ("RESOLVED", (1,))]


def test_what_rings_anew_is_not_told_under_an_earlier_story_that_is_over() -> None:
    earlier, anew = alert("NEW", 8.0), replace(alert("NEW", 4.0), ref="anew", episode=2)
    told = merged([earlier, anew], over={earlier.ref})
    assert [(one.ref, ids) for one, ids in told] == [(earlier.ref, (1,)), ("anew", (1,))]


@pytest.mark.parametrize(("worse", "better"), [(8.0, 3.0), (10.0, 9.9)])
def test_a_message_is_as_urgent_as_its_worst_alert(worse: float, better: float) -> None:
    assert priority([alert("NEW", better), alert("NEW", worse)]) == priority([alert("NEW", worse)])
    assert priority([alert("NEW", worse)]) < priority([alert("NEW", better)])


def test_anything_that_rings_goes_out_before_what_is_over() -> None:
    assert priority([alert("NEW", 0.1)]) < priority([alert("RESOLVED", 10.0)])


many = st.lists(
    st.builds(
        alert,
        st.sampled_from([kind.value for kind in ChangeKind]),
        st.none() | st.integers(0, 100).map(lambda tenths: tenths / 10),
        st.sampled_from(["A", "B"]),
        st.integers(1, 3),
        st.sampled_from(["pump", "selling"]),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda one: (one.signal, one.key, one.kind, one.subscription_id),
)


@given(many, st.randoms(use_true_random=False))
def test_nothing_is_lost_and_the_order_of_arrival_does_not_matter(told: list[Alert], random) -> None:
    entries = merged(told)
    for one in told:
        over = one.kind == "RESOLVED"
        naming = [ids for shown, ids in entries
                  if (shown.signal, shown.key, shown.kind == "RESOLVED") == (one.signal, one.key, over)]  # fmt: skip
        assert len(naming) == 1
        assert one.subscription_id in naming[0]
    assert priority(told) == priority([entries[0][0]])
    shuffled = list(told)
    random.shuffle(shuffled)
    assert merged(shuffled) == entries
