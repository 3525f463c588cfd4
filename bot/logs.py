"""The log on stderr, without secrets."""

from __future__ import annotations

import logging
from collections.abc import Collection

from bot.feeds.masking import masked_text

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class MaskingFormatter(logging.Formatter):
    """Masks every secret in the whole text of a record, its traceback included.

    A library may log a URL with a token in it, and an error may quote one: here nothing gets past.
    """

    def __init__(self, secrets: Collection[str]) -> None:
        super().__init__(FORMAT)
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """The text that is written."""
        return masked_text(super().format(record), self._secrets)


def log_to_stderr(level: str, secrets: Collection[str]) -> None:
    """Log from this level on; the HTTP libraries, which tell every request, only what is wrong."""
    handler = logging.StreamHandler()
    handler.setFormatter(MaskingFormatter(secrets))
    logging.basicConfig(level=level, handlers=[handler])
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
