"""Data sets of a quarter: what filings come out of them, and what does not stop them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.feeds.edgar import bulk
from bot.feeds.edgar.bulk import BadSetError, read_set, set_links
from scoring.model import Filer, Filing, InsiderTransaction
from tests.builders_bulk import Tables, packed, page, tables
from tests.builders_filings import entity, filing, person, trade

OLD = "/files/structureddata/data/insider-transactions-data-sets/2026q1_form345.zip"
NEW = "/files/datastandardsinnovation/data/insider-transactions-data-sets/2026q2_form345.zip"


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], tuple[list[Filing], int]]:
    def run(content: bytes) -> tuple[list[Filing], int]:
        path = tmp_path / "set.zip"
        path.write_bytes(content)
        slices = list(read_set(path))
        found = sorted((one for part in slices for one in part.filings), key=lambda one: one.accession)
        return found, sum(part.malformed for part in slices)

    return run


Read = Callable[[bytes], tuple[list[Filing], int]]


def as_in_a_set(one: Filing) -> Filing:
    """What a set keeps of a filing: the day of filing, cents, and rows without gaps."""
    rows = tuple(
        replace(row, row=place, price=None if row.price is None else round(row.price, 2))
        for place, row in enumerate(one.transactions)
    )
    new_york = one.accepted_at - timedelta(hours=5)
    at = datetime(new_york.year, new_york.month, new_york.day, 22, tzinfo=bulk.NEW_YORK).astimezone(UTC)
    return replace(one, source="bulk", transactions=rows, accepted_at=at, sic=None)


PLANNED = filing(person(1, is_officer=True, officer_title="CEO"), trade(100.5, 12.34), plan=True)
JOINT = filing(
    [person(2, is_director=True, is_ten_percent_owner=True), entity(3)],
    trade(10, 1.5, row=0, after=99.0),
    trade(10, None, row=1, direct=False, code="S"),
    form="4/A",
    original=date(2026, 4, 1),
)
EMPTY = replace(filing(person(4)), transactions=(), ticker=None)
BOTH = sorted([PLANNED, JOINT, EMPTY], key=lambda one: one.accession)


@pytest.mark.parametrize("boxed", [True, False])
def test_filings_come_out_as_they_went_in(read: Read, *, boxed: bool) -> None:
    assert read(packed(tables(BOTH, boxed=boxed))) == ([as_in_a_set(one) for one in BOTH], 0)


def test_a_day_ends_at_ten_in_the_evening_in_new_york_in_summer_and_winter(read: Read) -> None:
    summer = filing(person(1), accepted=datetime(2026, 7, 2, 20, 30, tzinfo=UTC))
    winter = filing(person(1), accepted=datetime(2026, 1, 8, 2, 59, tzinfo=UTC))  # 7 January, 21:59
    found, _ = read(packed(tables([summer, winter])))
    assert [one.accepted_at for one in found] == [
        datetime(2026, 7, 3, 2, tzinfo=UTC),
        datetime(2026, 1, 8, 3, tzinfo=UTC),
    ]


texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
money = st.integers(1, 10**9).map(lambda cents: cents / 100)
trades = st.builds(
    InsiderTransaction,
    row=st.just(0),
    security_title=texts,
    date=st.dates(date(2020, 1, 1), date(2026, 4, 1)),
    code=st.sampled_from("PSAFMG"),
    acquired_disposed=st.sampled_from("AD"),
    shares=money,
    price=st.none() | money,
    shares_after=st.none() | money,
    direct=st.booleans(),
    nature=st.none() | texts,
)
owners = st.builds(Filer, st.integers(0, 10**10 - 1).map(lambda number: f"{number:010d}"), texts, *[st.booleans()] * 4)
made = st.builds(
    lambda number, one, filers, rows: replace(
        one, accession=f"0000000001-26-{number:06d}", filers=tuple(filers), transactions=tuple(rows)
    ),
    st.integers(0, 999_999),
    st.sampled_from(BOTH),
    st.lists(owners, min_size=1, max_size=3, unique=True),
    st.lists(trades, max_size=4),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(made, max_size=12, unique_by=lambda one: one.accession), st.randoms())
def test_every_filing_comes_out_once_in_whatever_order_the_tables_are(read: Read, given_: list[Filing], random) -> None:
    shuffled = tables(given_)
    for rows in shuffled.values():
        head, *rest = rows
        random.shuffle(rest)
        rows[:] = [head, *rest]
    found, malformed = read(packed(shuffled))
    wanted = [as_in_a_set(one) for one in sorted(given_, key=lambda one: one.accession)]
    assert [replace(one, filers=()) for one in found] == [replace(one, filers=()) for one in wanted]
    # The order of owners has no meaning, and in a table none is promised.
    assert [set(one.filers) for one in found] == [set(one.filers) for one in wanted]
    assert malformed == 0


def test_other_forms_are_passed_over_with_all_their_rows(read: Read) -> None:
    changed = tables([PLANNED, replace(JOINT, form="3"), replace(EMPTY, form="5/A")])
    assert read(packed(changed)) == ([as_in_a_set(PLANNED)], 0)


def test_columns_are_found_by_name_whatever_their_order_and_case(read: Read) -> None:
    def turned(rows: list[list[str]]) -> list[list[str]]:
        return [[name.lower() for name in reversed(rows[0])], *(list(reversed(row)) for row in rows[1:])]

    assert read(packed({name: turned(rows) for name, rows in tables(BOTH).items()}, ".TSV")) == (
        [as_in_a_set(one) for one in BOTH], 0
    )  # fmt: skip


def change(made_: Tables, table: str, row: int, column: str, value: str) -> Tables:
    made_[table][row][made_[table][0].index(column)] = value
    return made_


@pytest.mark.parametrize(
    ("table", "column", "value", "lost"),
    [
        ("SUBMISSION", "ACCESSION_NUMBER", "x", 1),
        ("SUBMISSION", "FILING_DATE", "2026-04-24", 1),
        ("SUBMISSION", "FILING_DATE", "31-FEB-2026", 1),
        ("SUBMISSION", "ISSUERCIK", "12345678901", 1),
        ("SUBMISSION", "ISSUERCIK", "", 1),
        ("REPORTINGOWNER", "RPTOWNERCIK", "n/a", 1),  # the only owner
        ("NONDERIV_TRANS", "TRANS_DATE", "", 0),
        ("NONDERIV_TRANS", "TRANS_SHARES", "many", 0),
        ("NONDERIV_TRANS", "TRANS_SHARES", "1e999", 0),
        ("NONDERIV_TRANS", "TRANS_CODE", "", 0),
        ("NONDERIV_TRANS", "SECURITY_TITLE", "a\ttab\tmore", 0),  # shifts all that follows beyond the last column
    ],
)
def test_a_row_that_says_nonsense_is_counted_and_the_rest_is_read(
    read: Read, table: str, column: str, value: str, lost: int
) -> None:
    other = filing(person(9))
    found, malformed = read(packed(change(tables([PLANNED, other]), table, 1, column, value)))
    assert malformed >= 1
    assert as_in_a_set(other) in found
    assert len(found) == 2 - lost
    if not lost:
        assert next(one for one in found if one.accession == PLANNED.accession).transactions == ()


def test_rows_cut_short_miss_only_what_was_cut(read: Read) -> None:
    made_ = tables([PLANNED])
    made_["NONDERIV_TRANS"][1] = made_["NONDERIV_TRANS"][1][:-4]
    found, malformed = read(packed(made_))
    assert (found[0].transactions[0].shares, found[0].transactions[0].nature, malformed) == (100.5, None, 0)


def test_bytes_that_are_no_text_and_foreign_line_ends_do_no_harm(read: Read) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, rows in tables([replace(PLANNED, issuer_name="Soci€t€")]).items():
            text = "\r\n".join("\t".join(row) for row in rows)
            archive.writestr(f"data/{name}.tsv", b"\xef\xbb\xbf" + text.encode("cp1252", "replace") + b"\r\n\r\n")
    found, malformed = read(target.getvalue())
    assert (found[0].issuer_name, malformed) == ("Soci�t�", 0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>not a zip</html>", "no zip"),
        (packed({}), "no table SUBMISSION"),
        (packed({"SUBMISSION": [["ACCESSION_NUMBER"]]}), "no column DOCUMENT_TYPE"),
        (packed({"SUBMISSION": []}), "no column ACCESSION_NUMBER"),
        (packed(tables(BOTH))[:-200], "no zip"),
        (packed({name: rows for name, rows in tables(BOTH, boxed=False).items() if name != "FOOTNOTES"}), "FOOTNOTES"),
    ],
)
def test_what_is_no_set_is_refused_with_a_reason(read: Read, content: bytes, reason: str) -> None:
    with pytest.raises(BadSetError, match=reason):
        read(content)


def test_a_damaged_table_is_refused(read: Read) -> None:
    content = bytearray(packed(tables([filing(person(n)) for n in range(300)])))
    content[200:260] = bytes(60)
    with pytest.raises(BadSetError, match="no zip"):
        read(bytes(content))


@pytest.mark.parametrize(
    ("limit", "reason"), [("LARGEST_TABLE", "unpacks"), ("MOST_KEPT", "holds"), ("LONGEST_LINE", "a line of")]
)
def test_a_bomb_is_left_packed(read: Read, monkeypatch: pytest.MonkeyPatch, limit: str, reason: str) -> None:
    monkeypatch.setattr(bulk, limit, 1 << 14)
    content = tables([filing(person(n), trade()) for n in range(900)])
    if limit == "LONGEST_LINE":
        content = change(tables([PLANNED]), "SUBMISSION", 1, "REMARKS", "x" * (1 << 15))
    with pytest.raises(BadSetError, match=reason):
        read(packed(content))


def test_the_links_of_both_directories_are_found() -> None:
    absolute = f"https://www.sec.gov{NEW.replace('2026q2', '2026Q3')}"
    assert set_links(page(OLD, NEW, absolute, NEW + "?again")) == {
        "2026q1": OLD, "2026q2": NEW, "2026q3": NEW.replace("2026q2", "2026Q3")
    }  # fmt: skip
    assert set_links("<html>no links today</html>") == {}
