"""What EDGAR lists: forms of exactly the kind we read, each filing once, and odd rows that cost only themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import FeedError
from bot.feeds.edgar.listing import Entry, ListingError, parse_current, parse_index, parse_tickers
from tests.builders_edgar import atom, form_index, made, several, tickers_file
from tests.servers.edgar import BOMB, DENIED, RATE_PAGE
from tests.shared_data import real

PAYLOADS = Path(__file__).parents[3] / "payloads" / "edgar"
AMENDED = Entry(
    "0007001260-26-000003",
    "4/A",
    "0000500002",
    datetime(2026, 7, 18, 20, 2, tzinfo=UTC),
    "/Archives/edgar/data/500002/0007001260-26-000003.txt",
)


def payload(name: str) -> bytes:
    return (PAYLOADS / name).read_bytes()


# --- the page of current filings --------------------------------------------------------------------------


def test_a_page_gives_each_form_4_once_with_its_time_of_acceptance_and_the_path_of_its_submission() -> None:
    first, second = parse_current(payload("current.atom")).entries
    assert first.filed_or_accepted == datetime(2026, 11, 18, 21, 4, 43, tzinfo=UTC)
    assert (first.accession, first.form, first.cik) == ("0007001260-26-000001", "4", "0000500001")
    assert second == AMENDED


def test_a_page_counts_what_it_lists_and_what_cannot_be_read() -> None:
    listing = parse_current(payload("current.atom"))
    assert (listing.rows, listing.odd) == (7, 3)


def test_a_page_without_entries_is_the_end_and_no_error() -> None:
    listing = parse_current(atom([]))
    assert (listing.entries, listing.rows, listing.newest, listing.oldest) == ((), 0, None, None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<feed",
        BOMB,
        b"<feed><entry/></feed>",
        RATE_PAGE.encode(),
        DENIED.encode(),
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">\xfc</feed>'.encode("latin-1"),
        b'<?xml version="1.0" encoding="EBCDIC-9"?><feed/>',
        b'<?xml version="1.0" encoding="UTF-16"?><feed/>',
    ],
)
def test_what_is_no_page_is_told(content: bytes) -> None:
    with pytest.raises(ListingError, match="the page of current filings"):
        parse_current(content)


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: atom(["<entry>", text.encode().hex(), "</entry>"]))
)
def test_whatever_comes_is_a_page_or_a_feed_error(content: bytes) -> None:
    for read in (parse_current, parse_index, parse_tickers):
        try:
            read(content)
        except FeedError:
            continue


@pytest.mark.parametrize(
    ("name", "entries", "oldest"),
    [
        ("getcurrent_type4_start0.atom", 46, "17:32:17"),
        ("getcurrent_type4_start100.atom", 36, "17:17:21"),
        ("getcurrent_type4_start200.atom", 43, "17:05:29"),
        ("getcurrent_TestCurrentFilingsPagination.t.atom", 18, "10:52:37"),
    ],
)
def test_real_pages_are_read_whole(name: str, entries: int, oldest: str) -> None:
    listing = parse_current(real("edgar", name).read_bytes())
    assert (len(listing.entries), listing.rows, listing.odd) == (entries, 100, 0)
    assert listing.oldest == min(entry.filed_or_accepted for entry in listing.entries)
    assert f"{listing.oldest.astimezone(datetime.fromisoformat('2026-01-01T00:00-05:00').tzinfo):%H:%M:%S}" == oldest


def test_real_pages_overlap_in_no_filing_that_is_given_twice() -> None:
    pages = [parse_current(real("edgar", f"getcurrent_type4_start{n}.atom").read_bytes()) for n in (0, 100, 200)]
    accessions = [entry.accession for page in pages for entry in page.entries]
    assert len(accessions) - len(set(accessions)) <= 2  # a filing whose rows lie on two pages


# --- indexes ----------------------------------------------------------------------------------------------

LISTED = [("0007001260-26-000003", "4"), ("0007001260-26-000005", "4"), ("0007001260-26-000006", "4/A")]


@pytest.mark.parametrize("name", ["form.idx", "form-wide.idx", "company.idx"])
def test_an_index_is_read_whatever_its_order_and_the_width_of_its_columns(name: str) -> None:
    listing = parse_index(payload(name))
    assert [(entry.accession, entry.form) for entry in listing.entries] == LISTED
    first = listing.entries[0]
    assert (first.cik, first.filed_or_accepted) == ("0000500002", date(2026, 11, 18))
    assert first.path == "/Archives/edgar/data/500002/0007001260-26-000003.txt"


def test_an_index_with_bars_is_read_though_a_name_holds_one() -> None:
    listing = parse_index(payload("master.idx"))
    assert [(entry.accession, entry.form) for entry in listing.entries] == [*LISTED, ("0007001260-26-000012", "4")]
    assert listing.odd == 1


def test_odd_lines_of_an_index_are_counted() -> None:
    listing = parse_index(payload("form.idx"))
    assert (listing.rows, listing.odd) == (10, 2)


def test_an_index_without_rows_is_an_empty_day() -> None:
    listing = parse_index(form_index([]))
    assert (listing.entries, listing.rows) == ((), 0)


@pytest.mark.parametrize("content", [b"", RATE_PAGE.encode(), DENIED.encode(), b"\x00" * 100])
def test_what_is_no_index_is_told(content: bytes) -> None:
    with pytest.raises(ListingError, match="names no columns"):
        parse_index(content)


def test_the_made_index_reads_back() -> None:
    filings = [*several(20), made(form="4/A", owners=(1, 2, 3))]
    listing = parse_index(form_index(filings, more=["8-K  odd"]))
    assert {(entry.accession, entry.form) for entry in listing.entries} == {
        (one.accession, one.form) for one in filings
    }
    assert listing.rows == 20 * 2 + 4


def test_a_letter_of_a_name_ends_no_line() -> None:
    name = "Åbo Maja"  # whose first letter has, in UTF-8, a byte that elsewhere ends a line
    row = f"4           {name:<62}500010      20261118    edgar/data/500010/0007001260-26-000013.txt"
    assert [one.accession for one in parse_index(form_index([], more=[row])).entries] == ["0007001260-26-000013"]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=120), max_size=10))
def test_no_line_of_an_index_is_an_error(lines: list[str]) -> None:
    listing = parse_index(form_index([made(number=1)], more=[f"{line} edgar/" for line in lines]))
    assert len(listing.entries) == 1


@pytest.mark.parametrize(
    ("name", "fours", "amended", "rows"),
    [("form.20200318.idx", 974, 17, 4084), ("company.20221003.idx", 1012, 7, 4925)],
)
def test_real_indexes_hold_as_many_as_were_counted(name: str, fours: int, amended: int, rows: int) -> None:
    listing = parse_index(real("edgar", "index", name).read_bytes())
    forms = [entry.form for entry in listing.entries]
    assert (forms.count("4"), forms.count("4/A"), listing.rows, listing.odd) == (fours, amended, rows, 0)


def test_real_oddities_are_read() -> None:
    empty = parse_index(real("edgar", "index", "empty-form.idx").read_bytes())
    bad = parse_index(real("edgar", "index", "badform.idx.txt").read_bytes())
    assert (empty.rows, bad.rows, bad.odd, bad.entries) == (0, 10, 0, ())


# --- tickers ----------------------------------------------------------------------------------------------


def test_tickers_are_kept_by_issuer_in_the_order_in_which_they_are_listed() -> None:
    listed = {"0000001001": ("MC1", "MC1-A"), "0000001002": ("MC2",)}
    assert parse_tickers(tickers_file(listed)) == listed


def test_a_ticker_that_is_listed_twice_is_kept_once_and_in_capitals() -> None:
    assert parse_tickers(tickers_file({"0000001001": ("mc1 ", "MC1", "")})) == {"0000001001": ("MC1",)}


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"0": 1}', b'{"0": {"cik_str": "x", "ticker": "A"}}', b"[" * 99_999]
)
def test_what_is_no_list_of_tickers_is_told(content: bytes) -> None:
    with pytest.raises(ListingError, match="tickers"):
        parse_tickers(content)


def test_the_real_list_is_read_whole() -> None:
    found = parse_tickers(real("edgar", "json", "company_tickers.json").read_bytes())
    assert (len(found), sum(map(len, found.values()))) == (7919, 9610)
    assert found["0001652044"] == ("GOOGL", "GOOG")
