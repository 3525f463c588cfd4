"""A View as terminal text (pure). Everything in a View is data: nothing in it can colour, move or erase.

Nothing is cut off. A table that does not fit wraps its texts, then shortens its bars, whose number stays
beside them; where that is not enough each row becomes a few lines, with the column's title before each value.
Only the lines of a document are not wrapped, so that what is copied is whole.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import assert_never

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text as RichText

from bot.chat.texts import BREAKS, HARMFUL
from bot.views.elements import (
    Button,
    Cell,
    Code,
    Column,
    Document,
    Element,
    Fields,
    Link,
    Meter,
    Note,
    Picture,
    Table,
    Text,
    Tone,
    View,
)

# Cells of the terminal, all of them.
NARROWEST = 20
INDENT = 2
GAP = 2
BEFORE_LABEL = 3  # between what a button types and what it says
BARS = (10, 5, 0)  # the longest that fits is drawn
LEAST_TEXT = 16  # a column of texts is not squeezed below this: its words would break

FULL, REST = "█", "░"
EIGHTHS = " ▏▎▍▌▋▊▉"
UNDERLINED = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
# A name may begin with a sign too, but not with a sign and a digit.
SIGNED = re.compile(r"[−+]\d")
SIGN_STYLES = {"−": "red", "+": "green"}


def render(view: View, *, width: int, colour: bool) -> str:
    """The View as text that is at most `width` cells wide (and `NARROWEST` at least), with a newline at its end."""
    screen = io.StringIO()
    console = Console(
        file=screen,
        width=max(width, NARROWEST),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
    )
    room = console.width - INDENT
    parts: list[RenderableType] = [_title(view)]
    before: Element | None = None
    for element in view.body:
        # A table ends a section; a note still belongs to it.
        if isinstance(before, Table | Fields) and not isinstance(element, Note):
            parts.append("")
        parts.append(_indented(_element(element, room)))
        if isinstance(element, Document):
            console.print(Group(*parts))
            screen.write("".join(f"{harmless(line)}\n" for line in element.text.split("\n")))
            parts = []
        before = element
    parts.append(_indented(_buttons(view.buttons, room)))
    console.print(Group(*parts))
    lines = [line.rstrip() for line in screen.getvalue().split("\n")]
    return "\n".join(lines).rstrip("\n") + "\n"


def harmless(text: str) -> str:
    """The text in one line, without what could steer a terminal or reorder what stands beside it."""
    return "".join(char for char in BREAKS.sub(" ", text) if unicodedata.category(char) not in HARMFUL)


def _title(view: View) -> RenderableType:
    title = harmless(view.title)
    match view.tone:
        case Tone.ALERT:
            return _beside(RichText("🔔"), RichText(title, style="bold yellow"))
        case Tone.ERROR:
            return _beside(RichText("✗", style="bold red"), RichText(title, style="bold"))
        case Tone.ANSWER:
            return RichText(title, style="bold")
        case _:
            assert_never(view.tone)


def _element(element: Element, room: int) -> RenderableType:
    match element:
        case Text(text):
            return RichText(harmless(text))
        case Note(text) | Document(text) | Picture(_, text):  # of a document its name; what it holds follows
            return RichText(harmless(text), style="dim")
        case Code(text):
            return RichText(harmless(text), style="cyan")
        case Link(label, url):
            return RichText.assemble((f"{harmless(label)}: ", "dim"), harmless(url))
        case Fields(items):
            return _fields([(RichText(harmless(one.label), style="dim"), _signed(one.value)) for one in items], room)
        case Table():
            return _table(element, room)
        case _:
            assert_never(element)


def _buttons(buttons: Sequence[Button], room: int) -> RenderableType:
    """What to type, and what it does: in two columns, or beside or below it where they do not fit."""
    shown = [(harmless(one.command), harmless(one.label)) for one in buttons]
    longest = max((cell_len(command) for command, _ in shown), default=0)
    space = room - len("→ ") - BEFORE_LABEL
    in_columns = all(longest + cell_len(label) <= space for _, label in shown)
    lines: list[RenderableType] = []
    for command, label in shown:
        used = cell_len(command)
        gap = " " * (BEFORE_LABEL + (longest - used if in_columns else 0))
        between = gap if used + cell_len(label) <= space else "\n"
        text = RichText.assemble((command, "cyan"), between, (label, "dim"))
        lines.append(_beside(RichText("→", style="dim"), text))
    return Group(*lines)


def _fields(items: Sequence[tuple[RichText, RichText]], room: int, gap: int = GAP) -> RenderableType:
    """Labels and values, each in its column; a long label takes half of the room and wraps."""
    width = min(max((one.cell_len for one, _ in items), default=0), room // 2)
    return Group(*(_beside(label, value, width, gap) for label, value in items))


def _table(table: Table, room: int) -> RenderableType:
    for bar in BARS:
        cells = _cells(table, bar)
        widths = _widths(table.columns, cells, room)
        if widths is not None:
            return _grid(table.columns, cells, widths)
    return _stacked(table.columns, _cells(table, BARS[0]), room)


def _cells(table: Table, bar: int) -> list[list[RichText]]:
    """Every cell as it is drawn; the texts of the meters of a column end at the same place."""
    texts = [max((cell_len(_text_of(row[at])) for row in table.rows), default=0) for at in range(len(table.columns))]
    return [[_cell(cell, texts[at], bar) for at, cell in enumerate(row)] for row in table.rows]


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[RichText]], room: int) -> list[int] | None:
    """The width of each column, the widest being narrowed first; None where they do not fit without breaking words."""
    spare = room - GAP * (len(columns) - 1)
    widths, least = [], []
    for at, column in enumerate(columns):
        title = harmless(column.title)
        content = max((row[at].cell_len for row in rows), default=0)
        words = max((cell_len(word) for word in title.split()), default=0)
        widths.append(max(content, cell_len(title)))
        wraps = column.align == "left" and not any(row[at].no_wrap for row in rows)
        least.append(min(widths[at], LEAST_TEXT) if wraps else max(content, words))
    if not columns or sum(least) > spare:
        return None
    widths = [min(width, spare) for width in widths]
    while sum(widths) > spare:
        widest = max((at for at in range(len(columns)) if widths[at] > least[at]), key=lambda at: widths[at])
        widths[widest] -= 1
    return widths


def _grid(columns: Sequence[Column], rows: Sequence[Sequence[RichText]], widths: Sequence[int]) -> RichTable:
    grid = RichTable(
        box=UNDERLINED,
        show_edge=False,
        pad_edge=False,
        padding=(0, GAP - 1, 0, 0),  # the box adds a blank between columns
        header_style="dim",
        border_style="dim",
    )
    for column, width in zip(columns, widths, strict=True):
        grid.add_column(RichText(harmless(column.title)), justify=column.align, width=max(width, 1), overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return grid


def _stacked(columns: Sequence[Column], rows: Sequence[Sequence[RichText]], room: int) -> RenderableType:
    """Each row as a heading, its leading cells, and below it lines of `title: value` for the others."""
    texts = [column.align == "left" and not any(row[at].no_wrap for row in rows) for at, column in enumerate(columns)]
    first = texts.index(True) + 1 if True in texts else 1
    second = first + 1 if texts[first : first + 1] == [True] else first
    titles = [RichText(harmless(column.title), style="dim") for column in columns]
    lines = [_heading(titles[:first], titles[first:second], room)]
    for row in rows:
        leading = [RichText(cell.plain, style="bold") for cell in row[:first]]
        lines.append(_heading(leading, row[first:second], room))
        pairs = [(title.plain, cell) for title, cell in zip(titles[second:], row[second:], strict=True) if cell.plain]
        lines += [_indented(line) for line in _packed(pairs, room - INDENT)]
    return Group(*lines)


def _heading(leading: Sequence[RichText], beside: Sequence[RichText], room: int) -> RenderableType:
    name = RichText(" " * GAP).join(cell for cell in leading if cell.plain)
    return _fields([(name, RichText(" ").join(beside))], room)


def _packed(pairs: Iterable[tuple[str, RichText]], room: int) -> list[RenderableType]:
    """As many pairs on a line as fit; one that is longer than a line wraps beside its title."""
    packed: list[RenderableType] = []
    line: RichText | None = None
    for title, value in pairs:
        label = RichText(f"{title}:", style="dim")
        pair = RichText.assemble(label, " ", value)
        if line is not None and line.cell_len + 3 + pair.cell_len <= room:
            line.append(" · ", style="dim").append_text(pair)
        elif pair.cell_len <= room:
            line = pair
            packed.append(line)
        else:
            line = None
            packed.append(_fields([(label, value)], room, gap=1))
    return packed


def _text_of(cell: Cell) -> str:
    return harmless(cell.text) if isinstance(cell, Meter) else ""


def _cell(cell: Cell, text_width: int, bar: int) -> RichText:
    if not isinstance(cell, Meter):
        return _signed(cell)
    text = _text_of(cell)
    text = " " * (text_width - cell_len(text)) + text
    filled, rest = _bar(cell, bar)
    parts = (text, " ", (filled, "yellow"), (rest, "dim")) if bar else (text,)
    return RichText.assemble(*parts, no_wrap=True)


def _bar(meter: Meter, cells: int) -> tuple[str, str]:
    """What is filled, in eighths of a cell, and what is left."""
    share = min(1.0, max(0.0, meter.value / meter.maximum)) if meter.maximum > 0 else 0.0
    full, part = divmod(round(share * cells * len(EIGHTHS)), len(EIGHTHS))
    filled = FULL * full + EIGHTHS[part].strip()
    return filled, REST * (cells - len(filled))


def _signed(value: str) -> RichText:
    text = harmless(value)
    return RichText(text, style=SIGN_STYLES[text[0]] if SIGNED.match(text) else "")


def _beside(mark: RichText, text: RichText, width: int | None = None, gap: int = 1) -> RichTable:
    """A mark or label, and a text that wraps beside it, not below it."""
    grid = RichTable.grid(padding=(0, gap, 0, 0), pad_edge=False)
    grid.add_column(width=max(mark.cell_len if width is None else width, 1), overflow="fold")
    grid.add_column(overflow="fold")
    grid.add_row(mark, text)
    return grid


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, INDENT))
