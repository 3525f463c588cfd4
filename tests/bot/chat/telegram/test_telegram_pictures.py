"""Pictures behind texts: they are those of what a text shows, whatever is pressed, edited or deleted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.charts.painter import Painter, PainterOptions
from bot.clock import FixedClock, SystemClock
from bot.commands.base import ChatRef
from bot.views.elements import Button, Note, Picture, View
from storage import Storage
from tests.bot.charts.builders import coin_chart
from tests.builders_market import fill
from tests.builders_storage import NOW
from tests.painters import WORKER
from tests.servers.chat_police import Accepted, Fault
from tests.servers.telegram import Telegram
from tests.servers.telegram_world import PATIENCE, World, bot_on, listening

LABELS = ("A", "B", "fail", "wait", "none")


async def cards(line: str, _: ChatRef) -> View:
    """/coin A B: a text about them with a picture of each, and buttons for others."""
    names = [name for name in line.split()[1:] if name not in ("none", "long")]
    pictures = [Picture(replace(coin_chart(), title=name), f"a picture of {name}") for name in names]
    long = [Note("x" * 90)] * 90 if "long" in line else []
    buttons = (*(Button(f"to {one}", f"/coin {one}") for one in LABELS), Button("both", "/coin A B"))
    return View(f"about {line.removeprefix('/coin ')}", (*long, *pictures), buttons)


@asynccontextmanager
async def painted(storage: Storage, *signs: str) -> AsyncIterator[World]:
    painter = Painter(SystemClock(), PainterOptions((*WORKER, *signs)))
    try:
        async with listening(storage, cards, painter=painter) as world:
            yield world
    finally:
        await painter.close()


async def shown(world: World, text: str, messages: int) -> Accepted:
    """The message with the buttons, of an answer of so many messages."""
    before = len(world.server.accepted)
    world.server.says("42", "42", text)
    await world.server.until(before + messages)
    return next(one for one in world.server.accepted[before:] if "reply_markup" in one.body)


def photos(world: World) -> dict[int, str]:
    """The pictures that stand in the chat: message → what its caption says."""
    return {number: held["text"] for (_, number), held in world.server.messages.items() if "file" in held}


def test_a_button_that_shows_another_card_changes_its_picture(storage: Storage) -> None:
    async def run() -> None:
        async with painted(storage) as world:
            sent = await shown(world, "/coin A", 2)
            world.server.presses(sent, "to B")
            await world.server.when(lambda: world.server.repainted)
            assert [one.text for one in world.server.edits] == ["about B"]
            assert photos(world) == {int(sent.message_id) + 1: "a picture of B"}
            world.server.presses(sent, "to B")  # the same again needs no picture
            await world.server.fetched()
        assert len(world.server.repainted) == 1
        assert len(world.server.accepted) == 2
        assert world.server.violations == 0

    asyncio.run(run())


def test_the_picture_goes_with_a_text_that_has_none_and_comes_back(storage: Storage) -> None:
    async def run() -> None:
        async with painted(storage) as world:
            sent = await shown(world, "/coin A", 2)
            world.server.presses(sent, "to none")
            await world.server.when(lambda: world.server.deleted)
            assert photos(world) == {}
            world.server.presses(sent, "both")
            await world.server.until(4)
            assert sorted(photos(world).values()) == ["a picture of A", "a picture of B"]
            world.server.presses(sent, "to B")
            await world.server.when(lambda: len(world.server.deleted) == 2)
        assert list(photos(world).values()) == ["a picture of B"]

    asyncio.run(run())


def test_a_picture_that_somebody_deleted_comes_anew_when_another_is_shown(storage: Storage) -> None:
    async def run() -> None:
        async with painted(storage) as world:
            sent = await shown(world, "/coin A", 2)
            del world.server.messages["42", int(sent.message_id) + 1]
            world.server.presses(sent, "to A")  # whoever deleted it does not want that one
            await world.server.fetched()
            assert photos(world) == {}
            world.server.presses(sent, "to B")
            await world.server.until(3)
            del world.server.messages["42", int(world.server.accepted[2].message_id)]
            world.server.presses(sent, "to none")
            await world.server.when(lambda: len(world.server.edits) == 2)
        assert photos(world) == {}
        assert [one.text for one in world.server.edits] == ["about B", "about none"]

    asyncio.run(run())


def test_no_old_picture_stays_where_the_new_one_cannot_be_painted(storage: Storage) -> None:
    async def run() -> None:
        async with painted(storage) as world:
            sent = await shown(world, "/coin A", 2)
            world.server.presses(sent, "to fail")
            await world.server.when(lambda: world.server.deleted)
        assert (photos(world), [one.text for one in world.server.edits]) == ({}, ["about fail"])

    asyncio.run(run())


def test_who_presses_while_a_picture_is_painted_gets_that_of_the_last_press(storage: Storage, tmp_path: Path) -> None:
    go = tmp_path / "go"

    async def run() -> None:
        async with painted(storage, str(go)) as world:
            sent = await shown(world, "/coin A", 2)
            world.server.presses(sent, "to wait")
            await world.server.when(lambda: len(world.server.edits) == 1)
            world.server.presses(sent, "to B")
            await world.server.when(lambda: len(world.server.edits) == 2)
            go.touch()
            await world.server.when(lambda: world.server.repainted)
        assert [one.text for one in world.server.edits] == ["about wait", "about B"]
        assert [one.text for one in world.server.repainted] == ["a picture of B"]
        assert photos(world) == {int(sent.message_id) + 1: "a picture of B"}
        assert world.server.deleted == []

    asyncio.run(run())


@pytest.mark.parametrize("first", ["/coin A", "/coin long A"])
def test_the_picture_of_an_edited_command_changes_with_its_answer(storage: Storage, first: str) -> None:
    async def run() -> None:
        async with painted(storage) as world:
            number = world.server.says("42", "42", first)
            await world.server.when(lambda: world.server.files)
            world.server.says("42", "42", "/coin B", edits=number)
            await world.server.when(lambda: world.server.repainted)
            world.server.says("42", "42", "/coin none", edits=number)
            await world.server.when(lambda: len(world.server.edits) == 2)
            await world.server.fetched()
        assert photos(world) == {}
        mine = [held["text"] for held in world.server.messages.values() if held["from"]["is_bot"]]
        assert mine == ["about none"]

    asyncio.run(run())


def test_where_no_photo_is_taken_the_text_is_still_the_answer_that_an_edit_changes(
    storage: Storage, tmp_path: Path
) -> None:
    go = tmp_path / "go"

    async def run() -> None:
        async with painted(storage, str(go)) as world:
            number = world.server.says("42", "42", "/coin wait")
            await world.server.until(1)
            refusal = "Bad Request: not enough rights to send photos to the chat"
            world.server.fault("42", Fault.REFUSED, text=refusal)
            go.touch()
            world.server.says("42", "42", "/coin none", edits=number)  # waits for the answer to what was there before
            await world.server.when(lambda: world.server.edits)
        assert world.texts == ["about wait"]
        assert photos(world) == {}

    asyncio.run(run())


def test_a_picture_that_could_not_be_changed_is_changed_by_the_next_press(storage: Storage, tmp_path: Path) -> None:
    go = tmp_path / "go"

    async def run() -> None:
        async with painted(storage, str(go)) as world:
            sent = await shown(world, "/coin A", 2)
            world.server.presses(sent, "to wait")
            await world.server.when(lambda: world.server.edits)
            world.server.fault("42", Fault.BLOCKED)
            go.touch()
            await world.server.when(lambda: "editMessageMedia" in world.server.names())
            world.server.presses(sent, "to B")
            await world.server.when(lambda: len(world.server.edits) == 2)
        assert photos(world) == {int(sent.message_id) + 1: "a picture of B"}

    asyncio.run(run())


def test_the_buttons_of_a_long_answer_change_its_picture_too(storage: Storage) -> None:
    async def run() -> None:
        async with painted(storage) as world:
            sent = await shown(world, "/coin long A", 4)
            world.server.presses(sent, "to B")
            await world.server.when(lambda: world.server.repainted)
        assert list(photos(world).values()) == ["a picture of B"]

    asyncio.run(run())


def test_after_a_restart_a_text_gets_a_picture_of_its_own_and_keeps_that(storage: Storage) -> None:
    async def run() -> None:
        clock, painter = FixedClock(NOW), Painter(SystemClock(), PainterOptions(WORKER))
        async with asyncio.timeout(PATIENCE), Telegram(clock.monotonic, now=clock.now) as server:
            async with bot_on(server, storage, clock, cards, painter) as before:
                sent = await shown(before, "/coin A", 2)
                await server.fetched()
            async with bot_on(server, storage, clock, cards, painter) as after:
                server.presses(sent, "to B")
                await server.until(3)
                assert list(photos(after).values()) == ["a picture of A", "a picture of B"]
                server.presses(sent, "both")
                await server.when(lambda: server.repainted)
                await server.until(4)
        assert list(photos(after).values()) == ["a picture of A", "a picture of A", "a picture of B"]
        await painter.close()

    asyncio.run(run())


def test_the_picture_of_a_company_comes_with_its_card(storage: Storage) -> None:
    fill(storage)

    async def run() -> None:
        painter = Painter(SystemClock(), PainterOptions(WORKER))
        async with listening(storage, painter=painter) as world:
            world.server.says("42", "42", "/settings theme=dark")
            await world.server.until(1)
            world.server.says("42", "42", "/clusters")
            await world.server.until(2)
            world.server.presses(world.server.accepted[1], "ACME in full")
            await world.server.until(3)
            (held,) = [one for one in world.server.messages.values() if "file" in one]
            assert (b"ACME" in held["file"], b"dark" in held["file"]) == (True, True)
        await painter.close()

    asyncio.run(run())
