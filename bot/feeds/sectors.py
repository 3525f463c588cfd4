"""Sector and industry from the SIC code that EDGAR gives an issuer, or from a table of issuers by CIK."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "sic_sectors.tsv"
OVERRIDES = Path(__file__).parent / "sector_overrides.tsv"
LEAST_BEGUN = 3  # letters of a name that may stand for it

SECTORS = (
    "Basic Materials",
    "Communication Services",
    "Consumer Cyclical",
    "Consumer Defensive",
    "Energy",
    "Financial Services",
    "Healthcare",
    "Industrials",
    "Real Estate",
    "Technology",
    "Utilities",
)


@cache
def _table() -> tuple[tuple[int, int, str, str], ...]:
    return tuple((int(row["first"]), int(row["last"]), row["sector"], row["industry"]) for row in _rows(TABLE))


@cache
def _overrides() -> Mapping[str, tuple[str, str]]:
    return {row["cik"]: (row["sector"], row["industry"]) for row in _rows(OVERRIDES)}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))


def classify(sic: str | None, cik: str | None = None) -> tuple[str | None, str | None]:
    """(sector, industry) of an issuer by its CIK (ten digits) or else its four-digit SIC code.

    (None, None) when neither is mapped.

    >>> classify("7389"), classify("7389", "0001403161")
    (('Industrials', 'Specialty Business Services'), ('Financial Services', 'Credit Services'))
    """
    if cik is not None and cik in _overrides():
        return _overrides()[cik]
    if sic is None or not (sic.isascii() and sic.isdigit()):
        return None, None
    code = int(sic)
    for first, last, sector, industry in _table():
        if first <= code <= last:
            return sector, industry
    return None, None


@cache
def industries() -> tuple[str, ...]:
    """All industries of both tables, alphabetically."""
    return tuple(sorted({row["industry"] for path in (TABLE, OVERRIDES) for row in _rows(path)}))


def match(text: str, names: Iterable[str]) -> str | None:
    """The name that a person means: case, dashes, spaces and & are forgiven; None when none fits, or several do.

    Of two spellings of one name the first is meant.

    >>> match("consumer-cyclical", SECTORS), match("tech", SECTORS), match("e", SECTORS)
    ('Consumer Cyclical', 'Technology', None)
    >>> match("banks—regional", ["Banks - Regional"]), match("oil and gas e&p", ["Oil & Gas E&P"])
    ('Banks - Regional', 'Oil & Gas E&P')
    """
    plain: dict[str, str] = {}
    for name in names:
        plain.setdefault(_plain(name), name)
    wanted = _plain(text)
    if wanted in plain:
        return plain[wanted]
    begun = beginning(text, plain.values()) if len(wanted) >= LEAST_BEGUN else []
    return begun[0] if len(begun) == 1 else None


def beginning(text: str, names: Iterable[str]) -> list[str]:
    """The names that begin with the text, as forgiving as `match`.

    >>> beginning("consumer", SECTORS)
    ['Consumer Cyclical', 'Consumer Defensive']
    """
    return [name for name in names if _plain(name).startswith(_plain(text))]


def nearest(text: str, names: Iterable[str]) -> str | None:
    """The name that looks most like the text, for "did you mean"."""
    plain = {_plain(name): name for name in names}
    found = difflib.get_close_matches(_plain(text), plain, n=1)
    return plain[found[0]] if found else None


def _plain(text: str) -> str:
    """Letters and digits only: which dash a source writes, and with which spaces, differs by source."""
    return re.sub(r"\band\b|[\W_]+", "", text.casefold())
