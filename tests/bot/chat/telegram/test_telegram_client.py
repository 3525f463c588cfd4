"""The bot that listens on Telegram, as people in private chats meet it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.charts.painter import Painter, PainterOptions
from bot.chat.turns import MOST_WAITING
from bot.clock import FixedClock, SystemClock
from bot.commands import COMMANDS
from bot.commands.base import ChatRef
from bot.views.elements import Button, Code, Document, Note, Text, View
from bot.views.errors import too_many_view
from storage import Storage, open_storage
from tests.builders_market import ask, fill
from tests.builders_storage import NOW
from tests.servers.chat_police import Fault
from tests.servers.telegram import Telegram
from tests.servers.telegram_world import PATIENCE, World, bot_on, listening


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    path: Path = tmp_path_factory.mktemp("telegram")
    opened = open_storage(f"sqlite:///{path}/test.db")
    fill(opened)
    yield opened
    opened.close()


async def echo(line: str, _: ChatRef) -> View:
    return View(f"did {line}")


async def heard(world: World, *texts: str, **how) -> None:
    """A person writes, and the bot has answered what it answers."""
    for text in texts:
        world.server.says("42", "42", text, **how)
    await world.server.fetched()


def test_commands_of_a_person_that_arrive_together_are_done_in_their_order(market: Storage) -> None:
    done: list[str] = []
    helped = asyncio.Event()

    async def slow(line: str, ref: ChatRef) -> View:
        if line == "/help":
            helped.set()
        if line == "/mute 8h":
            await helped.wait()
            for _ in range(1000):  # as much as others would need to overtake it
                await asyncio.sleep(0)
        done.append(f"{ref.user} {line}")
        return View(line)

    async def run() -> None:
        async with listening(market, slow) as world:
            world.server.group("-100")
            for user, text in (("42", "/mute 8h"), ("42", "/unmute"), ("7", "/help")):
                world.server.says("-100", user, text)
            await world.server.until(3)
        assert done == ["7 /help", "42 /mute 8h", "42 /unmute"]  # others do not wait

    asyncio.run(run())


def test_who_sends_without_end_keeps_nobody_else_waiting(market: Storage) -> None:
    async def run() -> None:
        go = asyncio.Event()

        async def slow(line: str, ref: ChatRef) -> View:
            if ref.user == "42":
                await go.wait()
            return View(line)

        async with listening(market, slow) as world:
            for _ in range(300):  # more than are handled at a time
                world.server.says("42", "42", "/pump")
            world.server.says("7", "7", "/help")
            await world.server.until(1)
            assert [one.chat for one in world.server.accepted] == ["7"]
            go.set()
        assert len(world.lines) == 1 + MOST_WAITING

    asyncio.run(run())


def test_every_command_is_answered(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            for at, command in enumerate(COMMANDS):
                before = len(world.server.accepted)
                world.server.says("42", "42", command.example)
                await world.server.until(before + (2 if command.name == "export" else 1))  # its file is the second
                assert world.asked[at] == (command.example, ChatRef("telegram", "42", "42"))
        assert not [text for text in world.texts if "went wrong" in text]
        assert {one.chat for one in world.server.accepted} == {"42"}
        assert world.server.violations == 0

    asyncio.run(run())


def test_a_list_comes_with_its_entities_and_buttons(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            world.server.says("42", "42", "/pump min=3")
            await world.server.until(1)
        (sent,) = world.server.accepted
        assert "PUMP" in sent.text
        assert sent.body["entities"][0]["type"] == "bold"
        assert sent.body["link_preview_options"] == {"is_disabled": True}
        assert world.server.buttons(sent)["🔔 Alert me at ≥ 3"] == "/alert pump min=3"

    asyncio.run(run())


def test_the_menus_hold_every_command_and_are_written_only_when_they_differ(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            await world.server.fetched()
            menus = world.server.menus
            scopes = ("all_private_chats", "all_group_chats")
            assert set(menus) == {f"{scope}{of}" for scope in scopes for of in ("", ", de", ", zh")}
            for menu in menus.values():
                assert [one["command"] for one in menu] == [one.name for one in COMMANDS]
            for scope in scopes:
                assert [one["description"] for one in menus[scope]] == [one.summary for one in COMMANDS]
                assert menus[f"{scope}, de"][0]["description"] == "Was tocsin kann, und womit man anfängt"
            assert world.server.names().count("setMyCommands") == 6
            world.server.rivals = 1  # the bot stops, and begins anew
            world.server.says("42", "42", "/help")
            await world.server.fetched()
            world.server.says("42", "42", "/help")
            await world.server.fetched()
        assert world.server.names().count("setMyCommands") == 6
        assert world.server.names().count("getMyCommands") == 12

    asyncio.run(run())


def test_what_a_person_means_as_a_command(market: Storage) -> None:
    meant = {
        "/pump min=6": "/pump min=6",
        "/pump@tocsin_bot min=7": "/pump min=7",
        "/PUMP@Tocsin_Bot  min=6": "/PUMP  min=6",
        "pump min=8": "/pump min=8",
        "Help": "/Help",
        "/alert\npump": "/alert\npump",
        "/nonsense": "/nonsense",
        " /pump ": "/pump",
    }

    async def run() -> None:
        async with listening(market, echo) as world:
            for count, text in enumerate(meant, 1):
                world.server.says("42", "42", text)
                await world.server.until(count)
        assert world.lines == list(meant.values())

    asyncio.run(run())


def test_words_are_answered_with_a_hint_once_a_minute_and_other_things_not(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, echo) as world:
            await heard(world, "hello", "are you there?")
            world.server.says("42", "42", None, photo=[])
            await heard(world, "/pump@another_bot")
            await world.server.until(1)
            world.clock.advance(timedelta(minutes=2))
            await heard(world, "hello?")
        assert len(world.texts) == 2
        assert all(text.startswith("I answer commands; /help lists them all") for text in world.texts)
        assert world.asked == []

    asyncio.run(run())


def test_a_command_that_waited_for_long_is_not_run_and_one_line_says_so(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, echo) as world:
            await heard(world, "/alert pump", "/alert off 1", ago=timedelta(minutes=25))
            await heard(world, "/pump", ago=timedelta(minutes=9))
        assert world.lines == ["/pump"]
        assert [text for text in world.texts if "away" in text] == [
            "✗ I was away when you wrote, 25 minutes ago, and did nothing of it; send again what still matters"
        ]

    asyncio.run(run())


def test_an_edited_command_changes_its_answer(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, echo) as world:
            sent = world.server.says("42", "42", "/pump min=6")
            await world.server.until(1)
            world.server.says("42", "42", "/pump min=7", edits=sent)
            await world.server.when(lambda: world.server.edits)
            world.server.says("42", "42", "/pump min=7", edits=sent)  # nothing new in it
            await world.server.fetched()
        assert world.texts == ["did /pump min=6"]
        assert [(one.message_id, one.text) for one in world.server.edits] == [("2", "did /pump min=7")]
        assert world.lines == ["/pump min=6", "/pump min=7"]

    asyncio.run(run())


def test_an_edit_before_the_answer_waits_for_it_and_is_answered_once(market: Storage) -> None:
    async def run() -> None:
        go = asyncio.Event()

        async def slow(line: str, _: ChatRef) -> View:
            await go.wait()
            return View(line)

        async with listening(market, slow) as world:
            sent = world.server.says("42", "42", "/pump")
            world.server.says("42", "42", "/pump min=7", edits=sent)
            await world.server.fetched()
            go.set()
            await world.server.when(lambda: world.server.edits)
        assert (world.texts, [one.text for one in world.server.edits]) == (["/pump"], ["/pump min=7"])

    asyncio.run(run())


def test_an_edit_after_a_restart_is_answered_once_in_a_reply_to_it(market: Storage) -> None:
    async def run() -> None:
        clock = FixedClock(NOW)
        async with asyncio.timeout(PATIENCE), Telegram(clock.monotonic, now=clock.now) as server:
            async with bot_on(server, market, clock, echo):
                sent = server.says("42", "42", "/pump min=6")
                await server.until(1)
                await server.fetched()
            async with bot_on(server, market, clock, echo):
                server.says("42", "42", "/pump min=7", edits=sent)
                await server.until(2)
                server.says("42", "42", "/pump min=7", edits=sent)  # nothing new in it
                server.says("42", "42", "/pump min=8", edits=sent)
                await server.when(lambda: server.edits)
        assert [one.text for one in server.accepted] == ["did /pump min=6", "did /pump min=7"]
        assert server.accepted[1].body["reply_parameters"]["message_id"] == sent
        assert [(one.message_id, one.text) for one in server.edits] == [("3", "did /pump min=8")]

    asyncio.run(run())


def test_words_edited_into_a_command_are_answered_and_a_deleted_answer_comes_anew(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, echo) as world:
            sent = world.server.says("42", "42", "pmup")
            await world.server.until(1)
            world.server.says("42", "42", "/pump", edits=sent)
            await world.server.until(2)
            del world.server.messages["42", int(world.server.accepted[1].message_id)]
            world.server.says("42", "42", "/pump min=1", edits=sent)
            await world.server.until(3)
        assert world.texts[1:] == ["did /pump", "did /pump min=1"]
        assert world.server.edits == []

    asyncio.run(run())


def test_a_long_answer_comes_in_parts_and_its_edit_leaves_one(market: Storage) -> None:
    notes = tuple(Note(f"{at} " + "x" * 90) for at in range(150))

    async def long(line: str, _: ChatRef) -> View:
        return View("T", notes if "long" in line else (), (Button("Help", "/help"),))

    async def run() -> None:
        async with listening(market, long) as world:
            sent = world.server.says("42", "42", "/pump long")
            await world.server.until(4)
            parts = list(world.server.accepted)
            world.server.says("42", "42", "/pump", edits=sent)
            await world.server.when(lambda: len(world.server.deleted) == 3)
        assert "\n".join(one.text for one in parts) == "\n".join(["T", *(note.text for note in notes)])
        assert [bool(one.body.get("reply_markup")) for one in parts] == [False, False, False, True]
        assert [one.text for one in world.server.edits] == ["T"]
        assert world.server.violations == 0

    asyncio.run(run())


def test_files_come_as_files(market: Storage) -> None:
    async def exported(_: str, __: ChatRef) -> View:
        return View("Yours", (Document("../a/data.json", '{"a": "ö"}'), Text("all of it"), Document("empty.txt", "")))

    async def run() -> None:
        async with listening(market, exported) as world:
            await heard(world, "/export")
        first, data, empty = world.server.accepted
        assert first.text == "Yours\n\nall of it"
        assert data.body["document"]["name"].endswith("data.json")
        assert "/" not in data.body["document"]["name"]
        assert data.body["document"]["content"].decode() == '{"a": "ö"}'
        assert empty.body["document"]["name"] == "empty.txt"

    asyncio.run(run())


def test_a_link_offers_what_it_names(market: Storage) -> None:
    offers = {
        "pump_6": ("🔔 Alert me: pump ≥ 6", "/alert pump min=6"),
        "selling_8-5": ("🔔 Alert me: selling ≥ 8.5", "/alert selling min=8.5"),
        "clusters_3": ("🔔 Alert me: clusters ≥ 3 insiders", "/alert clusters min=3"),
        "clusters": ("🔔 Alert me: clusters", "/alert clusters"),
        "coin_pump": ("PUMP", "/coin PUMP"),
    }

    async def run() -> None:
        async with listening(market) as world:
            for count, payload in enumerate(offers, 1):
                world.server.says("42", "42", f"/start {payload}")
                await world.server.until(count)
        assert set(world.lines) == {"/start"}
        buttons = [list(world.server.buttons(one).items()) for one in world.server.accepted]
        assert [one[0] for one in buttons] == list(offers.values())
        assert all("/pump" in dict(one).values() for one in buttons)

    asyncio.run(run())


def test_a_link_that_means_nothing_is_a_plain_start(market: Storage) -> None:
    payloads = ("pump_99", "coin_NONE", "x", "pump_6_6_6", "clusters_2-5", "clusters_0", "a/b", "coin_", "ö_1")

    async def run() -> None:
        async with listening(market) as world:
            for count, payload in enumerate(payloads, 1):
                world.server.says("42", "42", f"/start {payload}")
                await world.server.until(count)
        assert not [text for text in world.texts if "Your link" in text]
        assert all(text.startswith("tocsin rings") for text in world.texts)

    asyncio.run(run())


def test_inline_mode_offers_the_cards_of_coins(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            for text, titles in [
                ("PUMP", ["PUMP · Pump Coin"]),
                ("m", ["CALM", "PUMP · Pump Coin"]),
                ("$shr", ["SHRT"]),
                ("Pump Coin", ["PUMP · Pump Coin"]),
                ("", []),
                ("nosuchcoin", []),
            ]:
                query = world.server.searches("5", text)
                await world.server.when(lambda query=query: query in world.server.found)
                found = world.server.found[query]
                assert [one["title"] for one in found] == titles
                for one in found:
                    assert one["input_message_content"]["entities"][0]["type"] == "bold"
            assert {ref.user for _, ref in world.asked} == {"inline:5"}
            assert world.lines.count("/coin PUMP") == 1  # kept for a moment
        assert world.server.accepted == []

    asyncio.run(run())


def test_inline_mode_asks_nothing_that_is_no_name(market: Storage) -> None:
    texts = ("x" * 256, "PUMP; DROP", "a\nb", "/alert pump", "@durov", "💥" * 100, "min=6 PUMP", "\u202e")

    async def run() -> None:
        async with listening(market) as world:
            for text in texts:
                query = world.server.searches("5", text)
                await world.server.when(lambda query=query: query in world.server.found)
            assert list(world.server.found.values()) == [[]] * len(texts)
            assert world.asked == []

    asyncio.run(run())


def test_an_inline_answer_that_asking_too_much_left_empty_is_not_kept(market: Storage) -> None:
    async def warned(line: str, ref: ChatRef) -> View | None:
        return None if "CALM" in line else too_many_view(5) if "SHRT" in line else ask(market, line, ref)

    async def run() -> None:
        async with listening(market, warned) as world:
            for text in ("CALM", "SHRT", "PUMP", "nosuchcoin"):
                query = world.server.searches("5", text)
                await world.server.when(lambda query=query: query in world.server.found)
        lasting = [int(body["cache_time"]) for name, body in world.server.asked if name == "answerInlineQuery"]
        assert lasting == [0, 0, 30, 30]

    asyncio.run(run())


def test_nothing_is_said_where_somebody_asks_too_much(market: Storage) -> None:
    async def silent(_: str, __: ChatRef) -> None:
        return None

    async def run() -> None:
        async with listening(market, silent) as world:
            await heard(world, "/pump", "/start pump_6")
            world.server.searches("5", "PUMP")
            await world.server.fetched()
        assert world.texts == []
        assert len(world.asked) == 3

    asyncio.run(run())


def test_what_telegram_refuses_as_it_is_written_comes_as_plain_text(market: Storage) -> None:
    async def coded(_: str, __: ChatRef) -> View:
        return View("T", (Code("/x"),), (Button("Help", "/help"),))

    async def run() -> None:
        async with listening(market, coded) as world:
            world.server.fault(None, Fault.REFUSED, text="Bad Request: can't parse entities: odd")
            await heard(world, "/pump")
            await world.server.until(1)
        (sent,) = world.server.accepted
        assert (sent.text, "entities" in sent.body, "reply_markup" in sent.body) == ("T\n/x", False, False)

    asyncio.run(run())


def test_a_card_comes_with_its_picture_and_what_it_shows_in_words(market: Storage) -> None:
    async def run() -> None:
        painter = Painter(SystemClock())
        async with listening(market, painter=painter) as world:
            world.server.says("42", "42", "/coin PUMP")
            await world.server.until(2)
            text, photo = world.server.accepted
            assert text.text.startswith("PUMP")
            assert photo.text.startswith("PUMP: average funding per 8 h of each day")
            (held,) = [one for one in photo.body.values() if isinstance(one, dict) and "content" in one]
            assert held["content"].startswith(b"\x89PNG")
        await painter.close()

    asyncio.run(run())


def test_a_painter_that_fails_costs_nobody_the_text(market: Storage) -> None:
    async def run() -> None:
        painter = Painter(SystemClock(), PainterOptions(worker=("false",)))
        async with listening(market, painter=painter) as world:
            world.server.says("42", "42", "/coin PUMP")
            await world.server.until(1)
            world.server.says("42", "42", "/help")
            await world.server.until(2)
            assert [one.text.split()[0] for one in world.server.accepted] == ["PUMP", "Commands"]
        await painter.close()

    asyncio.run(run())
