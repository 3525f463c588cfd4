"""What the bot and its libraries log, without the token: PTB writes it into errors, httpx into every URL."""

from __future__ import annotations

import logging

from bot.chat.wire import LOGGERS, Redaction, spellings
from bot.feeds.masking import masked_text

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
    """Takes the token out of each record, its traceback included."""

    def __init__(self, token: str) -> None:
        super().__init__(spellings(token), (*LOGGERS, *OF_PTB, *OURS))

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without the token."""
        super().filter(record)
        if record.exc_info:
            # As text, for each handler would write the exception itself anew.
            record.exc_text = masked_text(logging.Formatter().formatException(record.exc_info), self.secrets)
            record.exc_info = None
        return True
