"""Numbers and times as people read them. A minus is a minus sign, not a hyphen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from scoring.rounding import round_half_up

MINUS = "−"
UNKNOWN = "–"
MOST_DIGITS = 8


def percent(value: float | None, digits: int = 1) -> str:
    """A percentage with its sign: +38.0 %.

    >>> percent(-3.21), percent(0.04), percent(None)
    ('−3.2 %', '0.0 %', '–')
    """
    if value is None:
        return UNKNOWN
    rounded = round_half_up(value, digits)
    sign = MINUS if rounded < 0 else "+" if rounded > 0 else ""
    return f"{sign}{abs(rounded):,.{digits}f} %"


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
    return f"{round_half_up(value, 1):.1f}"


def score_below(value: float, minimum: float) -> str:
    """A score that is below a minimum, with the digits that show it: 3.96, not 4.0, below 4.

    >>> score_below(3.96, 4), score_below(2.5, 4), score_below(3.9999, 4)
    ('3.96', '2.5', '3.9999')
    """
    digits = next((n for n in range(1, MOST_DIGITS) if round_half_up(value, n) < minimum), MOST_DIGITS)
    return f"{round_half_up(value, digits):.{digits}f}"


def plain(value: float) -> str:
    """A number as it can be typed again: no exponent, nothing rounded.

    >>> plain(6.0), plain(1e6), plain(0.00001), plain(3.25)
    ('6', '1000000', '0.00001', '3.25')
    """
    return format(Decimal(repr(value)).normalize(), "f")


def money(value: float | None) -> str:
    """US dollars, short: $1.24M.

    >>> money(1_240_000), money(950), money(33_949_000), money(6.4e9), money(999_999), money(None)
    ('$1.24M', '$950', '$33.9M', '$6.4B', '$1M', '–')
    """
    if value is None:
        return UNKNOWN
    for limit, unit in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= limit * 0.9995:
            return f"${_three_digits(value / limit)}{unit}"
    return f"${value:,.0f}"


def price(value: float | None) -> str:
    """USD per coin or share, with the digits that matter: $97,012.50, $0.500, $0.00000980."""
    if value is None:
        return UNKNOWN
    if value >= 1 or value == 0:
        return f"${value:,.2f}"
    digits = 2
    while digits < 12 and round(value, digits) * 10 ** (digits - 2) < 1:
        digits += 1
    return f"${value:.{digits}f}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """3 exchanges, 1 exchange."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(span: timedelta) -> str:
    """A length of time with its two largest units: 3 h 20 min.

    >>> duration(timedelta(hours=3, minutes=20)), duration(timedelta(days=2, hours=1, minutes=9))
    ('3 h 20 min', '2 d 1 h')
    >>> duration(timedelta(seconds=20)), duration(timedelta(minutes=60))
    ('under 1 min', '1 h')
    """
    minutes = int(span.total_seconds() // 60)
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    first = next((place for place, (number, _) in enumerate(parts) if number), None)
    if first is None:
        return "under 1 min"
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number)


def ago(then: datetime | None, now: datetime) -> str:
    """How long ago: 41 min ago."""
    return "never" if then is None else f"{duration(max(now - then, timedelta(0)))} ago"


def clock(instant: datetime) -> str:
    """An instant in UTC: 2026-11-02 04:30 UTC."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def iso(instant: datetime | None) -> str | None:
    """An instant as the documents write it: 2026-04-26T07:00:00Z."""
    return None if instant is None else f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _three_digits(value: float) -> str:
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
