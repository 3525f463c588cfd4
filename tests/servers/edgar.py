"""A loopback EDGAR: it lists and serves made filings, polices its rate, and fails the ways EDGAR does.

    async with visit() as here:
        here.site.publish(made(), made())                    # listed, and to be had
        here.site.faults[PAGE + "?start=100"] = failing(503)  # a page of the list; or any path
        here.site.files["/files/x.zip"] = b"..."             # whatever else lies there
        ... here.edgar() ... here.clock ...

A second in which it gets more than ten requests, by the clock it is given, earns a ban of ten minutes, and
whoever asks meanwhile, a longer one. Without an e-mail address in User-Agent it serves nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import httpx
from aiohttp import web

from bot.clock import FixedClock
from bot.feeds.edgar.hours import NEW_YORK, is_business_day
from bot.feeds.edgar.submission import Edgar
from bot.feeds.http import open_client
from scoring.model import Filing
from tests.builders_edgar import SETTINGS, WEDNESDAY, current_page, filed, form_index, parties, submission, tickers_file
from tests.servers.exchange import Act, Asked, Connection, Loopback, Reply, act, text

PAGE = "/cgi-bin/browse-edgar"
TICKERS = "/files/company_tickers.json"
SUBMISSION = re.compile(r"/Archives/edgar/data/(\d+)/(\d{10}-\d{2}-\d{6})\.txt")
INDEX = re.compile(r"/Archives/edgar/daily-index/(\d{4})/QTR(\d)/form\.(\d{8})\.idx")
PER_SECOND = 10
BAN = timedelta(minutes=10)
INDEX_HOUR = 22  # in New York, from when the index of a day is there

HTML = '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN">\n<html><head>\n<title>{}</title></head><body>{}</body></html>'
RATE_PAGE = HTML.format("SEC.gov | Request Rate Threshold Exceeded", "<h1>You’ve Exceeded the SEC’s Traffic Limit</h1>")
UNDECLARED_PAGE = HTML.format(
    "SEC.gov | Request Rate Threshold Exceeded", "<h1>Your Request Originates from an Undeclared Automated Tool</h1>"
)
UNAVAILABLE_PAGE = HTML.format("SEC.gov | File Unavailable", "<h1>This page is temporarily unavailable.</h1>")
DENIED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
)
BOMB = b"""<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<feed xmlns="http://www.w3.org/2005/Atom"><title>&b;</title></feed>"""


class Moving(FixedClock):
    """A clock that sleeping moves on, and that remembers how long."""

    slept: list[float]

    def __init__(self, instant: datetime) -> None:
        super().__init__(instant)
        self.slept = []

    async def sleep(self, seconds: float) -> None:
        """Be later at once."""
        self.slept.append(seconds)
        await asyncio.sleep(0)  # all who ask at this moment do so before it is over
        self.advance(timedelta(seconds=seconds))


@dataclass
class Visit:
    """EDGAR on a socket, the door to it, and the clock of both."""

    site: EdgarSite
    client: httpx.AsyncClient
    clock: Moving

    def edgar(self, **changed: object) -> Edgar:
        """A door of its own, for settings that differ from those of the tests so."""
        settings = SETTINGS.model_copy(update={"url": self.site.url, **changed})
        return Edgar(settings, self.client, self.clock, sleep=self.clock.sleep, jitter=lambda: 0.5)


@asynccontextmanager
async def visit(now: datetime = WEDNESDAY) -> AsyncIterator[Visit]:
    """EDGAR, opened at that moment."""
    clock = Moving(now)
    async with EdgarSite(clock.now) as site, open_client(httpx.AsyncHTTPTransport()) as client:
        yield Visit(site, client, clock)


class EdgarSite(Loopback):
    """EDGAR on a socket."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.filings: list[Filing] = []
        self.tickers: Mapping[str, Sequence[str]] = {"0000001001": ("MC1", "MC1-A")}
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, Reply] = {}  # path, or PAGE?start=N → what it answers instead
        self.before_page: Callable[[int], None] = lambda _: None  # called with `start`: the list moves while one pages
        self.unlisted: set[str] = set()  # accession numbers that the list of current filings misses
        self.missing: set[str] = set()  # accession numbers that are listed, and not there
        self.most_rows = 5000  # of the list of current filings
        self.banned_until: datetime | None = None
        self.bans = 0
        self._now = now
        self._recent: deque[datetime] = deque()

    def publish(self, *filings: Filing) -> None:
        """Accept filings."""
        self.filings = sorted((*self.filings, *filings), key=lambda one: one.accepted_at, reverse=True)

    def pages(self) -> list[int]:
        """Where the pages began that it was asked for."""
        return [int(asked.params["start"]) for asked in self.asked(PAGE)]

    def submissions(self) -> list[str]:
        """The accession numbers that it was asked for."""
        return [found.group(2) for asked in self.requests if (found := SUBMISSION.fullmatch(asked.path))]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(request.method, request.path, dict(request.query), None, dict(request.headers))
        self.requests.append(asked)
        reply = self._turned_away(asked) or self._fault(asked) or self._found(asked)
        response = await act(reply)(Connection(asked, request, self._closing))
        if isinstance(response, web.Response) and not response.prepared and "Content-Encoding" not in response.headers:
            response.enable_compression()
        return response

    def _turned_away(self, asked: Asked) -> Act | None:
        if "@" not in asked.headers.get("User-Agent", ""):
            return text(UNDECLARED_PAGE, 403)
        now = self._now()
        while self._recent and self._recent[0] <= now - timedelta(seconds=1):
            self._recent.popleft()
        self._recent.append(now)
        banned = self.banned_until is not None and now < self.banned_until
        if not banned and len(self._recent) <= PER_SECOND:
            return None
        self.bans += not banned
        self.banned_until = max(self.banned_until or now, now) + BAN
        return text(RATE_PAGE, 403)

    def _fault(self, asked: Asked) -> Reply:
        page = f"{asked.path}?start={asked.params.get('start', '')}"
        return self.faults.get(page, self.faults.get(asked.path))

    def _found(self, asked: Asked) -> Act:
        if asked.path == PAGE:
            return self._page(asked)
        if found := SUBMISSION.fullmatch(asked.path):
            return self._submission(int(found.group(1)), found.group(2))
        if found := INDEX.fullmatch(asked.path):
            day = datetime.strptime(found.group(3), "%Y%m%d").date()  # noqa: DTZ007 - a date
            return self._index(day) if f"QTR{(day.month + 2) // 3}" in asked.path else text(DENIED, 403)
        if asked.path == TICKERS:
            return text(tickers_file(self.tickers))
        return text(self.files[asked.path]) if asked.path in self.files else text(DENIED, 403)

    def _page(self, asked: Asked) -> Act:
        start, amount = int(asked.params["start"]), int(asked.params["count"])
        self.before_page(start)
        listed = [filing for filing in self.filings if filing.accession not in self.unlisted]
        rows = min(self.most_rows, sum(len(parties(filing)) for filing in listed))
        if start > max(rows, 0):
            return text(UNAVAILABLE_PAGE, 503)
        return text(current_page(listed, start, min(amount, rows - start)))

    def _submission(self, cik: int, accession: str) -> Act:
        for filing in self.filings:
            is_it = filing.accession == accession and cik in {int(one) for one, *_ in parties(filing)}
            if is_it and accession not in self.missing:
                return text(submission(filing))
        return text(HTML.format("404", "not found"), 404)

    def _index(self, day: date) -> Act:
        local = self._now().astimezone(NEW_YORK)
        is_over = day < local.date() or (day == local.date() and local.hour >= INDEX_HOUR)
        if not is_over or not is_business_day(day):
            return text(DENIED, 403)
        return text(form_index(filing for filing in self.filings if filed(filing) == day))
