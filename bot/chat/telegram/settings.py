"""The [telegram] section of config.toml."""

from __future__ import annotations

from pydantic import Field, SecretStr

from bot.settings import Key, Settings


class TelegramSettings(Settings):
    """How the bot reaches Telegram."""

    token: Key = Field(SecretStr(""), description="the bot's token, from @BotFather; empty: no Telegram")
    base_url: str = Field(
        "https://api.telegram.org",
        pattern="^https?://",
        description="where the Bot API is, such as a Bot API server of yours",
    )
    timeout_seconds: float = Field(
        20.0, gt=0, le=300, description="silence after which a message counts as perhaps sent, perhaps not"
    )
