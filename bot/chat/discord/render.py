"""A View as a Discord message (pure): the title as content, what it says as one embed, and its buttons.

The content is what a telephone shows as the notification. Everything of a View is data: whatever Discord would read
as markup, a mention, an emoji or a link is escaped. A text is built of pieces that must not be broken, so that it
can be cut anywhere between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple, TypeAlias, assert_never

from bot.chat.texts import aligned, clean, clean_lines, cut, row_groups, units, web_address
from bot.views.elements import Button, Code, Document, Element, Fields, Link, Note, Picture, Table, Text, Tone, View

# https://discord.com/developers/docs/resources/message#embed-object-embed-limits and /components/reference
CONTENT_UNITS = 2000
DESCRIPTION_UNITS = 4096
ROWS, BUTTONS_IN_A_ROW = 5, 5
CUSTOM_ID_UNITS = 100
BUTTON_UNITS = 80
RUN = "run:"  # before the command of a button, so that others can mean something else

BLOCK_UNITS = 1500  # a code block cannot be cut, so a long table becomes lines
DOCUMENT_UNITS = 3500  # what is shown of a file
NAME_UNITS = 200  # of what stands in one piece: a heading, a label
NOTHING = "…"  # an empty content is refused
MARKS = {Tone.ANSWER: "", Tone.ALERT: "🔔 ", Tone.ERROR: "✗ "}
COLOURS = {Tone.ANSWER: 0x5865F2, Tone.ALERT: 0xF0B232, Tone.ERROR: 0xDA373C}
PRIMARY, SECONDARY, DANGER = 1, 2, 4  # styles of a button

# Markup, mentions (<@1>, <#1>, <t:1>, @everyone), emoji (:name:), schemes (https:), and hosts of invitations.
_SPECIAL = re.compile(r"[\\*_~`|\[\]()<>@]|:(?=\S)|(?<=\w)\.(?=[^\W\d])")
# What makes a heading, a list, small print or a quotation at the start of a line.
_AT_START = re.compile(r"^(?:(?P<sign>[#+-])|(?P<number>\d+)(?=\.))")
_PIECES = re.compile(r"\\.|.", re.DOTALL)
_NO_TICKS = str.maketrans("`", "ˋ")  # in code nothing can be escaped

Pieces: TypeAlias = list[str]


class _As(Enum):
    """How a line looks."""

    TEXT = auto()
    NOTE = auto()
    HEADING = auto()
    CODE = auto()
    BLOCK = auto()
    LINK = auto()
    GAP = auto()


class _Line(NamedTuple):
    look: _As
    text: str = ""  # clean, not escaped
    url: str = ""
    beside: bool = False  # on the same line as the one before


def render(view: View) -> dict[str, Any]:
    """The View as the body of a message, cut to what one message holds. It mentions nobody."""
    body = _body(_clipped(_title(view), CONTENT_UNITS))
    if description := _clipped(_description(view), DESCRIPTION_UNITS):
        body["embeds"] = [{"description": description, "color": COLOURS[view.tone]}]
    if rows := _rows(view.buttons):
        body["components"] = rows
    return body


def render_plain(view: View) -> dict[str, Any]:
    """The same as nothing but text: no embed, no markup of ours, no button."""
    lines = [MARKS[view.tone] + clean(view.title), *(line.text for line in _lines(view.body))]
    return _body(_clipped(_joined(_pieces(line) for part in lines for line in part.split("\n")), CONTENT_UNITS))


def render_line(text: str) -> dict[str, Any]:
    """The body of a message that says one thing."""
    return _body(_clipped(_pieces(text), CONTENT_UNITS))


def fits(view: View) -> bool:
    """Whether one message holds all of it."""
    return _length(_title(view)) <= CONTENT_UNITS and _length(_description(view)) <= DESCRIPTION_UNITS


def escape(text: str) -> str:
    r"""The text in one harmless line, which Discord shows as it is.

    >>> print(escape("@everyone: **free** https://evil.com"), escape("1. of # 2"))
    \@everyone: \*\*free\*\* https\://evil\.com 1\. of # 2
    """
    escaped = _SPECIAL.sub(r"\\\g<0>", clean(text))
    return _AT_START.sub(lambda found: f"\\{found['sign']}" if found["sign"] else f"{found['number']}\\", escaped)


def _body(content: str) -> dict[str, Any]:
    return {"content": content or NOTHING, "allowed_mentions": {"parse": []}}


def _title(view: View) -> Pieces:
    title = _pieces(view.title)
    return [MARKS[view.tone], "**", *title, "**"] if title else []


def _description(view: View) -> Pieces:
    pieces: Pieces = []
    for line in _lines(view.body):
        if pieces:
            pieces.append(" · " if line.beside else "\n")
        pieces += _marked_up(line)
    return pieces


def _marked_up(line: _Line) -> Pieces:
    match line.look:
        case _As.TEXT | _As.GAP:
            return _pieces(line.text)
        case _As.NOTE:
            return ["-# ", *_pieces(line.text)]
        case _As.HEADING:
            return [f"**{escape(cut(line.text, NAME_UNITS))}**"]
        case _As.CODE:
            return [f"`{cut(line.text, NAME_UNITS).translate(_NO_TICKS)}`"]
        case _As.BLOCK:
            return [f"```\n{line.text.translate(_NO_TICKS)}\n```"]
        case _As.LINK:
            return [f"[{escape(cut(line.text, NAME_UNITS))}]({line.url})"]
        case _:
            assert_never(line.look)


def _lines(body: Sequence[Element]) -> Iterator[_Line]:
    """The lines of a message, none of them blank but gaps."""
    before: Element | None = None
    for element in body:
        if isinstance(element, Picture):  # sent as a file
            continue
        if before is not None and _begins_a_section(before, element):
            yield _Line(_As.GAP)
        if isinstance(element, Link):
            yield _link(element, beside=isinstance(before, Link))
        else:
            yield from (line for line in _lines_of(element) if line.text)
        before = element


def _begins_a_section(before: Element, element: Element) -> bool:
    """A text begins one unless it follows a text; a table ends one, but a note still belongs to it."""
    if isinstance(element, Text):
        return not isinstance(before, Text)
    return isinstance(before, Table | Fields | Document) and not isinstance(element, Note)


def _lines_of(element: Text | Note | Code | Fields | Table | Document) -> Iterator[_Line]:
    match element:
        case Text(text):
            yield _Line(_As.TEXT, clean(text))
        case Note(text):
            yield _Line(_As.NOTE, clean(text))
        case Code(text):
            yield _Line(_As.CODE, clean(text))
        case Fields(items):
            for item in items:
                yield _Line(_As.TEXT, f"{clean(item.label)}: {clean(item.value)}")
        case Table():
            yield from _table(element)
        case Document(name, text):
            yield _Line(_As.NOTE, clean(name))
            yield _Line(_As.BLOCK, cut(clean_lines(text), DOCUMENT_UNITS))
        case _:
            assert_never(element)


def _table(table: Table) -> Iterator[_Line]:
    lines = aligned(table)
    if lines is not None and units(block := "\n".join(lines)) <= BLOCK_UNITS:
        yield _Line(_As.BLOCK, block)
        return
    for heading, details in row_groups(table):
        yield _Line(_As.HEADING, heading)
        yield _Line(_As.TEXT, details)


def _link(link: Link, *, beside: bool) -> _Line:
    label, url = clean(link.label) or "link", web_address(link.url)
    return _Line(_As.TEXT, label, beside=beside) if url is None else _Line(_As.LINK, label, url, beside)


def _rows(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    """Rows of buttons; one whose command Discord cannot carry back is left out."""
    by_id: dict[str, dict[str, Any]] = {}  # an id may stand in a message once
    for button in buttons:
        label, command = cut(clean(button.label), BUTTON_UNITS), clean(button.command)
        name = RUN + command
        if label and command and units(name) <= CUSTOM_ID_UNITS:
            style = DANGER if command.startswith(("/alert off", "/forget")) else SECONDARY if by_id else PRIMARY
            by_id.setdefault(name, {"type": 2, "style": style, "label": label, "custom_id": name})
    shown = list(by_id.values())[: ROWS * BUTTONS_IN_A_ROW]
    starts = range(0, len(shown), BUTTONS_IN_A_ROW)
    return [{"type": 1, "components": shown[at : at + BUTTONS_IN_A_ROW]} for at in starts]


def _pieces(text: str) -> Pieces:
    return _PIECES.findall(escape(text))


def _joined(lines: Iterable[Pieces]) -> Pieces:
    pieces: Pieces = []
    for line in lines:
        pieces += ["\n", *line] if pieces else line
    return pieces


def _length(pieces: Pieces) -> int:
    return sum(units(piece) for piece in pieces)


def _clipped(pieces: Pieces, most: int) -> str:
    """The pieces as one text; of those that are too many, what leaves room for a … that says so."""
    if _length(pieces) <= most:
        return "".join(pieces)
    kept, left = [], most - len("…")
    for piece in pieces:
        left -= units(piece)
        if left < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + "…"
