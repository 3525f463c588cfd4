"""How languages write numbers, money and days: Babel's tables of the CLDR. English is written as tocsin always did."""

from __future__ import annotations

import math
import re
from datetime import date
from functools import cache
from typing import Literal

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_compact_currency, get_decimal_symbol, get_group_symbol

ENGLISH = "en"
LONG_NUMBER = re.compile(r"\d{4,}(?![\d\w])")  # one that no unit follows
BEYOND = 1e18  # USD; no language has a short word for so much
BLANKS = str.maketrans("\u00a0\u202f", "  ")  # a table counts its cells, and breaks no line


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


@cache
def _separators(language: str) -> dict[int, str]:
    """What becomes of the comma and the point of an English number."""
    locale = _locale(language)
    return str.maketrans({",": get_group_symbol(locale).translate(BLANKS), ".": get_decimal_symbol(locale)})


def separated(number: str, language: str) -> str:
    """An English number as another language writes it.

    >>> separated("−1,234.50", "de"), separated("−1,234.50", "zh")
    ('−1.234,50', '−1,234.50')
    """
    return number if language == ENGLISH else number.translate(_separators(language))


def has_decimal_comma(language: str) -> bool:
    """Whether a comma begins the decimals."""
    return separated(".", language) == ","


def short_money(value: float, language: str) -> str:
    """US dollars in short, of a language that is not English; `value` has the digits that are to be shown.

    >>> short_money(1_240_000, "de"), short_money(12_500, "de"), short_money(6.4e9, "zh")
    ('1,24 Mio. $', '12.500 $', 'US$64亿')
    """
    if not math.isfinite(value) or abs(value) >= BEYOND:
        return f"{value:.3g} $"
    text = format_compact_currency(value, "USD", locale=_locale(language), fraction_digits=2).translate(BLANKS)
    return LONG_NUMBER.sub(lambda found: separated(f"{int(found[0]):,}", language), text)


def day(value: date, language: str, length: Literal["short", "medium"]) -> str:
    """A day with its year.

    >>> april = date(2026, 4, 5)
    >>> day(april, "en", "short"), day(april, "de", "short"), day(april, "zh", "medium")
    ('2026-04-05', '05.04.26', '2026年4月5日')
    """
    return value.isoformat() if language == ENGLISH else format_date(value, length, locale=_locale(language))


def day_of_month(value: date, language: str) -> str:
    """A day without its year.

    >>> day_of_month(date(2026, 11, 25), "en"), day_of_month(date(2026, 11, 25), "de")
    ('25 Nov', '25. Nov.')
    """
    if language == ENGLISH:  # as Europe and the SEC's readers both take it
        return f"{value.day} {format_date(value, 'MMM', locale=_locale(language))}"
    return format_skeleton("MMMd", value, locale=_locale(language))


def weekday(value: date, language: str) -> str:
    """Monday."""
    return format_date(value, "EEEE", locale=_locale(language))
