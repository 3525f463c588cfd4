"""Long answers in parts: nothing is lost, and nothing is parted that belongs together."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.telegram.render import ENTITIES, TEXT_UNITS, Entity
from bot.chat.telegram.splitting import pages_of, split
from bot.chat.texts import units
from bot.views.elements import Column, Note, Table, Text, View
from tests.servers.telegram import refusal

KINDS = ("bold", "italic", "code", "pre", "text_link", "")
CHARS = st.sampled_from("a b\n\n💥é龙")


@st.composite
def marked(draw) -> tuple[str, list[Entity]]:
    """A text of pieces, some of which are entities, up to several messages long."""
    text, entities = "", []
    for kind in draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=30)):
        piece = draw(st.text(CHARS, min_size=1, max_size=12)) * draw(st.integers(1, 400))
        piece = piece.strip() or "x"
        entity: Entity = {"type": kind, "offset": units(text), "length": units(piece)}
        if kind:
            entities.append(entity | ({"url": "https://a.example"} if kind == "text_link" else {}))
        text += piece + draw(st.sampled_from(["\n", "\n\n", " "]))
    return text.rstrip(), entities


def covered(text: str, entities: list[Entity]) -> list[tuple[str, str]]:
    """Each entity as (kind, what it covers without blanks)."""
    coded = text.encode("utf-16-le")
    spans = [(str(one["type"]), int(one["offset"]) * 2, int(one["length"]) * 2) for one in entities]
    return [(kind, "".join(coded[at : at + size].decode("utf-16-le").split())) for kind, at, size in spans]


@given(made=marked())
@settings(max_examples=120, deadline=None)
def test_whatever_the_text_its_parts_are_messages_and_hold_all_of_it(made: tuple[str, list[Entity]]) -> None:
    text, entities = made
    parts = split(text, entities)
    assert "".join("".join(part.split()) for part, _ in parts) == "".join(text.split())
    for part, found in parts:
        assert units(part) <= TEXT_UNITS
        assert refusal({"chat_id": "1", "text": part, "entities": found}) == ""
    together = [one for part, found in parts for one in covered(part, found)]
    whole = covered(text, entities)
    assert "".join(what for _, what in together) == "".join(what for _, what in whole)
    # Only what no message could hold is parted.
    whole_ones = [one for one, entity in zip(whole, entities, strict=True) if int(entity["length"]) <= TEXT_UNITS]
    assert not Counter(whole_ones) - Counter(together)


def test_a_short_text_stays_as_it_is() -> None:
    entity: Entity = {"type": "bold", "offset": 0, "length": 1}
    assert split("T\n\nbody", [entity]) == [("T\n\nbody", [entity])]
    assert split("", []) == []


def test_a_text_is_parted_between_paragraphs_before_lines_and_words() -> None:
    first, second = "x y " * 700 + "end", "z " * 1000 + "end"
    assert [part for part, _ in split(f"{first}\n\n{second}", [])] == [first, second]
    lines = [f"line {at} {'x' * 50}" for at in range(100)]
    parts = [part for part, _ in split("\n".join(lines), [])]
    assert "\n".join(parts) == "\n".join(lines)


def test_a_table_longer_than_a_message_is_parted_between_its_rows() -> None:
    table = Table((Column("coin"), Column("score", "right")), tuple((f"COIN{at}", f"{at}.0") for at in range(500)))
    parts = pages_of(View("T", (table, Note("all"))))
    assert len(parts) > 1
    for text, entities in parts:
        (pre,) = (one for one in entities if one["type"] == "pre")
        assert int(pre["length"]) > 1000
        assert all(line.startswith(("T", "coin", "COIN", "all", "")) for line in text.split("\n"))
    assert sum(text.count("COIN") for text, _ in parts) == 500


def test_a_message_has_no_more_entities_than_telegram_takes() -> None:
    parts = pages_of(View("T", tuple(Note(str(at)) for at in range(250))))
    assert [len(entities) for _, entities in parts] == [ENTITIES, ENTITIES, 51]


def test_an_answer_without_anything_is_still_one() -> None:
    assert pages_of(View("")) == [("…", [])]
    assert pages_of(View("", (Text("\u3164"),))) == [("…", [])]
