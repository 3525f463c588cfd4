"""All that the handlers of updates use, for as long as the bot listens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from telegram import Bot

from bot.charts.painter import Painter
from bot.chat.telegram.answers import Answers
from bot.chat.telegram.places import Members
from bot.clock import Clock
from bot.commands.base import ChatRef, Command
from bot.commands.chats import language_here
from bot.views.elements import View
from storage import Storage

Ask = Callable[[str, ChatRef], Awaitable[View | None]]
MOST_SELDOM = 1000


@dataclass
class Seldom:
    """Lets something through once in so many seconds for each key."""

    seconds: float
    clock: Clock
    _last: dict[object, float] = field(default_factory=dict)

    def lets(self, key: object) -> bool:
        """Whether it is time again."""
        now = self.clock.monotonic()
        if len(self._last) >= MOST_SELDOM:
            self._last = {one: at for one, at in self._last.items() if at + self.seconds > now}
        if self._last.get(key, float("-inf")) + self.seconds > now:
            return False
        self._last[key] = now
        return True


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
