"""Cursors: where the next page of a list begins, told so that rows which come and go shift nothing.

A cursor is no place in the list but a cut through its order: the least that lies behind the last row that was shown
and not behind the next one, as the inner nodes of a prefix B-tree have it. So every row that was there comes once,
whatever comes and goes since. Where that cut would not fit a button, for names are long and alike, it is the place.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote
from zlib import crc32

from bot import words
from bot.commands.values import shown
from bot.errors import UserError
from bot.views.paging import Page, Row
from bot.words import tr

LONGEST_CURSOR = 500  # characters
LONGEST_COMMAND = 64  # bytes: a button of Telegram holds no more
BETWEEN, PLACE = ",", "@"
NO_CURSOR = words.mark("{cursor} is no cursor; take the one that the page before gave")
OTHER_LIST = words.mark("{cursor} is of another list; begin this one anew")
DIGITS = 17  # of a float; so many tell it from every other
UNSAFE = re.compile(r"[^\w.:/-]")  # in a cursor: what parts it, or would part the command line
Part = str | int | float
Key = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list is asked for."""

    of: str  # what the list is of; a cursor of another one is refused
    line: str  # the command without limit and cursor
    default: int  # rows of a page where nobody says
    limit: int | None = None  # as it was typed
    cursor: str | None = None

    @property
    def rows(self) -> int:
        """Rows of a page."""
        return self.limit or self.default

    @property
    def asked(self) -> bool:
        """Whether somebody reads page by page."""
        return self.limit is not None or self.cursor is not None

    @property
    def first_page(self) -> str:
        """The command that shows the list from its beginning."""
        return self.line if self.limit is None else f"{self.line} limit={self.limit}"


def page_of(rows: Iterable[Row], key: Callable[[Row], Key], kinds: Sequence[type[Part]], paging: Paging) -> Page[Row]:
    """The page of `rows`, ordered by `key`, that begins at the cursor. Raises UserError for a broken cursor.

    `kinds` are the types of what the key holds; no two rows have the same key.
    """
    ordered = sorted(rows, key=key)
    first = 0 if paging.cursor is None else _first(ordered, key, kinds, paging)
    end = first + paging.rows
    part = ordered[first:end]
    if end >= len(ordered):
        return Page(part, len(ordered), first, asked=paging.asked)
    cursor = _written(paging.of, cut_between(key(ordered[end - 1]), key(ordered[end])))
    if len(_more(paging, cursor).encode()) > LONGEST_COMMAND:
        cursor = f"{_mark(paging.of)}{BETWEEN}{PLACE}{end:x}"
    return Page(part, len(ordered), first, cursor, _more(paging, cursor), paging.asked)


def _more(paging: Paging, cursor: str) -> str:
    return f"{paging.first_page} cursor={cursor}"


def cut_between(last: Key, following: Key) -> Key:
    """The shortest key that lies behind the one and not behind the other, which is larger.

    >>> cut_between(("binance", "BTCUSDT"), ("hyperliquid", "BTC")), cut_between((-0.00123, "okx"), (-0.00119, "okx"))
    (('h',), (-0.0012,))
    """
    for at, (low, high) in enumerate(zip(last, following, strict=True)):
        if low != high:
            return (*following[:at], _cut(low, high))
    raise ValueError(f"two rows have the same key: {last!r}")


def _cut(low: Part, high: Part) -> Part:
    if isinstance(high, str):
        return next(high[:length] for length in range(1, len(high) + 1) if high[:length] > str(low))
    if isinstance(high, int):
        return high
    rounded = (float(f"{one:.{digits}g}") for digits in range(1, DIGITS) for one in (high, low))
    return next((one for one in rounded if float(low) < one <= high), high)


def _written(of: str, cut: Key) -> str:
    return BETWEEN.join([_mark(of), *(_part(one) for one in cut)])


def _part(part: Part) -> str:
    match part:
        case str():
            return UNSAFE.sub(lambda found: quote(found[0], safe=""), part)
        case int():
            return f"{part:x}"
        case _:
            return repr(part)


def _mark(of: str) -> str:
    """Tells the cursors of one list from those of another."""
    return f"{crc32(of.encode()) & 0xFFF:03x}"


def _first(ordered: Sequence[Row], key: Callable[[Row], Key], kinds: Sequence[type[Part]], paging: Paging) -> int:
    """Where the page begins that a cursor asks for."""
    cursor = paging.cursor or ""
    mark, *parts = cursor.split(BETWEEN)
    if not 1 <= len(parts) <= len(kinds) or len(cursor) > LONGEST_CURSOR:
        raise _broken(paging, NO_CURSOR)
    if mark != _mark(paging.of):
        raise _broken(paging, OTHER_LIST)
    try:
        if parts[0].startswith(PLACE):
            return min(max(0, int(parts[0].removeprefix(PLACE), 16)), len(ordered))
        return bisect_left(ordered, tuple(_value(*one) for one in zip(parts, kinds, strict=False)), key=key)
    except ValueError:
        raise _broken(paging, NO_CURSOR) from None


def _value(text: str, kind: type[Part]) -> Part:
    if kind is str:
        return unquote(text)
    value = int(text, 16) if kind is int else float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _broken(paging: Paging, why: str) -> UserError:
    return UserError(tr(why, cursor=f"cursor={shown(paging.cursor or '')}"), paging.first_page)
