"""A View as terminal text (pure). Everything in a View is data: nothing in it can colour, move or erase."""

from __future__ import annotations

import io
import re
import unicodedata
from typing import assert_never

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text as RichText

from bot.views.elements import Cell, Code, Element, Fields, Link, Meter, Note, Table, Text, Tone, View

NARROWEST = 20
BAR_CELLS = 10
EIGHTHS = " ▏▎▍▌▋▊▉█"
# Characters that reorder what stands beside them: names of coins come from anybody.
REORDERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def render(view: View, *, width: int, colour: bool) -> str:
    """The View as text that is at most `width` cells wide, with a newline at its end."""
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
    parts: list[RenderableType] = [_title(view)]
    parts += [Padding(_element(element), (0, 0, 0, 2)) for element in view.body]
    parts += [
        Padding(RichText.assemble((f"→ {_safe(one.command)}", "cyan"), (f"   {_safe(one.label)}", "dim")), (0, 0, 0, 2))
        for one in view.buttons
    ]
    console.print(Group(*parts))
    lines = [line.rstrip() for line in screen.getvalue().splitlines()]
    return "\n".join(lines) + "\n"


def _title(view: View) -> RichText:
    title = _safe(view.title)
    match view.tone:
        case Tone.ALERT:
            return RichText(f"🔔 {title}", style="bold yellow")
        case Tone.ERROR:
            return RichText(f"✗ {title}", style="bold red")
        case Tone.ANSWER:
            return RichText(title, style="bold")
        case _:
            assert_never(view.tone)


def _element(element: Element) -> RenderableType:
    match element:
        case Text(text):
            return RichText(_safe(text))
        case Note(text):
            return RichText(_safe(text), style="dim")
        case Code(text):
            return RichText(_safe(text), style="cyan")
        case Link(label, url):
            return RichText.assemble((f"{_safe(label)}: ", "dim"), _safe(url), overflow="fold")
        case Fields(items):
            grid = RichTable.grid(padding=(0, 2))
            grid.add_column(style="dim", no_wrap=True)
            grid.add_column(overflow="fold")
            for item in items:
                grid.add_row(RichText(_safe(item.label)), RichText(_safe(item.value)))
            return grid
        case Table():
            return _table(element)
        case _:
            assert_never(element)


def _table(table: Table) -> RichTable:
    drawn = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1), header_style="dim")
    for column in table.columns:
        drawn.add_column(RichText(_safe(column.title)), justify=column.align, overflow="fold")
    for row in table.rows:
        drawn.add_row(*(_cell(cell) for cell in row))
    return drawn


def _cell(cell: Cell) -> RichText:
    if isinstance(cell, Meter):
        return RichText.assemble(f"{_safe(cell.text):>4} ", (_bar(cell), "yellow"), no_wrap=True)
    text = _safe(cell)
    # Only a signed number is coloured: a name may begin with a sign too, but not with a sign and a digit.
    style = {"−": "red", "+": "green"}.get(text[:1], "") if re.match(r"[−+]\d", text) else ""
    return RichText(text, style=style)


def _bar(meter: Meter) -> str:
    """Ten cells, filled in eighths; what is left is dotted, so that the scale can be seen."""
    share = min(1.0, max(0.0, meter.value / meter.maximum)) if meter.maximum > 0 else 0.0
    eighths = round(share * BAR_CELLS * 8)
    full, part = divmod(eighths, 8)
    bar = "█" * full + (EIGHTHS[part] if part else "")
    return bar + "·" * (BAR_CELLS - cell_len(bar))


def _safe(text: str) -> str:
    """The text without what could steer a terminal: control characters, escapes, reordering marks."""
    spaced = re.sub(r"[\t\n\r\v\f\u0085\u2028\u2029]+", " ", REORDERING.sub("", text))
    return "".join(char for char in spaced if unicodedata.category(char) not in {"Cc", "Cs"})
