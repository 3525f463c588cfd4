"""A View as the messages that hold all of it (pure)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from bot.chat.files import without_documents
from bot.chat.telegram.render import ENTITIES, NOTHING, TEXT_UNITS, Entity, Rendered, composed
from bot.chat.texts import units
from bot.views.elements import View

# Where a text is best parted, and how much of a message must be full for it, as a share.
BREAKS = (("\n\n", 0.5), ("\n", 0.25), (" ", 0.25), ("\n", 0.0), (" ", 0.0))


def pages_of(view: View) -> list[Rendered]:
    """All of a View but its files, in as many messages as it takes; at least one."""
    page = composed(without_documents(view))
    return split("".join(page.parts).rstrip(), page.entities) or [(NOTHING, [])]


def split(text: str, entities: Sequence[Entity]) -> list[Rendered]:
    """The text in pieces that one message each holds, parted between lines, and never inside an entity.

    Only what is longer than a message is parted inside, and each piece of it keeps its entity. Entities count
    UTF-16 units from the beginning of their piece.
    """
    offsets = [0, *accumulate(units(char) for char in text)]  # of each character, in UTF-16 units
    pieces = []
    at = 0
    while at < len(text):
        end = _end(text, offsets, entities, at)
        piece = text[at:end].rstrip()
        if piece.strip():
            pieces.append((piece, _within(entities, offsets[at], offsets[at + len(piece)])))
        at = end
        while at < len(text) and text[at] == "\n":
            at += 1
    return pieces


def _end(text: str, offsets: Sequence[int], entities: Sequence[Entity], at: int) -> int:
    """Where the piece ends that begins at a character."""
    limit = offsets[at] + TEXT_UNITS
    behind = [start for start, end in _spans(entities) if end > offsets[at]]
    if len(behind) > ENTITIES:
        limit = min(limit, max(sorted(behind)[ENTITIES], offsets[at] + 1))
    most = max(bisect_right(offsets, limit) - 1, at + 1)
    if most == len(text):
        return most
    whole = [(start, end) for start, end in _spans(entities) if end - start <= TEXT_UNITS]
    for mark, share in BREAKS:
        least = at + 1 + int((most - at) * share)
        found = text.rfind(mark, least, most + 1)
        while found >= least:
            if not _inside(offsets[found], whole):
                return found
            found = text.rfind(mark, least, found)
    end = most
    while (starts := [start for start, stop in whole if start < offsets[end] < stop]) and min(starts) > offsets[at]:
        end = bisect_right(offsets, min(starts)) - 1
    return end


def _spans(entities: Sequence[Entity]) -> Iterator[tuple[int, int]]:
    for entity in entities:
        start = int(entity["offset"])
        yield start, start + int(entity["length"])


def _inside(offset: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < offset < end for start, end in spans)


def _within(entities: Sequence[Entity], first: int, last: int) -> list[Entity]:
    """What of the entities lies between two offsets, counted from the first."""
    found: list[Entity] = []
    for entity, (start, end) in zip(entities, _spans(entities), strict=True):
        begins, ends = max(start, first), min(end, last)
        if begins < ends:
            found.append({**entity, "offset": begins - first, "length": ends - begins})
    return found[:ENTITIES]
