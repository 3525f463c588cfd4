"""The one door to EDGAR, over real sockets: who asks, at what pace, when not at all, and what an answer means."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import __version__
from bot.errors import FeedError
from bot.feeds.edgar.answers import ThrottledError
from bot.feeds.edgar.listing import parse_current, parse_index
from bot.feeds.edgar.submission import Edgar, EndOfFeedError, Entry, MaintenanceError, NotThereError, index_url
from bot.feeds.form4 import parse_form4
from scoring.model import Aside, Filer, Filing, InsiderTransaction
from tests.builders_edgar import WEDNESDAY, entry_of, made, several, submission
from tests.servers.edgar import (
    BOMB,
    DENIED,
    PAGE,
    RATE_PAGE,
    TICKERS,
    UNAVAILABLE_PAGE,
    UNDECLARED_PAGE,
    Visit,
    visit,
)
from tests.servers.exchange import Reply, failing, huge, in_turn, limited, misencoded, redirect, reset, text, truncated
from tests.shared_data import real

LIST = f"{PAGE}?action=getcurrent&type=4&owner=only&count=100&start={{}}&output=atom"
CANARY = "canary-3f7a@people-of-acme.org"
FILING = made(number=4711)
PATH = entry_of(FILING).path


def at_edgar(what: Callable[[Visit], Awaitable[Any]], now: datetime = WEDNESDAY) -> Any:
    async def main() -> Any:
        async with visit(now) as here:
            return await what(here)

    return asyncio.run(main())


def read(reply: Reply, path: str = PATH) -> Any:
    """What the door makes of an answer: bytes, or the error that it raised; with how often it asked."""

    async def what(here: Visit) -> Any:
        here.site.faults[path.partition("&count")[0].partition("?")[0]] = reply
        try:
            return await here.edgar().text(path), len(here.site.requests)
        except FeedError as error:
            return error, len(here.site.requests)

    return at_edgar(what)


# --- who asks ---------------------------------------------------------------------------------------------


def test_every_request_says_who_asks_and_that_it_takes_packed_answers() -> None:
    async def what(here: Visit) -> Any:
        here.site.publish(FILING)
        edgar = here.edgar(name="Jörg  Doe", email="joerg@doe.org")
        await edgar.text(LIST.format(0))
        await edgar.filing(entry_of(FILING))
        return here.site.requests

    for asked in at_edgar(what):
        assert asked.headers["User-Agent"] == f"Jorg Doe joerg@doe.org tocsin/{__version__}"
        assert asked.headers["Accept-Encoding"] == "gzip, deflate"


def test_nobody_asks_without_a_name() -> None:
    async def what(here: Visit) -> Any:
        with pytest.raises(FeedError, match=r"set edgar\.name and edgar\.email") as raised:
            await here.edgar(name="").text(TICKERS)
        return raised.value.permanent, here.site.requests

    assert at_edgar(what) == (True, [])


def test_who_asks_is_told_to_no_other_host() -> None:
    async def what(here: Visit) -> Any:
        here.site.files["/files/a.zip"] = b"zip"
        edgar = here.edgar()
        with pytest.raises(FeedError, match=r"elsewhere\.org is another host"):
            await edgar.text("https://elsewhere.org/files/a.zip")
        return await edgar.text("https://www.sec.gov/files/a.zip"), [one.path for one in here.site.requests]

    assert at_edgar(what) == (b"zip", ["/files/a.zip"])


REPLIES = [
    text(RATE_PAGE, 403),
    text(f"<html>{CANARY} is blocked</html>", 403),
    text(f"{CANARY}: bad request", 400),
    text(f"{CANARY}", 500),
    text(f"<html><title>File Unavailable</title>{CANARY}</html>", 503),
    redirect(f"https://elsewhere.org/?who={CANARY}"),
    text(f"<?xml version='1.0'?><ownershipDocument>{CANARY}"),
    misencoded(CANARY),
    reset(),
]


@pytest.mark.parametrize("reply", REPLIES)
def test_the_address_of_whoever_asks_is_in_no_error_and_in_no_log(
    reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    async def what(here: Visit) -> str:
        here.site.faults[PATH] = reply
        edgar = here.edgar(email=CANARY)
        found = await edgar.filing(entry_of(FILING))
        assert isinstance(found, Aside)
        return repr((found, edgar.problem))

    with caplog.at_level(logging.DEBUG):
        try:
            said = at_edgar(what)
        except FeedError as error:
            said = "".join(traceback.format_exception(error)) + repr(vars(error))
    assert "canary" not in said + caplog.text


# --- the pace ---------------------------------------------------------------------------------------------


async def _all(edgar: Edgar, filings: list[Filing]) -> None:
    for filing in filings:
        await edgar.filing(entry_of(filing))


def test_it_never_asks_more_than_five_times_a_second_whoever_asks() -> None:
    async def what(here: Visit) -> Any:
        filings = several(40)
        here.site.publish(*filings)
        edgar, begun = here.edgar(), here.clock.now()
        await asyncio.gather(*(_all(edgar, filings[n::8]) for n in range(8)))
        return (here.clock.now() - begun).total_seconds(), here.site.bans

    seconds, bans = at_edgar(what)
    assert seconds == pytest.approx(39 / 5)
    assert bans == 0


def test_one_who_asks_a_lot_does_not_keep_others_waiting() -> None:
    async def what(here: Visit) -> Any:
        filings = several(46)
        here.site.publish(*filings)
        edgar, few = here.edgar(), filings[40:]
        await asyncio.gather(*(_all(edgar, filings[n:40:4]) for n in range(4)), _all(edgar, few))
        asked = here.site.submissions()
        return max(asked.index(one.accession) for one in few)

    # Five take turns: the last of its six is the thirtieth, where the order of arrival wavers a little.
    assert at_edgar(what) <= 34


# --- a stop for all ---------------------------------------------------------------------------------------

STOPS = [
    text(RATE_PAGE, 403),
    text(RATE_PAGE, 429),
    text(RATE_PAGE),
    text(UNDECLARED_PAGE, 403),
    text("<html><title>Access Denied</title>Reference #18.2e</html>", 403),
    limited(),
]


@pytest.mark.parametrize("reply", STOPS)
def test_after_a_stop_nobody_asks_for_ten_minutes(reply: Reply) -> None:
    async def what(here: Visit) -> Any:
        here.site.publish(FILING)
        here.site.faults[TICKERS] = in_turn(reply, {})
        edgar = here.edgar()
        with pytest.raises(ThrottledError) as raised:
            await edgar.text(TICKERS)
        assert raised.value.until == here.clock.now() + timedelta(minutes=10)
        here.clock.advance(timedelta(minutes=9, seconds=59))
        for ask in (edgar.text(TICKERS), edgar.text(LIST.format(0)), edgar.filing(entry_of(FILING))):
            with pytest.raises(ThrottledError, match="no request until 21:10 UTC"):
                await ask
        asked = len(here.site.requests)
        here.clock.advance(timedelta(seconds=1))
        return asked, await edgar.filing(entry_of(FILING))

    assert at_edgar(what) == (1, FILING)


def test_a_stop_holds_for_those_who_wait_for_their_turn() -> None:
    async def what(here: Visit) -> Any:
        filings = several(100)
        here.site.publish(*filings)
        here.site.faults[entry_of(filings[3]).path] = text(RATE_PAGE, 403)
        edgar = here.edgar()
        asks = [asyncio.create_task(edgar.filing(entry_of(one))) for one in filings]
        found = await asyncio.gather(*asks, return_exceptions=True)
        return sum(isinstance(one, ThrottledError) for one in found), len(here.site.requests)

    stopped, asked = at_edgar(what)
    assert stopped >= 50  # all but those that were on their way, however many a busy machine had there
    assert asked <= 50


def test_a_wait_that_edgar_names_is_heeded_where_it_is_longer() -> None:
    async def what(here: Visit) -> Any:
        here.site.faults[TICKERS] = limited(3600)
        with pytest.raises(ThrottledError) as raised:
            await here.edgar().text(TICKERS)
        return raised.value.until - here.clock.now()

    assert at_edgar(what) == timedelta(hours=1)


def test_the_site_of_these_tests_bans_a_program_without_a_pace() -> None:
    async def what(here: Visit) -> Any:
        signed = {"User-Agent": "Jane Doe jane@doe.org"}
        statuses = [(await here.client.get(here.site.url + TICKERS, headers=signed)).status_code for _ in range(15)]
        unsigned = await here.client.get(here.site.url + TICKERS)
        return statuses, here.site.bans, "Undeclared" in unsigned.text

    assert at_edgar(what) == ([200] * 10 + [403] * 5, 1, True)


# --- what an answer means ---------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", [text(DENIED, 403), text("<html>no</html>", 404)])
def test_a_file_that_is_not_there_is_no_ban_and_asked_for_once(reply: Reply) -> None:
    found, asked = read(reply)
    assert isinstance(found, NotThereError)
    assert asked == 1


def test_an_index_that_is_not_there_yet_is_told_from_a_ban() -> None:
    async def what(here: Visit) -> Any:
        here.site.publish(FILING)
        edgar = here.edgar()
        index = "/Archives/edgar/daily-index/2026/QTR4/form.20261118.idx"
        with pytest.raises(NotThereError):
            await edgar.text(index)
        here.clock.advance(timedelta(hours=6))
        return [one.accession for one in parse_index(await edgar.text(index)).entries]

    assert at_edgar(what) == [FILING.accession]


def test_an_apology_beyond_the_first_page_of_the_list_is_its_end() -> None:
    found, asked = read(text(UNAVAILABLE_PAGE, 503), LIST.format(5100))
    assert isinstance(found, EndOfFeedError)
    assert asked == 1


@pytest.mark.parametrize("path", [LIST.format(0), PATH])
@pytest.mark.parametrize("status", [200, 503])
def test_the_same_apology_elsewhere_is_maintenance(path: str, status: int) -> None:
    found, _ = read(text(UNAVAILABLE_PAGE, status), path)
    assert isinstance(found, MaintenanceError)


def test_real_pages_are_understood() -> None:
    end = real("edgar", "getcurrent_out_of_range_503.html").read_bytes()
    rate = real("edgar", "rate-exceeded.html").read_bytes()
    assert isinstance(read(text(end, 503), LIST.format(5100))[0], EndOfFeedError)
    assert isinstance(read(text(end, 503), TICKERS)[0], MaintenanceError)
    assert isinstance(read(text(rate, 403), TICKERS)[0], ThrottledError)
    assert isinstance(read(text(rate), TICKERS)[0], ThrottledError)


@pytest.mark.parametrize("fault", [failing(500), failing(503), reset(), truncated({}), misencoded("x")])
def test_what_may_pass_is_tried_again(fault: Reply) -> None:
    found, asked = read(in_turn(fault, fault, text("here")))
    assert (found, asked) == (b"here", 3)


def test_what_does_not_pass_is_given_up_with_its_reason() -> None:
    found, asked = read(failing(502))
    assert type(found).__name__ == "PassingError"
    assert "EDGAR: answers 502 at 127.0.0.1" in str(found)
    assert asked == 3


# --- a filing ---------------------------------------------------------------------------------------------


def filing_of(reply: Reply, entry: Entry | None = None) -> Any:
    async def what(here: Visit) -> Any:
        here.site.faults[PATH] = reply
        return await here.edgar().filing(entry or entry_of(FILING)), here.site.requests

    return at_edgar(what)


def test_a_filing_is_read_from_its_full_submission_in_one_request() -> None:
    found, requests = filing_of(text(submission(FILING)))
    assert found == FILING
    assert [asked.path for asked in requests] == [PATH]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (text(submission(replace(FILING, form="3"))), "this is a Form 3; only 4 and 4/A are read"),
        (text(b"</SEC-DOCUMENT>"), "it is not XML"),
        (text(submission(FILING).replace(b"</issuer>", b"")), "it is not XML"),
        (text(submission(FILING).replace(b"Common", "Gemeinschaftsaktie über".encode("latin-1"))), "it is not XML"),
        (text(BOMB + b"</SEC-DOCUMENT>"), "it has a DOCTYPE or entities"),
        (text(submission(made(number=4712))), f"it says that it is {made(number=4712).accession}"),
        (text(submission(FILING)[:700]), "the submission is cut off"),
        (huge(11 * 2**20), "answer larger than 10 MB"),
        (text(b"<XML>" + b"<ownershipDocument " * 400_000 + b"</SEC-DOCUMENT>"), "it is not XML"),
    ],
)
def test_what_cannot_be_read_is_kept_aside_with_its_reason_and_its_page(reply: Reply, reason: str) -> None:
    found, _ = filing_of(reply)
    assert isinstance(found, Aside)
    assert found.accession == FILING.accession
    assert found.reason.startswith(reason)
    assert found.url == index_url(entry_of(FILING))
    assert found.url.startswith(f"https://www.sec.gov/Archives/edgar/data/500001/{FILING.accession.replace('-', '')}/")


def test_a_submission_that_was_cut_off_once_is_had_the_second_time() -> None:
    found, requests = filing_of(in_turn(text(submission(FILING)[:700]), text(submission(FILING))))
    assert (found, len(requests)) == (FILING, 2)


def test_a_listed_filing_that_is_not_there_yet_is_nothing_to_keep_aside() -> None:
    async def what(here: Visit) -> None:
        with pytest.raises(NotThereError):
            await here.edgar().filing(entry_of(FILING))

    at_edgar(what)


def test_real_submissions_are_read_through_the_door() -> None:
    async def what(here: Visit) -> list[Any]:
        found = []
        for path in sorted(real("edgar", "fulltxt").glob("*.txt")):
            entry = Entry(path.stem, "4", "0000000001", date(2025, 1, 1), f"/Archives/edgar/data/1/{path.stem}.txt")
            here.site.faults[entry.path] = text(path.read_bytes())
            found.append((entry, await here.edgar().filing(entry)))
        return found

    for entry, found in at_edgar(what):
        assert isinstance(found, Filing)
        assert found.accession == entry.accession


# --- a large file -----------------------------------------------------------------------------------------


def test_a_large_file_is_written_as_it_comes(tmp_path: Path) -> None:
    content = bytes(range(256)) * 8192
    target = tmp_path / "set.zip"

    async def what(here: Visit) -> int:
        here.site.faults["/files/set.zip"] = in_turn(truncated("x" * 99_999), text(content))
        return await here.edgar().download("/files/set.zip", target)

    assert at_edgar(what) == len(content)
    assert target.read_bytes() == content
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("reply", [failing(500), truncated("x" * 99_999), text(RATE_PAGE), text(DENIED, 403)])
def test_a_file_that_does_not_come_whole_leaves_nothing_behind(tmp_path: Path, reply: Reply) -> None:
    async def what(here: Visit) -> None:
        here.site.faults["/files/set.zip"] = reply
        with pytest.raises(FeedError):
            await here.edgar().download("/files/set.zip", tmp_path / "set.zip")

    at_edgar(what)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    async def what(here: Visit) -> None:
        with pytest.raises(FeedError, match="cannot be written"):
            await here.edgar().download("/files/set.zip", tmp_path / "missing" / "set.zip")

    at_edgar(what)


# --- the made submissions ---------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=30)
AMOUNTS = st.floats(0.01, 1e9)
DAYS = st.dates(date(2020, 1, 1), date(2026, 12, 31))
ROWS = st.builds(
    InsiderTransaction,
    row=st.just(0),
    security_title=TEXTS,
    date=DAYS,
    code=st.sampled_from("PSAFMG"),
    acquired_disposed=st.sampled_from("AD"),
    shares=AMOUNTS,
    price=st.none() | AMOUNTS,
    shares_after=st.none() | AMOUNTS,
    direct=st.booleans(),
    nature=st.none() | TEXTS,
)
CIKS = st.integers(1, 2_000_000).map(lambda number: f"{number:010d}")
FILERS = st.builds(Filer, CIKS, TEXTS, st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.none() | TEXTS)
# Without the hour that the clocks repeat, at which EDGAR is closed.
ACCEPTED = st.datetimes(datetime(2020, 1, 1), datetime(2026, 12, 31)).map(  # noqa: DTZ001 - takes naive bounds
    lambda one: one.replace(microsecond=0, hour=one.hour % 4 + 15, tzinfo=UTC)
)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        made,
        ACCEPTED,
        number=st.integers(0, 999_999),
        form=st.sampled_from(["4", "4/A"]),
        issuer=st.integers(1, 999),
        sic=st.none() | st.integers(100, 9999).map("{:04d}".format),
        rows=st.lists(ROWS, max_size=4).map(lambda rows: [replace(row, row=n) for n, row in enumerate(rows)]),
    ),
    st.lists(FILERS, min_size=1, max_size=3).map(tuple),
    TEXTS,
)
def test_a_made_submission_reads_back_as_the_filing_it_was_made_of(
    filing: Filing, filers: tuple[Filer, ...], name: str
) -> None:
    filing = replace(filing, filers=filers, issuer_name=name)
    parsed = parse_form4(submission(filing))
    assert (parsed.filing, parsed.left_out) == (filing, ())


def test_the_made_list_reads_back_as_the_filings_it_was_made_of() -> None:
    async def what(here: Visit) -> bytes:
        here.site.publish(*several(30))
        return await here.edgar().text(LIST.format(0))

    listing = parse_current(at_edgar(what))
    assert (len(listing.entries), listing.rows, listing.odd) == (30, 60, 0)
    assert listing.newest == WEDNESDAY
