"""Long lists page by page: what a page says of the others, and how to get to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.views import numbers
from bot.views.elements import Button, Json, Note
from bot.words import tr

MOST_ROWS = 5000  # the limit of the documents
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, in its order."""

    rows: Sequence[Row]
    total: int  # rows of the whole list
    first: int = 0  # rows before these
    cursor: str | None = None  # where the next page begins; None after the last
    more: str = ""  # the command that asks for the next page
    asked: bool = False  # for pages, with a limit or a cursor


def pagination(page: Page[Row]) -> dict[str, Json]:
    """The documents' pagination object, where pages were asked for or there are more."""
    return {"pagination": {"cursor": page.cursor}} if page.asked or page.cursor is not None else {}


def more_buttons(page: Page[Row]) -> tuple[Button, ...]:
    """The button of the next page, where there is one."""
    return (Button(tr("More"), page.more),) if page.cursor is not None else ()


def cut_notes(page: Page[Row], what: str) -> list[Note]:
    """Says so when rows are left; `what` are they, in the plural, a message of the catalogues."""
    shown = len(page.rows)
    if page.first and shown:
        first, last = numbers.whole(page.first + 1), numbers.whole(page.first + shown)
        total = numbers.whole(page.total)
        return [Note(tr("{first} to {last} of {total} {what}.", first=first, last=last, total=total, what=tr(what)))]
    if page.total > shown:
        more = f"limit={min(MOST_ROWS, page.total)}"
        some, total = numbers.whole(shown), numbers.whole(page.total)
        return [
            Note(tr("{some} of {total} {what}; more with {more}.", some=some, total=total, what=tr(what), more=more))
        ]
    return []
