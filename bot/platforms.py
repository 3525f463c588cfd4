"""The chat platforms that the config names, opened: what sends there, and what listens there.

Only a platform whose token is set loads its library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.alerts.limiter import Limiter
from bot.alerts.outgoing import Sender
from bot.charts.painter import Painter
from bot.commands.base import Ask, Command
from bot.config import Config
from bot.views.elements import View
from storage import Storage


class Closes(Protocol):
    """Something that was opened."""

    async def close(self) -> None:
        """Let go of what is held."""
        ...


class Listener(Closes, Protocol):
    """What takes questions from a platform and answers them."""

    @property
    def fault(self) -> str:
        """Why nobody is answered, in a sentence; empty while people are."""
        ...

    async def run(self) -> None:
        """Listen for ever."""
        ...

    async def tell(self, address: str, view: View) -> None:
        """Write to a chat that somebody has with the bot alone; where that fails, the log says why."""
        ...


@dataclass(frozen=True, slots=True)
class Answering:
    """All that a listener answers with."""

    ask: Ask
    commands: Sequence[Command]
    coins: Callable[[], Sequence[str]]  # all tickers; called in a thread
    storage: Storage
    painter: Painter


def open_senders(config: Config) -> dict[str, Sender]:
    """Platform → what sends there."""
    found: dict[str, Sender] = {}
    if config.telegram.token.get_secret_value():
        from bot.chat.telegram.send import TelegramSender  # noqa: PLC0415

        found["telegram"] = TelegramSender(config.telegram)
    if config.discord.token.get_secret_value():
        from bot.chat.discord.send import DiscordSender  # noqa: PLC0415

        found["discord"] = DiscordSender(config.discord)
    return found


def open_listeners(
    config: Config, answering: Answering, limiters: Mapping[str, Limiter], senders: Mapping[str, Sender]
) -> dict[str, Listener]:
    """Platform → what listens there; it keeps the pace that alerts keep."""
    found: dict[str, Listener] = {}
    if config.telegram.token.get_secret_value():
        from bot.chat.telegram.client import TelegramChat, TelegramOptions  # noqa: PLC0415

        options = TelegramOptions(answering.commands, answering.coins, answering.painter)
        found["telegram"] = TelegramChat(
            config.telegram, answering.ask, answering.storage, limiters["telegram"], options
        )
    if config.discord.token.get_secret_value():
        from bot.chat.discord.client import DiscordChat, DiscordOptions  # noqa: PLC0415
        from bot.chat.discord.send import DiscordSender  # noqa: PLC0415

        sender = senders["discord"]
        if not isinstance(sender, DiscordSender):
            raise TypeError("what sends to Discord is ours")
        found["discord"] = DiscordChat(
            config.discord,
            answering.ask,
            answering.storage,
            limiters["discord"],
            sender,
            DiscordOptions(answering.commands, answering.painter),
        )
    return found
