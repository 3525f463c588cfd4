"""New filings, from EDGAR's list of current ones.

The list is read newest first, until a whole page is known. It moves while it is read, and misses filings at times:
what is overlooked here comes with the daily indexes (backfill.py).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.errors import FeedError
from bot.feeds.base import Batch, Outcome, SourceReport
from bot.feeds.edgar.hours import NEW_YORK, is_open, last_business_days, last_close, start_of
from bot.feeds.edgar.issuers import issuers_of
from bot.feeds.edgar.listing import Entry, Listing, parse_current, parse_tickers
from bot.feeds.edgar.submission import Edgar, EndOfFeedError, MaintenanceError, NotThereError, ThrottledError, index_url
from scoring.model import Aside, Filing

NAME = "filings"
CURRENT = "/cgi-bin/browse-edgar?action=getcurrent&type=4&owner=only&count={count}&start={start}&output=atom"
TICKERS = "/files/company_tickers.json"
PER_PAGE = 100  # rows, the most there are
MOST_PAGES = 60  # the list ends at some 5,000 rows
LEAST_ROWS = 2000  # a list that ends before has not ended: EDGAR says the same when it is under maintenance
MOST_FILINGS = 400  # a refresh; the rest is read in the next
AT_ONCE = 5  # filings
DEADLINE_SECONDS = 240.0  # of all of a refresh
OVERLAP = timedelta(hours=1)  # so late a filing may be listed after it was accepted
LONGEST_WAIT = timedelta(days=1)  # for a filing that is listed and is not there


@dataclass
class _Found:
    """What a refresh has brought so far; it stays when the deadline comes."""

    filings: list[Filing] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    tickers: dict[str, tuple[str, ...]] | None = None
    listed: bool = False  # at least a page of the list came, or none was due
    fault: FeedError | None = None  # the first, or the one that stopped us
    is_stopped: bool = False  # nothing more is asked for in this refresh
    notes: list[str] = field(default_factory=list)

    def fail(self, error: FeedError) -> None:
        """Note what went wrong, and whether to ask on."""
        stops = isinstance(error, (ThrottledError, MaintenanceError))
        if self.fault is None or (stops and not self.is_stopped):
            self.fault = error
        self.is_stopped = self.is_stopped or stops


class EdgarFeed:
    """A feed of filings. What it remembers is of this process; what is stored, it asks for."""

    name = NAME

    def __init__(
        self,
        edgar: Edgar,
        known: Callable[[Collection[str]], frozenset[str]],
        *,
        most_filings: int = MOST_FILINGS,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        """`known`: which of these accession numbers are stored or set aside; it is called in a thread."""
        self._edgar = edgar
        self._known = known
        self._most = most_filings
        self._deadline = deadline_seconds
        self._polled: datetime | None = None  # when the list was last read from its beginning to what was known
        self._reached: datetime | None = None  # when the newest filing that was listed then was accepted
        self._broken_off = False  # it was read in part since: a page that is known may hide a gap behind it
        self._waiting: dict[str, Entry] = {}  # listed, and not read yet
        self._given: dict[str, Entry] = {}  # read, and not known to be stored yet
        self._refused: dict[str, datetime] = {}  # listed, and not to be had: since when
        self._tickers_of: date | None = None  # the day, in New York, on which the list of tickers was read

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        """Filings that are listed and not known. It ends within its deadline, and no FeedError leaves it.

        While EDGAR is closed, and its last hours are covered, it asks for nothing. Where `since` is longer ago
        than the business day before, it reads the last day only, says so, and leaves the rest to the daily indexes.
        """
        if self._edgar.problem:
            return Batch(reports=(SourceReport.failed(NAME, self._edgar.problem, Outcome.REFUSED),))
        found = _Found()
        try:
            async with asyncio.timeout(self._deadline):
                await self._take_back_what_was_not_stored()
                if self._is_due(since, now):
                    await self._poll(since, now, found)
                    await self._read_tickers(now, found)
                else:
                    found.listed = True
                await self._read(now, found)
        except TimeoutError:
            found.notes.append(f"not all came within {self._deadline:g} s")
        return Batch(
            issuers=issuers_of(found.filings),
            filings=tuple(found.filings),
            asides=tuple(found.asides),
            company_tickers=found.tickers,
            reports=(self._report(found),),
        )

    def _is_due(self, since: datetime | None, now: datetime) -> bool:
        polled = self._polled or since
        return is_open(now) or polled is None or polled < last_close(now)

    def _floor(self, since: datetime | None, now: datetime, found: _Found) -> datetime:
        """What was accepted before is not looked for in the list."""
        today, before = last_business_days(now, 2)
        polled = self._polled or since
        if polled is None or polled < start_of(before):
            found.notes.append(f"what was filed before {today} comes from the daily indexes")
            return start_of(today)
        if self._reached is not None:
            return self._reached - OVERLAP
        return start_of(polled.astimezone(NEW_YORK).date())

    async def _poll(self, since: datetime | None, now: datetime, found: _Found) -> None:
        """Put what is listed and not known on the waiting list."""
        floor = self._floor(since, now, found)
        before = {*self._waiting, *self._given}
        was_broken_off, newest = self._broken_off, None
        for page in range(MOST_PAGES):
            try:
                listing = await self._page(page)
            except FeedError as error:
                if isinstance(error, EndOfFeedError) and page * PER_PAGE >= LEAST_ROWS:
                    break
                found.fail(error)
                return
            found.listed = True
            newest = newest or listing.newest
            fresh = await self._unknown(listing, before)
            self._waiting |= {entry.accession: entry for entry in fresh}
            is_known = bool(listing.entries) and not fresh and not was_broken_off
            if is_known or listing.rows < PER_PAGE or (listing.oldest is not None and listing.oldest < floor):
                break
            self._broken_off = True  # until the end is reached
        self._polled, self._reached, self._broken_off = now, newest or self._reached, False

    async def _page(self, page: int) -> Listing:
        path = CURRENT.format(count=PER_PAGE, start=page * PER_PAGE)
        return await asyncio.to_thread(parse_current, await self._edgar.text(path))

    async def _unknown(self, listing: Listing, before: Collection[str]) -> list[Entry]:
        new = {entry.accession: entry for entry in listing.entries if entry.accession not in before}
        known = await asyncio.to_thread(self._known, list(new)) if new else frozenset()
        return [entry for accession, entry in new.items() if accession not in known]

    async def _read_tickers(self, now: datetime, found: _Found) -> None:
        today = now.astimezone(NEW_YORK).date()
        if self._tickers_of == today or found.is_stopped:
            return
        try:
            found.tickers = await asyncio.to_thread(parse_tickers, await self._edgar.text(TICKERS))
        except FeedError as error:
            found.fail(error)
        else:
            self._tickers_of = today

    async def _read(self, now: datetime, found: _Found) -> None:
        """Read what waits, the newest first, several at once."""
        newest = sorted(self._waiting.values(), key=_accepted, reverse=True)
        queue = deque(newest[: self._most])

        async def work() -> None:
            while queue and not found.is_stopped:
                entry = queue.popleft()
                read = await self._filing(entry, now, found)
                if read is None:
                    continue
                self._given[entry.accession] = self._waiting.pop(entry.accession)
                if isinstance(read, Aside):
                    found.asides.append(read)
                else:
                    found.filings.append(read)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(queue))):
                group.create_task(work())

    async def _filing(self, entry: Entry, now: datetime, found: _Found) -> Filing | Aside | None:
        try:
            return await self._edgar.filing(entry)
        except FeedError as error:
            if error.permanent and now - self._refused.setdefault(entry.accession, now) >= LONGEST_WAIT:
                return Aside(entry.accession, f"EDGAR lists it, and does not give it: {error}", index_url(entry), now)
            if not isinstance(error, NotThereError):  # a filing is listed a moment before it is there
                found.fail(error)
            return None

    async def _take_back_what_was_not_stored(self) -> None:
        if not self._given:
            return
        known = await asyncio.to_thread(self._known, list(self._given))
        self._waiting |= {accession: entry for accession, entry in self._given.items() if accession not in known}
        self._given = {}

    def _report(self, found: _Found) -> SourceReport:
        said = list(found.notes)
        if self._waiting:
            said.append(f"{len(self._waiting):,} listed and not read yet")
        if found.fault is not None:
            said.insert(0, str(found.fault))
        detail = "; ".join(said)
        match found.fault:
            case None | MaintenanceError():
                outcome = Outcome.PARTIAL if self._waiting or found.fault else Outcome.OK
                return SourceReport(NAME, ok=True, detail=detail, outcome=outcome)
            case ThrottledError():
                return SourceReport.failed(NAME, detail, Outcome.REFUSED)
            case _ if found.listed:
                return SourceReport(NAME, ok=True, detail=detail, outcome=Outcome.PARTIAL)
            case _:
                return SourceReport.failed(NAME, detail)


def _accepted(entry: Entry) -> datetime:
    when = entry.filed_or_accepted
    return when if isinstance(when, datetime) else start_of(when)
