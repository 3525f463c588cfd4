"""What can go wrong with one request, in words for people that hold no secret.

An httpx error names the whole URL, and an illegal header its value; so none is passed on, nor kept as a cause.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from bot.errors import FeedError
from bot.feeds.masking import masked_text

# What code raises that meets a shape it does not expect.
UNKNOWN_SHAPE = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError)
SHOWN = 80  # characters of a foreign text
LONGEST_RETRY_AFTER = 3 * 86_400.0  # seconds: the longest ban that an exchange speaks of (Binance)


class AskError(FeedError):
    """A source did not answer: who, why and where."""

    def __init__(self, source: str, reason: str, place: str = "", *, permanent: bool = False) -> None:
        super().__init__(f"{source}: {reason}" + (f" at {place}" if place else ""), permanent=permanent)
        self.reason = reason  # one line without the source's name
        self.place = place  # host and path, never a query


class PassingError(AskError):
    """No answer that can be used, this time: connections, time-outs, broken or senseless bodies, 5xx."""


class RefusedError(AskError):
    """The source turns away this country (451, 403 ...) or this key (401, 402)."""

    def __init__(self, source: str, reason: str, place: str = "") -> None:
        super().__init__(source, reason, place, permanent=True)


class LimitedError(AskError):
    """The source wants fewer requests, also after the retries."""

    def __init__(
        self, source: str, reason: str, place: str = "", retry_after: float | None = None, *, again: bool = True
    ) -> None:
        super().__init__(source, reason, place)
        self.retry_after = retry_after  # seconds; None: it did not say
        self.again = again  # whether another try may follow now


class TooLargeError(AskError):
    """The answer has more bytes than are read."""


class HeldError(LimitedError):
    """Not sent: its turn would come after the deadline."""


def refusal(status: int, refusals: Iterable[int]) -> str | None:
    """How a source turns us away, if this status does."""
    if status == 451 or status in refusals:
        return f"refuses this country ({status})"
    if status in (401, 402):
        return f"refuses the key ({status})"
    return "refuses access (403)" if status == 403 else None


def broken(error: httpx.TransportError | httpx.DecodingError, connect_seconds: float, read_seconds: float) -> str:
    """What an httpx error means."""
    match error:
        case httpx.ConnectTimeout():
            return f"no connection within {connect_seconds:g} s"
        case httpx.TimeoutException():
            return f"silent for {read_seconds:g} s"
        case httpx.ConnectError():
            return f"cannot connect: {shown(str(error))}"
        case httpx.ProxyError():
            return "the proxy refuses"
        case httpx.DecodingError():
            return "answer cannot be decompressed"
        case _:
            return "the connection broke off"


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, as seconds or as an HTTP date (RFC 9110, 10.2.3).

    >>> retry_after("7", datetime(2026, 1, 1, tzinfo=UTC)), retry_after("soon", datetime(2026, 1, 1, tzinfo=UTC))
    (7.0, None)
    >>> retry_after("Thu, 01 Jan 2026 00:01:00 GMT", datetime(2026, 1, 1, tzinfo=UTC))
    60.0
    """
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _until(header, now)
    return None if math.isnan(seconds) else min(LONGEST_RETRY_AFTER, max(0.0, seconds))


def _until(date: str, now: datetime) -> float:
    try:
        at = parsedate_to_datetime(date)
    except ValueError:
        return math.nan
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()


def shown(text: str, secrets: Iterable[str] = ()) -> str:
    """A foreign text cut to one short, printable line without the secrets that it may repeat.

    >>> shown("<h1>Blocked</h1>   for key abcd1234", ["abcd1234"])
    '<h1>Blocked</h1> for key ***'
    """
    text = masked_text(text, tuple(secrets))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
