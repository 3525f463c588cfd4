"""All that the handlers of interactions use, for as long as the bot listens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bot.chat.directory import Directory
from bot.chat.discord.answers import Answers
from bot.chat.discord.dms import DirectMessages
from bot.clock import Clock
from bot.commands.base import Ask, ChatRef, Command
from bot.commands.chats import language_here
from storage import Storage


@dataclass(frozen=True, slots=True)
class Session:
    """One connection to Discord."""

    ask: Ask
    commands: Mapping[str, Command]  # by name and alias
    storage: Storage
    clock: Clock
    answers: Answers
    directory: Directory
    dms: DirectMessages
    patience: float  # seconds after which an answer that is not there yet is announced

    async def language(self, ref: ChatRef) -> str:
        """The language in which a chat is answered."""
        return await asyncio.to_thread(language_here, self.storage, ref)
