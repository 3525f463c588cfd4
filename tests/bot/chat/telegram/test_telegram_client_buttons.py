"""Buttons on Telegram, as people press them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.chat.telegram.words import ELSEWHERE, IS_SUBSCRIBED, NOT_ASKED, NOT_IN_CHANNELS, NOT_YOURS, SUBSCRIBED
from bot.commands.base import ChatRef
from bot.views.elements import Button, Tone, View
from storage import Storage, open_storage
from tests.builders_market import fill
from tests.servers.chat_police import Accepted, Fault
from tests.servers.telegram_world import Answer, World, bot_on, listening


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Storage]:
    opened = open_storage(f"sqlite:///{tmp_path}/test.db")
    fill(opened)
    yield opened
    opened.close()


async def paged(line: str, _: ChatRef) -> View:
    """A list of pages; everything else says what it did."""
    if line.startswith("/pump"):
        page = int(line.partition("cursor=")[2] or 1)
        buttons = (Button("More", f"/pump cursor={page + 1}"), Button("Card", "/coin PEPE"), Button("Mute", "/mute 8h"))
        return View(f"page {page}", buttons=(*buttons, Button("Again", line), Button("Sort", "/dump by=x")))
    tone = Tone.ERROR if "bad" in line else Tone.ANSWER
    return View(f"did {line}", tone=tone)


def paged_after(go: asyncio.Event) -> Answer:
    """The same, whose other pages take until they are let go."""

    async def answer(line: str, ref: ChatRef) -> View:
        if "cursor" in line:
            await go.wait()
        return await paged(line, ref)

    return answer


async def shown(world: World, chat: str = "42", text: str = "/pump", user: str = "42") -> Accepted:
    """A message with buttons, which somebody asked for."""
    before = len(world.server.accepted)
    world.server.says(chat, user, text)
    await world.server.until(before + 1)
    return world.server.accepted[-1]


def signs(world: World) -> list[tuple[str, bool]]:
    """How presses were signed: the text, and whether it is an alert."""
    return [(one.get("text", ""), bool(one.get("show_alert"))) for one in world.server.signs.values()]


def test_a_press_of_the_same_command_changes_the_message_and_others_send_one(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, paged) as world:
            sent = await shown(world)
            assert world.server.buttons(sent)["More"] == "pump cursor=2"
            assert world.server.buttons(sent)["Card"] == "/coin PEPE"
            world.server.presses(sent, "More")
            await world.server.when(lambda: world.server.edits)
            assert world.server.buttons(sent)["More"] == "pump cursor=3"
            world.server.presses(sent, "Card")
            await world.server.until(2)
        (edit,) = world.server.edits
        card = world.server.accepted[1]
        assert (edit.message_id, edit.text) == (sent.message_id, "page 2")
        assert (card.text, card.body["reply_parameters"]["message_id"]) == ("did /coin PEPE", int(sent.message_id))
        assert world.asked[1] == ("/pump cursor=2", ChatRef("telegram", "42", "42"))
        assert signs(world) == [("", False), ("", False)]

    asyncio.run(run())


def test_presses_of_a_message_are_answered_in_their_order(storage: Storage) -> None:
    async def slow(line: str, ref: ChatRef) -> View:
        if "cursor=2" in line:
            for _ in range(1000):  # as much as the other would need to overtake it
                await asyncio.sleep(0)
        return await paged(line, ref)

    async def run() -> None:
        async with listening(storage, slow) as world:
            sent = await shown(world)
            world.server.presses(sent, "More")
            world.server.presses(sent, "Again")
            await world.server.when(lambda: len(world.server.edits) == 2)
        assert [one.text for one in world.server.edits] == ["page 2", "page 1"]

    asyncio.run(run())


def test_what_was_pressed_last_counts_also_where_it_was_pressed_before(storage: Storage) -> None:
    async def run() -> None:
        go = asyncio.Event()
        async with listening(storage, paged_after(go)) as world:
            sent = await shown(world)
            for label in ("More", "Again", "More", "More"):
                world.server.presses(sent, label)
            await world.server.when(lambda: len(world.server.signs) == 4)
            go.set()
            await world.server.when(lambda: len(world.server.edits) == 3)
        assert [one.text for one in world.server.edits] == ["page 2", "page 1", "page 2"]
        assert world.lines == ["/pump", "/pump cursor=2", "/pump", "/pump cursor=2"]

    asyncio.run(run())


def test_a_press_is_signed_before_the_work_is_done(storage: Storage) -> None:
    async def run() -> None:
        go = asyncio.Event()
        async with listening(storage, paged_after(go)) as world:
            sent = await shown(world)
            query = world.server.presses(sent, "More")
            await world.server.when(lambda: query in world.server.signs)
            assert world.server.edits == []
            world.server.presses(sent, "More")  # an impatient one: signed, and done once
            await world.server.when(lambda: len(world.server.signs) == 2)
            go.set()
            await world.server.when(lambda: world.server.edits)
        assert [one.text for one in world.server.edits] == ["page 2"]
        assert world.lines == ["/pump", "/pump cursor=2"]

    asyncio.run(run())


def test_a_refresh_that_changes_nothing_is_no_fault(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, paged) as world:
            sent = await shown(world)
            world.server.presses(sent, "Again")
            await world.server.fetched()
        assert (world.texts, world.server.edits) == (["page 1"], [])
        assert world.server.names().count("editMessageText") == 1

    asyncio.run(run())


def test_pressing_alert_me_subscribes_once_and_the_button_says_so(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            sent = await shown(world, text="/pump min=3")
            other = await shown(world, text="/pump min=3")
            world.server.presses(sent, "Alert me")
            await world.server.until(3)
            assert SUBSCRIBED in world.server.buttons(sent)
            world.server.presses(sent, SUBSCRIBED)
            await world.server.when(lambda: len(world.server.signs) == 2)
            world.server.presses(other, "Alert me")  # the same wish under another list
            await world.server.when(lambda: SUBSCRIBED in world.server.buttons(other))
        assert world.texts[2].startswith("Subscribed: subscription 1")
        assert len(world.texts) == 3
        assert signs(world)[1] == (IS_SUBSCRIBED, False)
        with market.read() as tx:
            assert [one.owner for one in tx.subscriptions.active()] == ["telegram:42"]

    asyncio.run(run())


def test_every_button_of_every_view_is_answered_when_it_is_pressed(market: Storage) -> None:
    lines = ["/start", "/pump", "/selling", "/clusters", "/funding PUMP", "/coin PUMP", "/alert pump min=3", "/alerts",
             "/alerts 1", "/mute 8h", "/mute", "/settings", "/missed", "/export", "/forget", "/status", "/test"]  # fmt: skip

    async def run() -> None:
        async with listening(market) as world:
            pressed = 0
            for line in lines:
                message = await shown(world, text=line)
                await world.server.fetched()
                for label in list(world.server.buttons(message)):
                    if label in world.server.buttons(message):
                        query = world.server.presses(message, label)
                        await world.server.when(lambda query=query: query in world.server.signs)
                        pressed += 1
            await world.server.fetched()
        assert pressed > 30
        assert not [text for text in world.texts if "went wrong" in text or "There is no command" in text]
        assert len(world.server.signs) == pressed

    asyncio.run(run())


def test_buttons_outlive_a_restart_of_the_bot(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, paged) as world:
            sent = await shown(world)
            server, clock = world.server, world.clock
            async with bot_on(server, storage, clock, paged) as second:
                server.presses(sent, "More")
                await server.when(lambda: server.edits)
                assert [one.text for one in server.edits] == ["page 2"]
                assert (second.lines or world.lines[1:]) == ["/pump cursor=2"]

    asyncio.run(run())


def test_in_a_group_others_may_look_but_change_nothing(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, paged) as world:
            world.server.group("-100", admins={"7"})
            sent = await shown(world, "-100", user="8")
            for label, user in (("Mute", "8"), ("More", "8"), ("Mute", "7")):
                query = world.server.presses(sent, label, user=user)
                await world.server.when(lambda query=query: query in world.server.signs)
        assert sorted(signs(world)) == [("", False), ("", False), (NOT_YOURS, True)]
        assert sorted(world.lines[1:]) == ["/mute 8h", "/pump cursor=2"]
        assert dict(world.asked)["/mute 8h"] == ChatRef("telegram", "-100", "7", is_group=True, is_admin=True)

    asyncio.run(run())


def test_in_a_group_nobody_deletes_what_they_did_not_ask_to_delete(storage: Storage) -> None:
    async def forgets(line: str, _: ChatRef) -> View:
        return View(line, buttons=(Button("Delete all of it", "/forget sure=yes"),))

    async def run() -> None:
        async with listening(storage, forgets) as world:
            world.server.group("-100", admins={"7"})
            sent = await shown(world, "-100", "/forget", "8")
            for user in ("7", "8"):
                query = world.server.presses(sent, "Delete all", user=user)
                await world.server.when(lambda query=query: query in world.server.signs)
        assert signs(world) == [(NOT_ASKED, True), ("", False)]
        assert [(line, ref.user) for line, ref in world.asked] == [("/forget", "8"), ("/forget sure=yes", "8")]

    asyncio.run(run())


def test_in_a_channel_only_administrators_make_the_bot_write(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, paged) as world:
            world.server.channel("-900", admins={"7"})
            sent = await shown(world, "-900")
            for label, user in (("Card", "8"), ("Card", "7")):
                query = world.server.presses(sent, label, user=user)
                await world.server.when(lambda query=query: query in world.server.signs)
        assert signs(world) == [(NOT_IN_CHANNELS, True), ("", False)]
        assert world.lines == ["/pump", "/coin PEPE"]

    asyncio.run(run())


def test_a_press_in_a_topic_is_answered_there(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, paged) as world:
            world.server.group("-100", forum=True)
            world.server.says("-100", "7", "/pump", topic=5)
            await world.server.until(1)
            world.server.presses(world.server.accepted[0], "Card", user="7")
            await world.server.until(2)
        assert [ref.address for _, ref in world.asked] == ["-100:5", "-100:5"]
        assert world.server.accepted[1].body["message_thread_id"] == 5

    asyncio.run(run())


def test_a_press_that_waited_too_long_does_nothing(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, paged) as world:
            sent = await shown(world)
            world.server.presses(sent, "Mute", stale=True)
            await world.server.fetched()
        assert world.lines == ["/pump"]
        assert len(world.texts) == 1

    asyncio.run(run())


def test_under_a_message_that_takes_no_edit_the_answer_is_a_new_one(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, paged) as world:
            sent = await shown(world)
            world.server.fault("42", Fault.REFUSED, text="Bad Request: message can't be edited")
            world.server.presses(sent, "More", forgotten=True)
            await world.server.until(2)
        assert world.texts == ["page 1", "page 2"]

    asyncio.run(run())


def test_an_error_does_not_take_the_place_of_a_list(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, paged) as world:
            sent = await shown(world)
            held = world.server.messages["42", int(sent.message_id)]
            world.server.presses_data("coin bad", "42", message=held)
            await world.server.until(2)
        assert world.texts[1] == "✗ did /coin bad"
        assert world.server.edits == []

    asyncio.run(run())


def test_whatever_a_client_sends_as_a_press_breaks_nothing(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage) as world:
            sent = await shown(world, text="/help")
            held = world.server.messages["42", int(sent.message_id)]
            for data in ("/", "!", "\u202e", "💥" * 16, "/forget@x", "x" * 64, "//alert", "!subscribed"):
                query = world.server.presses_data(data, "42", message=held)
                await world.server.when(lambda query=query: query in world.server.signs)
            query = world.server.presses_data("/pump", "42", message=None)  # under a card of inline mode
            await world.server.when(lambda query=query: query in world.server.signs)
        assert signs(world)[-1] == (ELSEWHERE, True)
        assert not [text for text in world.texts if "went wrong" in text]

    asyncio.run(run())


def test_nothing_follows_a_press_where_somebody_presses_too_much(storage: Storage) -> None:
    async def once(line: str, ref: ChatRef) -> View | None:
        return await paged(line, ref) if line == "/pump" else None

    async def run() -> None:
        async with listening(storage, once) as world:
            sent = await shown(world)
            world.server.presses(sent, "Card")
            await world.server.fetched()
        assert len(world.texts) == 1

    asyncio.run(run())
