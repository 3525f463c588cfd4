"""What the bot and its libraries log, without the token: PTB writes it into errors, httpx into every URL."""

from __future__ import annotations

from bot.chat.wire import LOGGERS, Redaction, spellings

# A filter does not see what a logger's children log, so each of them is named.
OURS = ("tocsin.telegram",)
OF_PTB = (
    "telegram.Bot",
    "telegram.ext.Application",
    "telegram.ext.ExtBot",
    "telegram.ext.Updater",
    "telegram.ext._utils.networkloop",
    "telegram.request.BaseRequest",
    "telegram.request.HTTPXRequest",
)


class TelegramRedaction(Redaction):
    """Takes the token out of each record."""

    def __init__(self, token: str) -> None:
        super().__init__(spellings(token), (*LOGGERS, *OF_PTB, *OURS))
