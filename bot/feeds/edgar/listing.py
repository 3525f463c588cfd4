"""What EDGAR lists, read (pure): its page of current filings, its index files, its tickers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import TypeVar
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.errors import FeedError

T = TypeVar("T")

FORMS = ("4", "4/A")  # exactly: EDGAR's own filter takes every form that begins so, 424B2 and 497 among them
ATOM = "{http://www.w3.org/2005/Atom}"
ACCESSION = re.compile(r"\d{10}-\d{2}-\d{6}")
CIK_OF_LINK = re.compile(r"/data/(\d{1,10})/")
HEAD_LINES = 40  # of an index file; the columns are named within
# Columns have widened over the years: only the end of a line is always of the same shape.
END_OF_ROW = re.compile(r"\s(\d{1,10})\s+(\d{8}|\d{4}-\d{2}-\d{2})\s+(\S+)\s*$")
LONGEST_NAME = 60  # letters of a company's name, from where on one blank may part it from the form
FILE = re.compile(r"edgar/data/(\d{1,10})/(\d{10}-\d{2}-\d{6})\.txt")


class ListingError(FeedError):
    """What came is not the list that was asked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One filing that EDGAR lists."""

    accession: str  # 0001234567-26-000001
    form: str  # "4" or "4/A"
    cik: str  # any filer's, the issuer's or an owner's, ten digits
    filed_or_accepted: datetime | date  # a page has the time of acceptance (UTC), an index the date of filing
    path: str  # of the full submission, below the host


@dataclass(frozen=True, slots=True)
class Listing:
    """What a page or an index holds; a filing is listed once for each of its filers, and given once."""

    entries: tuple[Entry, ...]  # in the list's order
    rows: int  # all that it lists, of whatever form
    odd: int  # rows that cannot be read

    @property
    def newest(self) -> datetime | None:
        """When the first of a page's filings was accepted; None of an index, and where there is none."""
        return _time(self.entries[:1])

    @property
    def oldest(self) -> datetime | None:
        """When the last of a page's filings was accepted; None of an index, and where there is none."""
        return _time(self.entries[-1:])


def parse_current(content: bytes) -> Listing:
    """A page of getcurrent in Atom. Raises ListingError where it is none."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        raise ListingError("the page of current filings has a DOCTYPE or entities, which it never needs") from None
    except (ParseError, ValueError, LookupError) as error:
        raise ListingError(f"the page of current filings is not XML: {error}") from None
    if root.tag != f"{ATOM}feed":
        raise ListingError("the page of current filings is no Atom feed")
    return _listing(root.iterfind(f"{ATOM}entry"), _entry)


def parse_index(content: bytes) -> Listing:
    """A daily or quarterly index: form, company or master, with fixed columns or with bars.

    Raises ListingError where the columns are not named as in one of them.
    """
    lines = content.decode("latin-1").split("\n")  # what else ends a line may be half a letter of a name
    for number, line in enumerate(islice(lines, HEAD_LINES)):
        if read := _reader(line):
            return _listing((one for one in lines[number + 1 :] if "edgar/" in one), read)
    raise ListingError("the index names no columns")


def parse_tickers(content: bytes) -> dict[str, tuple[str, ...]]:
    """company_tickers.json: CIK (ten digits) → its tickers, in SEC's order. Raises ListingError where it is none."""
    try:
        rows = json.loads(content)
        found: dict[str, list[str]] = {}
        for row in rows.values():
            ticker = str(row["ticker"]).strip().upper()
            tickers = found.setdefault(f"{int(row['cik_str']):010d}", [])
            if ticker and ticker not in tickers:
                tickers.append(ticker)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ListingError("the list of tickers is of an unknown shape") from None
    return {cik: tuple(tickers) for cik, tickers in found.items() if tickers}


def _time(entries: tuple[Entry, ...]) -> datetime | None:
    return next((e.filed_or_accepted for e in entries if isinstance(e.filed_or_accepted, datetime)), None)


def _listing(rows: Iterable[T], read: Callable[[T], Entry | None]) -> Listing:
    """Raises nothing for a row: `read` gives None for another form, and ValueError for what it cannot read."""
    entries: dict[str, Entry] = {}
    count = odd = 0
    for row in rows:
        count += 1
        try:
            entry = read(row)
        except ValueError:
            odd += 1
            continue
        if entry is not None:
            entries.setdefault(entry.accession, entry)
    return Listing(tuple(entries.values()), count, odd)


def _entry(entry: Element) -> Entry | None:
    form = _attribute(entry, "category", "term")
    if form not in FORMS:
        return None
    accession = ACCESSION.search(entry.findtext(f"{ATOM}id") or "")
    cik = CIK_OF_LINK.search(_attribute(entry, "link", "href"))
    if accession is None or cik is None:
        raise ValueError("neither accession number nor CIK")
    accepted = datetime.fromisoformat((entry.findtext(f"{ATOM}updated") or "").strip())
    if accepted.tzinfo is None:
        raise ValueError("a time without a zone")
    return _made(accession.group(), form, cik.group(1), accepted.astimezone(UTC))


def _attribute(entry: Element, element: str, name: str) -> str:
    found = entry.find(f"{ATOM}{element}")
    if found is None:
        raise ValueError(f"no {element}")
    return found.get(name, "")


def _made(accession: str, form: str, cik: str, when: datetime | date) -> Entry:
    path = f"/Archives/edgar/data/{int(cik)}/{accession}.txt"
    return Entry(accession, form, cik.zfill(10), when, path)


def _reader(columns: str) -> Callable[[str], Entry | None] | None:
    if columns.startswith("CIK|"):
        return _from_master
    if columns.startswith("Form Type"):
        return lambda line: _from_columns(line, _first)
    if columns.startswith("Company Name"):
        return lambda line: _from_columns(line, _last)
    return None


def _from_master(line: str) -> Entry | None:
    # A company's name may hold a bar; what follows it may not.
    _, form, filed, file = line.rsplit("|", 3)
    return _row(form.strip(), filed.strip(), file.strip())


def _from_columns(line: str, form: Callable[[str], str]) -> Entry | None:
    end = END_OF_ROW.search(line)
    if end is None:
        raise ValueError("no CIK, date and file at its end")
    return _row(form(line[: end.start()]), end.group(2), end.group(3))


def _first(text: str) -> str:
    return re.split(r"\s{2,}", text, maxsplit=1)[0]


def _last(text: str) -> str:
    text = text.rstrip()
    form = re.split(r"\s{2,}", text)[-1]
    # A name that fills its column leaves one blank.
    return form.rpartition(" ")[2] if form == text and len(text) > LONGEST_NAME else form


def _row(form: str, filed: str, file: str) -> Entry | None:
    if not form:
        raise ValueError("no form")
    if form not in FORMS:
        return None
    found = FILE.fullmatch(file)
    if found is None:
        raise ValueError("no submission")
    return _made(found.group(2), form, found.group(1), date.fromisoformat(filed))
