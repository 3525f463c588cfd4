"""The bot on Telegram in groups, topics and channels, and what becomes of chats."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.chat.telegram.membership import BLOCKED, REMOVED
from bot.chat.telegram.words import GONE
from bot.commands.base import ChatRef
from bot.views.elements import Button, View
from storage import Storage
from storage.chats import ACTIVE, OFF
from tests.builders_storage import NOW
from tests.servers.chat_police import Fault
from tests.servers.telegram_people import BOT
from tests.servers.telegram_world import World, listening

WISH = {"signal": "pump", "minimum": 3.0, "side": "BUY"}


async def echo(line: str, _: ChatRef) -> View:
    return View(f"did {line}")


def subscribed(storage: Storage, *addresses: str) -> None:
    with storage.write() as tx:
        for address in addresses:
            tx.subscriptions.add(tx.chats.put("telegram", address, NOW).id, "telegram:7", "pump", WISH, NOW)


def states(storage: Storage) -> dict[str, tuple[str, str | None]]:
    """Each chat's status and why, of those that have subscriptions."""
    with storage.read() as tx:
        chats = (tx.chats.by_id(one.chat_id) for one in tx.subscriptions.of_owner("telegram:7"))
        return {chat.address: (chat.status, chat.off_reason) for chat in chats if chat is not None}


async def groups(world: World) -> None:
    world.server.group("-100", admins={"7"})
    world.server.channel("-900", admins={"7"})


def test_a_group_is_answered_with_a_reply(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await groups(world)
            sent = world.server.says("-100", "8", "/pump@tocsin_bot min=6")
            await world.server.until(1)
        assert world.asked == [("/pump min=6", ChatRef("telegram", "-100", "8", is_group=True, is_admin=False))]
        (answer,) = world.server.accepted
        assert answer.body["reply_parameters"] == {"message_id": sent, "allow_sending_without_reply": True}
        assert world.server.violations == 0

    asyncio.run(run())


def test_in_a_group_what_is_not_for_us_is_ignored(storage: Storage) -> None:
    texts = (
        "/pump@another_bot",
        "hello",
        "pump min=6",
        "/unknown",
        "see /pump",
        "/",
        "//pump",
        "@tocsin_bot help",
        "💥",
    )

    async def run() -> None:
        async with listening(storage, echo) as world:
            await groups(world)
            for text in texts:
                world.server.says("-100", "7", text)
            await world.server.fetched()
        assert (world.asked, world.texts) == ([], [])

    asyncio.run(run())


def test_in_a_group_an_unknown_command_that_names_us_is_answered(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage) as world:
            await groups(world)
            world.server.says("-100", "7", "/pmup@tocsin_bot")
            await world.server.until(1)
        assert "did you mean /pump" in world.texts[0]

    asyncio.run(run())


def test_administrators_are_asked_for_once_in_five_minutes(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await groups(world)
            for count, user in enumerate(("7", "7", "8"), 1):
                world.server.says("-100", user, "/pump")
                await world.server.until(count)
            assert [ref.is_admin for _, ref in world.asked] == [True, True, False]
            assert world.server.names().count("getChatMember") == 2
            world.server.admins["-100"] = {"8"}
            world.clock.advance(timedelta(minutes=6))
            for count, user in enumerate(("7", "8"), 4):
                world.server.says("-100", user, "/pump")
                await world.server.until(count)
        assert [ref.is_admin for _, ref in world.asked[3:]] == [False, True]

    asyncio.run(run())


def test_whom_telegram_does_not_tell_of_is_no_administrator_and_is_asked_for_again(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await groups(world)
            world.server.deaf = True
            world.server.says("-100", "7", "/pump")
            await world.server.until(1)
            world.server.deaf = False
            world.server.says("-100", "7", "/pump")
            await world.server.until(2)
        assert [ref.is_admin for _, ref in world.asked] == [False, True]

    asyncio.run(run())


def test_anonymous_administrators_are_known_as_their_group(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await groups(world)
            world.server.says("-100", "7", "/alert pump", anonymous=True)
            await world.server.until(1)
            world.server.says("-100", "8", "/alert pump", as_chat="-555")
            await world.server.until(2)
        assert [(ref.user, ref.is_admin) for _, ref in world.asked] == [("-100", True), ("-555", False)]
        assert "getChatMember" not in world.server.names()

    asyncio.run(run())


def test_other_bots_and_copies_of_a_channels_posts_are_not_answered(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await groups(world)
            world.server.says("-100", "7", "/pump", **{"from": BOT | {"id": 5}})
            world.server.says("-100", "7", "/pump", via_bot=BOT)
            world.server.says("-100", "7", "/pump", as_chat="-900", is_automatic_forward=True)
            await world.server.fetched()
        assert world.asked == []

    asyncio.run(run())


def test_a_topic_is_a_chat_of_its_own(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            world.server.group("-100", forum=True)
            world.server.says("-100", "7", "/pump", topic=5)
            await world.server.until(1)
            world.server.says("-100", "7", "/pump", message_thread_id=9)  # a thread of replies, and no topic
            await world.server.until(2)
        assert [ref.address for _, ref in world.asked] == ["-100:5", "-100"]
        assert [one.body.get("message_thread_id") for one in world.server.accepted] == [5, None]

    asyncio.run(run())


def test_a_channel_is_answered_where_the_bot_is_an_administrator(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await groups(world)
            world.server.says("-900", "7", "/pump min=6")
            world.server.says("-900", "7", "An article about pumps")
            await world.server.fetched()
        assert world.asked == [("/pump min=6", ChatRef("telegram", "-900", "-900", is_group=True, is_admin=True))]
        assert [one.chat for one in world.server.accepted] == ["-900"]

    asyncio.run(run())


def test_a_group_is_paced_by_its_minute(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await groups(world)
            for count in range(1, 26):
                world.server.says("-100", "7", "/pump")
                await world.server.until(count)
            assert world.clock.monotonic() > 60
        assert world.server.violations == 0

    asyncio.run(run())


def test_who_blocks_the_bot_is_told_nothing_more_until_they_start_it(storage: Storage) -> None:
    subscribed(storage, "42", "43")

    async def run() -> None:
        async with listening(storage) as world:
            world.server.blocks("42")
            await world.server.fetched()
            world.server.unblocks("42")
            await world.server.fetched()
        assert states(storage) == {"42": (OFF, BLOCKED), "43": (ACTIVE, None)}
        assert world.texts == []
        async with listening(storage) as world:
            world.server.says("42", "42", "/start")
            await world.server.until(1)
        assert "is on again" in world.texts[0]
        assert states(storage)["42"] == (ACTIVE, None)

    asyncio.run(run())


@pytest.mark.parametrize("how", ["kicked", "left"])
def test_a_group_that_removes_the_bot_is_off_with_its_topics(storage: Storage, how: str) -> None:
    subscribed(storage, "-100", "-100:5", "-1001")

    async def run() -> None:
        async with listening(storage) as world:
            world.server.removes("-100", "7", how)
            await world.server.fetched()

    asyncio.run(run())
    off = (OFF, REMOVED)
    assert states(storage) == {"-100": off, "-100:5": off, "-1001": (ACTIVE, None)}


def test_one_start_turns_on_all_topics_of_a_group_that_had_removed_the_bot(storage: Storage) -> None:
    subscribed(storage, "-100:5", "-100:6", "-100:7", "-1001")
    closed = "Telegram: not sent (400 Bad Request: TOPIC_CLOSED)"

    async def run() -> None:
        async with listening(storage) as world:
            await groups(world)
            world.server.removes("-100", "7")
            world.server.removes("-1001", "7")
            await world.server.fetched()
            with storage.write() as tx:
                shut, kicked = (tx.chats.find("telegram", address) for address in ("-100:6", "-100:7"))
                assert shut is not None
                assert kicked is not None
                tx.chats.switch_off(shut.id, closed)
                tx.chats.switch_off(kicked.id, "Telegram: not sent (403 Forbidden: bot was kicked from the group chat)")
            world.server.adds("-100", "7")
            await world.server.until(1)
            assert "rings again after /start" in world.texts[0]
            world.server.says("-100", "7", "/start@tocsin_bot")
            await world.server.until(2)

    asyncio.run(run())
    on = (ACTIVE, None)
    assert states(storage) == {"-100:5": on, "-100:6": (OFF, closed), "-100:7": on, "-1001": (OFF, REMOVED)}


def test_a_group_that_adds_the_bot_is_welcomed(storage: Storage) -> None:
    subscribed(storage, "-200")

    async def run() -> None:
        async with listening(storage) as world:
            world.server.group("-100")
            world.server.adds("-100", "7")
            await world.server.until(1)
            world.server.removes("-200", "7")
            await world.server.fetched()
            world.server.adds("-200", "7")
            await world.server.until(2)
            await groups(world)
            world.server.adds("-900", "7")  # a channel's readers need no welcome
            await world.server.fetched()
        first, again = world.server.accepted
        assert (first.chat, again.chat) == ("-100", "-200")
        assert first.text.startswith("tocsin rings")
        assert "/start" not in first.text
        assert "rings again after /start" in again.text

    asyncio.run(run())


@pytest.mark.parametrize("is_told_of_its_end_first", [False, True])
def test_a_group_that_becomes_a_supergroup_keeps_what_it_had(storage: Storage, is_told_of_its_end_first: bool) -> None:
    subscribed(storage, "-5")

    async def run() -> None:
        async with listening(storage, echo) as world:
            world.server.group("-5", kind="group")
            if is_told_of_its_end_first:
                world.server.removes("-5", "7", "left")
                await world.server.fetched()
            world.server.migrates("-5", "-1005")
            await world.server.fetched()
            world.server.adds("-1005", "7")
            await world.server.fetched()
        assert world.texts == []

    asyncio.run(run())
    assert states(storage) == {"-1005": (ACTIVE, None)}


def test_an_answer_follows_a_group_that_moved_meanwhile(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            world.server.group("-5", kind="group")
            world.server.fault("-5", Fault.MIGRATED, to="-1005")
            world.server.says("-5", "7", "/pump")
            await world.server.until(1)
        assert [one.chat for one in world.server.accepted] == ["-1005"]

    asyncio.run(run())


def test_no_message_of_the_new_group_is_taken_for_the_one_that_is_answered(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            world.server.group("-5", kind="group")
            world.server.fault("-5", Fault.MIGRATED, to="-1005")
            world.server.says("-5", "7", "/pump")
            await world.server.until(1)
        assert "reply_parameters" not in world.server.accepted[0].body

    asyncio.run(run())


def test_a_press_in_a_group_that_moved_meanwhile_is_answered_where_it_is_now(storage: Storage) -> None:
    async def pages(line: str, _: ChatRef) -> View:
        return View(line, buttons=(Button("More", "/pump page=2"),))

    async def run() -> None:
        async with listening(storage, pages) as world:
            world.server.group("-5", kind="group")
            world.server.says("-5", "7", "/pump")
            await world.server.until(1)
            world.server.fault("-5", Fault.MIGRATED, 2, to="-1005")  # the edit, and what is sent instead
            world.server.presses(world.server.accepted[0], "More", user="7")
            await world.server.until(2)
        assert [(one.chat, one.text) for one in world.server.accepted[1:]] == [("-1005", "/pump page=2")]

    asyncio.run(run())


def test_an_edited_post_of_a_channel_changes_its_answer(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            world.server.channel("-900", admins={"7"})
            sent = world.server.says("-900", "7", "/pump min=6")
            await world.server.until(1)
            world.server.says("-900", "7", "/pump min=7", edits=sent)
            await world.server.when(lambda: world.server.edits)
        assert [one.text for one in world.server.edits] == ["did /pump min=7"]

    asyncio.run(run())


def test_a_press_in_a_topic_whose_message_is_not_told_any_more_changes_no_other_topic(storage: Storage) -> None:
    async def mutes(line: str, _: ChatRef) -> View:
        return View(line, buttons=(Button("Mute", "/mute 8h"),))

    async def run() -> None:
        async with listening(storage, mutes) as world:
            world.server.group("-100", admins={"7"}, forum=True)
            world.server.says("-100", "7", "/pump", topic=5)
            await world.server.until(1)
            query = world.server.presses(world.server.accepted[0], "Mute", user="7", forgotten=True)
            await world.server.when(lambda: query in world.server.signs)
        assert world.server.signs[query]["text"] == GONE
        assert world.lines == ["/pump"]

    asyncio.run(run())
