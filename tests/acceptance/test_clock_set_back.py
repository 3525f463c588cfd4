"""A clock that is set back by hours holds nothing back for hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.market import batch, make_database
from tests.acceptance.platforms import Trouble
from tests.acceptance.world import World

PLACE = ("telegram", "1")
QUIET, HIGH = {"ANT": 1.0, "BEE": 1.0, "CAT": 1.0}, {"ANT": 20.0, "BEE": 1.0, "CAT": 1.0}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Somebody is subscribed, and five hours have passed."""
    make_database(tmp_path / "world.db")
    world = World(tmp_path / "world.db")
    world.subscribe(PLACE, 3.0, 1.0, resolve=True, daily=False)
    world.run(batch(QUIET, world.clock.now()), world.clock.now())
    world.clock.advance(timedelta(hours=5))
    world.run(batch(HIGH, world.clock.now()), world.clock.now())
    yield world
    world.close()


def try_for(world: World, minutes: int) -> int:
    """How many messages have come after so many minutes."""
    for _ in range(minutes * 2):
        world.drain()
        world.clock.advance(timedelta(seconds=30))
    return len(world.platforms["telegram"].sent)


def test_a_platform_that_was_down_is_tried_again_within_minutes(world: World) -> None:
    world.platforms["telegram"].is_down = True
    assert try_for(world, minutes=8) == 0
    world.platforms["telegram"].is_down = False
    world.clock.advance(timedelta(hours=-3))
    assert try_for(world, minutes=16) == 1


@pytest.mark.parametrize("trouble", [Trouble.UNSENT, Trouble.LOST, Trouble.LIMITED])
def test_a_chat_that_must_wait_is_tried_again_within_minutes(world: World, trouble: Trouble) -> None:
    world.platforms["telegram"].troubles.append(trouble)
    world.drain()
    world.clock.advance(timedelta(hours=-3))
    assert try_for(world, minutes=2) == 1


def test_what_a_dead_process_had_in_flight_is_sent_again_within_minutes(world: World) -> None:
    world.die_in_flight("telegram", arrives=False, known_dead=False)
    world.clock.advance(timedelta(hours=-3))
    assert try_for(world, minutes=4) == 1
