"""Filings of the past over real sockets: all of them, once, newest first, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.feeds.edgar import bulk
from bot.feeds.edgar.backfill import ASKED_AGAIN, STORED_AT_ONCE, EdgarBackfill
from bot.feeds.edgar.coverage import edgar_coverage, quarter_days
from bot.feeds.edgar.hours import NEW_YORK, is_business_day
from scoring.clusters import ClusterRule, find_clusters
from scoring.model import Filing
from storage import Storage, open_storage
from tests.builders_bulk import packed, page, tables
from tests.builders_edgar import WEDNESDAY, made
from tests.servers.edgar import DENIED, INDEX, RATE_PAGE, SUBMISSION, UNAVAILABLE_PAGE, Visit, visit
from tests.servers.exchange import Asked, failing, in_turn, reset, text

DAY = timedelta(days=1)
TODAY = WEDNESDAY.astimezone(NEW_YORK).date()  # 18 November 2026, before its index is there
NIGHT = datetime(2026, 11, 19, 3, 31, tzinfo=UTC)  # 22:31 in New York
SET_PATH = "/files/datastandardsinnovation/data/insider-transactions-data-sets/{}_form345.zip"


@dataclass
class Bot:
    """A backfill at EDGAR, and what it stores."""

    here: Visit
    storage: Storage
    days: int

    def backfill(self, **changed: object) -> EdgarBackfill:
        """Another process: what was remembered is gone."""
        clock = self.here.clock
        return EdgarBackfill(self.storage, self.here.edgar(), clock, self.days, sleep=clock.sleep, **changed)  # type: ignore[arg-type]

    async def read(self, backfill: EdgarBackfill | None = None) -> EdgarBackfill:
        """Plan, and work until nothing is left."""
        backfill = backfill or self.backfill()
        await backfill.plan()
        await asyncio.wait_for(backfill.finish(), 60)
        return backfill

    def stored(self) -> dict[str, Filing]:
        with self.storage.read() as tx:
            return {one.accession: one for one in tx.filings.window(date(2020, 1, 1), datetime(2030, 1, 1, tzinfo=UTC))}

    def indexes(self) -> list[date]:
        """The days whose index was asked for."""
        found = (INDEX.fullmatch(asked.path) for asked in self.here.site.requests)
        return [date.fromisoformat(one.group(3)) for one in found if one]


@asynccontextmanager
async def bot(storage: Storage, *filings: Filing, now: datetime = WEDNESDAY, days: int = 10) -> AsyncIterator[Bot]:
    async with visit(now) as here:
        here.site.publish(*filings)
        yield Bot(here, storage, days)


def on(day: date, count: int = 1, *, hour: int = 16, issuer: int = 1) -> list[Filing]:
    """Filings of one day, by as many owners."""
    at = datetime(day.year, day.month, day.day, hour, tzinfo=NEW_YORK).astimezone(UTC)
    return [made(at + timedelta(seconds=n), issuer=issuer, owners=(n + 1,)) for n in range(count)]


def business_days(since: date, until: date) -> list[date]:
    """Newest first."""
    span = (until - timedelta(days=back) for back in range((until - since).days + 1))
    return [day for day in span if is_business_day(day)]


def spread(since: date, until: date = TODAY, count: int = 2) -> list[Filing]:
    return [one for day in business_days(since, until) for one in on(day, count)]


def with_set(here: Bot, quarter: str, filings: list[Filing]) -> None:
    """A data set, and the page that lists it beside those before it."""
    path = SET_PATH.format(quarter)
    here.here.site.files[path] = packed(tables(filings))
    sets = [one for one in here.here.site.files if one.endswith(".zip")]
    here.here.site.files[bulk.PAGE] = page(*sets).encode()


def run(story: Callable[[], object]) -> object:
    return asyncio.run(story())  # type: ignore[arg-type]


def test_the_past_is_stored_whole_newest_day_first_and_nothing_is_asked_for_twice(storage: Storage) -> None:
    filings = spread(TODAY - 40 * DAY)

    async def story() -> None:
        async with bot(storage, *filings) as here:
            backfill = await here.read()
            wanted = [one for one in filings if TODAY - 10 * DAY <= one.accepted_at.date() < TODAY]
            assert here.stored() == {one.accession: one for one in wanted}
            assert here.indexes() == business_days(TODAY - 10 * DAY, TODAY - DAY)
            covered = backfill.coverage()
            assert (covered.part, covered.filings_missing, covered.seconds_left) == (1.0, 0, 0.0)
            assert covered.since == here.indexes()[-1]
            asked = len(here.here.site.requests)
            await here.read(backfill)
            await here.read()
            assert len(here.here.site.requests) == asked
            assert here.here.site.bans == 0

    run(story)


def test_a_day_is_complete_from_its_night_on_and_what_the_feed_missed_is_fetched(storage: Storage) -> None:
    seen, missed = on(TODAY, 3), on(TODAY, 2, hour=20, issuer=2)

    async def story() -> None:
        async with bot(storage, *seen, *missed, days=1) as here:
            with storage.write() as tx:
                tx.filings.add(seen)
            backfill = await here.read()
            assert TODAY not in here.indexes()
            here.here.clock.instant = NIGHT - timedelta(minutes=2)
            await here.read(backfill)
            assert TODAY not in here.indexes()
            here.here.clock.instant = NIGHT
            await here.read(backfill)
            assert here.indexes().count(TODAY) == 1
            assert sorted(here.here.site.submissions()) == sorted(one.accession for one in missed)
            await here.read(backfill)
            assert here.indexes().count(TODAY) == 1
            assert backfill.coverage().part == 1.0

    run(story)


def test_without_a_history_the_days_since_the_first_start_are_complete(storage: Storage) -> None:
    async def story() -> None:
        async with bot(storage, *spread(TODAY - 20 * DAY), days=0) as here:
            backfill = await here.read()
            assert here.here.site.requests == []
            assert backfill.coverage().part == 1.0
            here.here.clock.instant = NIGHT + DAY
            await here.read()
            assert here.indexes() == [TODAY + DAY, TODAY]

    run(story)


def test_weekends_and_holidays_are_never_asked_for(storage: Storage) -> None:
    """Thanksgiving is on Thursday the 26th; on Saturday the index would be denied with a 403."""
    saturday = datetime(2026, 11, 28, 17, tzinfo=UTC)

    async def story() -> None:
        async with bot(storage, *on(date(2026, 11, 27)), *on(date(2026, 11, 25)), now=saturday, days=3) as here:
            backfill = await here.read()
            assert here.indexes() == [date(2026, 11, 27), date(2026, 11, 25)]
            assert len(here.stored()) == 2
            assert (backfill.coverage().days_wanted, backfill.coverage().part) == (2, 1.0)

    run(story)


def test_an_index_that_is_not_there_is_asked_for_again_until_it_is_plain_that_there_is_none(storage: Storage) -> None:
    day = TODAY - DAY

    async def story() -> None:
        async with bot(storage, *spread(TODAY - 10 * DAY), days=8) as here:
            site, clock = here.here.site, here.here.clock
            path = f"/Archives/edgar/daily-index/2026/QTR4/form.{day:%Y%m%d}.idx"
            old = TODAY - 8 * DAY
            site.faults[path] = text(DENIED, 403)
            site.faults[path.replace(f"{day:%Y%m%d}", f"{old:%Y%m%d}")] = text(DENIED, 403)
            backfill = await here.read()
            assert (backfill.coverage().days_wanted - backfill.coverage().days_complete, site.bans) == (1, 0)
            assert clock.slept == [pause for pause in clock.slept if pause < 10]
            await here.read(backfill)
            assert here.indexes().count(day) == 1
            clock.advance(ASKED_AGAIN)
            await here.read(backfill)
            assert here.indexes().count(day) == 2
            del site.faults[path]
            clock.advance(ASKED_AGAIN)
            await here.read()
            assert {one.accession for one in site.filings if one.accepted_at.date() == day} <= here.stored().keys()
            assert here.indexes().count(old) == 1

    run(story)


@pytest.mark.parametrize("at", [0.02, 0.2, 0.5, 0.8, 0.98])
def test_killed_at_any_request_it_ends_with_the_same_filings_and_repeats_little(tmp_path: Path, at: float) -> None:
    filings = [*on(TODAY - DAY, 40), *spread(TODAY - 10 * DAY, TODAY - 2 * DAY, 9)]

    async def story(storage: Storage, killed_at: int | None) -> tuple[dict[str, Filing], list[Asked]]:
        async with bot(storage, *filings) as here:
            if killed_at is not None:
                backfill = here.backfill()
                await backfill.plan()
                running = asyncio.create_task(backfill.run())
                while len(here.here.site.requests) < killed_at:
                    await asyncio.sleep(0)
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
            await here.read()
            return here.stored(), here.here.site.requests

    def once(name: str, killed_at: int | None) -> tuple[dict[str, Filing], list[Asked]]:
        opened = open_storage(f"sqlite:///{tmp_path}/{name}.db")
        try:
            return asyncio.run(story(opened, killed_at))
        finally:
            opened.close()

    rows, asked = once("whole", None)
    again, requests = once("killed", max(1, int(len(asked) * at)))
    assert again == rows
    repeated = {path: n for path, n in Counter(one.path for one in requests).items() if n > 1}
    assert sum(bool(INDEX.fullmatch(path)) for path in repeated) <= 1
    assert sum(bool(SUBMISSION.fullmatch(path)) for path in repeated) <= STORED_AT_ONCE
    assert all(n == 2 for n in repeated.values())


def test_a_stop_in_the_middle_is_waited_for_and_nothing_is_lost(storage: Storage) -> None:
    filings = on(TODAY - DAY, 70)

    async def story() -> None:
        async with bot(storage, *filings, days=1) as here:
            site, clock = here.here.site, here.here.clock
            path = f"/Archives/edgar/data/{int(filings[30].filers[0].cik)}/{filings[30].accession}.txt"
            listed = f"/Archives/edgar/data/{int(filings[30].issuer_cik)}/{filings[30].accession}.txt"
            stop = in_turn(text(RATE_PAGE, 403), site._found)
            site.faults |= {path: stop, listed: stop}
            await here.read()
            assert here.stored().keys() == {one.accession for one in filings}
            assert max(clock.slept) >= 590
            assert here.indexes() == [TODAY - DAY] * 2
            # What was under way at the stop, and the one that was stopped.
            assert len(site.submissions()) <= len(filings) + 5

    run(story)


def test_a_filing_that_cannot_be_read_is_kept_aside_and_the_rest_goes_on(storage: Storage) -> None:
    filings = on(TODAY - DAY, 5)

    async def story() -> None:
        async with bot(storage, *filings, days=6) as here:
            bad, gone = filings[1], filings[2]
            for cik in (bad.issuer_cik, bad.filers[0].cik):
                here.here.site.faults[f"/Archives/edgar/data/{int(cik)}/{bad.accession}.txt"] = text(
                    "<SEC-DOCUMENT>\n<XML>\n<ownershipDocument><x></ownershipDocument>\n</XML>\n</SEC-DOCUMENT>\n"
                )
            here.here.site.missing.add(gone.accession)
            backfill = await here.read()
            with storage.read() as tx:
                assert [one.accession for one in tx.filings.asides(9)] == [bad.accession]
            assert (backfill.coverage().filings_missing, len(here.stored())) == (1, 3)
            here.here.clock.advance(4 * DAY)  # what a list names for days and nobody can have will not come
            await here.read(backfill)
            with storage.read() as tx:
                reasons = {one.accession: one.reason for one in tx.filings.asides(9)}
            assert reasons.keys() == {bad.accession, gone.accession}
            assert "does not give it" in reasons[gone.accession]
            assert backfill.coverage().filings_missing == 0

    run(story)


def test_a_filing_that_fails_for_the_moment_leaves_its_day_open_until_it_comes(storage: Storage) -> None:
    filings = on(TODAY - DAY, 3)

    async def story() -> None:
        async with bot(storage, *filings, days=1) as here:
            one = filings[1]
            paths = [
                f"/Archives/edgar/data/{int(cik)}/{one.accession}.txt" for cik in (one.issuer_cik, one.filers[0].cik)
            ]
            here.here.site.faults |= dict.fromkeys(paths, reset())
            backfill = await here.read()
            assert (backfill.coverage().part, backfill.coverage().since) == (0.0, None)
            with storage.read() as tx:
                assert (tx.edgar.days()[TODAY - DAY].missing, tx.filings.aside_count()) == (1, 0)
            here.here.site.faults.clear()
            await here.read(backfill)
            assert (backfill.coverage().part, len(here.stored())) == (1.0, 3)

    run(story)


@pytest.mark.parametrize("fault", [text(UNAVAILABLE_PAGE), failing(503), reset(), text("no index at all")])
def test_an_edgar_out_of_order_is_tried_again_after_the_next_refresh(storage: Storage, fault: object) -> None:
    async def story() -> None:
        async with bot(storage, *on(TODAY - DAY, 2), days=1) as here:
            path = f"/Archives/edgar/daily-index/2026/QTR4/form.{TODAY - DAY:%Y%m%d}.idx"
            here.here.site.faults[path] = fault
            backfill = await here.read()
            assert (backfill.coverage().part, here.stored()) == (0.0, {})
            here.here.site.faults.clear()
            here.here.clock.advance(timedelta(minutes=30))
            await here.read(backfill)
            assert (backfill.coverage().part, len(here.stored())) == (1.0, 2)

    run(story)


def test_while_the_feed_reads_nothing_is_asked_here(storage: Storage) -> None:
    async def story() -> None:
        async with bot(storage, *on(TODAY - DAY, 9), days=1) as here:
            reading_until = here.here.clock.now() + timedelta(minutes=3)
            asked_meanwhile: list[int] = []

            def busy() -> bool:
                is_busy = here.here.clock.now() < reading_until
                if is_busy:
                    asked_meanwhile.append(len(here.here.site.requests))
                return is_busy

            await here.read(here.backfill(busy=busy))
            assert set(asked_meanwhile) == {0}
            assert len(here.stored()) == 9

    run(story)


def test_whole_quarters_come_from_data_sets_and_their_last_evening_by_its_index(storage: Storage) -> None:
    """Three jobs one after the other: 30 days by their indexes, the sets, and the days that no set covers."""
    since = TODAY - 150 * DAY
    filings = spread(since, TODAY - DAY, 1)
    september = quarter_days("2026q3")[-1]
    in_set = [one for one in filings if date(2026, 7, 1) <= one.accepted_at.date() <= september]
    late = on(september, 2, hour=21, issuer=5)  # in the next quarter's set

    async def story() -> None:
        async with bot(storage, *filings, *late, days=150) as here:
            with_set(here, "2026q2", [one for one in filings if one.accepted_at.date() < date(2026, 7, 1)])
            with_set(here, "2026q3", in_set)
            backfill = await here.read()
            stored = here.stored()
            assert stored.keys() == {one.accession for one in (*filings, *late)}
            assert backfill.coverage().part == 1.0
            assert here.indexes() == [
                *business_days(date(2026, 10, 1), TODAY - DAY), september, quarter_days("2026q2")[-1]
            ]  # fmt: skip
            paths = [
                asked.path for asked in here.here.site.requests if "form345" in asked.path or asked.path == bulk.PAGE
            ]
            assert paths == [bulk.PAGE, SET_PATH.format("2026q3"), SET_PATH.format("2026q2")]
            by_source = Counter(stored[one.accession].source for one in in_set)
            assert by_source["bulk"] >= 60
            with storage.read() as tx:
                assert tx.edgar.sets().keys() == {"2026q2", "2026q3"}
            asked = len(here.here.site.requests)
            await here.read()
            assert len(here.here.site.requests) == asked

    run(story)


def test_a_company_of_which_only_data_sets_tell_gets_its_sector_from_one_submission(storage: Storage) -> None:
    day = date(2026, 8, 12)
    several = on(day, 3, issuer=7)
    known = [*on(day, 2, issuer=8), *on(TODAY - DAY, 1, issuer=8)]

    async def story() -> None:
        async with bot(storage, *several, *known, days=120) as here:
            with_set(here, "2026q3", [*several, *known[:2]])
            await here.read()
            assert sorted(here.here.site.submissions()) == sorted([several[-1].accession, known[-1].accession])
            with storage.read() as tx:
                assert {one.sector for one in tx.filings.issuers().values()} == {"Technology"}
            assert Counter(one.source for one in here.stored().values()) == {"bulk": 4, "xml": 2}

    run(story)


def test_the_sector_is_that_of_the_newest_filing_though_the_past_is_read_after_it(storage: Storage) -> None:
    shell = [replace(one, sic="6770") for one in on(TODAY - 5 * DAY)]

    async def story() -> None:
        async with bot(storage, *on(TODAY - DAY), *shell, days=8) as here:
            await here.read()
            with storage.read() as tx:
                assert [one.sector for one in tx.filings.issuers().values()] == ["Technology"]

    run(story)


@pytest.mark.parametrize("content", [b"<html>soon</html>", packed(tables([])), None])
def test_where_a_data_set_is_none_its_days_are_read_one_by_one(storage: Storage, content: bytes | None) -> None:
    filings = spread(date(2026, 9, 14), date(2026, 9, 18), 1)

    async def story() -> None:
        async with bot(storage, *filings, days=70) as here:
            with_set(here, "2026q3", filings)
            if content is None:
                del here.here.site.files[SET_PATH.format("2026q3")]
            else:
                here.here.site.files[SET_PATH.format("2026q3")] = content
            backfill = await here.read()
            assert backfill.coverage().part == 1.0
            assert {one.source for one in here.stored().values()} == {"xml"}
            assert len(here.stored()) == 5

    run(story)


def test_a_set_that_comes_later_is_found_within_a_day(storage: Storage) -> None:
    filings = spread(date(2026, 9, 14), date(2026, 9, 18), 1)

    async def story() -> None:
        async with bot(storage, *filings, days=70) as here:
            here.here.site.faults[bulk.PAGE] = failing(503)
            backfill = await here.read()
            assert here.stored() == {}
            del here.here.site.faults[bulk.PAGE]
            with_set(here, "2026q3", filings)
            await here.read(backfill)
            assert {one.source for one in here.stored().values()} == {"bulk", "xml"}  # one tells of the sector
            assert backfill.coverage().part == 1.0

    run(story)


def test_a_killed_set_is_read_again_and_every_filing_is_there_once(storage: Storage) -> None:
    filings = spread(date(2026, 7, 1), date(2026, 9, 18), 3)

    async def story() -> None:
        async with bot(storage, *filings, days=140) as here:
            with_set(here, "2026q3", filings)
            backfill = here.backfill()
            await backfill.plan()
            running = asyncio.create_task(backfill.run())
            while not here.stored():
                await asyncio.sleep(0)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            with storage.read() as tx:
                assert tx.edgar.sets() == {}
            await here.read()
            assert here.stored().keys() == {one.accession for one in filings}
            with storage.read() as tx:
                assert tx.edgar.sets().keys() == {"2026q3"}

    run(story)


def test_a_filing_of_a_set_that_is_read_as_filed_changes_a_cluster_by_cents_only(storage: Storage) -> None:
    day = TODAY - 2 * DAY
    as_filed = [
        replace(one, transactions=(replace(one.transactions[0], price=12.3456),), sic=None)
        for one in on(day, 4)
    ]  # fmt: skip
    rounded = [
        replace(one, source="bulk", transactions=(replace(one.transactions[0], price=12.35),)) for one in as_filed
    ]

    async def story() -> None:
        async with bot(storage, *as_filed) as here:
            rule = ClusterRule(min_insiders=3)
            with storage.write() as tx:
                tx.filings.add(rounded)
                seen = tx.filings.last_id()
            before = find_clusters(tuple(here.stored().values()), {}, rule, WEDNESDAY)
            assert await here.read()
            assert here.here.site.submissions() == [as_filed[-1].accession]  # for its sector
            with storage.write() as tx:
                assert tx.filings.issuers_since(seen) == {as_filed[0].issuer_cik}
                tx.filings.add(as_filed)
            after = find_clusters(tuple(here.stored().values()), {}, rule, WEDNESDAY)
            assert [(one.key, one.insider_count) for one in after] == [(one.key, one.insider_count) for one in before]
            assert after[0].total_value == pytest.approx(before[0].total_value, abs=4000 * 0.005)

    run(story)


def test_an_amendment_comes_beside_what_it_amends(storage: Storage) -> None:
    first = on(TODAY - 2 * DAY)[0]
    again = replace(first, accession=first.accession[:-6] + "999999", form="4/A", original_filed=TODAY - 2 * DAY)

    async def story() -> None:
        async with bot(storage, first, again) as here:
            await here.read()
            assert {one.form for one in here.stored().values()} == {"4", "4/A"}

    run(story)


def test_nobody_who_asks_means_nothing_is_asked(storage: Storage) -> None:
    async def story() -> None:
        async with bot(storage, *on(TODAY - DAY)) as here:
            backfill = EdgarBackfill(storage, here.here.edgar(email=""), here.here.clock, 10)
            await backfill.plan()
            assert here.here.site.requests == []

    run(story)


def test_the_coverage_is_told_from_what_is_stored(storage: Storage) -> None:
    async def story() -> None:
        async with bot(storage, *on(TODAY - DAY, 2), days=90) as here:
            backfill = here.backfill()
            await backfill.plan()
            nothing = backfill.coverage()
            assert (nothing.days_complete, nothing.since, nothing.part) == (0, None, 0.0)
            assert nothing.seconds_left > 3600
            await here.read(backfill)
            with storage.read() as tx:
                told = edgar_coverage(tx.edgar.days(), tx.edgar.sets(), 90, here.here.clock.now())
            assert told == backfill.coverage()
            assert told.part == 1.0

    run(story)
