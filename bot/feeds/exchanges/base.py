"""What an adapter is: one module an exchange, with its endpoints as data and pure parsers, and nothing else.

Paging, pacing, retries, time-outs and symbol rules are shared: `bot/feeds/http.py`, `history.py`, `symbols.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Protocol

from bot.errors import FeedError
from bot.feeds.base import Quote, SettledRate


class Slot(Enum):
    """A place in a request that is filled when it is made; times are those of the window asked for."""

    SYMBOL = "symbol"
    SINCE_MS = "since_ms"  # first instant wanted, unix milliseconds
    UNTIL_MS = "until_ms"  # last instant wanted
    SINCE_S = "since_s"  # the same in seconds
    UNTIL_S = "until_s"
    PAGE = "page"  # number of the page, from 1
    NOW_MS = "now_ms"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One request. A value in `params` or `body` may be a Slot."""

    path: str  # below the adapter's HOST, or a whole URL where it lies elsewhere
    params: Mapping[str, object] = field(default_factory=dict)
    body: Mapping[str, object] | None = None  # makes it a POST with JSON
    every: timedelta | None = None  # slow facts: asked so often only, the last answer serves meanwhile
    optional: bool = False  # without it the others still make sense; its answer is None then


class Paging(Enum):
    """How a history endpoint cuts what it has, when it has more than fits."""

    ASCENDING = "ascending"  # the window's oldest rows come, later ones are missing
    DESCENDING = "descending"  # the window's newest rows come, earlier ones are missing
    PAGES = "pages"  # numbered pages, newest first, whatever the window


@dataclass(frozen=True, slots=True)
class History:
    """Where the settlements of a contract are, and how fast they may be read."""

    endpoint: Endpoint
    paging: Paging
    limit: int  # rows an answer holds at most
    per_second: float  # requests; within the exchange's published limit
    depth_days: int | None = None  # how far back it serves, where that is known
    window_days: float | None = None  # the longest window that it accepts, where that is known
    last_page: int | None = None  # beyond which it refuses to go, where that is known


@dataclass(frozen=True, slots=True)
class Candles:
    """Where hourly prices of a contract are."""

    endpoint: Endpoint
    per_second: float


class Adapter(Protocol):
    """The names that every adapter module has; a module is one, and so is an object with these attributes."""

    NAME: str  # as in EXCHANGES
    HOST: str  # "https://fapi.binance.com"
    ZERO_IS_PLACEHOLDER: bool  # it prints exactly 0 where it has no rate

    @property
    def QUOTES(self) -> Sequence[Endpoint]:  # noqa: N802  # a constant of the module
        """What is asked in every refresh, all at once."""
        ...

    @property
    def REFUSALS(self) -> Sequence[int]:  # noqa: N802
        """HTTP statuses with which it turns away a country."""
        ...

    def unwrap(self, answer: Any) -> Any:
        """The answer, checked: without its envelope, unless the envelope says something of the values.

        Raises AnswerError where the envelope holds an error.
        """
        ...

    def parse_quotes(self, answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
        """The perpetuals in the unwrapped answers to QUOTES, in that order; None where an optional one failed.

        Dated futures, delisted contracts and the exchange's own test products are left out. Raises AnswerError
        where an answer is not what it should be; a row that is not costs only itself.
        """
        ...

    def history(self, symbol: str) -> History:
        """Where a contract's settlements are."""
        ...

    def parse_settlements(self, answer: Any) -> list[SettledRate]:
        """The settlements in an unwrapped answer of the history endpoint, in any order. Raises AnswerError."""
        ...


class AnswerError(FeedError):
    """An HTTP 200 whose body says that it is none.

    `limited`: asked too fast, so ask again later. `refused`: the exchange turns away this country.
    """

    def __init__(self, message: str, *, limited: bool = False, permanent: bool = False, refused: bool = False) -> None:
        super().__init__(message, permanent=permanent or refused)
        self.limited = limited
        self.refused = refused


def number(value: object) -> float | None:
    """A number as exchanges write it: text or number; None where there is nothing, NaN where it is no number.

    >>> number("0.0001"), number(""), number(None), number("0E-18"), number("n/a"), number(True)
    (0.0001, None, None, 0.0, nan, nan)
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return math.nan
    try:
        return float(value)  # type: ignore[arg-type]  # whatever it is: what float refuses is no number
    except (TypeError, ValueError, OverflowError):
        return math.nan


def positive(value: object) -> float | None:
    """A number above zero, or nothing: prices, turnovers and intervals that are not are placeholders."""
    found = number(value)
    return found if found is not None and found > 0 and math.isfinite(found) else None


def hours_of(value: object, per_hour: float) -> float | None:
    """A positive length of time in hours, of which the value has `per_hour` units to the hour; else None.

    >>> hours_of("14400", 3600), hours_of(28_800_000, 3_600_000), hours_of(0, 3600)
    (4.0, 8.0, None)
    """
    found = positive(value)
    return None if found is None else found / per_hour


def from_ms(value: object) -> datetime | None:
    """The instant of unix milliseconds, UTC; None for 0, nothing, or what is no time."""
    found = positive(value)
    if found is None or found > 1e14:
        return None
    return datetime.fromtimestamp(found / 1000, UTC)


def from_s(value: object) -> datetime | None:
    """The instant of unix seconds, UTC; None for 0, nothing, or what is no time."""
    found = positive(value)
    return None if found is None else from_ms(found * 1000)


def settled(rows: Iterable[tuple[datetime | None, object, float | None]]) -> list[SettledRate]:
    """Settlements from (time, rate, interval in hours or None); rows without a time are dropped."""
    return [
        SettledRate(at, math.nan if (found := number(rate)) is None else found, hours)
        for at, rate, hours in rows
        if at is not None
    ]
