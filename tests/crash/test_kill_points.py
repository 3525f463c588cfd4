"""The bot is ended with SIGKILL before and after every commit and every send, and starts again: nobody misses a thing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.table import Killer, Outcome, Row

# Each of them is passed in every story; a test below says so.
POINTS = [
    f"{what}: {when}"
    for what in (
        "dispatch.claim",
        "dispatch.note",
        "dispatch.note_platform",
        "dispatch.tidy",
        "refresh.claim",
        "refresh.work",
    )
    for when in ("before its commit", "after its commit")
] + [f"{platform}: {when} a send" for platform in ("telegram", "discord") for when in ("before", "after")]


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killer]:
    return Killer(tmp_path_factory.mktemp("crash"))


def holds(outcome: Outcome, expected: frozenset[str]) -> None:
    row = Row("")
    row.add(outcome, expected)
    assert (row.lost, row.given_up, row.discord, row.unmarked, row.faults) == (0, 0, 0, 0, [])


def test_the_points_are_all_there_are(killer: Killer) -> None:
    assert sorted(killer.points) == sorted(POINTS)
    assert len(killer.expected) == 80


def test_without_a_kill_everything_comes_once(killer: Killer) -> None:
    outcome = killer.story()
    holds(outcome, killer.expected)
    assert (outcome.kills, outcome.repeated["telegram"]) == (0, 0)


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_there_loses_nothing_and_repeats_only_what_says_so(killer: Killer, point: str) -> None:
    for time in sorted({1, (killer.points[point] + 1) // 2}):
        outcome = killer.story(point, time)
        assert outcome.kills == 1
        holds(outcome, killer.expected)
