"""Every View as Telegram shows it, with the worst names that a source could give, and within every limit."""

from __future__ import annotations

from bot.chat.files import without_documents
from bot.chat.telegram.render import CALLBACK_BYTES, ENTITIES, TEXT_UNITS, composed, keyboard, render, unlinked
from bot.chat.telegram.splitting import pages_of
from bot.chat.texts import units
from bot.commands.base import ChatRef
from bot.views.elements import Picture
from storage import Storage
from tests.builders_hostile import hostile_views
from tests.servers.telegram import refusal

HERE = ChatRef("telegram", "-100", "42", is_group=True)
CAPTION_UNITS = 1024
OURS = {"bold", "italic", "code", "pre", "text_link"}


def test_every_view_is_taken_in_messages_that_are_short_enough(hostile: Storage) -> None:
    split = 0
    for line, view in hostile_views(hostile, HERE):
        pages = pages_of(view)
        split += len(pages) > 1
        for text, entities in [*pages, render(view)]:
            assert refusal({"chat_id": "-100", "text": text, "entities": entities}) == "", line
            assert units(text) <= TEXT_UNITS, line
            assert len(entities) <= ENTITIES, line
            assert {one["type"] for one in entities} <= OURS, line
    assert split


def test_no_line_of_a_list_is_parted_between_two_messages(hostile: Storage) -> None:
    for line, view in hostile_views(hostile, HERE):
        page = composed(without_documents(view))
        whole = [row.rstrip() for row in "".join(page.parts).split("\n") if units(row) < TEXT_UNITS / 4]
        parted = {row.rstrip() for text, _ in pages_of(view) for row in text.split("\n")}
        assert set(whole) <= parted | {""}, line


def test_no_name_links_calls_or_hides(hostile: Storage) -> None:
    for line, view in hostile_views(hostile, HERE):
        for text, entities in pages_of(view):
            plain = _without(text, entities)
            assert unlinked(plain) == plain, line
            assert not any(one.get("url", "https://www.sec.gov/").startswith("http:") for one in entities), line


def test_every_button_comes_back_and_every_caption_fits(hostile: Storage) -> None:
    for line, view in hostile_views(hostile, HERE):
        for one in (one for row in keyboard(view) for one in row):
            assert 0 < len(one["callback_data"].encode()) <= CALLBACK_BYTES, line
        for element in view.body:
            if isinstance(element, Picture):
                assert 0 < units(unlinked(element.alt)) <= CAPTION_UNITS, line


def _without(text: str, entities: list) -> str:
    """The text outside of code and links, in which Telegram looks for addresses and names; in one line."""
    wide = text.encode("utf-16-le")
    for one in sorted(entities, key=lambda one: -one["offset"]):
        if one["type"] in {"code", "pre", "text_link"}:
            wide = wide[: 2 * one["offset"]] + wide[2 * (one["offset"] + one["length"]) :]
    return " ".join(wide.decode("utf-16-le").split())
