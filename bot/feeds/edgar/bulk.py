"""SEC's quarterly Insider Transactions Data Sets → filings, some thousand at a time.

A set is a zip of tables with tabs; their columns are found by name. It tells the day of filing and no time, prices
rounded to cents, and no SIC code: what was read from the submission itself is better, and stays (storage/filed.py).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from bot.errors import TocsinError
from bot.feeds.edgar.hours import NEW_YORK
from bot.feeds.form4 import FORMS, PLAN
from bot.feeds.tickers import clean_ticker
from scoring.model import Filer, Filing, InsiderTransaction

PAGE = "/data-research/sec-markets-data/insider-transactions-data-sets"
# SEC moved the files to another directory in 2026: the page that lists them is asked, and no path is guessed.
LINK = re.compile(r"""["']([^"'\s<>]*?(\d{4}q[1-4])_form345\.zip)["']""", re.IGNORECASE)
LARGEST_TABLE = 512 * 2**20  # bytes, unpacked; the largest real ones are some tens of MB
MOST_KEPT = 128 * 2**20  # bytes of a table in the columns that are read; the largest real ones have some 15 MB
LONGEST_LINE = 2**20  # bytes
PARTS = 32  # of a quarter, some 2,000 filings each
FILED = time(22)  # New York: forms 3 to 5 of a day are taken until then, and no later moment is on that day
MONTHS = {
    name: number
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}
ACCESSION = re.compile(r"\d{10}-\d{2}-(\d{6})", re.ASCII)

ACCESSION_COLUMN = "ACCESSION_NUMBER"
SUBMISSION = (
    "DOCUMENT_TYPE",
    "FILING_DATE",
    "ISSUERCIK",
    "ISSUERNAME",
    "ISSUERTRADINGSYMBOL",
    "PERIOD_OF_REPORT",
    "DATE_OF_ORIG_SUB",
)
OWNER = ("RPTOWNERCIK", "RPTOWNERNAME", "RPTOWNER_RELATIONSHIP", "RPTOWNER_TITLE")
TRADE = (
    "NONDERIV_TRANS_SK",  # a number that grows along the filing's table
    "SECURITY_TITLE",
    "TRANS_DATE",
    "TRANS_CODE",
    "TRANS_ACQUIRED_DISP_CD",
    "TRANS_SHARES",
    "TRANS_PRICEPERSHARE",
    "SHRS_OWND_FOLWNG_TRANS",
    "DIRECT_INDIRECT_OWNERSHIP",
    "NATURE_OF_OWNERSHIP",
)
PLAN_BOX = "AFF10B5ONE"  # in newer sets
FOOTNOTE = "FOOTNOTE_TXT"
YES = {"1", "true", "y", "yes"}


class BadSetError(TocsinError):
    """A data set that cannot be read as a whole, with the reason in one line."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Some filings of a set."""

    filings: tuple[Filing, ...]
    malformed: int  # rows, and filings, that cannot be used


@dataclass(frozen=True, slots=True)
class _Row:
    """The columns of a row that were asked for."""

    accession: str
    values: list[str]


def set_links(html: str) -> dict[str, str]:
    """Quarter ("2026q2") → path of its data set, as the page of data sets links it."""
    links: dict[str, str] = {}
    for link, quarter in LINK.findall(html):
        links.setdefault(quarter.lower(), urlsplit(link).path)
    return links


def read_set(path: Path) -> Iterator[Slice]:
    """The Forms 4 and 4/A of a data set.

    Raises BadSetError where it is no such set, a table or a column is not there, or one is far larger than any
    real one; of rows that say nonsense, none.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            tables = _Tables(packed)
            submissions = tables.parted("SUBMISSION", SUBMISSION, (PLAN_BOX,))
            owners = tables.parted("REPORTINGOWNER", OWNER)
            trades = tables.parted("NONDERIV_TRANS", TRADE)
            noted = None if tables.has_box else tables.planned()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, OSError) as error:
        raise BadSetError(f"the data set is no zip that can be read: {error}") from error
    malformed = tables.malformed
    while submissions:
        part = _slice(submissions.pop(), owners.pop(), trades.pop(), noted)
        yield Slice(part.filings, part.malformed + malformed)
        malformed = 0


class _Tables:
    """The tables of an open zip, parted by accession number.

    They come in no order that is promised, and as Python objects, or in a data frame, a quarter would take more
    memory than all the rest of the bot: the rows wait as bytes until it is their part's turn.
    """

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self._names = {Path(name).name.upper(): name for name in packed.namelist()}
        self.malformed = 0  # rows of no filing
        self.has_box = False  # whether any submission says something about 10b5-1 plans

    def parted(self, name: str, columns: Sequence[str], optional: Sequence[str] = ()) -> list[bytearray]:
        """The rows of a table in these columns; what belongs to one filing is in the same part of each table."""
        parts = [bytearray() for _ in range(PARTS)]
        kept = 0
        for row in self._rows(name, columns, optional):
            line = "\t".join([row.accession, *row.values]).encode() + b"\n"
            kept += len(line)
            if kept > MOST_KEPT:
                raise BadSetError(f"the data set's table {name} holds more than {MOST_KEPT >> 20} MB")
            parts[int(row.accession[-6:]) % PARTS] += line
            self.has_box = self.has_box or (PLAN_BOX in optional and bool(row.values[-1]))
        return parts

    def planned(self) -> frozenset[str]:
        """The filings with a footnote of a 10b5-1 plan: until April 2023 only footnotes told."""
        return frozenset(row.accession for row in self._rows("FOOTNOTES", (FOOTNOTE,)) if PLAN.search(row.values[0]))

    def _rows(self, name: str, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[_Row]:
        full = self._names.get(f"{name}.TSV")
        if full is None:
            raise BadSetError(f"the data set has no table {name}")
        with self._packed.open(full) as file:
            lines = _lines(file, name)
            head = next(lines, "").lstrip("\ufeff").upper().split("\t")
            missing = [column for column in (ACCESSION_COLUMN, *columns) if column not in head]
            if missing:
                raise BadSetError(f"the data set's table {name} has no column {missing[0]}")
            key = head.index(ACCESSION_COLUMN)
            places = [head.index(column) if column in head else len(head) for column in (*columns, *optional)]
            for line in lines:
                values = line.split("\t")
                if len(values) > len(head) or not ACCESSION.fullmatch(
                    accession := values[key].strip() if len(values) > key else ""
                ):
                    self.malformed += 1
                    continue
                values += [""] * (len(head) + 1 - len(values))
                yield _Row(accession, [values[place].strip() for place in places])


def _lines(file: IO[bytes], name: str) -> Iterator[str]:
    """Lines that are not blank. Raises BadSetError beyond the largest table or the longest line."""
    size = 0
    buffered = io.BufferedReader(file, LONGEST_LINE)  # type: ignore[type-var]
    while line := buffered.readline(LONGEST_LINE):
        size += len(line)
        if size > LARGEST_TABLE:
            raise BadSetError(f"the data set's table {name} unpacks to more than {LARGEST_TABLE >> 20} MB")
        if len(line) == LONGEST_LINE:
            raise BadSetError(f"the data set's table {name} has a line of {LONGEST_LINE >> 20} MB")
        text = line.decode(errors="replace").rstrip("\r\n")
        if text:
            yield text


def _slice(submissions: bytearray, owners: bytearray, trades: bytearray, noted: frozenset[str] | None) -> Slice:
    """The filings of one part; `noted`: those under a 10b5-1 plan, where the submissions do not tell."""
    wanted: dict[str, list[str]] = {}
    for accession, *values in _kept(submissions):
        if values[0] in FORMS:
            wanted.setdefault(accession, values)
    filers, malformed = _filers(owners, wanted)
    rows: dict[str, list[list[str]]] = defaultdict(list)
    for accession, *row in _kept(trades):
        if accession in wanted:
            rows[accession].append(row)
    filings = []
    for accession, values in wanted.items():
        own = [_trade(place, *row) for place, (_, *row) in enumerate(sorted(rows[accession], key=_place))]
        malformed += own.count(None)
        is_planned = values[-1].lower() in YES if noted is None else accession in noted
        made = tuple(trade for trade in own if trade is not None)
        filing = _filing(accession, values, tuple(filers.get(accession, ())), made, is_planned=is_planned)
        if filing is None:
            malformed += 1
        else:
            filings.append(filing)
    return Slice(tuple(filings), malformed)


def _filers(owners: bytearray, wanted: Collection[str]) -> tuple[dict[str, list[Filer]], int]:
    """Filing → reporting owners, each once; and the rows that name none."""
    found: dict[str, list[Filer]] = defaultdict(list)
    malformed = 0
    for accession, *owner in _kept(owners):
        if accession not in wanted:
            continue
        filer = _filer(*owner)
        if filer is None:
            malformed += 1
        elif filer not in found[accession]:
            found[accession].append(filer)
    return found, malformed


def _filing(
    accession: str,
    values: Sequence[str],
    filers: tuple[Filer, ...],
    trades: tuple[InsiderTransaction, ...],
    *,
    is_planned: bool,
) -> Filing | None:
    form, filed, cik, name, symbol, period, original, _ = values
    day, issuer = _day(filed), _cik(cik)
    if day is None or issuer is None or not filers:
        return None
    return Filing(
        accession=accession,
        form=form,
        issuer_cik=issuer,
        issuer_name=name or "(unnamed issuer)",
        ticker=clean_ticker(symbol),
        accepted_at=datetime.combine(day, FILED, NEW_YORK).astimezone(UTC),
        period=_day(period),
        original_filed=_day(original),
        plan_10b5_1=is_planned,
        filers=filers,
        transactions=trades,
        source="bulk",
    )


def _kept(part: bytearray) -> Iterator[list[str]]:
    return (line.split("\t") for line in part.decode().split("\n") if line)


def _place(row: Sequence[str]) -> float:
    number = _number(row[0])
    return float("inf") if number is None else number


def _filer(cik: str, name: str, relationship: str, title: str) -> Filer | None:
    digits = _cik(cik)
    if digits is None:
        return None
    # "Director,Officer", "TenPercentOwner", "10% Owner": its spelling is nowhere promised.
    said = relationship.lower()
    return Filer(
        cik=digits,
        name=name or "(unnamed owner)",
        is_director="director" in said,
        is_officer="officer" in said,
        is_ten_percent_owner="percent" in said or "10%" in said,
        is_other="other" in said,
        officer_title=title or None,
    )


def _trade(place: int, *row: str) -> InsiderTransaction | None:
    title, day, code, acquired_disposed, shares, price, after, ownership, nature = row
    traded, count = _day(day), _number(shares)
    if traded is None or count is None or len(code) != 1:
        return None
    return InsiderTransaction(
        row=place,
        security_title=title,
        date=traded,
        code=code,
        acquired_disposed=acquired_disposed,
        shares=count,
        price=_number(price),
        shares_after=_number(after),
        direct=ownership.upper() != "I",
        nature=nature or None,
    )


def _day(text: str) -> date | None:
    """A date as 31-MAR-2026."""
    day, _, rest = text.partition("-")
    month, _, year = rest.partition("-")
    try:
        return date(int(year), MONTHS[month.upper()], int(day))
    except (ValueError, KeyError):
        return None


def _cik(text: str) -> str | None:
    return text.zfill(10) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
