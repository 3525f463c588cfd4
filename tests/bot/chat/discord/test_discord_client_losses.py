"""What becomes of channels and conversations on Discord that take nothing any more, and who is told."""

from __future__ import annotations

import asyncio

import pytest

from bot.alerts.delivery import Courier, CourierOptions
from bot.clock import FixedClock
from bot.views.elements import View
from storage import Storage
from storage.chats import ACTIVE, OFF
from storage.outbox import NewDelivery
from tests.builders_outbox import new_alert
from tests.builders_storage import NOW
from tests.servers.chat_police import Fault
from tests.servers.discord_gateway import DiscordGateway
from tests.servers.discord_people import text_of
from tests.servers.discord_world import World, bot_on, listening, town


def status(storage: Storage, address: str) -> tuple[str, int]:
    """(on or off, living subscriptions)."""
    with storage.read() as tx:
        chat = tx.chats.find("discord", address)
        assert chat is not None
        return chat.status, len(tx.subscriptions.of_chat(chat.id))


async def subscribed(world: World, channel: str, user: str = "42") -> None:
    shown = await world.server.answer(
        world.server.slash("alert", {"what": "pump", "min": 3.0}, channel=channel, manages=True, user=user)
    )
    assert "Subscribed" in text_of(shown)


def test_a_server_that_was_left_is_off_with_what_it_had_and_its_subscriber_is_told_once(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            await world.server.answer(world.server.slash("start"))  # a conversation, with which it can be told
            await subscribed(world, "901")
            await subscribed(world, "950")
            world.server.leaves("900")
            await world.server.until(2)
            assert {status(market, one) for one in ("901", "950")} == {(OFF, 1)}
            assert {one.chat for one in world.server.accepted} == {"742"}
            assert all("I can no longer write" in one.text for one in world.server.accepted)
            world.server.guild("900", {"901": "alerts"})
            world.server.dispatch("GUILD_CREATE", world.server.guilds["900"])
            shown = await world.server.answer(world.server.slash("start", channel="901"))
            assert "rings again" in text_of(shown)
        assert status(market, "901") == (ACTIVE, 1)

    asyncio.run(run())


def test_while_discord_cannot_be_reached_by_a_server_nothing_of_it_is_switched_off(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            await subscribed(world, "901")
            world.server.dispatch("GUILD_DELETE", {"id": "900", "unavailable": True})
            await subscribed(world, "950")  # answered, and heard after it
            world.server.dispatch("GUILD_CREATE", world.server.guilds["900"])
            await world.server.answer(world.server.slash("help", channel="901"))
            assert {status(market, one) for one in ("901", "950")} == {(ACTIVE, 1)}
            assert world.server.accepted == []

    asyncio.run(run())


@pytest.mark.parametrize("channel", ["901", "950"])
def test_a_deleted_channel_is_off_and_told_where_the_server_has_its_notices(market: Storage, channel: str) -> None:
    async def run() -> None:
        async with listening(market) as world:
            await subscribed(world, channel)  # by somebody who never wrote to the bot
            world.server.deletes(channel)
            await world.server.until(1)
            (told,) = world.server.accepted
        assert told.chat == "902"
        assert "the channel was deleted" in told.text
        assert status(market, channel) == (OFF, 1)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        (Fault.DELETED, {}),
        (Fault.KICKED, {}),
        (Fault.REFUSED, {"status": 403, "code": 50013, "text": "Missing Permissions"}),
        (Fault.REFUSED, {"status": 400, "code": 50083, "text": "Thread is archived"}),
    ],
)
def test_a_channel_that_refuses_an_alert_is_told_of_once(market: Storage, fault: Fault, how: dict) -> None:
    async def run() -> None:
        async with listening(market) as world:
            await subscribed(world, "901")
            world.server.fault("901", fault, **how)
            await deliver(market, world)
            await world.server.until(1)
            (told,) = world.server.accepted
        assert told.chat == "902"  # where the server has its notices, for nobody has a conversation
        text = told.text.replace("\\", "")
        assert "#alerts of Server 900" in text
        assert "1 subscription is kept" in text
        assert status(market, "901") == (OFF, 1)

    asyncio.run(run())


def test_a_channel_that_refuses_an_alert_before_the_bot_is_connected_is_told_of_too(
    market: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.discord.gateway.GUILDS_SECONDS", 0.5)

    async def run() -> None:
        clock = FixedClock(NOW)
        async with asyncio.timeout(20), DiscordGateway(clock.monotonic) as server:
            town(server)
            async with bot_on(server, market, clock) as world:
                await server.connected()
                await subscribed(world, "901")
            server.sessions.clear()
            server.opens.clear()
            server.fault("901", Fault.KICKED)
            async with bot_on(server, market, clock) as world:
                await deliver(market, world)
                assert status(market, "901") == (OFF, 1)
                server.opens.set()
                await server.until(1)
            (told,) = server.accepted
            assert (told.chat, "alerts of Server 900" in told.text) == ("902", True)

    asyncio.run(run())


def test_who_closed_a_conversation_is_not_written_to_elsewhere(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            shown = await world.server.answer(world.server.slash("alert", {"what": "pump"}))
            assert "Subscribed" in text_of(shown)
            world.server.fault("742", Fault.BLOCKED)
            await deliver(market, world, "742")
        assert status(market, "742") == (OFF, 1)
        assert world.server.accepted == []

    asyncio.run(run())


async def deliver(storage: Storage, world: World, address: str = "901") -> None:
    """Send one alert to a channel, as delivery does."""
    with storage.write() as tx:
        chat = tx.chats.find("discord", address)
        assert chat is not None
        one = NewDelivery(chat.id, "discord", f"d{address}", (new_alert("a"),), 1, NOW, NOW.replace(year=2030))
        tx.outbox.enqueue([one], NOW)
    courier = Courier(storage, {"discord": world.sender}, world.clock, CourierOptions("me"))
    await courier.drain()
    await courier.stop()


def test_a_chat_is_told_of_itself_and_where_that_fails_the_log_says_so(
    market: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with listening(market) as world:
            await world.chat.tell("742", View("told"))
            world.server.fault("742", Fault.BLOCKED)
            await world.chat.tell("742", View("not told"))
            assert [one.text for one in world.server.accepted] == ["**told**"]
        await world.chat.tell("742", View("nobody listens"))

    asyncio.run(run())
    assert [one.getMessage().partition(":")[0] for one in caplog.records if one.levelname == "WARNING"] == [
        "Discord did not take what it was to be told",
        "a chat is not told",
    ]
