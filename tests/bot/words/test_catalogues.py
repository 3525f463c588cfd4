"""The catalogues are whole: each text of the code is said in each language, with the same places."""

from __future__ import annotations

import doctest
import re
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot import words
from bot.documents import ROOT, declared
from bot.words import ENGLISH, HERE, formats, language_of, languages, speaking, stored, tr, translations, trc, trn
from bot.words.stored import TEMPLATES, retold
from bot.words.template import messages

FOREIGN = [code for code in languages() if code != ENGLISH]
TEXTS = messages(ROOT / "bot", declared())


def catalogue(language: str) -> Catalog:
    with (HERE / f"{language}.po").open("rb") as file:
        return read_po(file)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, list | tuple) else (str(message.string),)


def test_german_and_chinese_are_shipped() -> None:
    assert dict(languages()) == {"en": "English", "de": "Deutsch", "zh": "中文"}


@pytest.mark.parametrize("module", [words, formats, stored])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("language", FOREIGN)
def test_every_text_of_the_code_is_translated_and_no_other(language: str) -> None:
    said = {
        (message.id[0] if isinstance(message.id, list | tuple) else message.id, message.context or "")
        for message in catalogue(language)
        if message.id and all(forms(message))
    }
    wanted = {one.english for one in TEXTS}
    assert sorted(wanted - said) == []
    assert sorted(said - wanted) == []
    assert len(wanted) > 800


@pytest.mark.parametrize("language", FOREIGN)
def test_a_translation_has_exactly_the_places_of_its_text(language: str) -> None:
    wrong = []
    for message in catalogue(language):
        several = isinstance(message.id, list | tuple)
        english = places(message.id[1] if several else str(message.id))
        for form in forms(message):
            # A form for one thing need not repeat how many it is.
            if places(form) | ({"count"} & english if several else set()) != english or "{}" in form:
                wrong.append((message.id, form))
    assert wrong == []


@pytest.mark.parametrize("language", FOREIGN)
def test_each_number_has_its_form(language: str) -> None:
    found = catalogue(language)
    for message in found:
        if isinstance(message.id, list | tuple):
            assert len(forms(message)) == found.num_plurals
    with speaking(language):
        said = [trn("{count} exchange", "{count} exchanges", number) for number in (0, 1, 2, 1200)]
    assert (
        said
        == {
            "de": ["0 Börsen", "1 Börse", "2 Börsen", "1.200 Börsen"],
            "zh": ["0 个交易所", "1 个交易所", "2 个交易所", "1,200 个交易所"],
        }[language]
    )


@pytest.mark.parametrize("language", FOREIGN)
def test_what_is_typed_is_not_translated(language: str) -> None:
    """Commands and keys with values stand in a translation as they stand in its text."""
    typed = re.compile(r"(?<![\w/}])/[a-z]+\b|\b[a-z_]+=\w+")
    for message in catalogue(language):
        several = isinstance(message.id, list | tuple)
        english = message.id[1] if several else str(message.id)
        for form in forms(message) if english else ():
            assert set(typed.findall(form)) == set(typed.findall(english)), english


def test_a_text_that_a_catalogue_lacks_is_said_in_english() -> None:
    with speaking("de"):
        assert tr("Nobody has ever said {this}", this="that") == "Nobody has ever said that"
        assert trn("{count} unheard thing", "{count} unheard things", 1200) == "1.200 unheard things"
    with speaking("xx"):
        assert tr("Help") == "Help"


def test_a_word_with_several_meanings_is_told_by_its_context() -> None:
    with speaking("de"):
        assert (trc("arithmetic", "from"), trc("level", "from")) == ("aus", "von")
    assert trc("level", "from") == "from"


def test_what_is_spoken_ends_with_its_block() -> None:
    with speaking("de"):
        with speaking("zh"):
            assert tr("Help") == "帮助"
        assert tr("Help") == "Hilfe"
    assert tr("Help") == "Help"


@pytest.mark.parametrize(
    ("tag", "language"),
    [("de", "de"), ("de-AT", "de"), ("DE_ch", "de"), ("zh-CN", "zh"), ("zh-Hans", "zh"), ("zh-TW", "zh"), ("zh-hant-HK", "zh"),
     ("en-GB", "en"), ("pt-br", "en"), ("", "en"), ("-", "en"), ("d", "en"), ("../de", "en")],
)  # fmt: skip
def test_an_app_s_language_is_told_by_its_tag(tag: str, language: str) -> None:
    assert language_of(tag) == language


def test_menus_are_told_in_every_language_but_english() -> None:
    assert translations("All commands, or one in full") == {
        "de": "Alle Befehle, oder einer ausführlich",
        "zh": "全部命令，或某个命令的详情",
    }


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_other_rooms_store_is_still_written_so(template: str) -> None:
    """Each template of what is stored stands in the code, or its sentence would never be recognised."""
    source = "\n".join(path.read_text("utf-8") for path in SOURCES)
    pieces = [piece for piece in re.split(r"\{\w+\}", template) if len(piece.strip()) > 2]
    written_out = [
        piece.replace("contracts ", "").replace("contract ", "") for piece in pieces
    ]  # which is chosen there
    assert all(piece in source or piece.strip(" :;,(") in source for piece in written_out), pieces


SOURCES = [
    path
    for room in ("bot", "scoring", "storage")
    for path in sorted((ROOT / room).rglob("*.py"))
    if path.parent != HERE
]


@pytest.mark.parametrize(
    ("stored_text", "german"),
    [
        ("quiet hours", "Ruhezeit"),
        ("PEPE is muted", "PEPE ist stumm"),
        ("9 of 11 exchanges answered", "9 von 11 Börsen haben geantwortet"),
        (
            "8 of 9 exchanges answered, without Binance (refuses this country (451)), OKX (partial) and 2 more",
            "8 von 9 Börsen haben geantwortet, ohne Binance (sperrt dieses Land aus (451)), OKX (unvollständig) und 2 weitere",
        ),
        ("Telegram: not sent (ConnectError): x; too late to try again",
         "Telegram: nicht gesendet (ConnectError): x; zu spät für einen neuen Versuch"),
        ("a value of $45,000,000 in one row", "ein Wert von 45.000.000 $ in einer Zeile"),
        ("traded on 2026-04-23, after it was filed on 2026-04-20", "gehandelt am 23.04.26, nachdem es am 20.04.26 gemeldet wurde"),
        ("418 I'm a teapot", "418 I'm a teapot"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_stored_reason_is_told_again_in_the_language_of_the_chat(stored_text: str, german: str) -> None:
    assert retold(stored_text) == stored_text
    with speaking("de"):
        assert retold(stored_text) == german
