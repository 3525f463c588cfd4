"""Cursors: where the next page of a list begins, told so that rows which come and go shift nothing.

A cursor holds the sort key of the last row that was shown, not its place: the next page begins behind that key,
whatever was put in before it since.
"""

from __future__ import annotations

import base64
import json
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.commands.values import shown
from bot.errors import UserError
from bot.views.paging import Page, Row

LONGEST_CURSOR = 500  # characters
Key = tuple[str | int | float, ...]


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list is asked for."""

    of: str  # what the list is of; a cursor of another one is refused
    line: str  # the command without limit and cursor
    limit: int
    cursor: str | None = None
    asked: bool = False  # a limit or a cursor was given


def page_of(
    rows: Iterable[Row], key: Callable[[Row], Key], kinds: Sequence[type[str | int | float]], paging: Paging
) -> Page[Row]:
    """The page of `rows`, ordered by `key`, that begins at the cursor. Raises UserError for a broken cursor.

    `kinds` are the types of what the key holds; no two rows have the same key.
    """
    ordered = sorted(rows, key=key)
    first = 0 if paging.cursor is None else bisect_right(ordered, _read(paging, kinds), key=key)
    part = ordered[first : first + paging.limit]
    if first + len(part) == len(ordered):
        return Page(part, len(ordered), first, asked=paging.asked)
    cursor = _written(paging.of, key(part[-1]))
    more = f"{paging.line} limit={paging.limit} cursor={cursor}"
    return Page(part, len(ordered), first, cursor, more, paging.asked)


def _written(of: str, key: Key) -> str:
    text = json.dumps([of, *key], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(paging: Paging, kinds: Sequence[type[str | int | float]]) -> Key:
    held = _held(paging.cursor or "")
    if held and held[0] != paging.of and isinstance(held[0], str):
        raise _broken(paging, "is of another list; begin this one anew")
    finite = all(math.isfinite(one) for one in held if isinstance(one, float))
    if not finite or [type(one) for one in held] != [str, *kinds]:
        raise _broken(paging, "is no cursor; take the one that the page before gave")
    return tuple(held[1:])


def _held(cursor: str) -> list[Any]:
    """What a cursor holds, nothing where it is none."""
    if len(cursor) > LONGEST_CURSOR:
        return []
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        held = json.loads(text)
    except ValueError:  # no Base64, no UTF-8 or no JSON
        return []
    return held if isinstance(held, list) else []


def _broken(paging: Paging, why: str) -> UserError:
    return UserError(f"cursor={shown(paging.cursor or '')} {why}", f"{paging.line} limit={paging.limit}")
