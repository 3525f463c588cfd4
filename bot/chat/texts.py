"""Texts and tables for the chat platforms on the net: harmless, short enough, and readable on a telephone (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from io import StringIO
from urllib.parse import quote, urlsplit

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text as RichText

from bot.views.elements import Cell, Meter, Table, View
from bot.words import ENGLISH, speaking, tr

PHONE_CELLS = 34  # of a fixed-width font, before a telephone wraps the line
GAP = 2  # cells between two columns
MEASURE = Console(file=StringIO(), width=PHONE_CELLS)
BARS = (10, 8, 6, 4, 0)  # cells of a meter's bar: the most that a telephone has room for beside all else
MARKS_IN_A_ROW = 4  # combining ones; more of them paint over the lines above and below
REFS = 10  # in the shortest form of a message

BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# Control characters; invisible marks, those that reorder text among them; halves of characters.
HARMFUL = {"Cc", "Cf", "Cs"}
# Letters, marks and symbols that show nothing, so that two names could look the same, or one like none.
BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
COMBINING = {"Mn", "Me"}


def clean(text: str) -> str:
    """The text in one line, without what could hide, reorder or paint over what stands beside it."""
    return _visible(text).strip()


def clean_lines(text: str) -> str:
    """The same of a text whose lines and indents are to stay."""
    return "\n".join(_visible(line).rstrip() for line in text.splitlines()).strip("\n")


def _visible(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in BREAKS.sub(" ", text):
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in COMBINING else 0
        if kind not in HARMFUL and char not in BLANK and marks <= MARKS_IN_A_ROW:
            kept.append(char)
    return "".join(kept)


def units(text: str) -> int:
    """The length in UTF-16 code units, which is what the platforms count."""
    return len(text) + sum(char > "\uffff" for char in text)


def cut(text: str, most: int) -> str:
    """At most so many UTF-16 units of the text, with … where something is left out."""
    if units(text) <= most:
        return text
    left = most - 1
    end = 0
    for char in text:
        left -= units(char)
        if left < 0:
            break
        end += 1
    while end and unicodedata.category(text[end]) in COMBINING:  # a mark would land on the …
        end -= 1
    return text[:end].rstrip() + "…"


def web_address(url: str) -> str | None:
    """The URL where it may become a link: https, a plain host, and no character that could end the link."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    is_plain = parts.netloc.isascii() and "@" not in parts.netloc and clean(url) == url and " " not in url
    if parts.scheme != "https" or not parts.hostname or not is_plain:
        return None
    # quote() would touch what is quoted already; these are only those that end a link somewhere.
    safe = quote(url, safe="%/:=&?~#+!$,;'@[]*._-")
    return safe if len(safe) <= 1000 else None


def aligned(table: Table) -> list[str] | None:
    """The table as lines of columns, its titles first, each row on one line or two as its columns say.

    None where that is too wide for a telephone.
    """
    tried = (_block(table, 1, bar) for bar in BARS)
    above = next((lines for lines in tried if lines and max(map(cell_len, lines)) <= PHONE_CELLS), None)
    if above is None:
        return None
    below = _block(table, 2, BARS[0])
    if not below:
        return above
    return [line for one, other in zip(above, below, strict=True) for line in (one, *_wrapped(other))]


def _block(table: Table, line: int, bar: int) -> list[str]:
    """The columns of one line of the rows, their titles first; a meter's bar has `bar` cells."""
    chosen = [at for at, column in enumerate(table.columns) if column.phone == line]
    is_stacked = any(column.phone == 2 for column in table.columns)
    rows = [
        [clean(table.columns[at].title) for at in chosen],
        *([_drawn(row[at], bar) if is_stacked else _plain(row[at]) for at in chosen] for row in table.rows),
    ]
    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(chosen))]
    right = [table.columns[at].align == "right" for at in chosen]
    return [
        (" " * GAP).join(_padded(cell, widths[place], right=right[place]) for place, cell in enumerate(row)).rstrip()
        for row in rows
        if row
    ]


def _wrapped(line: str) -> list[str]:
    """The line in as many as a telephone needs to show all of it, each a cell further in."""
    room = PHONE_CELLS - 1
    parts = [line] if cell_len(line) <= room else [one.plain for one in RichText(line).wrap(MEASURE, room)]
    return [f" {part}".rstrip() for part in parts]


def _drawn(cell: Cell, bar: int) -> str:
    """A cell, with its bar where it is a meter."""
    if not isinstance(cell, Meter) or not bar:
        return _plain(cell)
    full = round(bar * min(1.0, max(0.0, cell.value / cell.maximum)))
    return f"{clean(cell.text)} {'█' * full}{'░' * (bar - full)}"


def row_groups(table: Table) -> list[tuple[str, str]]:
    """Each row as a heading, its cells up to the first text, and one line of `title value` for the others."""
    lefts = [at for at, column in enumerate(table.columns) if column.align == "left"]
    first = (lefts[0] if lefts else 0) + 1
    titles = ["" if column.is_plain else clean(column.title) for column in table.columns[first:]]
    groups = []
    for row in table.rows:
        cells = [_plain(cell) for cell in row]
        pairs = zip(titles, cells[first:], strict=True)
        details = " · ".join(f"{title} {value}".strip() for title, value in pairs if value)
        groups.append((" ".join(cell for cell in cells[:first] if cell), details))
    return groups


def fitting(view: Callable[[int], View], fits: Callable[[View], bool], most: int) -> View:
    """The message with as many alerts as fit, `most` at most; with one where not even that fits."""
    for shown_alerts in range(most, 1, -1):
        if fits(found := view(shown_alerts)):
            return found
    return view(1)


def shortest(refs: Sequence[str], language: str = ENGLISH) -> str:
    """What is left to say when a platform refuses the message itself."""
    more = " …" if len(refs) > REFS else ""
    with speaking(language):
        if not refs:
            return tr("An alert could not be shown; /status tells more")
        shown = " ".join(f"#{ref}" for ref in refs[:REFS]) + more
        return tr("An alert could not be shown: {refs}, {command}", refs=shown, command=f"/why {refs[0]}")


def _plain(cell: Cell) -> str:
    return clean(cell.text if isinstance(cell, Meter) else cell)


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space
