"""Numbers and times as people read them, in the language that is spoken. A minus is a minus sign, not a hyphen."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from bot import words
from bot.words import formats, mark, spoken, tr, trn
from scoring.rounding import round_half_up

MINUS = "−"
UNKNOWN = "–"
MOST_DIGITS = 8
LEAST_SHORT = 999.5  # USD; from a thousand on money has a unit
UNITS = (mark("{number} d"), mark("{number} h"), mark("{number} min"))  # of a length of time


def percent(value: float | None, digits: int = 1) -> str:
    """A percentage with its sign: +38.0 %.

    >>> percent(-3.21), percent(0.04), percent(None)
    ('−3.2 %', '0.0 %', '–')
    """
    if value is None:
        return UNKNOWN
    rounded = round_half_up(value, digits)
    sign = MINUS if rounded < 0 else "+" if rounded > 0 else ""
    return share(f"{sign}{abs(rounded):,.{digits}f}")


def share(number: str) -> str:
    """A number, as English writes it, in percent: 30 %."""
    return words.percent(number)


def rate(value: float | None, digits: int = 4) -> str:
    """A funding rate (decimal) in percent; a tiny one gets more digits, so that its sign can be seen.

    >>> rate(-0.00021), rate(-0.0000001), rate(0.0)
    ('−0.0210 %', '−0.00001 %', '0.0000 %')
    """
    if value is None:
        return UNKNOWN
    while value and not round_half_up(value * 100, digits) and digits < MOST_DIGITS:
        digits += 1
    return percent(value * 100, digits)


def score(value: float) -> str:
    """A score with one decimal."""
    return _local(f"{round_half_up(value, 1):.1f}")


def score_below(value: float, minimum: float) -> str:
    """A score that is below a minimum, with the digits that show it: 3.96, not 4.0, below 4.

    >>> score_below(3.96, 4), score_below(2.5, 4), score_below(3.9999, 4)
    ('3.96', '2.5', '3.9999')
    """
    digits = next((n for n in range(1, MOST_DIGITS) if round_half_up(value, n) < minimum), MOST_DIGITS)
    return _local(f"{round_half_up(value, digits):.{digits}f}")


def plain(value: float) -> str:
    """A number as it can be typed again, in any language: no exponent, nothing rounded.

    >>> plain(6.0), plain(1e6), plain(0.00001), plain(3.25)
    ('6', '1000000', '0.00001', '3.25')
    """
    return format(Decimal(repr(value)).normalize(), "f")


def said(value: float) -> str:
    """The same as people read it."""
    return _local(plain(value))


def general(value: float) -> str:
    """A number with six digits at most, and no more than it has."""
    return _local(f"{value:g}")


def formula(text: str) -> str:
    """Arithmetic, written in English, with numbers as people read them.

    A comma between two of them becomes a semicolon where a comma begins the decimals.
    """
    if not formats.has_decimal_comma(spoken()):
        return text
    return re.sub(r"(?<=\d)\.(?=\d)", ",", re.sub(r",(?= )", ";", text))


def money(value: float | None) -> str:
    """US dollars, short: $1.24M.

    >>> money(1_240_000), money(950), money(33_949_000), money(6.4e9), money(999_999), money(None)
    ('$1.24M', '$950', '$33.9M', '$6.4B', '$1M', '–')
    """
    if value is None:
        return UNKNOWN
    if spoken() != formats.ENGLISH and abs(value) >= LEAST_SHORT:
        return formats.short_money(float(f"{value:.3g}"), spoken())
    for limit, unit in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= limit * 0.9995:
            return f"${_three_digits(value / limit)}{unit}"
    return tr("${number}", number=_local(f"{value:,.0f}"))


def price(value: float | None) -> str:
    """USD per coin or share, with the digits that matter: $97,012.50, $0.500, $0.00000980."""
    if value is None:
        return UNKNOWN
    if value >= 1 or value == 0:
        return tr("${number}", number=_local(f"{value:,.2f}"))
    digits = 2
    while digits < 12 and round(value, digits) * 10 ** (digits - 2) < 1:
        digits += 1
    return tr("${number}", number=_local(f"{value:.{digits}f}"))


def count(number: int, noun: str, plural: str | None = None) -> str:
    """3 exchanges, 1 exchange. The nouns are found in the code where they are written out."""
    one, many = f"{{count}} {noun}", f"{{count}} {plural or noun + 's'}"
    return trn(one, many, number)


def whole(number: float) -> str:
    """A number without decimals: 1,200."""
    return _local(f"{number:,.0f}")


def days(number: float) -> str:
    """Days in short: 7 d."""
    return tr(UNITS[0], number=_local(f"{number:,.0f}"))


def hours(number: float) -> str:
    """Hours in short: 8 h."""
    return tr(UNITS[1], number=general(number))


def duration(span: timedelta) -> str:
    """A length of time with its two largest units: 3 h 20 min.

    >>> duration(timedelta(hours=3, minutes=20)), duration(timedelta(days=2, hours=1, minutes=9))
    ('3 h 20 min', '2 d 1 h')
    >>> duration(timedelta(seconds=20)), duration(timedelta(minutes=60))
    ('under 1 min', '1 h')
    """
    minutes = int(span.total_seconds() // 60)
    parts = tuple(zip((minutes // 1440, minutes // 60 % 24, minutes % 60), UNITS, strict=True))
    first = next((place for place, (number, _) in enumerate(parts) if number), None)
    if first is None:
        return tr("under 1 min")
    return " ".join(tr(unit, number=number) for number, unit in parts[first : first + 2] if number)


def ago(then: datetime | None, now: datetime) -> str:
    """How long ago: 41 min ago."""
    return tr("never") if then is None else tr("{span} ago", span=duration(max(now - then, timedelta(0))))


def clock(at: datetime) -> str:
    """An instant in UTC: 2026-11-02 04:30 UTC."""
    utc = at.astimezone(UTC)
    return f"{day(utc)} {time(utc)} UTC"


def instant(at: datetime) -> str:
    """A day and a time in a table, of the zone that the instant has: 2026-11-02 04:30."""
    return f"{short_day(at)} {time(at)}"


def time(at: datetime) -> str:
    """A time of day, of the zone that the instant has: 04:30."""
    return f"{at:%H:%M}"


def day(value: date) -> str:
    """A day in a sentence: 2026-11-02."""
    return formats.day(_date(value), spoken(), "medium")


def short_day(value: date) -> str:
    """A day in a table."""
    return formats.day(_date(value), spoken(), "short")


def iso(at: datetime | None) -> str | None:
    """An instant as the documents write it: 2026-04-26T07:00:00Z."""
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _three_digits(value: float) -> str:
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _local(number: str) -> str:
    """A number of which Python has written the English form."""
    return formats.separated(number, spoken())


def _date(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
