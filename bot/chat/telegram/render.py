"""A View as a Telegram message (pure): its text, and the entities that say what is bold, code or a link.

No parse mode is used, so that no name can be markup. Telegram still looks for addresses and @names by itself;
what a name holds of them is broken up, for a coin must not be able to place a link or call somebody.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from rich.cells import cell_len

from bot.chat.texts import aligned, clean, clean_lines, cut, row_groups, units, web_address
from bot.views.elements import Code, Document, Element, Fields, Link, Note, Picture, Table, Text, Tone, View

# Of one message: https://core.telegram.org/bots/api#sendmessage, and what clients are known to meet beyond it.
TEXT_UNITS = 4096
ENTITIES = 100
CALLBACK_BYTES = 64
BUTTONS = 100
# In a row, and how many letters of each a telephone of 360 points shows then; a wide one is two.
IN_A_ROW = ((3, 14), (2, 22))
LABEL_UNITS = 64

MARKS = {Tone.ANSWER: "", Tone.ALERT: "🔔 ", Tone.ERROR: "✗ "}
NOTHING = "…"  # an empty text is refused

# What Telegram would make a link of: @name, any.com, scheme://.
_LINKED = re.compile(r"@(?=\w)|(?<=\w)\.(?=[^\W\d_]{2})|:(?=//)")
JOINER = "\u2060"  # has no width, and stands in no address and no name

Entity: TypeAlias = dict[str, str | int]
Rendered: TypeAlias = tuple[str, list[Entity]]


@dataclass
class Page:
    """A text under construction, and how long it is in UTF-16 units."""

    parts: list[str] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    at: int = 0

    def add(self, text: str, kind: str = "", **more: str) -> None:
        """More text, of a kind of entity."""
        if kind and text.strip():
            self.entities.append({"type": kind, "offset": self.at, "length": units(text), **more})
        self.parts.append(text)
        self.at += units(text)

    def line(self, text: str, kind: str = "", **more: str) -> None:
        """A line of its own."""
        if text:
            self.add("\n" if self.parts else "")
            self.add(text, kind, **more)

    def gap(self) -> None:
        """An empty line, but not at the top."""
        if self.parts:
            self.add("\n")


def render(view: View) -> Rendered:
    """The View as (text, entities), cut to what one message holds; entities count UTF-16 units."""
    page = composed(view)
    text, entities = "".join(page.parts).rstrip() or NOTHING, page.entities[:ENTITIES]
    if page.at <= TEXT_UNITS:
        return text, entities
    text = cut(text, TEXT_UNITS)
    return text, _clipped(entities, units(text) - units("…"))


def fits(view: View) -> bool:
    """Whether one message holds all of it."""
    page = composed(view)
    return page.at <= TEXT_UNITS and len(page.entities) <= ENTITIES


def keyboard(view: View, carry: Callable[[str], str] = str) -> list[list[dict[str, str]]]:
    """The rows of buttons; `carry` makes of a command what its button carries.

    One that carries more than Telegram takes back is left out.
    """
    buttons = []
    for button in view.buttons:
        label, data = cut(clean(button.label), LABEL_UNITS), carry(clean(button.command))
        if label and 0 < len(data.encode()) <= CALLBACK_BYTES:
            buttons.append({"text": label, "callback_data": data})
    rows: list[list[dict[str, str]]] = []
    left = buttons[:BUTTONS]
    while left:
        count = next(
            (count for count, room in IN_A_ROW if all(cell_len(one["text"]) <= room for one in left[:count])), 1
        )
        rows.append(left[:count])
        left = left[count:]
    return rows


def unlinked(text: str) -> str:
    """The text in one harmless line, of which Telegram makes no link and no mention.

    >>> unlinked("free at evil.com").replace(JOINER, "|"), unlinked("3.1 of 10 · Acme Inc.")
    ('free at evil.|com', '3.1 of 10 · Acme Inc.')
    """
    return _LINKED.sub(lambda found: found[0] + JOINER, clean(text))


def composed(view: View) -> Page:
    """All of the View, however long."""
    page = Page()
    if title := unlinked(view.title):
        page.line(MARKS[view.tone] + title, "bold")
    before: Element | None = None
    for element in view.body:
        if isinstance(element, Picture):  # sent as a photo
            continue
        if isinstance(before, Link) and isinstance(element, Link):
            page.add(" · ")
            _put_link(page, element)
        else:
            if _begins_a_section(before, element):
                page.gap()
            _put(page, element)
        before = element
    return page


def _begins_a_section(before: Element | None, element: Element) -> bool:
    """A text begins one unless it follows a text; a table ends one, but a note still belongs to it."""
    if isinstance(element, Text):
        return not isinstance(before, Text)
    return isinstance(before, Table | Fields | Document) and not isinstance(element, Note)


def _put(page: Page, element: Element) -> None:
    match element:
        case Text(text):
            page.line(unlinked(text))
        case Note(text):
            page.line(unlinked(text), "italic")
        case Code(text):
            page.line(clean(text), "code")
        case Link():
            page.add("\n" if page.parts else "")
            _put_link(page, element)
        case Fields(items):
            for item in items:
                page.line(f"{unlinked(item.label)}: {unlinked(item.value)}")
        case Table():
            _put_table(page, element)
        case Document(name, text):
            page.line(unlinked(name), "italic")
            page.line(clean_lines(text), "pre")
        case Picture():
            pass
        case _:
            assert_never(element)


def _put_link(page: Page, link: Link) -> None:
    url = web_address(link.url)
    label = clean(link.label) or "link"
    if url is None:
        page.add(unlinked(label))
    else:
        page.add(label, "text_link", url=url)


def _put_table(page: Page, table: Table) -> None:
    lines = aligned(table)
    if lines is not None:
        page.line("\n".join(lines).rstrip(), "pre")
        return
    for heading, details in row_groups(table):
        page.line(unlinked(heading), "bold")
        page.line(unlinked(details))


def _clipped(entities: list[Entity], end: int) -> list[Entity]:
    """The entities up to `end`, in UTF-16 units, where the text was cut."""
    clipped: list[Entity] = []
    for entity in entities:
        offset, length = int(entity["offset"]), int(entity["length"])
        if offset < end:
            clipped.append({**entity, "length": min(length, end - offset)})
    return clipped
