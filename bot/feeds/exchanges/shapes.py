"""Answers taken apart without trust: what has not the shape that it should raises AnswerError, and nothing else.

An answer of the wrong shape costs the answer, a row of the wrong shape only itself: rows that are no objects are
skipped, and fields that are no numbers become NaN (`base.number`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bot.feeds.exchanges.base import AnswerError

Row = Mapping[str, Any]
LONGEST_MESSAGE = 200  # characters; some answer with a whole page


def entry(answer: Any, *path: str) -> Any:
    """What lies at `path` below the answer. Raises AnswerError where the path ends before."""
    found = answer
    for depth, key in enumerate(path):
        if not isinstance(found, Mapping) or key not in found:
            raise AnswerError(f"the answer has no {'.'.join(path[: depth + 1])}")
        found = found[key]
    return found


def rows(answer: Any, *path: str) -> list[Row]:
    """The objects of the list at `path`. Raises AnswerError where there is no list, or a list of something else."""
    found = entry(answer, *path)
    where = ".".join(path) or "the answer"
    if not isinstance(found, list):
        raise AnswerError(f"{where} is not a list")
    objects = [row for row in found if isinstance(row, Mapping)]
    if found and not objects:
        raise AnswerError(f"{where} is a list without objects")
    return objects


def text(row: Row, key: str) -> str:
    """A field that must be text to mean something, such as a symbol; empty where it is not."""
    found = row.get(key)
    return found if isinstance(found, str) and found.isprintable() else ""


def first(row: Row, *keys: str) -> Any:
    """The first of these fields that holds something."""
    return next((found for key in keys if (found := row.get(key)) not in (None, "")), None)


def by_symbol(found: Sequence[Row], key: str = "symbol") -> dict[str, Row]:
    """Rows by their symbol; rows without one are left out."""
    return {symbol: row for row in found if (symbol := text(row, key))}


def base_of(symbol: str, endings: Sequence[str]) -> str:
    """The name without the ending that names its quote; empty where none of the endings fits.

    >>> base_of("1000PEPEUSDT", ("USDT", "USD")), base_of("ETHBTC", ("USDT", "USD"))
    ('1000PEPE', '')
    """
    return next((symbol.removesuffix(ending) for ending in endings if symbol.endswith(ending)), "")


def refusal(
    code: object, message: object, *, limited: Collection[str] = (), permanent: Collection[str] = ()
) -> AnswerError:
    """The error that an envelope holds; `limited` and `permanent` are the codes that mean so."""
    told = str(message or "no reason given")[:LONGEST_MESSAGE]
    return AnswerError(f"{told} (code {code})", limited=str(code) in limited, permanent=str(code) in permanent)
