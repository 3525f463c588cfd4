"""The bot on Discord where others read: channels and posts of a server, and places to which a person brought it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.alerts.delivery import Courier, CourierOptions
from bot.chat.discord.words import CLOSED, MUTE_ROLE, NO_DM, NOT_YOURS, TOO_MANY_DMS, UNKNOWN_ROLE
from bot.commands.base import ChatRef
from bot.views.elements import Button, Note, View
from storage import Storage
from storage.chats import ACTIVE, OFF
from tests.builders_outbox import new_alert, queue
from tests.servers.chat_police import Fault
from tests.servers.discord_gateway import EPHEMERAL, MESSAGE, UPDATE
from tests.servers.discord_people import ADMINISTRATOR, BOT_MAY, EMBED, IN_THREADS, MENTION, SEND, buttons_of, text_of
from tests.servers.discord_world import World, listening

ROLE = "123456789012345678"


def owners(storage: Storage) -> list[tuple[str, str]]:
    """(address of the chat, owner) of all subscriptions."""
    with storage.read() as tx:
        chats = {chat.id: chat.address for chat in tx.chats.active().values()}
        return [(chats[one.chat_id], one.owner) for one in tx.subscriptions.active()]


async def told(world: World, name: str, options: dict[str, Any] | None = None, **how: Any) -> tuple[str, bool]:
    """(what is answered, whether only the person sees it)."""
    asked = world.server.slash(name, options, **how)
    shown = await world.server.answer(asked)
    return text_of(shown), asked.hidden


@pytest.mark.parametrize("channel", ["901", "950"])
def test_who_manages_the_server_subscribes_a_channel_or_a_post(market: Storage, channel: str) -> None:
    async def run() -> None:
        async with listening(market) as world:
            text, hidden = await told(world, "alert", {"what": "pump"}, channel=channel, manages=True)
        assert (text.splitlines()[0].startswith("**Subscribed"), hidden) == (True, True)
        assert world.asked == [
            ("/alert pump", ChatRef("discord", channel, "42", is_group=True, is_admin=True, language="en-US"))
        ]

    asyncio.run(run())
    assert owners(market) == [(channel, "discord:42")]


def test_others_do_not_and_are_offered_a_chat_of_their_own(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            for line in (("mute", {"for": "8h"}), ("settings", {"silent": True}), ("test", None)):
                text, hidden = await told(world, *line, channel="901")
                assert (NOT_YOURS in text, hidden) == (True, True)
            assert "time zone" in (await told(world, "settings", channel="901"))[0] or world.lines == ["/settings"]
            refused = await world.server.answer(world.server.slash("alert", {"what": "pump"}, channel="901"))
            assert list(buttons_of(refused).values()) == ["dm:/alert pump"]
            asked = world.server.press(refused, "in DM")
            assert "direct messages" in text_of(await world.server.answer(asked))
            assert asked.hidden
        assert world.server.opened == ["42"]
        assert [(one.chat, "Subscribed" in one.text) for one in world.server.accepted] == [("742", True)]
        assert world.lines == ["/settings", "/alert pump"]

    asyncio.run(run())
    assert owners(market) == [("742", "discord:42")]


def test_a_list_in_a_channel_offers_both_and_only_shows_to_others(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            asked = world.server.slash("selling", {"min": 3.0}, channel="901")
            shown = await world.server.answer(asked)
            assert (asked.kind, asked.hidden) == (MESSAGE, False)
            labels = buttons_of(shown)
            assert labels["🔔 Alert me at ≥ 3 · here"] == "run:/alert selling min=3"
            assert labels["🔔 Alert me at ≥ 3 · in DM"] == "dm:/alert selling min=3"
            before = text_of(shown)
            other = world.server.press(shown, "By change", user="43")
            own_copy = await world.server.answer(other)
            assert (other.hidden, other.kind, text_of(shown), own_copy is shown) == (True, MESSAGE, before, False)
            mine = world.server.press(shown, "By change")
            await world.server.answer(mine)
            assert (mine.kind, text_of(shown) != before) == (UPDATE, True)
            card = world.server.choose(shown, "SHRT", user="43")
            await world.server.answer(card)
            assert card.hidden
            refused = await world.server.answer(world.server.press(shown, "here", user="43"))
            assert NOT_YOURS in text_of(refused)
            allowed = await world.server.answer(world.server.press(shown, "here", user="44", manages=True))
            assert "Subscribed" in text_of(allowed)

    asyncio.run(run())
    assert owners(market) == [("901", "discord:44")]


@pytest.mark.parametrize("name", ["pump", "alerts"])
def test_a_long_answer_in_the_place_of_another_is_seen_by_those_who_saw_that(market: Storage, name: str) -> None:
    async def long(line: str, _: ChatRef) -> View:
        notes = tuple(Note("x" * 90) for _ in range(50 if "page" in line else 1))
        return View("T", notes, (Button("All", f"/{name} page=2"),))

    async def run() -> None:
        async with listening(market, long) as world:
            asked = world.server.slash(name, channel="901")
            pressed = world.server.press(await world.server.answer(asked), "All")
            await world.server.when(lambda: pressed.follow_ups)
        assert [bool(one["flags"] & EPHEMERAL) for one in pressed.follow_ups] == [asked.hidden]
        assert list(buttons_of(pressed.follow_ups[0])) == ["All"]

    asyncio.run(run())


def test_answers_that_are_of_one_person_are_shown_to_that_person_alone(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            for name in ("alerts", "settings", "export", "forget", "missed", "mute"):
                assert (await told(world, name, channel="901", manages=True))[1], name
            for name in ("pump", "help", "status", "start"):
                assert not (await told(world, name, channel="901"))[1], name
            assert (await told(world, "why", {"ref": "nope"}, channel="901"))[1]
            assert (await told(world, "coin", {"coin": "NOPE"}, channel="901"))[1]  # an error

    asyncio.run(run())


@pytest.mark.parametrize(
    ("channel", "taken", "name_of"),
    [("901", SEND, "Send Messages"), ("901", EMBED, "Embed Links"), ("950", IN_THREADS, "Send Messages in Threads")],
)
def test_a_channel_in_which_the_bot_may_not_write_is_not_subscribed(
    market: Storage, channel: str, taken: int, name_of: str
) -> None:
    async def run() -> None:
        async with listening(market) as world:
            world.server.bot_may = BOT_MAY & ~taken
            text, _ = await told(world, "alert", {"what": "pump"}, channel=channel, manages=True)
            assert f"does not give me {name_of}" in text.replace("\\", "")
            assert "/alert what:pump" in text
            for name, options in (
                ("alert", {"what": "here", "id": 1}),
                ("alert", {"what": "again", "id": 1}),
                ("test", {}),
            ):
                text, _ = await told(world, name, options, channel=channel, manages=True)
                assert f"does not give me {name_of}" in text.replace("\\", ""), options
            for name, options in (("alert", {"what": "off", "id": 1}), ("mute", {"for": "8h"})):
                text, _ = await told(world, name, options, channel=channel, manages=True)
                assert "does not give me" not in text

    asyncio.run(run())
    assert owners(market) == []


def test_a_post_of_a_forum_needs_no_right_of_channels(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            world.server.bot_may = BOT_MAY & ~SEND
            assert "Subscribed" in (await told(world, "alert", {"what": "pump"}, channel="950", manages=True))[0]

    asyncio.run(run())


def test_closed_direct_messages_switch_the_chat_off_and_start_brings_it_back(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}, channel="901"))
            world.server.fault("742", Fault.BLOCKED)
            asked = world.server.press(shown, "in DM")
            text = text_of(await world.server.answer(asked)).replace("\\", "")
            assert (CLOSED[:40] in text, asked.hidden) == (True, True)
            with market.read() as tx:
                chat = tx.chats.find("discord", "742")
                assert chat is not None
                assert (chat.status, len(tx.subscriptions.of_chat(chat.id))) == (OFF, 1)
            listed = await world.server.answer(world.server.slash("alerts"))
            assert "This chat is off, and nothing rings here: Cannot send messages to this user" in text_of(listed)
            assert buttons_of(listed)["Turn it on"] == "run:/start"
            assert "rings again" in (await told(world, "start"))[0]
            assert "This chat is off" not in (await told(world, "alerts"))[0]
            with market.read() as tx:
                chat = tx.chats.find("discord", "742")
                assert chat is not None
                assert chat.status == ACTIVE

    asyncio.run(run())


def test_who_asks_again_for_what_a_chat_that_is_off_has_brings_it_back(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}, channel="901"))
            world.server.fault("742", Fault.BLOCKED)
            await world.server.answer(world.server.press(shown, "in DM"))
            with market.read() as tx:
                assert tx.chats.find("discord", "742").status == OFF
            await world.server.answer(world.server.press(shown, "in DM"))
            (told,) = world.server.accepted
            assert "1 subscription rings again" in told.text
            with market.read() as tx:
                assert tx.chats.find("discord", "742").status == ACTIVE
            await world.server.answer(world.server.press(shown, "in DM"))
            assert "You have that already" in world.server.accepted[-1].text

    asyncio.run(run())
    assert owners(market) == [("742", "discord:42")]


def test_a_message_that_discord_does_not_take_is_told_where_it_was_pressed(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}, channel="901"))
            world.server.fault("742", Fault.REFUSED, status=403, code=40003, text="too fast")
            text = text_of(await world.server.answer(world.server.press(shown, "in DM")))
            assert "did not take my message" in text
            with market.read() as tx:
                chat = tx.chats.find("discord", "742")
                assert chat is not None
                assert chat.status == ACTIVE

    asyncio.run(run())


def test_new_conversations_are_begun_a_few_at_a_time_and_known_ones_at_once(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}, channel="901"))
            for user in range(50, 60):
                world.clock.instant = world.clock.instant
                world.clock._passed += 2.0
                await world.server.answer(world.server.press(shown, "in DM", user=str(user)))
            refused = await world.server.answer(world.server.press(shown, "in DM", user="60"))
            assert TOO_MANY_DMS[:40] in text_of(refused)
            await world.server.drops(4004)  # for Discord it is the same bot when it has logged in again
            await world.server.connected(2)
            refused = await world.server.answer(world.server.press(shown, "in DM", user="60"))
            assert TOO_MANY_DMS[:40] in text_of(refused)
            again = await world.server.answer(world.server.press(shown, "in DM", user="50"))
            assert "direct messages" in text_of(again)
            world.clock._passed += 600.0
            await world.server.answer(world.server.press(shown, "in DM", user="60"))
        assert world.server.opened == [str(user) for user in range(50, 61)]

    asyncio.run(run())


def test_who_ask_at_once_are_each_written_to_and_nobodys_conversation_is_begun_twice(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}, channel="901"))
            pressed = [world.server.press(shown, "in DM", user=user) for user in ("42", "42", "43")]
            told = [text_of(await world.server.answer(one)) for one in pressed]
        assert ["direct messages" in text and "✗" not in text for text in told] == [True] * 3
        assert sorted(world.server.opened) == ["42", "43"]

    asyncio.run(run())
    assert sorted(owners(market)) == [("742", "discord:42"), ("743", "discord:43")]


def test_asked_to_wait_the_library_writes_once_more_and_no_more_than_that(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}, channel="901"))
            world.server.fault("742", Fault.LIMITED, seconds=0.01)
            told = await world.server.answer(world.server.press(shown, "in DM"))
            assert "direct messages" in text_of(told)
        assert [one.chat for one in world.server.accepted] == ["742"]

    asyncio.run(run())


def test_a_conversation_is_remembered_over_a_restart(market: Storage) -> None:
    async def press(world: World) -> None:
        async def one(line: str, _: ChatRef) -> View:
            return View(line)

        shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}, channel="901"))
        await world.server.answer(world.server.press(shown, "in DM"))

    async def run() -> None:
        async with listening(market) as world:
            await press(world)
            assert world.server.opened == ["42"]
            commands = world.server.commands
        async with listening(market) as world:
            world.server.commands = commands
            await press(world)
            assert world.server.opened == []

    asyncio.run(run())


def test_what_discord_says_of_too_many_conversations_is_heeded(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}, channel="901"))
            world.server.fault(
                "dm:42", Fault.REFUSED, status=403, code=40003, text="You are opening direct messages too fast"
            )
            world.server.fault("dm:43", Fault.REFUSED, status=403, code=50278, text="no mutual guilds")
            told = await world.server.answer(world.server.press(shown, "in DM"))
            assert TOO_MANY_DMS[:40] in text_of(told)
            world.clock._passed += 60.0
            told = await world.server.answer(world.server.press(shown, "in DM", user="44"))
            assert TOO_MANY_DMS[:40] in text_of(told)  # it is not asked again for ten minutes
            world.clock._passed += 600.0
            told = await world.server.answer(world.server.press(shown, "in DM", user="43"))
            assert NO_DM[:40] in text_of(told)
        assert world.server.opened == []
        assert world.lines == ["/pump min=3"]

    asyncio.run(run())


@pytest.mark.parametrize("foreign", ["group", "friend", "server"])
def test_where_a_person_brought_the_bot_along_their_own_chat_is_meant(market: Storage, foreign: str) -> None:
    async def run() -> None:
        async with listening(market) as world:
            text, hidden = await told(world, "pump", {"min": 3.0}, channel="1000", foreign=foreign)
            assert ("PUMP" in text, hidden) == (True, False)
            assert world.server.opened == []
            text, hidden = await told(world, "alert", {"what": "pump"}, channel="1000", foreign=foreign)
            assert ("direct messages" in text, hidden) == (True, True)
            text, _ = await told(world, "alerts", channel="1000", foreign=foreign)
            assert "1 subscription" in text
        assert world.server.opened == ["42"]
        assert [(one.chat, "Subscribed" in one.text) for one in world.server.accepted] == [("742", True)]

    asyncio.run(run())
    assert owners(market) == [("742", "discord:42")]


def test_a_role_is_chosen_of_those_that_there_are(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            how: dict[str, Any] = {"channel": "901", "manages": True}
            offered = await world.server.choices(world.server.types("settings", "mention", "tra", **how))
            assert [one["value"] for one in offered] == ["off", ROLE]
            for typed in (ROLE, "traders", "@Traders", f"<@&{ROLE}>"):
                text, _ = await told(world, "settings", {"mention": typed}, **how)
                assert ROLE in text
            for typed in ("900", "everyone", "@everyone", "nobody", "999999999999999999"):
                text, _ = await told(world, "settings", {"mention": typed}, **how)
                assert UNKNOWN_ROLE[:24] in text
            assert ROLE in (await told(world, "settings", **how))[0]
            assert ROLE not in (await told(world, "settings", {"mention": "off"}, **how))[0]
            assert "server" in (await told(world, "settings", {"mention": "traders"}))[0]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("mentionable", "bot_may", "taken"),
    [(True, 0, True), (False, 0, False), (False, MENTION, True), (False, ADMINISTRATOR, True)],
)
def test_a_role_whose_people_the_bot_would_not_reach_is_not_taken(
    market: Storage, mentionable: bool, bot_may: int, taken: bool
) -> None:
    async def run() -> None:
        async with listening(market) as world:
            role = next(one for one in world.server.guilds["900"]["roles"] if one["id"] == ROLE)
            world.server.dispatch("GUILD_ROLE_UPDATE", {"guild_id": "900", "role": role | {"mentionable": mentionable}})
            world.server.bot_may = BOT_MAY | bot_may
            how: dict[str, Any] = {"channel": "901", "manages": True}
            text, hidden = await told(world, "settings", {"mention": "traders"}, **how)
            assert (MUTE_ROLE[:40] not in text, hidden) == (taken, True)
            assert (ROLE in (await told(world, "settings", **how))[0]) is taken
            assert MUTE_ROLE[:40] not in (await told(world, "settings", {"mention": "off"}, **how))[0]

    asyncio.run(run())


def test_the_role_of_a_channel_is_called_by_its_alerts_and_not_by_silent_ones(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            how: dict[str, Any] = {"channel": "901", "manages": True}
            await told(world, "settings", {"mention": "traders"}, **how)
            await deliver(market, world, "first")
            await told(world, "settings", {"silent": True}, **how)
            await deliver(market, world, "second")
            await told(world, "settings", {"silent": False, "mention": "off"}, **how)
            await deliver(market, world, "third")
        mentions = [one.body["allowed_mentions"] for one in world.server.accepted]
        assert mentions == [{"parse": [], "roles": [ROLE]}, {"parse": []}, {"parse": []}]

    asyncio.run(run())


async def deliver(storage: Storage, world: World, name: str) -> None:
    """Send an alert to the channel, as delivery does."""
    with storage.read() as tx:
        chat = tx.chats.find("discord", "901")
    assert chat is not None
    queue(storage, chat, new_alert(name, subscription=None))
    courier = Courier(storage, {"discord": world.sender}, world.clock, CourierOptions("me"))
    await courier.drain()
    await courier.stop()


def test_a_button_that_subscribes_has_room_for_where_it_rings(market: Storage) -> None:
    async def long(line: str, _: ChatRef) -> View:
        return View(line, buttons=(Button("🔔 Alert me " + "x" * 100, "/alert pump"),))

    async def run() -> None:
        async with listening(market, long) as world:
            shown = await world.server.answer(world.server.slash("pump", channel="901"))
        here, in_dm = buttons_of(shown)
        assert (here.endswith("… · here"), in_dm.endswith("… · in DM"), len(here) <= 80) == (True, True, True)

    asyncio.run(run())


def test_a_link_is_about_the_person_wherever_it_is_sent(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            for how in ({"channel": "901"}, {"channel": "1000", "foreign": "server"}, {}):
                text, hidden = await told(world, "link", **how)
                assert "Send this to me on Telegram" in text
                assert hidden == bool(how)
        assert {ref for _, ref in world.asked} == {ChatRef("discord", "742", "42", language="en-US")}

    asyncio.run(run())
