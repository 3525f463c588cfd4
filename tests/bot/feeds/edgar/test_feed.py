"""The feed of new filings: what it asks for, what it does not ask for, and what is kept when something breaks off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.feeds.base import Batch, Outcome
from bot.feeds.edgar.feed import EdgarFeed
from scoring.model import Aside, Filing, Issuer
from tests.builders_edgar import WEDNESDAY, entry_of, made, several
from tests.servers.edgar import BOMB, PAGE, RATE_PAGE, TICKERS, UNAVAILABLE_PAGE, UNDECLARED_PAGE, Visit, visit
from tests.servers.exchange import Reply, drip, failing, hang, text

HALF_HOUR = timedelta(minutes=30)
QUIET = datetime(2026, 11, 18, 15, tzinfo=UTC)  # 10:00 in New York
EVENING = datetime(2026, 11, 19, 3, 0, tzinfo=UTC)  # 22:00 of the same Wednesday


@dataclass
class Bot:
    """A feed at EDGAR, and what is stored of what it gave."""

    here: Visit
    feed: EdgarFeed
    stored: dict[str, Filing | Aside] = field(default_factory=dict)
    last: datetime | None = None  # the refresh before

    async def refresh(self, now: datetime | None = None, *, keep: bool = True) -> Batch:
        """One refresh, at a moment; its requests are all that the site remembers after."""
        if now is not None:
            self.here.clock.instant = now
        now = self.here.clock.now()
        self.here.site.requests.clear()
        batch = await self.feed.fetch(self.last, now)
        self.last = now
        if keep:
            self.stored |= {one.accession: one for one in (*batch.filings, *batch.asides)}
        return batch

    def restart(self, **changed: Any) -> None:
        """Another process: what was remembered is gone."""
        self.feed = EdgarFeed(self.here.edgar(), self.known, **changed)

    def known(self, accessions: Collection[str]) -> frozenset[str]:
        return frozenset(accessions) & self.stored.keys()


@asynccontextmanager
async def bot(*filings: Filing, now: datetime = WEDNESDAY, **changed: Any) -> AsyncIterator[Bot]:
    """A bot that has never asked, where so much is filed."""
    async with visit(now) as here:
        here.site.publish(*filings)
        found = Bot(here, EdgarFeed(here.edgar(), lambda _: frozenset()))
        found.restart(**changed)
        yield found


@asynccontextmanager
async def running(*filings: Filing, now: datetime = WEDNESDAY, **changed: Any) -> AsyncIterator[Bot]:
    """A bot that has all that was filed until half an hour ago."""
    async with bot(*filings, now=now - HALF_HOUR, **changed) as one:
        one.last = now - 2 * HALF_HOUR
        await one.refresh()
        one.here.clock.instant = now
        yield one


def accessions(filings: Sequence[Filing]) -> set[str]:
    return {one.accession for one in filings}


def earlier(amount: int, newest: datetime = WEDNESDAY - HALF_HOUR) -> list[Filing]:
    return several(amount, newest - timedelta(minutes=1), 60.0)


# --- what a refresh costs ---------------------------------------------------------------------------------


def test_new_filings_come_with_their_issuers_sectors() -> None:
    async def main() -> Batch:
        async with running(*earlier(100)) as one:
            one.here.site.publish(made(WEDNESDAY, number=1, issuer=7))
            return await one.refresh()

    batch = asyncio.run(main())
    assert batch.filings == (made(WEDNESDAY, number=1, issuer=7),)
    assert batch.issuers == (Issuer("0000001007", "Made-up Company 7 & Sons", "MC7", "Technology", "Semiconductors"),)
    (report,) = batch.reports
    assert (report.source, report.ok, report.detail, report.outcome) == ("filings", True, "", Outcome.OK)


def test_a_quiet_half_hour_costs_one_request() -> None:
    async def main() -> Any:
        async with running(*earlier(100)) as one:
            batch = await one.refresh()
            return batch, [asked.path for asked in one.here.site.requests]

    batch, asked = asyncio.run(main())
    assert asked == [PAGE]
    assert (batch.filings, batch.reports[0].ok) == ((), True)


def test_the_busiest_half_hour_costs_a_request_a_filing_and_a_few_pages() -> None:
    async def main() -> Any:
        async with running(*earlier(200)) as one:
            one.here.site.publish(*several(214, WEDNESDAY, 8.0))
            batch = await one.refresh()
            seconds = (one.here.clock.now() - WEDNESDAY).total_seconds()
            return len(batch.filings), len(one.here.site.requests), seconds, one.here.site.bans

    filings, requests, seconds, bans = asyncio.run(main())
    assert filings == 214
    assert requests <= 15 + 214
    assert seconds == pytest.approx(requests / 5, abs=1)
    assert bans == 0


def test_nothing_is_fetched_twice() -> None:
    async def main() -> list[str]:
        asked: list[str] = []
        async with running(*earlier(60)) as one:
            for minutes in range(0, 180, 30):
                now = WEDNESDAY + timedelta(minutes=minutes)
                one.here.site.publish(*several(40, now, 40.0))
                await one.refresh(now)
                asked += one.here.site.submissions()
                if minutes == 90:
                    one.restart()
            assert len(one.stored) == 60 + 6 * 40
        return asked

    asked = asyncio.run(main())
    assert len(asked) == len(set(asked)) == 6 * 40


def test_all_that_is_filed_in_a_day_arrives() -> None:
    async def main() -> Any:
        filed = several(900, EVENING, 57.0)
        async with bot(now=EVENING - timedelta(hours=16)) as one:
            one.last = one.here.clock.now() - HALF_HOUR
            site = one.here.site
            for half_hours in range(40):
                now = EVENING + (half_hours - 32) * HALF_HOUR
                site.publish(*(f for f in filed if now - HALF_HOUR < f.accepted_at <= now))
                await one.refresh(now)
            return accessions(filed) - one.stored.keys()

    assert asyncio.run(main()) == set()


def test_tickers_are_read_once_a_day() -> None:
    async def main() -> Any:
        async with bot(*earlier(10), now=QUIET) as one:
            days = []
            for hours in (0, 1, 2, 24, 25):
                batch = await one.refresh(QUIET + timedelta(hours=hours))
                days.append(batch.company_tickers)
            return days

    listed = {"0000001001": ("MC1", "MC1-A")}
    assert asyncio.run(main()) == [listed, None, None, listed, None]


def test_without_the_tickers_filings_come_and_the_tickers_are_asked_for_again() -> None:
    async def main() -> Any:
        async with bot(*earlier(10)) as one:
            one.last = WEDNESDAY - HALF_HOUR
            one.here.site.faults[TICKERS] = text(b"[]")
            first = await one.refresh()
            one.here.site.faults.clear()
            return first, await one.refresh(WEDNESDAY + HALF_HOUR)

    first, second = asyncio.run(main())
    assert len(first.filings) == 10
    assert "the list of tickers is of an unknown shape" in first.reports[0].detail
    assert second.company_tickers is not None


# --- the list moves while it is read ----------------------------------------------------------------------


def test_filings_that_arrive_between_two_pages_push_none_out_of_sight() -> None:
    async def main() -> Any:
        async with running(*earlier(150)) as one:
            before = several(120, WEDNESDAY, 10.0)
            one.here.site.publish(*before)
            late = iter(range(1, 100))
            one.here.site.before_page = lambda start: (
                start
                and one.here.site.publish(
                    *(made(WEDNESDAY + timedelta(seconds=next(late)), issuer=3) for _ in range(3))
                )
            )
            await one.refresh()
            one.here.site.before_page = lambda _: None
            await one.refresh(WEDNESDAY + HALF_HOUR)
            return accessions(one.here.site.filings) - one.stored.keys()

    assert asyncio.run(main()) == set()


def test_a_filing_that_is_listed_late_is_found_among_known_ones() -> None:
    late = made(WEDNESDAY - timedelta(minutes=50), number=77)

    async def main() -> Any:
        async with bot(*earlier(100), late) as one:
            one.here.site.unlisted = {late.accession}
            one.last = WEDNESDAY - HALF_HOUR
            await one.refresh()
            one.here.site.unlisted = set()
            return (await one.refresh(WEDNESDAY + timedelta(minutes=5))).filings

    assert asyncio.run(main()) == (late,)


def test_a_list_that_breaks_off_is_read_on_the_next_time_though_its_beginning_is_known() -> None:
    async def main() -> Any:
        async with running(*earlier(150)) as one:
            new = several(200, WEDNESDAY, 8.0)
            one.here.site.publish(*new)
            one.here.site.faults[PAGE + "?start=200"] = failing(500)
            first = await one.refresh()
            one.here.site.faults.clear()
            second = await one.refresh(WEDNESDAY + timedelta(minutes=5))
            one.here.site.requests.clear()
            await one.refresh(WEDNESDAY + timedelta(minutes=10))
            return first, second, accessions(new) - one.stored.keys(), one.here.site.pages()

    first, second, missing, pages = asyncio.run(main())
    assert len(first.filings) == 100
    assert first.reports[0].outcome is Outcome.PARTIAL
    assert "EDGAR: answers 500" in first.reports[0].detail
    assert len(second.filings) == 100
    assert missing == set()
    assert pages == [0]  # all is covered again


def test_the_end_of_the_list_is_the_end_of_the_search() -> None:
    async def main() -> Any:
        async with bot(*several(1200, WEDNESDAY, 5.0), most_filings=2000, deadline_seconds=100) as one:
            one.last = WEDNESDAY - HALF_HOUR
            one.here.site.most_rows = 2200
            batch = await one.refresh()
            return len(batch.filings), batch.reports[0], one.here.site.pages()

    filings, report, pages = asyncio.run(main())
    assert (filings, report.outcome) == (1100, Outcome.OK)
    assert pages[-1] in {2200, 2300}


def test_an_apology_near_the_beginning_of_the_list_is_not_its_end() -> None:
    async def main() -> Any:
        async with running(*earlier(150)) as one:
            one.here.site.publish(*several(200, WEDNESDAY, 8.0))
            one.here.site.faults[PAGE + "?start=100"] = text(UNAVAILABLE_PAGE, 503)
            first = await one.refresh()
            one.here.site.faults.clear()
            await one.refresh(WEDNESDAY + timedelta(minutes=5))
            return first.reports[0].outcome, accessions(one.here.site.filings) - one.stored.keys()

    assert asyncio.run(main()) == (Outcome.PARTIAL, set())


# --- EDGAR's hours ----------------------------------------------------------------------------------------


CLOSED = (
    datetime(2026, 11, 19, 3, 31, tzinfo=UTC),  # Wednesday 22:31 in New York
    datetime(2026, 11, 19, 10, 59, tzinfo=UTC),  # Thursday 05:59
    datetime(2026, 11, 21, 12, tzinfo=UTC),
    datetime(2026, 11, 22, 12, tzinfo=UTC),
    datetime(2026, 11, 26, 17, tzinfo=UTC),  # Thanksgiving
)


@pytest.mark.parametrize("moment", CLOSED, ids=str)
def test_nights_weekends_and_holidays_cost_nothing_and_are_no_fault(moment: datetime) -> None:
    async def main() -> Any:
        async with bot(*earlier(20), now=moment) as one:
            one.last = moment - timedelta(minutes=10)
            return await one.refresh(), one.here.site.requests

    batch, requests = asyncio.run(main())
    assert requests == []
    assert (batch.filings, batch.issuers, batch.asides, batch.company_tickers) == ((), (), (), None)
    assert (batch.reports[0].ok, batch.reports[0].detail, batch.reports[0].outcome) == (True, "", Outcome.OK)


def test_the_last_minutes_before_the_close_are_asked_for_once_after_it() -> None:
    async def main() -> list[int]:
        async with running(*earlier(100, EVENING), now=EVENING) as one:
            await one.refresh()
            one.here.site.publish(made(EVENING - timedelta(minutes=1), number=1), made(EVENING, number=2))
            costs = []
            for half_hours in (1, 2, 3):
                await one.refresh(EVENING + half_hours * HALF_HOUR)
                costs.append(len(one.here.site.requests))
            assert len(one.stored) == 102
            return costs

    assert asyncio.run(main()) == [2 + 2, 0, 0]  # two pages, two filings


def test_a_close_that_was_not_covered_is_asked_for_until_it_is() -> None:
    async def main() -> list[int]:
        async with running(*earlier(100, EVENING), now=EVENING) as one:
            await one.refresh()
            one.here.site.faults[PAGE] = failing(500)
            one.here.site.publish(made(EVENING, number=1))
            await one.refresh(EVENING + HALF_HOUR)
            one.here.site.faults.clear()
            return [len((await one.refresh(EVENING + n * HALF_HOUR)).filings) for n in (2, 3)]

    assert asyncio.run(main()) == [1, 0]


def test_over_a_weekend_nothing_is_a_gap() -> None:
    async def main() -> Batch:
        friday, monday = datetime(2026, 11, 21, 3, 30, tzinfo=UTC), datetime(2026, 11, 23, 11, tzinfo=UTC)
        async with running(*earlier(100, friday), now=friday) as one:
            await one.refresh()
            one.here.site.publish(made(monday, number=1))
            return await one.refresh(monday)

    batch = asyncio.run(main())
    assert len(batch.filings) == 1
    assert batch.reports[0].detail == ""


# --- a gap ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("since", [None, WEDNESDAY - timedelta(days=3)])
def test_a_long_gap_is_left_to_the_daily_indexes_and_that_is_said(since: datetime | None) -> None:
    async def main() -> Any:
        filings = several(600, WEDNESDAY, 600.0)  # four days
        async with bot(*filings) as one:
            one.last = since
            batch = await one.refresh()
            return batch, one.here.site.pages()

    batch, pages = asyncio.run(main())
    midnight = datetime(2026, 11, 18, 5, tzinfo=UTC)
    assert sum(one.accepted_at >= midnight for one in batch.filings) == 16 * 6 + 1
    assert pages == [0, 100]
    assert batch.reports[0].ok
    assert batch.reports[0].detail == "what was filed before 2026-11-18 comes from the daily indexes"


def test_a_night_and_a_day_without_the_bot_are_read_from_the_list() -> None:
    async def main() -> Any:
        async with running(*earlier(100), now=QUIET) as one:
            one.restart()
            new = several(300, QUIET + timedelta(days=1), 240.0)
            one.here.site.publish(*new)
            batch = await one.refresh(QUIET + timedelta(days=1))
            return accessions(new) - one.stored.keys(), batch.reports[0].detail

    assert asyncio.run(main()) == (set(), "")


# --- what goes wrong --------------------------------------------------------------------------------------


def test_without_a_name_it_is_off_and_says_what_to_set() -> None:
    async def main() -> Any:
        async with visit() as here:
            feed = EdgarFeed(here.edgar(name=""), lambda _: frozenset())
            return await feed.fetch(None, WEDNESDAY), here.site.requests

    batch, requests = asyncio.run(main())
    (report,) = batch.reports
    assert requests == []
    assert (report.ok, report.outcome) == (False, Outcome.REFUSED)
    assert report.detail.startswith("off: EDGAR asks every program for a name and an e-mail address")


def test_what_cannot_be_read_is_kept_aside_and_the_rest_goes_on() -> None:
    async def main() -> Any:
        filings = several(20)
        bad, other = filings[3], replace(filings[5], form="4")
        async with bot(*filings) as one:
            one.last = WEDNESDAY - HALF_HOUR
            one.here.site.faults[entry_of(bad).path] = text(BOMB + b"</SEC-DOCUMENT>")
            one.here.site.faults[entry_of(other).path] = text(b"<ownershipDocument></SEC-DOCUMENT>")
            first = await one.refresh()
            second = await one.refresh(WEDNESDAY + HALF_HOUR)
            return first, second, one.here.site.submissions(), {bad.accession, other.accession}

    first, second, again, bad = asyncio.run(main())
    assert len(first.filings) == 18
    assert {one.accession for one in first.asides} == bad
    assert first.reports[0].ok
    assert (second.asides, again) == ((), [])  # not asked for a second time


def test_more_than_one_refresh_reads_are_read_in_the_next_ones_newest_first() -> None:
    async def main() -> list[Batch]:
        async with bot(*several(50), most_filings=20) as one:
            one.last = WEDNESDAY - HALF_HOUR
            return [await one.refresh(WEDNESDAY + n * HALF_HOUR) for n in range(4)]

    batches = asyncio.run(main())
    assert [len(batch.filings) for batch in batches] == [20, 20, 10, 0]
    assert min(f.accepted_at for f in batches[0].filings) > max(f.accepted_at for f in batches[1].filings)
    assert batches[0].reports[0].detail == "30 listed and not read yet"
    assert batches[0].reports[0].outcome is Outcome.PARTIAL
    assert batches[3].reports[0].detail == ""


def test_what_was_read_and_could_not_be_stored_is_read_again() -> None:
    async def main() -> Any:
        async with running(*earlier(100)) as one:
            one.here.site.publish(*several(5))
            lost = await one.refresh(keep=False)
            again = await one.refresh(WEDNESDAY + HALF_HOUR)
            return accessions(lost.filings), accessions(again.filings)

    lost, again = asyncio.run(main())
    assert len(lost) == 5
    assert lost == again


def test_a_listed_filing_that_is_not_there_yet_comes_with_the_next_refresh() -> None:
    async def main() -> Any:
        late = made(number=5)
        async with running(*earlier(100)) as one:
            one.here.site.publish(late, made(number=6))
            one.here.site.missing = {late.accession}
            first = await one.refresh()
            one.here.site.missing = set()
            return first, (await one.refresh(WEDNESDAY + HALF_HOUR)).filings, late

    first, second, late = asyncio.run(main())
    assert len(first.filings) == 1
    assert (first.reports[0].ok, first.reports[0].detail) == (True, "1 listed and not read yet")
    assert second == (late,)


def test_a_listed_filing_that_is_not_there_for_a_day_is_kept_aside() -> None:
    async def main() -> Any:
        async with running(*earlier(100)) as one:
            one.here.site.publish(made(number=5))
            one.here.site.missing = {made(number=5).accession}
            batches = [await one.refresh(WEDNESDAY + timedelta(hours=hours)) for hours in (0, 1, 24, 25)]
            return [len(batch.asides) for batch in batches], batches[2].asides[0].reason

    counts, reason = asyncio.run(main())
    assert counts == [0, 0, 1, 0]
    assert reason.startswith("EDGAR lists it, and does not give it: EDGAR: has no such file")


@pytest.mark.parametrize("page", [RATE_PAGE, UNDECLARED_PAGE])
def test_a_stop_in_the_middle_keeps_what_came_and_asks_no_more_until_it_is_over(page: str) -> None:
    async def main() -> Any:
        filings = several(60)
        async with bot(*filings) as one:
            one.last = WEDNESDAY - HALF_HOUR
            one.here.site.faults[entry_of(filings[30]).path] = text(page, 403)
            first = await one.refresh()
            one.here.site.faults.clear()
            second = await one.refresh(WEDNESDAY + timedelta(minutes=5))
            asked = len(one.here.site.requests)
            third = await one.refresh(WEDNESDAY + timedelta(minutes=30))
            return first, second, asked, third, len(one.stored)

    first, second, asked, third, stored = asyncio.run(main())
    assert 20 <= len(first.filings) <= 35
    for batch in (first, second):
        assert (batch.reports[0].ok, batch.reports[0].outcome) == (False, Outcome.REFUSED)
        assert "no request until 21:10 UTC" in batch.reports[0].detail
    assert (len(second.filings), asked) == (0, 0)
    assert third.reports[0].outcome is Outcome.OK
    assert stored == 60


def test_maintenance_is_told_and_is_no_fault() -> None:
    async def main() -> Any:
        async with running(*earlier(100)) as one:
            one.here.site.faults[PAGE] = text(UNAVAILABLE_PAGE, 503)
            return (await one.refresh()).reports

    (report,) = asyncio.run(main())
    assert report.ok
    assert report.detail.startswith("EDGAR: is under maintenance")


@pytest.mark.parametrize("reply", [failing(500), text("<feed"), text(BOMB), text(b"\xff\xfe")])
def test_a_list_that_cannot_be_had_is_a_failure_with_its_reason(reply: Reply) -> None:
    async def main() -> Any:
        async with running(*earlier(100)) as one:
            one.here.site.faults[PAGE] = reply
            failed = await one.refresh()
            one.here.site.faults.clear()
            one.here.site.publish(made(number=9))
            return failed.reports[0], (await one.refresh(WEDNESDAY + HALF_HOUR)).filings

    report, filings = asyncio.run(main())
    assert (report.ok, report.outcome) == (False, Outcome.FAILED)
    assert report.detail
    assert len(filings) == 1


@pytest.mark.parametrize("reply", [hang(), drip()])
def test_at_its_deadline_it_gives_what_came(reply: Reply) -> None:
    async def main() -> Any:
        filings = several(6)
        async with bot(*filings, deadline_seconds=2.0) as one:
            one.last = WEDNESDAY - HALF_HOUR
            one.here.site.faults[entry_of(filings[5]).path] = reply
            first = await one.refresh()
            one.here.site.faults.clear()
            return first, (await one.refresh(WEDNESDAY + HALF_HOUR)).filings, filings[5]

    first, second, late = asyncio.run(main())
    assert len(first.filings) == 5
    assert "not all came within 2 s" in first.reports[0].detail
    assert first.reports[0].outcome is Outcome.PARTIAL
    assert second == (late,)
