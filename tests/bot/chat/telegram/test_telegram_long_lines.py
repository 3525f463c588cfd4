"""Commands that are longer than what a button of Telegram carries, pressed all the same."""

from __future__ import annotations

import asyncio

from bot.alerts.matching import Wish
from bot.chat.telegram.render import CALLBACK_BYTES
from bot.chat.telegram.words import GONE, SUBSCRIBED
from bot.commands.base import ChatRef
from bot.views.elements import Button, Text, View
from bot.views.subscription_menus import Menu, Part, part_buttons
from scoring.model import Signal
from storage import Storage
from tests.builders_market import fill
from tests.servers.telegram_world import bot_on, listening


def long_line(at: int) -> str:
    return f"/alert clusters number={at} {'x' * CALLBACK_BYTES}"


async def long_lines(line: str, _: ChatRef) -> View:
    buttons = (Button("Alert me", long_line(1)), Button("Or else", long_line(2)), Button("Again", "/clusters"))
    return View(f"did {line}", body=(Text("Some text"),), buttons=buttons if "alert" not in line else ())


def test_the_list_of_a_sector_and_an_industry_offers_its_alert(storage: Storage) -> None:
    line = "/clusters side=buy days=90 min_value=1000 sector=Technology industry=Semiconductors"
    wanted = '/alert clusters min=3 side=buy days=90 min_value=1000 sector="Technology" industry="Semiconductors"'
    fill(storage)

    async def run() -> None:
        async with listening(storage) as world:
            world.server.says("42", "42", line)
            await world.server.until(1)
            (sent,) = world.server.accepted
            assert wanted in sent.text
            world.server.presses(sent, "Alert me")
            await world.server.until(2)
            assert SUBSCRIBED in world.server.buttons(sent)
        assert world.lines[1:] == [wanted]

    asyncio.run(run())
    with storage.read() as tx:
        (made,) = tx.subscriptions.active()
        assert Wish.from_json(made.wish).cluster_rule().industry == "Semiconductors"


def test_of_several_long_lines_the_one_that_was_pressed_is_run_also_after_a_restart(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, long_lines) as world:
            world.server.says("42", "42", "/clusters")
            await world.server.until(1)
            (sent,) = world.server.accepted
            async with bot_on(world.server, storage, world.clock, long_lines) as second:
                world.server.presses(sent, "Or else")
                await world.server.until(2)
        assert [*world.lines[1:], *second.lines] == [long_line(2)]

    asyncio.run(run())


def test_a_long_line_that_its_message_does_not_hold_any_more_says_so(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, long_lines) as world:
            world.server.says("42", "42", "/clusters")
            await world.server.until(1)
            (sent,) = world.server.accepted
            query = world.server.presses(sent, "Alert me", forgotten=True)
            await world.server.when(lambda: query in world.server.signs)
        assert world.server.signs[query]["text"] == GONE
        assert world.lines == ["/clusters"]

    asyncio.run(run())


def test_a_long_line_of_the_same_topic_changes_the_message(storage: Storage) -> None:
    long = f"/alerts 1 {'y' * CALLBACK_BYTES}"

    async def menus(line: str, _: ChatRef) -> View:
        return View("changed" if line == long else "menu", buttons=(Button("Change", long),))

    async def run() -> None:
        async with listening(storage, menus) as world:
            world.server.says("42", "42", "/alerts")
            await world.server.until(1)
            world.server.presses(world.server.accepted[0], "Change")
            await world.server.when(lambda: world.server.edits)
        assert world.server.edits[0].text.startswith("changed")

    asyncio.run(run())


def test_an_industry_of_a_long_name_fits_a_button_whatever_the_number_of_its_subscription() -> None:
    wish = Wish(Signal.CLUSTERS, 3.0)
    part = Part(99_999_999, wish, Menu.INDUSTRY, ("Drug Manufacturers—Specialty & Generic, and all else",))
    assert all(len(one.command.encode()) <= CALLBACK_BYTES for one in part_buttons(part))
