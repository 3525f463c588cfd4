"""What EDGAR means by an answer that is not what was asked for (pure).

It says several things with one status, so the body decides: 403 is a file that is not there as well as a stop of
all requests; 503 with one and the same page is maintenance as well as the end of the list of current filings.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from bot.feeds.faults import AskError, LimitedError, PassingError
from bot.feeds.request import Request

SOURCE = "EDGAR"
UNDECLARED = "undeclared automated tool"
TOO_MANY = ("request rate threshold exceeded", "sec’s traffic limit", "sec's traffic limit")
NOT_THERE = ("<code>accessdenied</code>", "<code>nosuchkey</code>")
CLOSED = (
    "file unavailable",
    "temporarily unavailable",
    "undergoing maintenance",
    "edgar is closed",
)
PAGE_BYTES = 16 * 1024  # of a page that stands in place of an answer


class ThrottledError(LimitedError):
    """EDGAR wants fewer requests, so none goes until `until`."""

    def __init__(self, reason: str, place: str, until: datetime) -> None:
        super().__init__(SOURCE, f"{reason}; no request until {until:%H:%M} UTC", place, again=False)
        self.until = until


class NotThereError(AskError):
    """EDGAR has no such file, or not yet: the index of a holiday, of an evening that is not over."""

    def __init__(self, place: str) -> None:
        super().__init__(SOURCE, "has no such file", place, permanent=True)


class EndOfFeedError(AskError):
    """The list of current filings goes no further back."""

    def __init__(self, place: str) -> None:
        super().__init__(SOURCE, "lists no older filings", place, permanent=True)


class MaintenanceError(PassingError):
    """EDGAR is closed or under maintenance, which is normal."""

    def __init__(self, place: str) -> None:
        super().__init__(SOURCE, "is under maintenance", place)


class CutOffError(PassingError):
    """A submission without its end."""

    def __init__(self, place: str) -> None:
        super().__init__(SOURCE, "the submission is cut off", place)


def stopped_because(status: int, head: str) -> str:
    """Why EDGAR wants no more requests for a while; nothing where it does not say so."""
    text = head.lower()
    if UNDECLARED in text:
        return "takes us for a program that does not say who it is; check edgar.name and edgar.email"
    if any(sign in text for sign in TOO_MANY) or status == 429:
        return f"wants fewer requests ({status})"
    # Of another 403 nobody knows what it means: going on could only make it worse.
    return "turns us away (403)" if status == 403 and not _is_missing(text) else ""


def fault_of(status: int, head: str, request: Request) -> AskError:
    """What an answer means that is neither a success nor a stop."""
    text, place = head.lower(), request.place
    if status == 404 or (status == 403 and _is_missing(text)):
        return NotThereError(place)
    if status >= 500:
        if status == 503 and is_page(head) and _start(request.url) > 0:
            return EndOfFeedError(place)
        return MaintenanceError(place) if is_closed(head) else PassingError(SOURCE, f"answers {status}", place)
    # What a foreign text repeats may be the address of whoever asks: it is not quoted.
    return AskError(SOURCE, f"answers {status}", place, permanent=True)


def is_closed(head: str) -> bool:
    """Whether this is the page that says that EDGAR is not open."""
    text = head.lower()
    return is_page(head) and any(sign in text for sign in CLOSED)


def is_page(head: str) -> bool:
    """Whether this is a page for people."""
    return head.lstrip("\ufeff \t\r\n")[:15].lower().startswith(("<!doctype html", "<html"))


def _is_missing(text: str) -> bool:
    return any(sign in text for sign in NOT_THERE)


def _start(url: str) -> int:
    """Where in the list of current filings a page begins; 0 of anything else."""
    query = parse_qs(urlsplit(url).query)
    start = query.get("start", ["0"])[0]
    return int(start) if query.get("action") == ["getcurrent"] and start.isdigit() else 0
