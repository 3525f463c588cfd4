"""What is hard-coded is found: in a language whose catalogue puts brackets around what it says, all words have some."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import available_timezones

import pytest

from bot import words
from bot.commands import COMMANDS
from bot.feeds import sectors
from bot.feeds.exchanges import EXCHANGES
from bot.views.elements import Code, Document, Fields, Link, Meter, Note, Picture, Table, Text, View
from bot.words import Catalogue
from storage import Storage, open_storage
from tests.builders_views import every_view

PLACE = re.compile(r"(\{\w+\})")
SAID = re.compile(r"⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[^\W\d_][\w'’-]*")
# What people type: commands, keys with values, #refs; then numbers, names of formulas, addresses, contracts.
TYPED = re.compile(r"/\w+\S*|\w+=\S*|#\w+|\b\d+[\w.:-]*\b|\b\w+_\w+\b|\b(?:min|log10)\(|\S+@\S+|\S+/\S+|\w+-?USDT\S*")
LANGUAGE = "de"  # its numbers and days are written without words


class Bracketed(Catalogue):
    """Says everything, each piece of it in brackets; what is put into a place must bring its own."""

    def text(self, english: str, context: str = "") -> str:
        return "".join(piece if PLACE.fullmatch(piece) or not piece else f"⟦{piece}⟧" for piece in PLACE.split(english))

    def text_of(self, one: str, many: str, number: int) -> str:
        return self.text(one if number == 1 else many)


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, blank: Path) -> Iterator[tuple[str, View]]:
    monkeypatch.setattr(words, "catalogue", lambda language: Bracketed() if language == LANGUAGE else Catalogue())
    opened: list[Storage] = []

    def new() -> Storage:
        path = tmp_path / f"{len(opened)}.db"
        shutil.copy(blank, path)
        opened.append(open_storage(f"sqlite:///{path}"))
        return opened[-1]

    yield every_view(LANGUAGE, new)  # type: ignore[misc]
    for storage in opened:
        storage.close()


def names() -> frozenset[str]:
    """Words that are the same in every language."""
    of_commands = [
        text
        for command in COMMANDS
        for param in command.params
        for text in (command.name, param.name, *param.aliases, *param.choices, param.example)
    ]
    of_exchanges = [text for one in EXCHANGES.values() for text in (one.name, one.title)]
    zones = [zone.replace("_", " ") for zone in available_timezones()]
    known = [*of_commands, *of_exchanges, *sectors.SECTORS, *sectors.industries(), *zones, NAMES]
    return frozenset(word for text in known for word in WORD.findall(text))


# Tickers, companies, people and services of the builders; keys of settings; proper names; Babel's days and units.
NAMES = """
    PUMP SHRT CALM NOTE MOON WGMI BTC SAMPLE SENT LATE DEAD HELD MUTE WAIT CAT DOG NVDA ACME LUMO Pump Coin Moon Wagmi
    Frog Acme Lumo Optics Inc Abel Ann Baker Bo Carter Cy Dunn Di Ellis Ed Frost Fay A B C D E F CEO PALERMO GRETA OSEI
    KWAME LINDQVIST TOVE Sharpe Finradar CoinGecko Telegram Discord EDGAR UTC New York tocsin English Deutsch 中文 USDT
    zone quiet urgent cap digest_at silent repeats language auto yes no off min limit plan London Singapore ReadTimeout
    feeds.funding edgar.history_days feeds funding edgar history_days docs methodology md disk full x y coins exclude
    exchanges pump selling clusters C0 C1 C2 C3 C4 C5 C6 C7 C8 kraken ftx en de zh Mio Mrd Montag Dienstag Mittwoch
    Donnerstag Freitag Samstag Sonntag
"""


def texts_of(view: View) -> Iterator[str]:
    """Every text of a View that people read; not what they are to type, what a file holds, or a #ref."""
    yield view.title
    yield from (button.label for button in view.buttons)
    for element in view.body:
        match element:
            case Text(text) | Note(text) | Link(text, _) | Picture(_, text):
                yield text
            case Fields(items):
                yield from (text for one in items for text in (one.label, one.value))
            case Table(columns, rows):
                yield from (column.title for column in columns)
                shown = [at for at, column in enumerate(columns) if column.title != "#ref"]
                cells = [row[at] for row in rows for at in shown]
                yield from (cell.text if isinstance(cell, Meter) else cell for cell in cells)
            case Code() | Document():
                pass


def test_all_words_of_every_view_come_from_the_catalogue(views: Iterator[tuple[str, View]]) -> None:
    known = names()
    texts = {(text, name) for name, view in views for text in texts_of(view)}
    unknown = {
        (word, text, name)
        for text, name in texts
        for word in WORD.findall(TYPED.sub(" ", SAID.sub(" ", text)))
        if word not in known and word.rstrip("'") not in name
    }
    assert sorted(unknown) == []
    assert len(texts) > 2000
