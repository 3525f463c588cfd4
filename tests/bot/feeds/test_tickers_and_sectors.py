"""Symbols as typed, SIC codes as filed, names as people type them."""

from __future__ import annotations

import csv
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.sectors import OVERRIDES, SECTORS, beginning, classify, industries, match, nearest
from bot.feeds.tickers import clean_ticker
from tests.shared_data import real


@pytest.mark.parametrize(
    ("typed", "ticker"),
    [
        ("AAPL", "AAPL"), ("aapl", "AAPL"), ("BRK.A", "BRK-A"), ("BRK/B", "BRK-B"), ("LGF.B", "LGF-B"), ("(SIRI)", "SIRI"),
        ("NYSE: KRC", "KRC"), ("HBIA.PK", "HBIA"), ("BIO BIOB", "BIO"), ("Z AND ZG", "Z"), ("N O G", "NOG"),
        ("NONE", None), ("none", None), ("N/A", None), ("-", None), ("1314152", None), ("NASDAQ", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_symbols_become_tickers(typed: str | None, ticker: str | None) -> None:
    assert clean_ticker(typed) == ticker


@given(st.text(max_size=20))
def test_a_cleaned_ticker_is_clean(text: str) -> None:
    ticker = clean_ticker(text)
    assert ticker is None or clean_ticker(ticker) == ticker


@pytest.mark.parametrize(
    ("sic", "sector", "industry"),
    [
        ("3674", "Technology", "Semiconductors"),
        ("2836", "Healthcare", "Biotechnology"),
        ("6022", "Financial Services", "Banks - Regional"),
        ("1311", "Energy", "Oil & Gas E&P"),
        ("6798", "Real Estate", "REIT - Diversified"),
        ("9995", None, None),
        (None, None, None),
        ("", None, None),
    ],
)
def test_sic_codes_become_sectors(sic: str | None, sector: str | None, industry: str | None) -> None:
    assert classify(sic) == (sector, industry)


def test_every_sector_of_the_table_is_one_of_the_eleven_and_all_are_used() -> None:
    assert {classify(f"{code:04d}")[0] for code in range(10_000)} - {None} == set(SECTORS)
    assert len(industries()) > 80


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("technology", "Technology"), ("real-estate", "Real Estate"), ("Consumer  cyclical", "Consumer Cyclical"), ("tech", "Technology"), ("consumer", None), ("x", None)],
)  # fmt: skip
def test_sector_names_are_forgiving(typed: str, meant: str | None) -> None:
    assert match(typed, SECTORS) == meant


def test_the_nearest_sector_is_found() -> None:
    assert nearest("Helthcare", SECTORS) == "Healthcare"


@pytest.mark.parametrize(
    ("cik", "sic", "expected"),
    [
        ("0000320193", "3571", ("Technology", "Consumer Electronics")),
        ("0001403161", "7389", ("Financial Services", "Credit Services")),
        ("0001543151", "7389", ("Technology", "Software - Application")),
        ("0001744489", "7990", ("Communication Services", "Entertainment")),
        ("0001067983", None, ("Financial Services", "Insurance - Diversified")),
        ("0000000001", "7389", ("Industrials", "Specialty Business Services")),
        ("0000000001", None, (None, None)),
    ],
)
def test_an_issuer_that_its_code_misplaces_is_known_by_its_cik(
    cik: str, sic: str | None, expected: tuple[str | None, str | None]
) -> None:
    assert classify(sic, cik) == expected


def overrides() -> list[dict[str, str]]:
    lines = OVERRIDES.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))


def test_the_overrides_name_their_source_each_issuer_once_and_known_sectors() -> None:
    rows = overrides()
    assert "Source:" in OVERRIDES.read_text(encoding="utf-8").partition("cik\t")[0]
    assert len({row["cik"] for row in rows}) == len(rows) > 60
    for row in rows:
        assert re.fullmatch(r"\d{10}", row["cik"])
        assert row["sector"] in SECTORS
        assert row["industry"] in industries()
        assert row["name"]


def test_no_industry_stands_in_two_spellings() -> None:
    assert all(match(name, industries()) == name for name in industries())
    assert all(match(name, SECTORS) == name for name in SECTORS)


def test_the_overrides_have_the_ciks_that_the_sec_lists_under_these_names() -> None:
    listed = json.loads(real("edgar", "json", "company_tickers.json").read_text(encoding="utf-8")).values()
    titles: dict[str, str] = {}
    for one in listed:  # the first is the one with the largest market value
        titles.setdefault(f"{one['cik_str']:010d}", one["title"])
    known = [row for row in overrides() if row["cik"] in titles]
    assert len(known) > 60
    for row in known:
        name, title = (re.sub(r"\W", "", text).upper() for text in (row["name"], titles[row["cik"]]))
        assert title.startswith(name), (row, title)


@given(
    st.sampled_from([*SECTORS, *industries()]), st.sampled_from(["-", " – ", "—", " - ", "−", "_", "  "]), st.booleans()
)
def test_any_dash_means_the_same(name: str, dash: str, loud: bool) -> None:
    typed = re.sub(r"\s*[- ]\s*", dash, name)
    assert match(typed.upper() if loud else typed.lower(), [*SECTORS, *industries()]) == name


@pytest.mark.parametrize(
    ("begun", "names"),
    [("consumer", ["Consumer Cyclical", "Consumer Defensive"]), ("REAL-e", ["Real Estate"]), ("zz", []), ("", list(SECTORS))],
)  # fmt: skip
def test_what_begins_so_is_offered(begun: str, names: list[str]) -> None:
    assert beginning(begun, SECTORS) == names


def test_of_two_spellings_the_stored_one_is_meant() -> None:
    assert match("banks regional", ["Banks — Regional", "Banks - Regional"]) == "Banks — Regional"
