"""Subscriptions on Telegram, managed by buttons alone: in one message, which changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.alerts.matching import Wish
from bot.chat.telegram.words import NOT_YOURS
from scoring.model import Signal
from storage import Storage, open_storage
from tests.builders_market import fill
from tests.servers.chat_police import Accepted
from tests.servers.telegram_world import World, listening


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Storage]:
    opened = open_storage(f"sqlite:///{tmp_path}/test.db")
    fill(opened)
    yield opened
    opened.close()


async def said(world: World, text: str, chat: str = "42", user: str = "42") -> Accepted:
    """The answer to what somebody wrote."""
    before = len(world.server.accepted)
    world.server.says(chat, user, text)
    await world.server.until(before + 1)
    return world.server.accepted[-1]


async def pressed(world: World, message: Accepted, *labels: str) -> None:
    """Buttons of one message, pressed one after the other, each time as the message is then."""
    for label in labels:
        before = len(world.server.edits)
        world.server.presses(message, label)
        await world.server.when(lambda before=before: len(world.server.edits) > before)


def wishes(storage: Storage) -> list[Wish]:
    with storage.read() as tx:
        return [Wish.from_json(one.wish) for one in tx.subscriptions.active()]


def test_a_subscription_is_managed_in_one_message_without_typing(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            await said(world, "/alert pump min=3")
            listed = await said(world, "/alerts")
            await pressed(world, listed, "Look at 1", "min 3.5", "Exchanges…", "OKX", "Bybit", "✓ OKX", "◀ Back")
            await pressed(world, listed, "Not coins…", "+ PUMP", "◀ Back", "How told…", "Once a day", "◀ Back")
            now = world.server.messages["42", int(listed.message_id)]["text"]
            assert now.startswith("Subscription 1: pump & dump ≥ 3.5")
            assert "not PUMP, only with Bybit, in a daily digest" in now
            (found,) = wishes(market)
            assert found == Wish(Signal.PUMP, 3.5, exclude=("PUMP",), exchanges=("bybit",), digest=found.digest)
            await pressed(world, listed, "Delete it")
            assert wishes(market) == []
            await pressed(world, listed, "Make it again")
            assert wishes(market) == [found]
        assert len(world.texts) == 2
        assert world.server.violations == 0

    asyncio.run(run())


def test_an_edited_command_has_one_subscription_and_not_two(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            sent = world.server.says("42", "42", "/alert pump min=6")
            await world.server.until(1)
            for at, text in enumerate(("/alert pump min=7", "/alert pump min=x", "/alert selling min=7"), 1):
                world.server.says("42", "42", text, edits=sent)
                await world.server.when(lambda at=at: len(world.server.edits) == at)
            assert "It takes the place of subscription 1, for you edited the command." in world.server.edits[0].text
            assert [one.signal for one in wishes(market)] == [Signal.SELLING]
            world.server.says("42", "42", "/pump", edits=sent)  # what was asked for stays
            await world.server.when(lambda: len(world.server.edits) == 4)
        assert [(one.signal, one.minimum) for one in wishes(market)] == [(Signal.SELLING, 7)]

    asyncio.run(run())


def test_what_is_pressed_on_two_messages_changes_once_and_leaves_the_second(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            await said(world, "/alert pump min=3")
            one, other = await said(world, "/alerts 1"), await said(world, "/alerts 1")
            await pressed(world, one, "min 3.5")
            world.server.presses(other, "min 3.5")
            await world.server.until(4)
        assert world.texts[3].startswith("✗ Nothing to change in subscription 1")
        assert [found.minimum for found in wishes(market)] == [3.5]

    asyncio.run(run())


def test_in_a_group_everybody_sees_what_may_be_changed_and_administrators_change_it(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            world.server.group("-100", admins={"7"})
            await said(world, "/alert pump min=3", "-100", "7")
            one = await said(world, "/alerts 1", "-100", "8")
            for label, user in (("Exchanges…", "8"), ("OKX", "8"), ("OKX", "7")):
                query = world.server.presses(one, label, user=user)
                await world.server.when(lambda query=query: query in world.server.signs)
                await world.server.fetched()
                if label == "Exchanges…":
                    await world.server.when(lambda: world.server.edits)
            await world.server.when(lambda: len(world.server.edits) == 2)
            signs = [one.get("text", "") for one in world.server.signs.values()]
        assert signs == ["", NOT_YOURS, ""]
        assert [found.exchanges for found in wishes(market)] == [("okx",)]

    asyncio.run(run())


def test_settings_are_changed_in_one_message_too(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            shown = await said(world, "/settings")
            await pressed(world, shown, "Quiet hours…", "23:00", "Clock…", "Tokyo", "Dark pictures")
            now = world.server.messages["42", int(shown.message_id)]["text"]
        assert now.startswith("Changed: theme")
        for line in ("zone: Asia/Tokyo", "quiet: 23:00 to 07:00", "theme: dark pictures"):
            assert line in now
        assert len(world.texts) == 1

    asyncio.run(run())
