"""The process that paints: it reads charts from its standard input, and answers each with a picture.

It ends when its input does, so that it never outlives the bot, however that ends. `wire.py` says what is written.
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import BinaryIO

from bot.charts.wire import FAILED, LENGTH, OK


def main() -> None:
    """Answer until nobody asks any more."""
    asked = sys.stdin.buffer
    # Nothing that a library prints may get between the answers.
    answered = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with answered:
        while (message := _read(asked)) is not None:
            answer = _answer(message)
            answered.write(LENGTH.pack(len(answer)) + answer)
            answered.flush()


def _answer(message: bytes) -> bytes:
    try:
        from bot.charts.paint import paint  # noqa: PLC0415 - what is wrong with it is an answer too

        chart, theme = pickle.loads(message)  # noqa: S301 - from our own parent, over a pipe of its own
        return OK + paint(chart, theme=theme)
    except Exception as error:  # noqa: BLE001 - the asker tells it
        return FAILED + f"{type(error).__name__}: {error}".encode("utf-8", "replace")


def _read(asked: BinaryIO) -> bytes | None:
    head = asked.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    message = asked.read(length)
    return message if len(message) == length else None


if __name__ == "__main__":
    main()
