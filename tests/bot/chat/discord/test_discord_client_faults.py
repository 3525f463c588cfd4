"""What can go wrong between the bot and Discord: connections, tokens, limits, channels that are gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest

from bot.chat.discord.words import HELD_BACK, REFUSED, UNREACHED
from bot.clock import FixedClock
from bot.commands import COMMANDS
from bot.commands.base import ChatRef
from bot.views.elements import Note, View
from storage import Storage
from tests.builders_storage import NOW
from tests.servers.chat_police import Fault
from tests.servers.discord_gateway import DiscordGateway
from tests.servers.discord_people import Asked, text_of
from tests.servers.discord_world import World, bot_on, listening, town


async def echo(line: str, _: ChatRef) -> View:
    return View(f"did {line}")


async def answers(world: World, name: str = "help") -> bool:
    shown = await world.server.answer(world.server.slash(name))
    return shown["content"] == f"**did /{name}**"


@pytest.mark.parametrize("compresses", [True, False])
def test_it_identifies_without_any_privileged_intent(market: Storage, compresses: bool) -> None:
    async def run() -> None:
        async with asyncio.timeout(20), DiscordGateway() as server:
            server.compresses = compresses
            town(server)
            async with bot_on(server, market, FixedClock(NOW), echo) as world:
                await server.connected()
                assert await answers(world)
        assert server.identified[0]["intents"] == 1
        assert server.identified[0]["shard"] == [0, 1]

    asyncio.run(run())


def test_several_shards_each_connect(market: Storage) -> None:
    async def run() -> None:
        async with asyncio.timeout(20), DiscordGateway() as server:
            server.shards = 2
            async with bot_on(server, market, FixedClock(NOW), echo) as world:
                await server.connected(2)
                assert await answers(world)
        assert [one["shard"] for one in server.identified] == [[0, 2], [1, 2]]

    asyncio.run(run())


def test_asked_to_reconnect_it_resumes_and_misses_nothing(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, echo) as world:
            assert await answers(world)
            await world.server.reconnects()
            await world.server.when(lambda: not world.server._live() or world.server.resumed)
            asked = world.server.slash("pump")  # perhaps while nobody listens
            assert (await world.server.answer(asked))["content"] == "**did /pump**"
            await world.server.connected(2)
        assert len(world.server.identified) == 1
        assert world.server.resumed[0]["session_id"] == "session1"
        assert world.chat.fault == ""

    asyncio.run(run())


def test_a_session_that_is_no_more_is_begun_anew(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, echo) as world:
            await world.server.invalidates()
            await world.server.connected(2)
            assert await answers(world)
        assert (len(world.server.identified), len(world.server.resumed)) == (2, 0)
        assert len(world.server.synced) == 1

    asyncio.run(run())


def test_a_lost_connection_is_resumed(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, echo) as world:
            await world.server.drops()
            await world.server.connected(2)
            assert await answers(world)
        assert len(world.server.resumed) == 1

    asyncio.run(run())


def test_commands_are_written_only_where_they_changed(market: Storage) -> None:
    async def run() -> None:
        clock = FixedClock(NOW)
        async with asyncio.timeout(20), DiscordGateway(clock.monotonic) as server:
            for commands in (COMMANDS, COMMANDS, COMMANDS[:-1], COMMANDS[:-1]):
                server.sessions.clear()
                server.identified.clear()
                async with bot_on(server, market, clock, echo, commands=commands):
                    await server.connected()
        assert [len(one) for one in server.synced] == [len(COMMANDS), len(COMMANDS) - 1]

    asyncio.run(run())


def test_commands_that_discord_does_not_take_are_written_again_later_while_people_are_answered(
    market: Storage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried = []

    def wrong(commands: list[dict]) -> Iterator[str]:
        tried.append(commands)
        return iter(["commands: later"] if len(tried) < 4 else [])

    monkeypatch.setattr("tests.servers.discord_gateway.wrong_commands", wrong)

    async def run() -> None:
        async with listening(market, echo) as world:
            await world.server.when(lambda: world.server.synced)
            assert await answers(world)
            assert world.clock.monotonic() // 300.0 == 3
        assert len(tried) == 4

    asyncio.run(run())
    assert len([one for one in caplog.records if "slash commands stay" in one.getMessage()]) == 1


def test_a_refused_token_is_said_and_tried_seldom_and_a_new_one_needs_no_restart(
    market: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        clock = FixedClock(NOW)
        async with asyncio.timeout(20), DiscordGateway(clock.monotonic) as server:
            server.fault(None, Fault.REVOKED, times=None)
            async with bot_on(server, market, clock, echo) as world:
                while world.chat.fault != REFUSED:
                    await asyncio.sleep(0)
                assert clock.monotonic() % 300 == 0
                server.lift()
                await server.connected()
                assert await answers(world)
                assert world.chat.fault == ""

    caplog.set_level(logging.DEBUG)
    asyncio.run(run())
    assert len([one for one in caplog.records if one.levelname == "ERROR" and REFUSED in one.getMessage()]) == 1


def test_a_token_that_the_gateway_refuses_is_said_too(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, echo) as world:
            world.server.fault(None, Fault.REVOKED, times=None)
            await world.server.drops(4009)
            while world.chat.fault != REFUSED:
                await asyncio.sleep(0)

    asyncio.run(run())


def test_where_discord_does_not_answer_the_bot_waits_longer_each_time(market: Storage) -> None:
    async def run() -> None:
        clock = FixedClock(NOW)
        async with asyncio.timeout(20), DiscordGateway(clock.monotonic) as server:
            server.fault(None, Fault.CLOSE_BEFORE_READ, times=4)
            async with bot_on(server, market, clock, echo) as world:
                await server.connected()
                assert clock.monotonic() >= 5 + 10  # each try is two requests
                assert await answers(world)
                assert world.chat.fault == ""

    asyncio.run(run())


def test_no_log_and_no_error_holds_the_token(market: Storage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def breaks(line: str, _: ChatRef) -> View:
        raise RuntimeError(f"with {DiscordGateway.token} in it")

    async def run() -> None:
        async with listening(market, breaks) as world:
            shown = await world.server.answer(world.server.slash("pump"))
            assert DiscordGateway.token not in text_of(shown)
            await world.server.drops(4000)
            await world.server.connected(2)

    asyncio.run(run())
    formatter = logging.Formatter()
    text = "\n".join(formatter.format(one) for one in caplog.records)
    assert "with" in text
    assert "discord.gateway" in {one.name for one in caplog.records}
    assert DiscordGateway.token not in text


def test_long_before_discord_shuts_out_the_address_nothing_is_asked(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, echo, most_invalid=5) as world:
            assert await answers(world)
            for _ in range(5):
                world.sender.api.refusals.note(403, {})
            before = world.server.requests
            asked = world.server.slash("pump")

            while world.lines[-1] != "/pump":
                await asyncio.sleep(0)
            for _ in range(50):
                await asyncio.sleep(0)
            assert (world.server.requests, asked.kind, world.chat.fault) == (before, None, HELD_BACK)
            world.clock._passed += 601.0
            assert await answers(world)
            assert world.chat.fault == ""

    asyncio.run(run())


def test_what_the_library_is_refused_counts_as_well(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, echo, most_invalid=3) as world:
            for _ in range(3):
                await world.sender.alive()
            world.server.fault("742", Fault.KICKED, times=None)
            for _ in range(3):
                channel = "742"
                response = await world.sender.api.ask("POST", f"/channels/{channel}/messages", body={"content": "x"})
                assert response.status == 403
            assert world.chat.fault == HELD_BACK

    asyncio.run(run())


def test_the_library_asks_at_the_pace_of_the_limiter_and_not_while_it_answers_people(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, echo) as world:
            for _ in range(50):
                world.limiter.passed(None, world.clock.monotonic())
            before = world.clock.monotonic()
            assert await answers(world)
            assert world.clock.monotonic() == before
            await world.server.answer(world.server.slash("alert", {"what": "pump"}, channel="1", foreign="friend"))
            assert world.clock.monotonic() >= before + 1.0
        assert world.server.violations == 0

    asyncio.run(run())


def test_where_discord_wants_a_longer_pause_of_everything_the_library_keeps_it_too(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            await world.server.answer(world.server.slash("start"))
            shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}, channel="901"))
            world.limiter.refused("1", 120.0, world.clock.monotonic(), everywhere=True)
            told = await world.server.answer(world.server.press(shown, "in DM"))
            assert "did not take my message" in text_of(told)
            assert world.server.accepted == []
            world.clock._passed += 120.0
            await world.server.answer(world.server.press(shown, "in DM"))
            await world.server.until(1)

    asyncio.run(run())


def test_what_is_told_unasked_is_whole_and_under_nonces_that_a_retry_of_the_library_repeats(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            await world.chat.tell("742", View("T", tuple(Note(f"{at} " + "x" * 90) for at in range(50))))
            lines = [line for one in world.server.accepted for line in one.body["embeds"][0]["description"].split("\n")]
            assert lines == [f"-# {at} " + "x" * 90 for at in range(50)]
            assert all(one.body["enforce_nonce"] for one in world.server.accepted)
            assert len({one.nonce for one in world.server.accepted}) == 2

    asyncio.run(run())


def test_shut_out_by_the_net_before_discord_it_asks_nothing_for_ten_minutes(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, echo) as world:
            world.server.fault("742", Fault.LIMITED, scope="cloudflare")
            shown = world.server.slash("alert", {"what": "pump"}, channel="1", foreign="friend")
            while world.chat.fault != HELD_BACK:
                await asyncio.sleep(0)
            before = world.server.requests
            for _ in range(50):
                await asyncio.sleep(0)
            assert (world.server.requests, shown.kind) == (before, None)
            world.clock._passed += 601.0
            assert await answers(world)

    asyncio.run(run())


def test_answers_under_way_are_finished_before_the_bot_stops(market: Storage) -> None:
    async def run() -> None:
        go = asyncio.Event()

        async def slow(line: str, _: ChatRef) -> View:
            await go.wait()
            return View(line)

        clock = FixedClock(NOW)
        async with asyncio.timeout(20), DiscordGateway(clock.monotonic) as server:
            async with bot_on(server, market, clock, slow) as world:
                await server.connected()
                asked = server.slash("pump")
                while not world.lines:
                    await asyncio.sleep(0)
                asyncio.get_running_loop().call_later(0.05, go.set)
            assert asked.message is not None
            assert asked.message["content"] == "**/pump**"

    asyncio.run(run())


def test_who_asks_while_the_bot_stops_is_answered_too(market: Storage) -> None:
    async def run() -> None:
        clock = FixedClock(NOW)
        async with asyncio.timeout(20), DiscordGateway(clock.monotonic) as server:
            late = asyncio.Event()
            asked: list[Asked] = []

            async def slow(line: str, _: ChatRef) -> View:
                if line == "/pump":
                    await late.wait()
                else:
                    late.set()
                    await server.when(lambda: asked[0].message)
                    for _ in range(2000):  # as much as the bot would need to close its connections
                        await asyncio.sleep(0)
                return View(line)

            def ask(name: str) -> None:
                asked.append(server.slash(name, user={"pump": "42", "help": "43"}[name]))

            async with bot_on(server, market, clock, slow) as world:
                await server.connected()
                ask("pump")
                while not world.lines:
                    await asyncio.sleep(0)
                asyncio.get_running_loop().call_later(0.05, ask, "help")
            assert [one.message and one.message["content"] for one in asked] == ["**/pump**", "**/help**"]

    asyncio.run(run())


def test_a_gateway_that_stays_away_is_named(market: Storage) -> None:
    async def run() -> None:
        clock = FixedClock(NOW)
        async with asyncio.timeout(20), DiscordGateway(clock.monotonic) as server:
            server.shards = 0  # nothing to connect to
            async with bot_on(server, market, clock, echo) as world:
                await server.when(lambda: server.synced)
                assert world.chat.fault == ""
                clock._passed += 61.0
                assert world.chat.fault == UNREACHED

    asyncio.run(run())
