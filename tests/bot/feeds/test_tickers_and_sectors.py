"""Symbols as typed, SIC codes as filed, names as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.sectors import SECTORS, classify, industries, match, nearest
from bot.feeds.tickers import clean_ticker


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
