"""The whole bot on both platforms at once, in one process: each may fail, and the other goes on."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import App, open_app
from bot.chat.discord.words import REFUSED as DISCORD_REFUSED
from bot.chat.telegram.words import REFUSED as TELEGRAM_REFUSED
from bot.config import load_config
from storage import open_storage
from tests.builders_outbox import chat_of, queue
from tests.builders_storage import NOW
from tests.servers.chat_police import Fault
from tests.servers.discord_gateway import DiscordGateway
from tests.servers.discord_people import buttons_of, text_of
from tests.servers.discord_world import town
from tests.servers.telegram import Telegram

YEAR = timedelta(days=365)
PATIENCE = 60  # seconds, for a machine that is busy; no test waits for them


@dataclass
class Both:
    """The servers, and the bot between them."""

    app: App
    telegram: Telegram
    discord: DiscordGateway

    async def has_fault(self) -> None:
        """Wait until something hinders the bot; to ask /status on and on would be too much."""
        while not self.app._fault():
            await asyncio.sleep(0)

    async def telegram_says(self, text: str) -> str:
        """What Telegram's answer to somebody is."""
        before = len(self.telegram.to("42"))
        self.telegram.says("42", "42", text)
        await self.telegram.when(lambda: len(self.telegram.to("42")) > before)
        return self.telegram.to("42")[before].text

    async def discord_says(self, name: str, **options: object) -> str:
        """What Discord's answer to somebody is."""
        return text_of(await self.discord.answer(self.discord.slash(name, options))).replace("\\", "")


@asynccontextmanager
async def running(folder: Path, *, refuse: str = "", without: str = "") -> AsyncIterator[Both]:
    """The bot with a simulated market, until the block ends; `without` is a platform that the config leaves out."""
    async with asyncio.timeout(PATIENCE), Telegram(polices=False) as telegram, DiscordGateway(polices=False) as discord:
        town(discord)
        for name, server in (("telegram", telegram), ("discord", discord)):
            if name == refuse:
                server.fault(None, Fault.REVOKED, times=None)
        path = folder / "config.toml"
        path.write_text(
            f"""
[database]
url = "sqlite:///{folder}/bot.db"
[console]
enabled = false
[feeds]
funding = "simulated"
insiders = "none"
[simulation]
cycle_seconds = 3600
[telegram]
token = "{"" if without == "telegram" else telegram.token}"
base_url = "{telegram.url}"
[discord]
token = "{"" if without == "discord" else discord.token}"
base_url = "{discord.url}"
""",
            encoding="utf-8",
        )
        with open_app(load_config(path, {})) as app:
            task = asyncio.create_task(app.run())
            try:
                yield Both(app, telegram, discord)
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


def test_a_person_links_both_and_has_one_set_of_subscriptions(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(tmp_path) as both:
            await both.discord.connected()
            assert "Subscribed: subscription" in await both.telegram_says("/alert pump min=9")
            offered = await both.discord.answer(both.discord.slash("link"))
            line = text_of(offered).split("`")[1]
            assert "You are one person here and on Discord now" in await both.telegram_says(line)
            await both.discord.until(1)
            (told,) = both.discord.accepted
            assert (told.chat, "If that was not you" in told.text) == ("742", True)
            assert "on Telegram" in await both.discord_says("alerts")
            assert "Subscribed: subscription" in await both.discord_says("alert", what="selling", min=9.5)
            told = await both.telegram_says("/alerts")
            assert "2 subscriptions of yours" in told
            shown = await both.discord.answer(both.discord.slash("alerts"))
            assert "Ring here" in " ".join(buttons_of(shown))
            before = len(both.telegram.accepted)
            assert "no longer linked with Telegram" in await both.discord_says("link", code="off")
            await both.telegram.until(before + 1)
            assert "You ended the link on Discord" in both.telegram.accepted[-1].text

    asyncio.run(run())


def test_who_asks_is_answered_while_a_refresh_writes(tmp_path: Path) -> None:
    """A refresh is one transaction: nobody waits for its end, and what changes something is done after it."""

    async def run() -> None:
        async with running(tmp_path) as both:
            await both.discord.connected()
            begun, done = threading.Event(), threading.Event()

            def write() -> None:
                with both.app.storage.write() as tx:
                    tx.scores.prune(NOW)
                    begun.set()
                    done.wait(PATIENCE)

            writing = asyncio.create_task(asyncio.to_thread(write))
            await asyncio.to_thread(begun.wait, PATIENCE)
            assert "Pump & dump" in await both.telegram_says("/pump min=3")
            assert "Pump & dump" in await both.discord_says("pump", min=3.0)
            subscribing = asyncio.create_task(both.telegram_says("/alert pump min=9"))
            assert "last refresh" in await both.discord_says("status")
            assert not subscribing.done()
            done.set()
            assert "Subscribed" in await subscribing
            await writing

    asyncio.run(run())


def test_a_platform_that_the_config_names_no_more_is_told_of_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    async def run() -> None:
        storage = open_storage(f"sqlite:///{tmp_path}/bot.db")
        queue(
            storage, chat_of(storage, "742", "discord"), "a", now=datetime(2000, 1, 1, tzinfo=UTC), expires=100 * YEAR
        )
        async with running(tmp_path, without="discord") as both:
            status = await both.telegram_says("/status")
            assert "Discord" in status
            assert "not used: it is not in the config" in status
            with storage.read() as tx:
                health = tx.outbox.health(both.app.clock.now())
            assert (health.counts["queued"], health.oldest_due) == (1, None)
        async with running(tmp_path) as both:
            await both.discord.until(1)
            assert "not used" not in await both.telegram_says("/status")

    asyncio.run(run())


def test_a_sample_alert_comes_on_discord_and_its_button_is_answered(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(tmp_path) as both:
            await both.discord.connected()
            await both.discord_says("test")
            await both.discord.until(1)
            (alert,) = both.discord.accepted
            assert (alert.chat, bool(alert.nonce), "SAMPLE" in alert.text) == ("742", True, True)
            shown = both.discord.shown[alert.message_id]
            why = await both.discord.answer(both.discord.press(shown, "Why"))
            assert "SAMPLE" in text_of(why)

    asyncio.run(run())


@pytest.mark.parametrize("refused", ["discord", "telegram"])
def test_a_platform_that_refuses_the_token_is_named_and_the_other_goes_on(tmp_path: Path, refused: str) -> None:
    async def run() -> None:
        async with running(tmp_path, refuse=refused) as both:
            if refused == "discord":
                await both.has_fault()
                told = await both.telegram_says("/status")
                assert DISCORD_REFUSED[:60] in told
                assert "Subscribed" in await both.telegram_says("/alert pump min=9")
            else:
                await both.discord.connected()
                await both.has_fault()
                told = await both.discord_says("status")
                assert TELEGRAM_REFUSED[:60] in told
                assert "Subscribed" in await both.discord_says("alert", what="pump", min=9.0)
            assert "fault" in told

    asyncio.run(run())
