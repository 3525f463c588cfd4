"""All that the handlers of updates use, for as long as the bot listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from telegram import Bot, User

from bot.charts.painter import Painter
from bot.chat.seldom import Seldom
from bot.chat.telegram.answers import Answers
from bot.chat.telegram.places import PLATFORM, Members
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

    async def language_of(self, user: User) -> str:
        """The language in which a person is answered where it is seen in no chat that the bot is in."""
        address = str(user.id)  # of the chat that they have with the bot alone
        return await self.language(ChatRef(PLATFORM, address, address, language=user.language_code or ""))
