"""The process that paints: one, when it is needed, and never what a text waits for in vain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from bot.charts.model import CoinChart, Theme
from bot.charts.paint import paint
from bot.charts.painter import Painter, PainterOptions, PictureError
from bot.clock import FixedClock
from tests.bot.charts.builders import coin_chart
from tests.builders_storage import NOW
from tests.painters import WORKER


@dataclass
class HandClock(FixedClock):
    """Whoever waits, waits until the hand is moved."""

    moved: asyncio.Event = field(default_factory=asyncio.Event)
    waited: list[float] = field(default_factory=list)
    given_up: int = 0

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        try:
            await self.moved.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise


@asynccontextmanager
async def painting(limit: float = 20.0, room: int = 10_000) -> AsyncIterator[tuple[Painter, HandClock]]:
    clock = HandClock(NOW)
    painter = Painter(clock, PainterOptions(WORKER, limit=limit, room=room))
    try:
        yield painter, clock
    finally:
        await painter.close()
        assert not painter.is_running


def chart(title: str = "PEPE") -> CoinChart:
    return replace(coin_chart(), title=title)


async def asked(painter: Painter, title: str = "PEPE", theme: Theme = Theme.LIGHT) -> list[str]:
    """Which picture of its process, which process, what was asked."""
    return (await painter.picture(chart(title), theme)).decode().split()


def test_the_real_process_paints_what_paint_paints_and_says_what_it_cannot() -> None:
    async def live() -> bytes:
        painter = Painter(HandClock(NOW))
        try:
            with pytest.raises(PictureError, match="Error"):
                await painter.picture(replace(coin_chart(), prices=("much",)), Theme.DARK)  # type: ignore[arg-type]
            return await painter.picture(coin_chart(), Theme.DARK)
        finally:
            await painter.close()

    assert asyncio.run(live()) == paint(coin_chart(), theme=Theme.DARK)


def test_two_who_ask_for_the_same_at_once_have_it_painted_once() -> None:
    async def live() -> None:
        async with painting() as (painter, _):
            first, second, other = await asyncio.gather(
                asked(painter), asked(painter), asked(painter, theme=Theme.DARK)
            )
            assert first == second
            assert (first[0], other[0]) == ("1", "2")
            assert first[1] == other[1]  # one process
            assert await asked(painter) == first  # kept

    asyncio.run(live())


def test_one_who_leaves_does_not_take_the_picture_from_the_others() -> None:
    async def live() -> None:
        async with painting() as (painter, _):
            leaves, stays = asyncio.create_task(asked(painter)), asyncio.create_task(asked(painter))
            await asyncio.sleep(0)
            leaves.cancel()
            assert (await stays)[0] == "1"
            with pytest.raises(asyncio.CancelledError):
                await leaves

    asyncio.run(live())


def test_the_pictures_that_nobody_asked_for_lately_make_room() -> None:
    async def live() -> None:
        async with painting(room=250) as (painter, _):
            for title in ("a", "b", "a", "c"):  # each has 100 bytes: b goes
                await asked(painter, title)
            assert [(await asked(painter, title))[0] for title in ("a", "c", "b")] == ["1", "3", "4"]

    asyncio.run(live())


def test_the_process_ends_after_a_minute_without_work_and_the_next_picture_starts_another() -> None:
    async def live() -> None:
        async with painting() as (painter, clock):
            assert not painter.is_running
            first = await asked(painter)
            assert painter.is_running
            await asyncio.sleep(0)
            assert clock.waited == [60.0]
            clock.moved.set()
            await ended(painter)
            clock.moved.clear()
            assert await asked(painter) == first  # what is kept needs no process
            assert not painter.is_running
            assert (await asked(painter, "other"))[1] != first[1]

    asyncio.run(live())


def test_work_puts_the_end_off() -> None:
    async def live() -> None:
        async with painting() as (painter, clock):
            first = await asked(painter, "a")
            await asyncio.sleep(0)
            second = await asked(painter, "b")
            await asyncio.sleep(0)
            assert (clock.waited, clock.given_up) == ([60.0, 60.0], 1)
            assert first[1] == second[1]

    asyncio.run(live())


@pytest.mark.parametrize("title", ["die", "garbage", "fail"])
def test_what_goes_wrong_is_a_picture_error_and_the_next_one_is_painted(title: str) -> None:
    async def live() -> None:
        async with painting() as (painter, _):
            with pytest.raises(PictureError):
                await asked(painter, title)
            assert (await asked(painter))[2] == "PEPE"

    asyncio.run(live())


def test_a_picture_that_takes_too_long_is_given_up_and_its_process_with_it() -> None:
    async def live() -> None:
        async with painting(limit=0.05) as (painter, _):
            with pytest.raises(PictureError, match="took more than"):
                await asked(painter, "hang")
            assert not painter.is_running

    asyncio.run(live())


def test_a_process_that_cannot_be_started_is_a_picture_error() -> None:
    async def live() -> None:
        painter = Painter(HandClock(NOW), PainterOptions(("/nowhere/python",)))
        with pytest.raises(PictureError):
            await asked(painter)
        await painter.close()

    asyncio.run(live())


def test_who_waits_while_the_bot_ends_is_told() -> None:
    async def live() -> None:
        async with painting() as (painter, _):
            waiting = asyncio.create_task(asked(painter, "hang"))
            await asyncio.sleep(0)
            await painter.close()
            with pytest.raises(PictureError, match="ending"):
                await waiting

    asyncio.run(live())


async def ended(painter: Painter) -> None:
    """Until its process is gone."""
    while painter.is_running:
        await asyncio.sleep(0.001)
