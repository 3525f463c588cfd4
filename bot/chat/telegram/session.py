"""All that the handlers of updates use, for as long as the bot listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from telegram import Bot

from bot.charts.painter import Painter
from bot.chat.seldom import Seldom
from bot.chat.telegram.answers import Answers
from bot.chat.telegram.places import Members
from bot.clock import Clock
from bot.commands.base import Ask, ChatRef, Command
from bot.commands.chats import language_here
from storage import Storage


@dataclass
class Session:
    """One connection to Telegram."""

    bot: Bot
    ask: Ask
    commands: Mapping[str, Command]  # by name and alias
    coins: Callable[[], Sequence[str]]
    storage: Storage
    clock: Clock  # of real time, for Telegram's messages carry it
    painter: Painter | None = None

    def __post_init__(self) -> None:
        self.answers = Answers(self.bot, self.clock, self.commands, self.painter)
        self.members = Members(self.bot, self.clock)
        self.hints = Seldom(60.0, self.clock)
        self.lates = Seldom(60.0, self.clock)

    async def language(self, ref: ChatRef) -> str:
        """The language in which a chat is answered."""
        return await asyncio.to_thread(language_here, self.storage, ref)
