"""A clock that is set back by hours holds nothing back for hours."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.alerts.delivery import Courier, CourierOptions
from bot.alerts.dispatch import Dispatch
from bot.clock import FixedClock
from bot.feeds.base import Batch
from bot.refresh import refresh as refresh_now
from storage import Storage
from tests.acceptance.market import EXCHANGES, Script, batch, make_database
from tests.acceptance.platforms import Trouble
from tests.acceptance.world import CLUSTER, World
from tests.builders_outbox import chat_of, new_alert, queue
from tests.builders_storage import NOW
from tests.chats import FakePlatform

HALF_AN_HOUR = timedelta(minutes=30)
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


def rings(world: World) -> list[tuple[str, str]]:
    return [(one.coin, one.kind) for one in world.stored()]


def refresh(world: World, percent: float, hours: float = 0.5) -> None:
    world.clock.advance(timedelta(hours=hours))
    world.run(batch(QUIET | {"ANT": percent}, world.clock.now()), world.clock.now())


@pytest.mark.parametrize("back", [1, 3, 9])
def test_after_a_refresh_under_a_clock_that_was_ahead_what_rises_rings_at_once(world: World, back: int) -> None:
    refresh(world, -5.0)
    refresh(world, -5.0)
    assert rings(world) == [("ANT", "NEW"), ("ANT", "RESOLVED")]
    world.clock.advance(timedelta(hours=-back, seconds=7))  # of one instant the first price counts
    refresh(world, 20.0)
    assert rings(world)[2:] == [("ANT", "NEW")]
    refresh(world, 90.0)
    assert rings(world)[3:] == [("ANT", "ESCALATED")]
    refresh(world, 90.0, hours=back)
    refresh(world, 900.0)
    assert rings(world)[4:] == [("ANT", "ESCALATED")]


def test_a_refresh_that_slept_while_a_later_one_was_done_changes_nothing(world: World) -> None:
    class Sleeper:
        name = "sleeper"

        async def fetch(self, since: datetime | None, now: datetime) -> Batch:
            await refresh_now(world.storage, [Script(batch(QUIET | {"ANT": 20.0}, later))], later, world.options)
            return batch(QUIET | {"ANT": 900.0}, now)

    world.clock.advance(HALF_AN_HOUR)
    asleep_since, later = world.clock.now(), world.clock.now() + 2 * HALF_AN_HOUR
    assert world.runner.run(refresh_now(world.storage, [Sleeper()], asleep_since, world.options)).alerts == 0
    assert rings(world) == [("ANT", "NEW")]
    world.clock.advance(2 * HALF_AN_HOUR)
    refresh(world, 90.0)
    assert rings(world) == [("ANT", "NEW"), ("ANT", "ESCALATED")]


def test_a_refresh_just_before_one_that_is_done_counts_nothing(world: World) -> None:
    """The clock is set by seconds over the beginning of a slot: that is no later refresh."""
    refresh(world, -5.0, hours=-0.5)
    refresh(world, -5.0)
    assert rings(world) == [("ANT", "NEW")]


def test_a_refresh_under_a_clock_that_was_set_back_counts_once_however_often_it_runs(world: World) -> None:
    refresh(world, -5.0, hours=-3)
    for _ in range(3):
        refresh(world, -5.0, hours=0)
    assert rings(world) == [("ANT", "NEW")]
    refresh(world, -5.0)
    assert rings(world) == [("ANT", "NEW"), ("ANT", "RESOLVED")]


def test_a_cluster_whose_filings_lie_ahead_of_the_clock_does_not_ring_again(world: World) -> None:
    world.listen(PLACE, 2)
    for _ in range(2):
        world.file()
        refresh(world, 20.0)
    assert rings(world)[1:] == [(CLUSTER, "NEW")]
    for hours in (-9, 0.5, 9, 0.5):
        refresh(world, 20.0, hours)
    assert rings(world)[1:] == [(CLUSTER, "NEW")]
    world.file()
    refresh(world, 20.0)
    assert rings(world)[2:] == [(CLUSTER, "GROWN")]


def test_what_rings_at_the_very_second_of_an_earlier_beginning_is_another_episode(world: World) -> None:
    for percent in (-5.0, -5.0):
        refresh(world, percent)
    world.clock.advance(timedelta(hours=-1.5))  # to half an hour before ANT rang first
    world.run(batch(QUIET | {"ANT": -5.0}, world.clock.now()), world.clock.now())
    refresh(world, 20.0)
    assert rings(world) == [("ANT", "NEW"), ("ANT", "RESOLVED"), ("ANT", "NEW")]


def test_of_what_the_clock_let_expire_and_brought_back_nothing_comes_after_its_end(storage: Storage) -> None:
    chat, clock, platform = chat_of(storage), FixedClock(NOW), FakePlatform()
    queue(storage, chat, new_alert("begins"), expires=timedelta(minutes=1))
    clock.advance(timedelta(minutes=30))
    courier = Courier(storage, {"fake": platform}, clock, CourierOptions("me"))
    queue(storage, chat, new_alert("ends", kind="RESOLVED"), now=clock.now())
    dispatch = Dispatch(storage, "fake", "me", timedelta(hours=1))
    claimed = dispatch.claim(clock.now(), ())
    assert claimed is not None
    assert claimed.message.notices[0].startswith("1 alert did not come")
    dispatch.give_back(claimed)
    clock.advance(timedelta(minutes=-30))
    asyncio.run(courier.drain())
    assert [[one.alert.kind for one in message.entries] for _, message in platform.sent] == [["RESOLVED"]]


def test_another_pace_of_refreshes_silences_nothing(world: World) -> None:
    for minutes in (5, 60, 15, 30):
        options = replace(world.options, minutes=minutes)
        for percent in (-5.0, -5.0, 20.0):
            world.clock.advance(timedelta(minutes=minutes))
            now = world.clock.now()
            world.runner.run(refresh_now(world.storage, [Script(batch(QUIET | {"ANT": percent}, now))], now, options))
    assert rings(world) == [("ANT", "NEW"), *[("ANT", "RESOLVED"), ("ANT", "NEW")] * 4]


def test_what_has_arrived_on_discord_does_not_come_again_under_a_clock_that_was_set_back(world: World) -> None:
    place = ("discord", "5")
    world.subscribe(place, 3.0, 1.0, resolve=True, daily=False)
    refresh(world, -5.0)
    refresh(world, -5.0)
    refresh(world, 20.0)
    world.die_in_flight("discord", arrives=True, known_dead=False)
    world.clock.advance(timedelta(minutes=30))
    for back in (-31, -1):
        world.clock.advance(timedelta(minutes=back))
        for _ in range(10):
            world.drain()
            world.clock.advance(timedelta(seconds=20))
    assert len(world.platforms["discord"].sent) == 1
    assert not world.faults


def test_a_price_that_was_said_before_the_clock_was_set_back_is_no_price_of_now(world: World) -> None:
    for percent in (-5.0, -5.0):
        refresh(world, percent)
    rung = rings(world)
    refresh(world, 20.0, hours=-1.5)
    assert rings(world) == [*rung, ("ANT", "NEW")]
    for _ in range(4):
        world.clock.advance(HALF_AN_HOUR)
        now = world.clock.now()
        unpriced = {(exchange, "ANT"): {"mark_price": math.nan} for exchange in EXCHANGES}
        world.run(batch(QUIET, now, poisoned=unpriced), now)
    assert rings(world) == [*rung, ("ANT", "NEW")]
