"""Sector and industry from the SIC code that EDGAR gives an issuer."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "sic_sectors.tsv"

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
    with TABLE.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        return tuple(
            (int(row["first"]), int(row["last"]), row["sector"], row["industry"])
            for row in csv.DictReader(lines, delimiter="\t")
        )


def classify(sic: str | None) -> tuple[str | None, str | None]:
    """(sector, industry) of a four-digit SIC code; (None, None) when it is not mapped."""
    if sic is None or not sic.isdigit():
        return None, None
    code = int(sic)
    for first, last, sector, industry in _table():
        if first <= code <= last:
            return sector, industry
    return None, None


def industries() -> tuple[str, ...]:
    """All industries of the table, alphabetically."""
    return tuple(sorted({industry for *_, industry in _table()}))


def match(text: str, names: Iterable[str]) -> str | None:
    """The name that a person means: case, dashes and spaces are forgiven; None when none fits.

    >>> match("consumer-cyclical", SECTORS), match("tech", SECTORS), match("e", SECTORS)
    ('Consumer Cyclical', 'Technology', None)
    """
    plain = {_plain(name): name for name in names}
    wanted = _plain(text)
    if wanted in plain:
        return plain[wanted]
    begins = [name for key, name in plain.items() if len(wanted) >= 3 and key.startswith(wanted)]
    return begins[0] if len(begins) == 1 else None


def nearest(text: str, names: Iterable[str]) -> str | None:
    """The name that looks most like the text, for "did you mean"."""
    plain = {_plain(name): name for name in names}
    found = difflib.get_close_matches(_plain(text), plain, n=1)
    return plain[found[0]] if found else None


def _plain(text: str) -> str:
    return re.sub(r"[\s\-–—&]+", "", text).casefold()
