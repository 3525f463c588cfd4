"""What the bot and its library log, without the token."""

from __future__ import annotations

from bot.chat.wire import LOGGERS, Redaction, spellings

# A filter does not see what a logger's children log, so each of them is named.
OURS = ("tocsin.discord",)
OF_LIBRARY = tuple(
    f"discord.{part}"
    for part in (
        "app_commands.tree", "backoff", "client", "gateway", "http", "interactions", "player", "shard", "state",
        "ui.modal", "ui.view", "utils", "voice_state", "webhook.async", "webhook.async_", "webhook.sync",
    )
)  # fmt: skip
OF_NET = ("aiohttp.client", "aiohttp.internal", "asyncio")


class DiscordRedaction(Redaction):
    """Takes the token out of each record."""

    def __init__(self, token: str) -> None:
        super().__init__(spellings(token), (*LOGGERS, "discord", *OF_LIBRARY, *OF_NET, *OURS))
