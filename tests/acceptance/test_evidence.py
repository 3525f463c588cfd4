"""What is no evidence closes nothing and confirms nothing, however often it is said."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scoring.model import FundingRate
from storage.refreshes import Source
from tests.acceptance.market import COINS, EXCHANGES, batch, make_database
from tests.acceptance.world import World

PLACE = ("telegram", "1")
HALF_AN_HOUR = timedelta(minutes=30)
HIGH = {"ANT": 20.0, "BEE": 1.0, "CAT": 1.0}
LOW = HIGH | {"ANT": -5.0}
NO_RATE, NO_PRICE = {"rate": math.nan}, {"mark_price": math.nan}


def everywhere(poison: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(exchange, "ANT"): poison for exchange in EXCHANGES}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """ANT has rung, and its subscriber is told of its end."""
    make_database(tmp_path / "world.db")
    world = World(tmp_path / "world.db")
    world.subscribe(PLACE, 3.0, 1.0, resolve=True, daily=False)
    world.run(batch(HIGH, world.clock.now()), world.clock.now())
    yield world
    world.close()


def rings(world: World) -> list[str]:
    return [one.kind for one in world.stored() if one.coin == "ANT"]


def later(world: World, percents: Mapping[str, float], **how: Any) -> None:
    world.clock.advance(HALF_AN_HOUR)
    world.run(batch(percents, world.clock.now(), **how), world.clock.now())


def sources(world: World) -> dict[str, Source]:
    with world.storage.read() as tx:
        return {one.name: one for one in tx.refreshes.sources()}


@pytest.mark.parametrize("poison", [NO_RATE, NO_PRICE, {"interval_hours": None}, NO_RATE | NO_PRICE])
def test_a_coin_whose_contracts_nobody_can_believe_stays_open_for_hours(
    world: World, poison: Mapping[str, Any]
) -> None:
    for _ in range(8):
        later(world, HIGH, poisoned=everywhere(poison))
    assert rings(world) == ["NEW"]
    later(world, LOW)
    later(world, LOW)
    assert rings(world) == ["NEW", "RESOLVED"]


@pytest.mark.parametrize("poison", [NO_RATE, NO_PRICE])
def test_one_real_fall_and_one_refresh_that_says_nothing_close_nothing(world: World, poison: Mapping[str, Any]) -> None:
    later(world, LOW)
    later(world, LOW, poisoned=everywhere(poison))
    assert rings(world) == ["NEW"]
    later(world, HIGH)
    later(world, LOW)
    assert rings(world) == ["NEW"]


def test_values_that_a_feed_vouches_for_and_that_cannot_be_are_no_answer(world: World) -> None:
    for _ in range(2):
        world.clock.advance(HALF_AN_HOUR)
        now = world.clock.now()
        bad = tuple(FundingRate(name, "ANTUSDT", "ANT", math.nan, 8.0, None, now) for name in EXCHANGES[1:])
        world.run(replace(batch(LOW, now, EXCHANGES[:1]), rates=bad), now)
    assert rings(world) == ["NEW"]


def test_what_was_not_believed_is_left_out_of_how_many_answered(world: World) -> None:
    for percent in (-5.0, -5.0):
        later(world, HIGH | {"ANT": percent})
    later(world, HIGH | {"ANT": 90.0}, poisoned={("okx", "ANT"): NO_RATE})
    assert rings(world) == ["NEW", "RESOLVED", "NEW"]
    with world.storage.read() as tx:
        facts = tx.connection.exec_driver_sql("SELECT facts FROM finding ORDER BY id DESC LIMIT 1").scalar_one()
    assert "3 of 4 exchanges answered" in facts


def short(world: World) -> None:
    """Every exchange gives one contract of three, in the slot of now."""
    cut = frozenset((exchange, coin) for exchange in EXCHANGES for coin in COINS if coin != "BEE")
    world.run(batch(HIGH, world.clock.now(), missing=cut), world.clock.now())


def test_a_short_answer_that_comes_again_in_its_own_slot_is_still_short(world: World) -> None:
    later(world, HIGH)
    world.clock.advance(HALF_AN_HOUR)
    for _ in range(3):
        short(world)
        world.clock.advance(timedelta(seconds=5))
    assert not any(sources(world)[exchange].outcome == "ok" for exchange in EXCHANGES)
    world.clock.advance(HALF_AN_HOUR)
    short(world)
    assert all(sources(world)[exchange].outcome == "ok" for exchange in EXCHANGES)


@pytest.mark.parametrize(
    ("poison", "said"),
    [
        ({"rate": -0.04}, "extreme"),
        ({"mark_price": lambda price: price * 100}, "seems to be ANT@okx"),
    ],
)
def test_a_value_that_comes_again_in_its_own_slot_does_not_confirm_itself(
    world: World, poison: Mapping[str, float | Callable[[float], float]], said: str
) -> None:
    def held() -> list[str]:
        with world.storage.read() as tx:
            return [one.reason for one in tx.quarantine.entries() if one.exchange == "okx"]

    world.clock.advance(HALF_AN_HOUR)
    for _ in range(3):
        now = world.clock.now()
        world.run(batch(HIGH, now, poisoned={("okx", "ANT"): poison}), now)
        world.clock.advance(timedelta(seconds=5))
        assert len(held()) == 1
        assert said in held()[0]
    later(world, HIGH, poisoned={("okx", "ANT"): poison})
    assert held() == []
