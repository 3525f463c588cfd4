"""Every View in every language: it can be shown on each platform, and on a telephone where the English one can."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from bot.chat.console import render as console
from bot.chat.discord import render as discord
from bot.chat.telegram import render as telegram
from bot.chat.texts import PHONE_CELLS, aligned
from bot.views.elements import Picture, Table, View
from bot.words import ENGLISH, languages
from storage import Storage, open_storage
from tests.builders_views import every_view

CAPTION_UNITS = 1024


@pytest.fixture
def new_storage(tmp_path: Path, blank: Path) -> Iterator[Callable[[], Storage]]:
    opened: list[Storage] = []

    def new() -> Storage:
        path = tmp_path / f"{len(opened)}.db"
        shutil.copy(blank, path)
        opened.append(open_storage(f"sqlite:///{path}"))
        return opened[-1]

    yield new
    for storage in opened:
        storage.close()


def tables(view: View) -> list[Table]:
    return [one for one in view.body if isinstance(one, Table)]


def narrow(view: View) -> list[bool]:
    return [aligned(one) is not None for one in tables(view)]


@pytest.mark.parametrize("language", [code for code in languages() if code != ENGLISH])
def test_what_fits_a_telephone_in_english_does_in_every_language(
    language: str, new_storage: Callable[[], Storage]
) -> None:
    english = [narrow(view) for _, view in every_view(ENGLISH, new_storage)]
    assert sum(any(fits) for fits in english) > 20
    wide = []
    for (name, view), all_fits in zip(every_view(language, new_storage), english, strict=True):
        for table, fits in zip(tables(view), all_fits, strict=True):
            lines = aligned(table)
            if fits and lines is None:
                wide.append((name, [column.title for column in table.columns]))
            assert all(cell_len(line) <= PHONE_CELLS for line in lines or ())
    assert wide == []


@pytest.mark.parametrize("language", languages())
def test_every_platform_can_show_it(language: str, new_storage: Callable[[], Storage]) -> None:
    for name, view in every_view(language, new_storage):
        assert view.title, name
        for width in (100, 40):
            assert console.render(view, width=width, colour=False)
        text, _ = telegram.render(view)
        assert 0 < len(text.encode("utf-16-le")) // 2 <= telegram.TEXT_UNITS, name
        assert discord.render(view)["content"], name
        for one in view.body:
            if isinstance(one, Picture):
                assert 0 < len(one.alt.encode("utf-16-le")) // 2 <= CAPTION_UNITS, name


@pytest.mark.parametrize("language", languages())
def test_no_button_is_lost_to_the_length_of_its_words(language: str, new_storage: Callable[[], Storage]) -> None:
    """A command is the same in every language, and a label is cut at no more than a platform shows."""
    for name, view in every_view(language, new_storage):
        labels = [button.label for button in view.buttons]
        assert all(0 < len(label) <= telegram.LABEL_UNITS for label in labels), name
