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

from bot.chat.discord.components import Presses, rows, runs
from bot.chat.texts import aligned, clean, clean_lines, cut, row_groups, units, web_address
from bot.views.elements import Code, Document, Element, Fields, Link, Note, Picture, Table, Text, Tone, View

# https://discord.com/developers/docs/resources/message#embed-object-embed-limits
CONTENT_UNITS = 2000
DESCRIPTION_UNITS = 4096

BLOCK_UNITS = 1500  # a code block cannot be cut, so a long table becomes lines
DOCUMENT_UNITS = 3500  # what is shown of a file
NAME_UNITS = 200  # of what stands in one piece: a heading, a label
PAGES = 5  # of an answer: so many more messages an app takes that is only its person's
NOTHING = "…"  # an empty content is refused
MARKS = {Tone.ANSWER: "", Tone.ALERT: "🔔 ", Tone.ERROR: "✗ "}
COLOURS = {Tone.ANSWER: 0x5865F2, Tone.ALERT: 0xF0B232, Tone.ERROR: 0xDA373C}

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


def render(view: View, of: Presses = runs) -> dict[str, Any]:
    """The View as the body of a message, cut to what one message holds. It mentions nobody."""
    body = _body(_clipped(_title(view), CONTENT_UNITS))
    if description := _clipped(_description(view), DESCRIPTION_UNITS):
        body["embeds"] = [_embed(description, view.tone)]
    if components := rows(view, of):
        body["components"] = components
    return body


def render_pages(view: View, of: Presses = runs, most: int = PAGES) -> list[dict[str, Any]]:
    """All of the View in as many messages as it takes, at most `most`; its buttons stand under the last."""
    descriptions = _split(_description(view), most)
    bodies = [_body(_clipped(_title(view), CONTENT_UNITS))]
    bodies += [_body("") | {"content": ""} for _ in descriptions[1:]]
    for body, description in zip(bodies, descriptions, strict=False):
        body["embeds"] = [_embed(description, view.tone)]
    if components := rows(view, of):
        bodies[-1]["components"] = components
    return bodies


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


def _embed(description: str, tone: Tone) -> dict[str, Any]:
    return {"description": description, "color": COLOURS[tone]}


def _split(pieces: Pieces, most: int) -> list[str]:
    """The pieces as texts that an embed each holds, parted between lines; the last is cut where they are too many."""
    pages: list[str] = []
    while pieces and len(pages) < most - 1 and _length(pieces) > DESCRIPTION_UNITS:
        at = _end(pieces)
        pages.append("".join(pieces[:at]).strip("\n"))
        pieces = pieces[at:]
        while pieces and pieces[0] == "\n":
            pieces = pieces[1:]
    last = _clipped(pieces, DESCRIPTION_UNITS)
    return [page for page in (*pages, last) if page.strip()]


def _end(pieces: Pieces) -> int:
    """How many of the pieces one embed holds, up to the end of a line where there is one."""
    left, lines = DESCRIPTION_UNITS, 0
    for at, piece in enumerate(pieces):
        left -= units(piece)
        if left < 0:
            return lines or at
        if piece == "\n":
            lines = at
    return len(pieces)


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
