"""Answers on Telegram that take the place of a message and are more than one."""

from __future__ import annotations

import asyncio

from bot.commands.base import ChatRef
from bot.views.elements import Button, Document, Note, View
from storage import Storage
from tests.servers.telegram_world import listening

NOTES = tuple(Note(f"{at} " + "x" * 90) for at in range(100))  # more than two messages
WHOLE = "\n".join(["/pump limit=100", *(note.text for note in NOTES)])


async def lists(line: str, _: ChatRef) -> View:
    return View(line, NOTES if "100" in line else (), (Button("All", "/pump limit=100"), Button("Few", "/pump")))


def test_a_press_that_shows_more_than_a_message_holds_shows_all_of_it(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, lists) as world:
            world.server.says("42", "42", "/pump")
            await world.server.until(1)
            asked = world.server.accepted[0]
            world.server.presses(asked, "All")
            await world.server.until(3)
            (edit,) = world.server.edits
            rest = world.server.accepted[1:]
            assert "\n".join(one.text for one in (edit, *rest)) == WHOLE
            assert edit.message_id == asked.message_id
            assert world.server.buttons(asked) == {}
            world.server.presses(rest[-1], "Few")  # the buttons stand under the last part
            await world.server.when(lambda: len(world.server.edits) == 2)
        assert world.server.edits[1].message_id == rest[-1].message_id

    asyncio.run(run())


def test_an_edit_that_asks_for_more_than_a_message_holds_is_answered_whole_and_back_again(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, lists) as world:
            sent = world.server.says("42", "42", "/pump")
            await world.server.until(1)
            world.server.says("42", "42", "/pump limit=100", edits=sent)
            await world.server.until(3)
            assert "\n".join(one.text for one in (*world.server.edits, *world.server.accepted[1:])) == WHOLE
            world.server.says("42", "42", "/pump", edits=sent)
            await world.server.when(lambda: len(world.server.deleted) == 2)
        assert world.server.edits[-1].text == "/pump"

    asyncio.run(run())


def test_a_file_goes_with_the_answer_that_an_edit_takes_back(storage: Storage) -> None:
    async def exports(line: str, _: ChatRef) -> View:
        return View(line, (Document("export.json", "{}"),) if line == "/export" else ())

    async def run() -> None:
        async with listening(storage, exports) as world:
            sent = world.server.says("42", "42", "/pump")
            await world.server.until(1)
            world.server.says("42", "42", "/export", edits=sent)
            await world.server.when(lambda: world.server.files)
            world.server.says("42", "42", "/pump", edits=sent)
            await world.server.when(lambda: world.server.deleted)
        assert world.server.deleted == [("42", int(world.server.files[0].message_id))]

    asyncio.run(run())
