"""What the bot and its libraries log, without the token: PTB writes it into errors, httpx into every URL."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from urllib.parse import quote

from bot.chat.wire import LOGGERS, Redaction
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
        self.secrets: Sequence[str] = tuple({token, quote(token, safe=""), token.rpartition(":")[2]} - {""})
        super().__init__(self.secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without the token."""
        super().filter(record)
        if record.exc_info:
            # As text, for each handler would write the exception itself anew.
            record.exc_text = masked_text(logging.Formatter().formatException(record.exc_info), self.secrets)
            record.exc_info = None
        return True

    def install(self) -> None:
        """Watch the loggers of the libraries, and ours."""
        for name in (*LOGGERS, *OF_PTB, *OURS):
            logging.getLogger(name).addFilter(self)

    def remove(self) -> None:
        """Watch them no longer."""
        for name in (*LOGGERS, *OF_PTB, *OURS):
            logging.getLogger(name).removeFilter(self)
