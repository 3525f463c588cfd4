"""What people read, in their language.

The English text in the code is the message; `de.po`, `zh.po` and whatever other catalogue lies here say it in another
language, and a message that one of them lacks is said in English. Names of commands and their keys, tickers, names of
exchanges, #refs and transaction codes are the same in all of them, but for the names that Discord shows in its own
menus. The log, and what the command line prints for whoever runs the bot, is English.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from gettext import c2py
from pathlib import Path

from babel import Locale
from babel.messages.pofile import read_po

from bot.words import formats

ENGLISH = formats.ENGLISH
OF = "\x04"  # between a context and its text, as gettext has it
HERE = Path(__file__).parent

_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language, by the English ones."""

    texts: Mapping[str, str] = field(default_factory=dict)
    counted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by the English singular: the plural's forms
    form: Callable[[int], int] = lambda number: int(number != 1)  # which of them a number takes

    def text(self, english: str, context: str = "") -> str:
        """The text with its places open; `context` tells which of a word's meanings it is."""
        return self.texts.get(f"{context}{OF}{english}" if context else english, english)

    def text_of(self, one: str, many: str, number: int) -> str:
        """The same of a text that depends on a number."""
        forms = self.counted.get(one)
        if forms is None:
            return one if number == 1 else many
        return forms[min(self.form(number), len(forms) - 1)]


def tr(text: str, /, **values: object) -> str:
    """A text in the language that is spoken; `values` go into its {named} places.

    >>> tr("Mute {name}", name="PEPE")
    'Mute PEPE'
    """
    found = catalogue(spoken()).text(text)
    return found.format(**values) if values else found


def trc(context: str, text: str, /) -> str:
    """A word that other languages say in several ways, of which the context tells one."""
    return catalogue(spoken()).text(text, context)


def trn(one: str, many: str, number: int, /, **values: object) -> str:
    """The same of a text that depends on a number, which stands in its place {count}.

    >>> trn("{count} alert", "{count} alerts", 1), trn("{count} alert", "{count} alerts", 1200)
    ('1 alert', '1,200 alerts')
    """
    found = catalogue(spoken()).text_of(one, many, number)
    return found.format(count=formats.separated(f"{number:,}", spoken()), **values)


def percent(number: str) -> str:
    """A number, which English has written, in percent: 30 %."""
    return tr("{number} %", number=formats.separated(number, spoken()))


def mark(text: str) -> str:
    """The text as it is: it stands where it is declared, and is said with `tr` where it is shown."""
    return text


def spoken() -> str:
    """The code of the language that is spoken now."""
    return _spoken.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything in a language, in this thread or task and those that it waits for."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


@cache
def languages() -> Mapping[str, str]:
    """Code → own name of every language that there is a catalogue for, English first."""
    codes = (ENGLISH, *sorted(path.stem for path in HERE.glob("*.po")))
    return {code: (Locale.parse(code).get_language_name(code) or code).capitalize() for code in codes}


def language_of(tag: str) -> str:
    """The language of a BCP 47 tag, as apps tell it; English for those that we do not have.

    >>> language_of("de-AT"), language_of("zh_Hant_TW"), language_of("xx"), language_of("")
    ('de', 'zh', 'en', 'en')
    """
    code = tag.replace("_", "-").partition("-")[0].lower()
    return code if code in languages() else ENGLISH


def language_named(text: str) -> str | None:
    """The language that a code, a tag, its own or its English name means; None where we have none of it.

    >>> [language_named(text) for text in ("en-GB", "english", "Klingon")]
    ['en', 'en', None]
    """
    typed = text.strip().casefold()
    for code, own in languages().items():
        names = {code, own.casefold(), (Locale.parse(code).english_name or code).casefold()}
        if typed in names or typed.startswith((f"{code}-", f"{code}_")):
            return code
    return None


def translations(text: str, context: str = "") -> dict[str, str]:
    """Language → a text without places, in each language but English: for menus that a platform shows by itself."""
    return {code: catalogue(code).text(text, context) for code in languages() if code != ENGLISH}


@cache
def catalogue(language: str) -> Catalogue:
    """The texts of a language, read once; empty for English."""
    path = HERE / f"{language}.po"
    if not path.exists():
        return Catalogue()
    with path.open("rb") as file:
        found = read_po(file, locale=language)
    texts: dict[str, str] = {}
    counted: dict[str, tuple[str, ...]] = {}
    for message in found:
        if isinstance(message.id, list | tuple):
            if all(message.string or ()):
                counted[message.id[0]] = tuple(message.string or ())
        elif message.id and message.string:
            texts[f"{message.context}{OF}{message.id}" if message.context else message.id] = str(message.string)
    return Catalogue(texts, counted, c2py(found.plural_expr))
