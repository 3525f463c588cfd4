"""The bot that listens on Discord, as a person meets it alone with it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.charts.painter import Painter, PainterOptions
from bot.clock import FixedClock, SystemClock
from bot.commands import COMMANDS
from bot.commands.base import ChatRef
from bot.views.elements import Button, Document, Note, Picture, Text, Tone, View
from storage import Storage
from tests.bot.charts.builders import coin_chart
from tests.builders_storage import NOW
from tests.painters import WORKER
from tests.servers.discord_gateway import DEFERRED, DEFERRED_UPDATE, MESSAGE, UPDATE, DiscordGateway
from tests.servers.discord_people import buttons_of, menu_of, text_of
from tests.servers.discord_world import bot_on, listening

ALONE = ChatRef("discord", "742", "42", language="en-US")
NEEDED: dict[str, dict[str, Any]] = {
    "coin": {"coin": "PUMP"}, "alert": {"what": "pump", "min": 3.0}, "why": {"ref": "k3f9xz"}, "funding": {"coin": "PUMP"},
}  # fmt: skip


async def echo(line: str, _: ChatRef) -> View:
    return View(f"did {line}")


def test_every_command_is_answered(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            for at, command in enumerate(COMMANDS):
                asked = world.server.slash(command.name, NEEDED.get(command.name))
                shown = await world.server.answer(asked)
                assert "went wrong" not in text_of(shown)
                assert world.asked[at][0].split()[0] == f"/{command.name}"
                assert world.asked[at][1] == ALONE
                assert asked.kind == MESSAGE
        assert world.server.violations == 0

    asyncio.run(run())


def test_a_list_comes_with_its_buttons_and_a_menu_of_its_cards(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            shown = await world.server.answer(world.server.slash("selling", {"min": 3.0}))
            card = await world.server.answer(world.server.choose(shown, "SHRT"))
        assert world.lines == ["/selling min=3", "/coin SHRT"]
        assert buttons_of(shown)["🔔 Alert me at ≥ 3"] == "run:/alert selling min=3"
        assert buttons_of(shown)["↻ Refresh"] == "put:/selling min=3"
        assert list(menu_of(shown).values()) == ["/coin SHRT", "/coin PUMP"]
        assert "SHRT" in text_of(card)
        assert card is not shown

    asyncio.run(run())


def test_a_button_of_the_same_command_changes_the_message_in_place(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            shown = await world.server.answer(world.server.slash("selling"))
            before = text_of(shown)
            asked = world.server.press(shown, "By change")
            assert await world.server.answer(asked) is shown
            assert (asked.kind, text_of(shown) != before) == (UPDATE, True)

    asyncio.run(run())


def test_commands_of_a_person_that_arrive_together_are_done_in_their_order(market: Storage) -> None:
    done: list[str] = []
    helped = asyncio.Event()

    async def slow(line: str, ref: ChatRef) -> View:
        if line == "/help":
            helped.set()
        if line.startswith("/mute"):
            await helped.wait()
            for _ in range(1000):  # as much as others would need to overtake it
                await asyncio.sleep(0)
        done.append(f"{ref.user} {line.split(maxsplit=1)[0]}")
        return View(line)

    async def run() -> None:
        async with listening(market, slow) as world:
            asked = [world.server.slash("mute", {"for": "8h"}), world.server.slash("unmute")]
            asked.append(world.server.slash("help", user="7"))
            for one in asked:
                await world.server.answer(one)
        assert done == ["7 /help", "42 /mute", "42 /unmute"]  # others do not wait

    asyncio.run(run())


def test_presses_of_a_message_are_answered_in_their_order(market: Storage) -> None:
    async def cards(line: str, _: ChatRef) -> View:
        if "name=A" in line:
            for _ in range(1000):  # as much as the other would need to overtake it
                await asyncio.sleep(0)
        return View(line, buttons=(Button("A", "/pump name=A"), Button("B", "/pump name=B")))

    async def run() -> None:
        async with listening(market, cards) as world:
            shown = await world.server.answer(world.server.slash("pump"))
            first, last = world.server.press(shown, "A"), world.server.press(shown, "B")
            await world.server.answer(first)
            await world.server.answer(last)
            assert "name=B" in shown["content"]

    asyncio.run(run())


def test_a_picture_that_was_painted_too_late_is_not_put_under_what_was_pressed_since(
    market: Storage, tmp_path: Path
) -> None:
    go = tmp_path / "go"

    async def cards(line: str, _: ChatRef) -> View:
        title = "wait" if line == "/pump" else "other"
        pictures = () if "page" in line else (Picture(replace(coin_chart(), title=title), "a picture"),)
        return View(line, (*pictures, Note("so it is")), (Button("Next", "/pump page=2"),))

    async def run() -> None:
        painter = Painter(SystemClock(), PainterOptions((*WORKER, str(go))))
        try:
            async with listening(market, cards, painter=painter) as world:
                shown = await world.server.answer(world.server.slash("pump"))
                await world.server.answer(world.server.press(shown, "Next"))
                go.touch()
                after = await world.server.answer(world.server.slash("selling"))
                await world.server.when(lambda: after.get("files"))  # painted after the one that came too late
            assert "page=2" in text_of(shown)
            assert not shown.get("files")
        finally:
            await painter.close()

    asyncio.run(run())


def test_every_button_and_choice_of_every_view_is_answered(market: Storage) -> None:
    commands = {one.name: one for one in COMMANDS}
    lines: list[tuple[str, dict[str, Any]]] = [
        ("start", {}), ("pump", {}), ("selling", {}), ("clusters", {}), ("funding", {"coin": "PUMP"}), ("coin", {"coin": "PUMP"}),
        ("alert", {"what": "pump", "min": 3.0}), ("alerts", {}), ("alerts", {"id": 1}), ("mute", {"for": "8h"}), ("mute", {}),
        ("settings", {}), ("missed", {}), ("link", {}), ("export", {}), ("status", {}), ("test", {}), ("forget", {}),
    ]  # fmt: skip

    async def run() -> None:
        texts, pressed = [], 0
        async with listening(market) as world:
            for name, options in lines:
                assert name in commands
                shown = await world.server.answer(world.server.slash(name, options))
                for label in list(buttons_of(shown)):
                    if label in buttons_of(shown):
                        asked = world.server.press(shown, label)
                        await world.server.when(lambda asked=asked: asked.message or asked.follow_ups)
                        texts += [text_of(one) for one in (asked.message, *asked.follow_ups) if one is not None]
                        pressed += 1
                for label in list(menu_of(shown)):
                    texts.append(text_of(await world.server.answer(world.server.choose(shown, label))))
        assert pressed > 30
        assert not [text for text in texts if "went wrong" in text or "There is no command" in text]

    asyncio.run(run())


def test_what_takes_long_is_announced_and_then_answered(market: Storage) -> None:
    async def run() -> None:
        go = asyncio.Event()

        async def slow(line: str, _: ChatRef) -> View:
            await go.wait()
            return View(line, buttons=(Button("Again", "/pump page=2"), Button("Other", "/help")))

        async with listening(market, slow, patience=0.0) as world:
            asked = world.server.slash("pump")
            await world.server.when(lambda: asked.kind == DEFERRED)
            go.set()
            shown = await world.server.answer(asked)
            assert shown["content"] == "**/pump**"
            go.clear()
            again, other = world.server.press(shown, "Again"), world.server.press(shown, "Other")
            await world.server.when(lambda: (again.kind, other.kind) == (DEFERRED_UPDATE, DEFERRED))
            go.set()
            assert await world.server.answer(again) is shown
            assert "page" in shown["content"]
            assert (await world.server.answer(other))["content"] == "**/help**"

    asyncio.run(run())


@pytest.mark.parametrize("patience", [10.0, 0.0])
def test_an_error_takes_the_place_of_nothing(market: Storage, patience: float) -> None:
    go = asyncio.Event()

    async def fails(line: str, _: ChatRef) -> View:
        tone = Tone.ERROR if "page" in line else Tone.ANSWER
        if tone is Tone.ERROR:
            await go.wait()
        return View(line, buttons=(Button("More", "/pump page=2"),), tone=tone)

    async def run() -> None:
        async with listening(market, fails, patience=patience) as world:
            shown = await world.server.answer(world.server.slash("pump"))
            asked = world.server.press(shown, "More")
            if patience == 0:
                await world.server.when(lambda: asked.kind is not None)
            go.set()
            await world.server.when(lambda: asked.follow_ups or asked.message)
            told = asked.follow_ups[0] if patience == 0 else asked.message
        assert told is not None
        assert (shown["content"], told["content"]) == ("**/pump**", "✗ **/pump page=2**")
        assert asked.kind == (DEFERRED_UPDATE if patience == 0 else MESSAGE)

    asyncio.run(run())


def test_buttons_and_menus_outlive_a_restart(market: Storage) -> None:
    async def run() -> None:
        clock = FixedClock(NOW)
        async with asyncio.timeout(20), DiscordGateway(clock.monotonic) as server:
            async with bot_on(server, market, clock):
                await server.connected()
                shown = await server.answer(server.slash("selling"))
            server.sessions.clear()
            async with bot_on(server, market, clock) as world:
                await server.connected(2)
                await server.answer(server.press(shown, "By streak"))
                card = await server.answer(server.choose(shown, "SHRT"))
                subscribed = await server.answer(server.press(shown, "Alert me"))
        assert world.lines == ["/selling sort=streak", "/coin SHRT", "/alert selling min=8"]
        assert "SHRT" in text_of(card)
        assert "Subscribed" in text_of(subscribed)

    asyncio.run(run())


def test_a_button_of_another_version_says_so(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, echo) as world:
            shown = await world.server.answer(world.server.slash("help"))
            for name in ("go:/pump", "run", "run:pump", "{}"):
                shown["components"] = [{"type": 1, "components": [{"type": 2, "label": "Old", "custom_id": name}]}]
                told = await world.server.answer(world.server.press(shown, "Old"))
                assert "another version" in text_of(told)
        assert world.lines == ["/help"]

    asyncio.run(run())


def test_a_long_answer_comes_in_parts_with_its_buttons_under_the_last(market: Storage) -> None:
    notes = tuple(Note(f"{at} " + "x" * 90) for at in range(100))

    async def long(line: str, _: ChatRef) -> View:
        return View("T", notes, (Button("Help", "/help"),))

    async def run() -> None:
        async with listening(market, long) as world:
            asked = world.server.slash("pump")
            first = await world.server.answer(asked)
            await world.server.when(lambda: len(asked.follow_ups) == 2)
        parts = [first, *asked.follow_ups]
        lines = [line for part in parts for line in part["embeds"][0]["description"].splitlines()]
        assert lines == [f"-# {at} " + "x" * 90 for at in range(100)]
        assert [list(buttons_of(part)) for part in parts] == [[], [], ["Help"]]

    asyncio.run(run())


def test_files_and_charts_are_attached(market: Storage) -> None:
    async def run() -> None:
        painter = Painter(SystemClock(), PainterOptions(limit=15))
        try:
            async with listening(market, painter=painter) as world:
                exported = await world.server.answer(world.server.slash("export"))
                asked = world.server.slash("coin", {"coin": "PUMP"})
                card = await world.server.answer(asked)
                await world.server.when(lambda: card.get("files"))
        finally:
            await painter.close()
        assert [name for name in exported["files"] if name.endswith(".json")]
        assert card["files"]["chart.png"].startswith(b"\x89PNG")
        assert card["embeds"][0]["image"]["url"] == "attachment://chart.png"
        assert buttons_of(card)

    asyncio.run(run())


def test_a_picture_that_cannot_be_painted_leaves_the_text(market: Storage, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with listening(market, painter=Painter(SystemClock(), PainterOptions(worker=("false",)))) as world:
            card = await world.server.answer(world.server.slash("coin", {"coin": "PUMP"}))
            await world.server.answer(world.server.slash("help"))
        assert "PUMP" in text_of(card)
        assert card["attachments"] == []

    asyncio.run(run())
    assert "went wrong" not in caplog.text


def test_a_file_in_an_answer_is_not_shown_as_text(market: Storage) -> None:
    async def run() -> None:
        async def one(line: str, _: ChatRef) -> View:
            return View("T", (Text("words"), Document("a/b.txt", "inside")))

        async with listening(market, one) as world:
            shown = await world.server.answer(world.server.slash("pump"))
        assert shown["files"] == {"a_b.txt": b"inside"}
        assert "inside" not in text_of(shown)

    asyncio.run(run())


def test_what_discord_refuses_as_it_is_written_comes_as_plain_text(
    market: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = []

    def strict(body: dict[str, Any]) -> str:
        refused.append(body)
        return "embeds: Discord dislikes that" if body.get("embeds") else ""

    monkeypatch.setattr("tests.servers.discord_gateway.refusal", strict)

    async def run() -> None:
        async with listening(market) as world:
            shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}))
        assert (shown["embeds"], shown["components"]) == ([], [])
        assert "PUMP" in shown["content"]
        assert len(refused) == 2

    asyncio.run(run())


def test_a_fault_of_ours_is_told_and_the_next_command_is_answered(
    market: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    async def breaks(line: str, _: ChatRef) -> View:
        if line == "/pump":
            raise RuntimeError("broken")
        return View(line)

    async def run() -> None:
        async with listening(market, breaks) as world:
            asked = world.server.slash("pump")
            assert "went wrong" in text_of(await world.server.answer(asked))
            assert not asked.hidden
            assert (await world.server.answer(world.server.slash("help")))["content"] == "**/help**"

    asyncio.run(run())
    assert "broken" in caplog.text


def test_who_asks_too_much_is_told_by_the_bot_since_discord_wants_an_answer(market: Storage) -> None:
    async def silent(line: str, _: ChatRef) -> None:
        return None

    async def run() -> None:
        async with listening(market, silent) as world:
            shown = await world.server.answer(world.server.slash("pump"))
        assert "You ask a lot" in text_of(shown)

    asyncio.run(run())


def test_an_interaction_that_waited_too_long_is_let_go(market: Storage, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with listening(market, echo) as world:
            world.server.slash("pump", expired=True)
            assert (await world.server.answer(world.server.slash("help")))["content"] == "**did /help**"
        assert sorted(world.lines) == ["/help", "/pump"]  # side by side

    asyncio.run(run())
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


def test_options_are_typed_and_reach_the_command_as_they_were_chosen(market: Storage) -> None:
    chosen = [
        ("pump", {"min": 6.5, "limit": 5, "sort": "streak", "page": 1}, "/pump min=6.5 limit=5 sort=streak page=1"),
        ("clusters", {"sector": "Real Estate", "plan": False}, '/clusters sector="Real Estate" plan=no'),
        ("alert", {"coins": "PEPE, WIF", "what": "pump", "resolve": True}, '/alert pump resolve=yes coins="PEPE, WIF"'),
        ("mute", {"name": 'Acme "Inc"', "for": "2d"}, "/mute name=\"Acme 'Inc'\" for=2d"),
        ("settings", {"quiet": "22:00-07:00"}, '/settings quiet="22:00-07:00"'),
    ]

    async def run() -> None:
        async with listening(market, echo) as world:
            for name, options, _ in chosen:
                await world.server.answer(world.server.slash(name, options))
        assert world.lines == [line for *_, line in chosen]

    asyncio.run(run())
