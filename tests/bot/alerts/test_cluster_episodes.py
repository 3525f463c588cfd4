"""A cluster rings when it qualifies and when it grows, and leaves without a word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.episodes import Reason, Step, advance_cluster
from scoring.model import ChangeKind, Side
from tests.builders_filings import buys, filing, person, trade

NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)


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
        step = advance_cluster(episode, found, NOW + slot * timedelta(minutes=30), slot)
        changes.append(step.change.value if step.change else "")
        episode = step.episode
    assert changes == ["", "NEW", "", "GROWN", "", "GROWN", "", "NEW"]
    assert episode is not None
    assert episode.opened_at == NOW + timedelta(minutes=210)


def test_a_cluster_that_shrinks_and_comes_back_does_not_ring_again() -> None:
    first = advance_cluster(None, cluster(4), NOW, 1).episode
    smaller = advance_cluster(first, cluster(3), NOW, 2)
    back = advance_cluster(smaller.episode, cluster(4), NOW, 3)
    assert (smaller.change, back.change) == (None, None)


def test_a_cluster_that_leaves_closes_without_a_word() -> None:
    first = advance_cluster(None, cluster(3), NOW, 1).episode
    gone = advance_cluster(first, None, NOW, 2)
    assert gone.episode is not None
    assert (gone.change, gone.reason, gone.episode.is_open) == (None, Reason.LEFT_WINDOW, False)


def test_a_cluster_grows_against_what_was_told_and_says_from_what() -> None:
    told = advance_cluster(None, cluster(3, 1000), NOW, 1).episode
    slowly = advance_cluster(told, cluster(3, 1900), NOW, 2)
    doubled = advance_cluster(slowly.episode, cluster(3, 2100), NOW, 3)
    assert slowly.change is None
    assert (doubled.change, doubled.before) == (ChangeKind.GROWN, 3.0)
    assert advance_cluster(doubled.episode, cluster(3, 4100), NOW, 4).change is None


def test_a_cluster_that_doubles_with_fewer_insiders_does_not_ring_when_they_are_back() -> None:
    told = advance_cluster(None, cluster(4, 1000), NOW, 1).episode
    fewer = advance_cluster(told, cluster(3, 2500), NOW, 2)
    back = advance_cluster(fewer.episode, cluster(4, 2500), NOW, 3)
    assert (fewer.change, back.change) == (ChangeKind.GROWN, None)


@pytest.mark.parametrize("insiders", [None, 3, 9])
def test_a_cluster_refresh_from_the_past_changes_nothing(insiders: int | None) -> None:
    episode = advance_cluster(None, cluster(3), NOW, 5).episode
    late = advance_cluster(episode, None if insiders is None else cluster(insiders), NOW, 4)
    assert late == Step(episode, None, Reason.SEEN)


@pytest.mark.parametrize("closed", [False, True])
def test_a_cluster_refresh_that_is_run_again_repeats_nothing(closed: bool) -> None:
    episode = advance_cluster(None, cluster(3), NOW, 5).episode
    if closed:
        episode = advance_cluster(episode, None, NOW, 5).episode
    assert advance_cluster(episode, cluster(3), NOW, 5).change is None


def test_a_cluster_that_is_as_it_was_gives_back_the_very_same_episode() -> None:
    episode = advance_cluster(None, cluster(3, 1000), NOW, 5).episode
    for found in (cluster(3, 1000), cluster(3, 1999), cluster(2, 900)):
        assert advance_cluster(episode, found, NOW, 6).episode is episode
