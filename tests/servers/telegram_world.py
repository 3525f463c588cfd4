"""The bot on Telegram against the loopback server, for tests: real sockets, and a clock that waits for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from pydantic import SecretStr

from bot.alerts.limiter import Limiter
from bot.charts.painter import Painter
from bot.chat.telegram.client import TelegramChat, TelegramOptions
from bot.chat.telegram.send import TelegramSender
from bot.clock import FixedClock
from bot.commands import COMMANDS
from bot.commands.base import ChatRef
from bot.settings import TelegramSettings
from bot.views.elements import View
from storage import Storage
from tests.builders_market import ask
from tests.builders_storage import NOW
from tests.servers.telegram import Telegram

PATIENCE = 20  # seconds, for a machine that is busy; no test waits for them
Answer = Callable[[str, ChatRef], Awaitable[View | None]]


@dataclass
class World:
    """The server, the bot, and what the bot asked tocsin."""

    server: Telegram
    chat: TelegramChat
    clock: FixedClock
    limiter: Limiter
    asked: list[tuple[str, ChatRef]] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The command lines that were run."""
        return [line for line, _ in self.asked]

    @property
    def texts(self) -> list[str]:
        """What the bot wrote."""
        return [one.text for one in self.server.accepted]


@asynccontextmanager
async def listening(storage: Storage, answer: Answer | None = None, **settings) -> AsyncIterator[World]:
    """A bot that listens until the block ends, and has then finished what it began."""
    clock = FixedClock(NOW)
    async with (
        asyncio.timeout(PATIENCE),
        Telegram(clock.monotonic, now=clock.now) as server,
        bot_on(server, storage, clock, answer, **settings) as world,
    ):
        yield world


@asynccontextmanager
async def bot_on(
    server: Telegram,
    storage: Storage,
    clock: FixedClock,
    answer: Answer | None = None,
    painter: Painter | None = None,
    **settings,
) -> AsyncIterator[World]:
    """A bot on a server that is there already; `answer` instead of tocsin's commands."""
    limiter = Limiter(TelegramSender.limits)
    asked: list[tuple[str, ChatRef]] = []

    async def door(line: str, ref: ChatRef) -> View | None:
        asked.append((line, ref))
        return await answer(line, ref) if answer else await asyncio.to_thread(ask, storage, line, ref)

    given = {"token": SecretStr(Telegram.token), "base_url": server.url, "timeout_seconds": 5.0} | settings
    chat = TelegramChat(
        TelegramSettings(**given), door, storage, limiter,
        TelegramOptions(COMMANDS, coins=lambda: ("CALM", "PUMP", "SHRT"), painter=painter, clock=clock),
    )  # fmt: skip
    running = asyncio.create_task(chat.run())
    try:
        yield World(server, chat, clock, limiter, asked)
        if running.done():
            running.result()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await chat.close()
