"""The bot on Discord against the loopback server, for tests: real sockets, and a clock that waits for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from pydantic import SecretStr

from bot.alerts.limiter import Limiter
from bot.charts.painter import Painter
from bot.chat.discord.client import DiscordChat, DiscordOptions
from bot.chat.discord.send import DiscordSender
from bot.clock import FixedClock
from bot.commands import COMMANDS
from bot.commands.base import ChatRef, Command
from bot.settings import DiscordSettings
from bot.views.elements import View
from storage import Storage
from tests.builders_market import ask
from tests.builders_storage import NOW
from tests.servers.discord_gateway import DiscordGateway

PATIENCE = 20  # seconds, for a machine that is busy; no test waits for them
LONG = 15.0  # seconds in which the bot has an answer, where a test does not want it announced
Answer = Callable[[str, ChatRef], Awaitable[View | None]]


@dataclass
class World:
    """The server, the bot, and what the bot asked tocsin."""

    server: DiscordGateway
    chat: DiscordChat
    sender: DiscordSender
    clock: FixedClock
    limiter: Limiter
    asked: list[tuple[str, ChatRef]] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The command lines that were run."""
        return [line for line, _ in self.asked]


@asynccontextmanager
async def listening(storage: Storage, answer: Answer | None = None, **how) -> AsyncIterator[World]:
    """A bot that listens until the block ends, in a server with two channels and a post of a forum."""
    clock = FixedClock(NOW)
    async with asyncio.timeout(PATIENCE), DiscordGateway(clock.monotonic) as server:
        town(server)
        async with bot_on(server, storage, clock, answer, **how) as world:
            await server.connected()
            yield world


def town(server: DiscordGateway) -> None:
    """The server that tests play in."""
    server.guild(
        "900",
        {"901": "alerts", "902": "talk"},
        posts={"950": "a post"},
        roles={"123456789012345678": "Traders"},
        system="902",
    )


@asynccontextmanager
async def bot_on(
    server: DiscordGateway,
    storage: Storage,
    clock: FixedClock,
    answer: Answer | None = None,
    *,
    painter: Painter | None = None,
    commands: tuple[Command, ...] = COMMANDS,
    patience: float = LONG,
    most_invalid: int = 2000,
    **settings,
) -> AsyncIterator[World]:
    """A bot on a server that is there already; `answer` instead of tocsin's commands."""
    given = {"token": SecretStr(server.token), "base_url": server.url, "timeout_seconds": 5.0} | settings
    options = DiscordSettings(**given)
    sender = DiscordSender(options, clock.monotonic, most_invalid)
    limiter = Limiter(DiscordSender.limits)
    asked: list[tuple[str, ChatRef]] = []

    async def door(line: str, ref: ChatRef) -> View | None:
        asked.append((line, ref))
        return await answer(line, ref) if answer else await asyncio.to_thread(ask, storage, line, ref)

    chat = DiscordChat(
        options, door, storage, limiter, sender, DiscordOptions(commands, painter, clock, patience)
    )  # fmt: skip
    running = asyncio.create_task(chat.run())
    try:
        yield World(server, chat, sender, clock, limiter, asked)
        if running.done():
            running.result()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await chat.close()
        await sender.close()
