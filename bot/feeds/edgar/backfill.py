"""The background job that reads the filings of the past, and goes on where it stopped, whenever that was.

First the last 30 days, filing by filing, from the daily indexes; then whole quarters from SEC's data sets; then
the days that no set covers yet; last, one submission of each company that only data sets name, for its SIC code.
The index of each day is read once more than the feed needs, in its night: what the list of current filings
missed is in it. What is read is stored together with the progress that it makes, some filings at a time.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import IntEnum
from pathlib import Path

from bot.clock import Clock
from bot.errors import FeedError
from bot.feeds.edgar.bulk import PAGE, BadSetError, read_set, set_links
from bot.feeds.edgar.coverage import (
    RECENT,
    EdgarCoverage,
    due_at,
    edgar_coverage,
    is_complete,
    is_left_to_set,
    quarter_days,
    set_of,
    wanted_days,
)
from bot.feeds.edgar.hours import NEW_YORK
from bot.feeds.edgar.listing import Entry, parse_index
from bot.feeds.edgar.submission import Edgar, MaintenanceError, NotThereError, ThrottledError, index_url
from bot.feeds.jobs import until_idle
from bot.feeds.sectors import classify
from scoring.model import Aside, Filing
from storage import Storage, Transaction
from storage.edgar import DayProgress

log = logging.getLogger("tocsin.backfill")

INDEX = "/Archives/edgar/daily-index/{day:%Y}/QTR{quarter}/form.{day:%Y%m%d}.idx"
AT_ONCE = 4  # filings asked for; they keep the pace that EDGAR allows when an answer takes most of a second
STORED_AT_ONCE = 25  # filings, some five seconds of reading: what a crash may cost
WAIT_AFTER_FAILURE = 60.0  # seconds
WAIT_WHILE_CLOSED = 600.0
WAIT_WHILE_BUSY = 2.0
NOT_YET = timedelta(days=3)  # after a day, until when its index may still come; later, it has none
ASKED_AGAIN = timedelta(hours=1)  # for an index that was not there
SETTLED = timedelta(days=2)  # after a day, from when on a filing that EDGAR does not give will not come
PAGE_AGAIN = timedelta(days=1)


class Kind(IntEnum):
    """What is to be done, the most urgent first."""

    RECENT_DAY = 0
    PAGE = 1
    SET = 2
    OLDER_DAY = 3
    ISSUERS = 4


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to be done."""

    kind: Kind
    day: date | None = None
    quarter: str = ""


@dataclass
class _Got:
    """What some listed filings brought."""

    filings: list[Filing] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    left: int = 0  # not had; they are asked for again
    stopped: FeedError | None = None  # why no more is asked for at all


class EdgarBackfill:
    """Reads what is missing, for ever. `plan()` after each refresh; `run()` beside everything else."""

    def __init__(
        self,
        storage: Storage,
        edgar: Edgar,
        clock: Clock,
        history_days: int,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        """`busy`: whether the feed is reading; then nothing is asked here."""
        self._storage = storage
        self._edgar = edgar
        self._clock = clock
        self._history_days = history_days
        self._sleep = sleep
        self._busy = busy
        self._days: dict[date, DayProgress] = {}
        self._sets: set[str] = set()
        self._links: dict[str, str] = {}  # quarter → path of its data set
        self._links_at: datetime | None = None
        self._unusable: set[str] = set()  # quarters whose data set is none
        self._put_off: set[Job] = set()  # until the next plan
        self._described = False  # nothing more can be learned of companies that only data sets name
        self._planned = asyncio.Event()
        self._idle = asyncio.Event()

    async def plan(self) -> None:
        """Look at what is stored now, and take up again what failed."""
        if self._edgar.problem:
            return
        days, sets = await asyncio.to_thread(self._look)
        self._days = days | self._days  # what was written since the look is known here
        self._sets |= sets
        self._put_off.clear()
        self._idle.clear()
        self._planned.set()

    def coverage(self) -> EdgarCoverage:
        """How far the filings of the past have been read, as known in this process."""
        return edgar_coverage(self._days, self._sets, self._history_days, self._clock.now())

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._planned.wait()
            job = self._next(self._clock.now())
            if job is None:
                self._planned.clear()
                self._idle.set()
            else:
                await self._do(job)

    async def finish(self) -> None:
        """Work until nothing is left that can be asked now. Needs a plan; not beside `run`."""
        await until_idle(self.run, self._idle)

    def _next(self, now: datetime) -> Job | None:
        """The most urgent job that is not put off; the newest of its kind."""
        jobs: list[Job] = []
        today = now.astimezone(NEW_YORK).date()
        for day in wanted_days(self._history_days, self._days, now):
            progress = self._days.get(day)
            if is_complete(progress):
                continue
            quarter = set_of(day)
            if day >= today - RECENT:
                jobs.append(Job(Kind.RECENT_DAY, day))
            elif quarter is None or not self._is_awaited(quarter, day, now):
                jobs.append(Job(Kind.OLDER_DAY, day))
            elif self._links_at is None or now >= self._links_at + PAGE_AGAIN:
                jobs.append(Job(Kind.PAGE))
            else:
                jobs.append(Job(Kind.SET, quarter=quarter))
        if not self._described:
            jobs.append(Job(Kind.ISSUERS))
        return min((job for job in jobs if not self._waits(job, now)), key=lambda job: job.kind, default=None)

    def _is_awaited(self, quarter: str, day: date, now: datetime) -> bool:
        """Whether a day comes with a data set: one that is linked, or may be as far as is known."""
        if quarter in self._sets or quarter in self._unusable or not is_left_to_set(day, now):
            return False
        return quarter in self._links or self._links_at is None or now >= self._links_at + PAGE_AGAIN

    def _waits(self, job: Job, now: datetime) -> bool:
        if job in self._put_off:
            return True
        progress = self._days.get(job.day) if job.day is not None else None
        return progress is not None and not progress.filings and now < progress.asked_at + ASKED_AGAIN

    async def _do(self, job: Job) -> None:
        """One job; what fails is put off, and nothing is lost of what came before."""
        await self._give_way()
        try:
            match job.kind:
                case Kind.PAGE:
                    await self._read_page()
                case Kind.SET:
                    await self._read_set(job.quarter)
                case Kind.ISSUERS:
                    await self._read_issuers()
                case _ if job.day is not None:
                    await self._read_day(job)
        except ThrottledError as error:
            log.warning("filings: %s", error)
            await self._sleep(max(1.0, (error.until - self._clock.now()).total_seconds()))
        except BadSetError as error:
            log.warning("filings: %s of %s; its days are read one by one", error, job.quarter)
            self._unusable.add(job.quarter)
        except FeedError as error:
            log.info("filings: %s", error)
            self._put_off.add(job)
            closed = isinstance(error, MaintenanceError)
            await self._sleep(WAIT_WHILE_CLOSED if closed else WAIT_AFTER_FAILURE)

    async def _read_day(self, job: Job) -> None:
        """What a day's index lists and is not known."""
        day, now = job.day, self._clock.now()
        if day is None:
            return
        try:
            content = await self._edgar.text(INDEX.format(day=day, quarter=(day.month + 2) // 3))
        except NotThereError:
            await self._store((), (), DayProgress(day, 0, now - due_at(day) > NOT_YET, now))
            return
        listing = await asyncio.to_thread(parse_index, content)
        if listing.odd:
            log.warning("filings: %d rows of the index of %s cannot be read", listing.odd, day)
        known = await asyncio.to_thread(self._known, [entry.accession for entry in listing.entries])
        unknown = deque(entry for entry in listing.entries if entry.accession not in known)
        progress = DayProgress(day, len(listing.entries), not unknown, now, missing=len(unknown))
        if not unknown:
            await self._store((), (), progress)
        left = 0
        while unknown:
            some = [unknown.popleft() for _ in range(min(STORED_AT_ONCE, len(unknown)))]
            got = await self._fetch(some, is_settled=now - due_at(day) > SETTLED)
            left += got.left
            progress = replace(progress, missing=len(unknown) + left, complete=not unknown and not left)
            await self._store(got.filings, got.asides, progress)
            if got.stopped is not None:
                raise got.stopped
        if left:
            self._put_off.add(job)

    async def _fetch(self, entries: Collection[Entry], *, is_settled: bool) -> _Got:
        """Several filings at once. `is_settled`: what EDGAR lists and does not give now, it will never give."""
        queue, got = deque(entries), _Got()

        async def work() -> None:
            while queue and got.stopped is None:
                entry = queue.popleft()
                await self._give_way()
                try:
                    read = await self._edgar.filing(entry)
                except (ThrottledError, MaintenanceError) as error:
                    got.stopped, got.left = error, got.left + 1
                except FeedError as error:
                    if error.permanent and is_settled:
                        reason = f"EDGAR lists it, and does not give it: {error}"
                        got.asides.append(Aside(entry.accession, reason, index_url(entry), self._clock.now()))
                    else:
                        got.left += 1
                else:
                    if isinstance(read, Aside):
                        got.asides.append(read)
                    else:
                        got.filings.append(read)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(queue))):
                group.create_task(work())
        got.left += len(queue)
        return got

    async def _read_page(self) -> None:
        """Which data sets there are."""
        try:
            content = await self._edgar.text(PAGE)
        except NotThereError as error:
            log.warning("filings: no data sets to be found: %s", error)
            content = b""
        self._links = set_links(content.decode(errors="replace"))
        self._links_at = self._clock.now()

    async def _read_set(self, quarter: str) -> None:
        """A whole quarter. Raises BadSetError, and FeedError."""
        count = malformed = 0
        with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
            path = Path(folder) / f"{quarter}.zip"
            try:
                await self._edgar.download(self._links[quarter], path)
            except NotThereError as error:
                raise BadSetError(f"there is no data set: {error}") from error
            slices = read_set(path)
            while (part := await asyncio.to_thread(next, slices, None)) is not None:
                await self._store(part.filings, ())
                count, malformed = count + len(part.filings), malformed + part.malformed
        if not count:
            raise BadSetError("no filing is in the data set")
        log.info("filings: %s of the data set of %s are read; %s rows cannot be", f"{count:,}", quarter, malformed)
        now = self._clock.now()
        days = [
            DayProgress(day, 0, complete=True, asked_at=now)
            for day in quarter_days(quarter)
            if set_of(day) == quarter and not is_complete(self._days.get(day))
        ]
        await asyncio.to_thread(self._note_set, quarter, days)
        self._days |= {one.day: one for one in days}
        self._sets.add(quarter)
        self._described = False

    async def _read_issuers(self) -> None:
        """One submission of some companies of which only data sets have told, for its SIC code."""
        undescribed = await asyncio.to_thread(self._undescribed)
        if not undescribed:
            self._described = True
            return
        got = await self._fetch(undescribed, is_settled=True)
        await self._store(got.filings, got.asides)
        if got.stopped is not None:
            raise got.stopped
        if got.left:
            self._put_off.add(Job(Kind.ISSUERS))

    async def _give_way(self) -> None:
        while self._busy():
            await self._sleep(WAIT_WHILE_BUSY)

    async def _store(
        self, filings: Sequence[Filing], asides: Sequence[Aside], progress: DayProgress | None = None
    ) -> None:
        await asyncio.to_thread(self._write, filings, asides, progress)
        if progress is not None:
            self._days[progress.day] = progress

    def _write(self, filings: Sequence[Filing], asides: Sequence[Aside], progress: DayProgress | None) -> None:
        with self._storage.write() as tx:
            tx.filings.add(filings)
            tx.filings.put_aside(asides)
            _describe(tx, {filing.issuer_cik for filing in filings})
            if progress is not None:
                tx.edgar.put_day(progress)

    def _note_set(self, quarter: str, days: Sequence[DayProgress]) -> None:
        with self._storage.write() as tx:
            tx.edgar.put_days(days)
            tx.edgar.put_set(quarter, self._clock.now())

    def _known(self, accessions: Collection[str]) -> frozenset[str]:
        with self._storage.read() as tx:
            return tx.filings.known(accessions)

    def _undescribed(self) -> list[Entry]:
        with self._storage.read() as tx:
            found = tx.filings.undescribed(STORED_AT_ONCE)
        path = "/Archives/edgar/data/{}/{}.txt"
        return [
            Entry(
                one.accession,
                one.form,
                one.issuer_cik,
                one.accepted_at,
                path.format(int(one.issuer_cik), one.accession),
            )
            for one in found
        ]

    def _look(self) -> tuple[dict[date, DayProgress], set[str]]:
        with self._storage.read() as tx:
            days, sets = tx.edgar.days(), set(tx.edgar.sets())
        if not days:
            # The first day that the bot has been there: without a history, it is read from here on.
            now = self._clock.now()
            first = DayProgress(now.astimezone(NEW_YORK).date(), 0, complete=False, asked_at=now - ASKED_AGAIN)
            days = {first.day: first}
            with self._storage.write() as tx:
                tx.edgar.put_day(first)
        return days, sets


def _describe(tx: Transaction, ciks: Collection[str]) -> None:
    """Give issuers the sector and industry of the newest SIC code that is stored of them, or of their CIK."""
    sics = tx.filings.sics(ciks)
    sectors = {cik: classify(sics.get(cik), cik) for cik in ciks}
    # Without a code, what is known from elsewhere stays.
    tx.filings.put_sectors({cik: found for cik, found in sectors.items() if cik in sics or found[0] is not None})
