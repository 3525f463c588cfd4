"""What a picture shows, as plain frozen values: hashable, so that a picture is cached by what it shows; picklable.

Every word of a picture is in its value, and the language for what is added: the days and percents of scales. Funding is
a decimal per 8 hours, money US dollars, days are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from bot.words import ENGLISH, formats, spoken
from scoring.model import Side


class Theme(StrEnum):
    """On what a picture is seen."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Heading:
    """The line above a panel: what it shows, and the last value of it."""

    text: str
    value: str = ""
    note: str = ""  # before the value: its day, or its change


@dataclass(frozen=True, slots=True)
class Mark:
    """A level of funding at which something happens."""

    level: float  # decimal per 8 hours
    label: str


@dataclass(frozen=True, slots=True)
class Streak:
    """Days in a row, up to the last one that is shown."""

    first_day: date  # may lie before the first day that is shown
    label: str


@dataclass(frozen=True, slots=True)
class CoinChart:
    """A coin's daily average funding, and its price above it."""

    title: str
    name: str  # empty where it would repeat the title
    first_day: date
    funding: tuple[float | None, ...]  # decimal per 8 h, a UTC day each; None: not known
    prices: tuple[float | None, ...]  # USD at the end of each of these days; one more than those: now
    funding_heading: Heading
    price_heading: Heading
    price_high: str = ""
    price_low: str = ""
    streak: Streak | None = None
    marks: tuple[Mark, ...] = ()
    footer: str = ""
    nothing: str = "not known"  # stands where there is nothing to draw
    language: str = ENGLISH
    plain: CoinChart | None = None  # the same in English, where it is not


@dataclass(frozen=True, slots=True)
class Strip:
    """A row of a heat strip."""

    name: str
    values: tuple[float | None, ...]  # decimal per 8 h; None: not known
    label: str  # the last value


@dataclass(frozen=True, slots=True)
class HeatChart:
    """What each exchange paid of one coin."""

    title: str
    name: str
    heading: Heading
    start: datetime  # of the first column
    step_hours: int  # of a column: 24 or 8
    strips: tuple[Strip, ...]
    mean: Strip | None = None  # over the exchanges; None where there is only one
    footer: str = ""
    nothing: str = "not known"
    language: str = ENGLISH
    plain: HeatChart | None = None


@dataclass(frozen=True, slots=True)
class Dot:
    """What somebody traded on one day."""

    day: date
    value: float  # USD
    planned: bool  # under a 10b5-1 plan


@dataclass(frozen=True, slots=True)
class Person:
    """One insider's row."""

    name: str
    role: str
    side: Side
    dots: tuple[Dot, ...]
    value: str  # of all of them


@dataclass(frozen=True, slots=True)
class TimelineChart:
    """Who traded when, and for how much."""

    title: str
    name: str
    headings: tuple[Heading, ...]  # one a side, largest first
    first_day: date  # of the window
    last_day: date
    people: tuple[Person, ...]
    footer: str = ""
    legend: tuple[str, str, str] = ("bought", "sold", "10b5-1 plan")
    nothing: str = "nobody traded"
    language: str = ENGLISH
    plain: TimelineChart | None = None


Chart: TypeAlias = CoinChart | HeatChart | TimelineChart


def day_label(day: date) -> str:
    """A day for people, in the language that is spoken, the year being told elsewhere.

    >>> day_label(date(2026, 4, 14))
    '14 Apr'
    """
    return formats.day_of_month(day, spoken())
