"""Command lines that are longer than what a button carries.

Such a line stands in the message as something to type, and the button names it by its digest. So all that a press
needs is still in the button and its message.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

from telegram import Message, MessageEntity

from bot.chat.telegram.render import CALLBACK_BYTES, Entity
from bot.chat.texts import clean
from bot.views.elements import Code, View

NAMED = "!"  # begins no command
DIGITS = 16  # of a digest
MOST_LINES = 4  # of a message; beyond them a button is left out


def with_lines(view: View) -> View:
    """The View with each line that its buttons cannot carry as something to type, after all else."""
    there = {clean(one.text) for one in view.body if isinstance(one, Code)}
    lines = dict.fromkeys(clean(button.command) for button in view.buttons)
    long = [line for line in lines if len(line.encode()) > CALLBACK_BYTES and line not in there]
    return replace(view, body=(*view.body, *(Code(line) for line in long[:MOST_LINES])))


def lines_of(text: str, entities: Sequence[Entity]) -> frozenset[str]:
    """What stands in a rendered text to be typed."""
    wide = text.encode("utf-16-le")
    spans = ((2 * int(one["offset"]), 2 * int(one["length"])) for one in entities if one["type"] == MessageEntity.CODE)
    return frozenset(wide[start : start + length].decode("utf-16-le") for start, length in spans)


def data_of(data: str, lines: Collection[str]) -> str:
    """What a button carries: a line, its slash left out or not, or what names it where it is among `lines`."""
    line = f"/{data.removeprefix('/')}"
    if len(data.encode()) <= CALLBACK_BYTES or line not in lines:
        return data
    return f"{'/' if data.startswith('/') else ''}{NAMED}{_digest(line)}"


def line_in(message: object, data: str) -> str | None:
    """The command line of a button; None where its message does not hold it any more."""
    if not data.removeprefix("/").startswith(NAMED):
        return f"/{data.removeprefix('/')}"
    return _named(data.removeprefix("/").removeprefix(NAMED), _typed(message))


def _typed(message: object) -> Iterable[str]:
    if not isinstance(message, Message) or message.text is None:
        return ()
    return message.parse_entities([MessageEntity.CODE]).values()


def _named(digest: str, lines: Iterable[str]) -> str | None:
    return next((line for line in lines if _digest(line) == digest), None)


def _digest(line: str) -> str:
    return sha256(line.encode()).hexdigest()[:DIGITS]
