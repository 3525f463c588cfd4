"""The [discord] section of config.toml."""

from __future__ import annotations

from pydantic import Field, SecretStr

from bot.settings import Key, Settings


class DiscordSettings(Settings):
    """How the bot reaches Discord."""

    token: Key = Field(SecretStr(""), description="the bot's token, from the developer portal; empty: no Discord")
    base_url: str = Field(
        "https://discord.com/api/v10", pattern="^https?://", description="where Discord's API is, with its version"
    )
    timeout_seconds: float = Field(
        20.0, gt=0, le=300, description="silence after which a message counts as perhaps sent, perhaps not"
    )
