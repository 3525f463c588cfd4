"""The senders of chat platforms, for tests: real ones, to servers on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pydantic import SecretStr

from bot.alerts.outgoing import Outgoing, Sender
from bot.chat.discord.send import DiscordSender
from bot.chat.telegram.send import TelegramSender
from bot.errors import SendError
from bot.settings import DiscordSettings, TelegramSettings
from bot.views.alert_message import Entry
from tests.builders_alerts import coin_alert
from tests.servers.chat_police import Accepted, ChatServer, Fault
from tests.servers.discord import Discord
from tests.servers.telegram import Telegram

NONCE = "0123456789abcdef01234567"
TIMEOUT = 5.0  # seconds


def message(*names: str, nonce: str = NONCE, first: int = 0, **how: Any) -> Outgoing:
    """A message of an alert for each name, whose refs count from `first` on."""
    alert = coin_alert()
    alerts = [
        replace(alert, ref=f"ref{at}", facts={**alert.facts, "title": name, "name": name})
        for at, name in enumerate(names or ("WGMI",), first)
    ]
    return Outgoing(tuple(Entry(one, (3,)) for one in alerts), nonce=nonce, **how)


@dataclass(frozen=True)
class Platform:
    """A platform: its server, and what is its own of what all have."""

    name: str
    server: type[ChatServer]
    secret: str  # what of the token must be seen nowhere
    shapeless: dict[str, Any]  # how it refuses a message as it is written

    @asynccontextmanager
    async def sender_to(self, url: str, *, timeout: float = TIMEOUT, **how: Any) -> AsyncIterator[Sender]:
        """A sender, to a server that may be none."""
        raise NotImplementedError
        yield

    def labels(self, sent: Accepted) -> list[str]:
        """The labels of the buttons of a message."""
        raise NotImplementedError

    @asynccontextmanager
    async def opened(self, timeout: float = TIMEOUT, **how: Any) -> AsyncIterator[tuple[Any, Any]]:
        """A server, and a sender to it."""
        async with self.server(**how) as server, self.sender_to(server.url, timeout=timeout) as sender:
            yield server, sender

    async def failing(
        self, fault: Fault, *, timeout: float = TIMEOUT, address: str = "42", **how: Any
    ) -> tuple[SendError, ChatServer]:
        """What a send raises when this goes wrong."""
        async with self.opened(timeout) as (server, sender):
            server.fault(None, fault, None, **how)
            return await refused(sender, address), server


class OnTelegram(Platform):
    """Telegram."""

    @asynccontextmanager
    async def sender_to(
        self, url: str, *, timeout: float = TIMEOUT, token: str = Telegram.token, **how: Any
    ) -> AsyncIterator[Sender]:
        sender = TelegramSender(TelegramSettings(token=SecretStr(token), base_url=url, timeout_seconds=timeout), **how)
        try:
            yield sender
        finally:
            await sender.close()

    def labels(self, sent: Accepted) -> list[str]:
        return [one["text"] for row in sent.body["reply_markup"]["inline_keyboard"] for one in row]


class OnDiscord(Platform):
    """Discord."""

    @asynccontextmanager
    async def sender_to(self, url: str, *, timeout: float = TIMEOUT, **how: Any) -> AsyncIterator[Sender]:
        settings = DiscordSettings(token=SecretStr(Discord.token), base_url=url, timeout_seconds=timeout)
        sender = DiscordSender(settings, **how)
        try:
            yield sender
        finally:
            await sender.close()

    def labels(self, sent: Accepted) -> list[str]:
        return [one["label"] for row in sent.body["components"] for one in row["components"]]


TELEGRAM = OnTelegram(
    "Telegram", Telegram, Telegram.token.partition(":")[2], {"text": "Bad Request: message is too long"}
)
DISCORD = OnDiscord("Discord", Discord, Discord.token, {"code": 50035, "text": "Invalid Form Body"})
PLATFORMS = (TELEGRAM, DISCORD)


async def refused(sender: Sender, address: str = "42", sent: Outgoing | None = None) -> SendError:
    """What a send raises."""
    with pytest.raises(SendError) as caught:
        await sender.send(address, sent or message())
    return caught.value


async def lifeless(sender: Sender) -> SendError:
    """What asking for a sign of life raises."""
    with pytest.raises(SendError) as caught:
        await sender.alive()
    return caught.value
