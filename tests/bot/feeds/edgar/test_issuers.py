"""Issuers as their filings describe them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.feeds.edgar.issuers import issuers_of
from scoring.model import Issuer
from tests.builders_edgar import WEDNESDAY, made


def test_the_newest_filing_with_a_sic_code_says_who_the_issuer_is() -> None:
    old = replace(made(WEDNESDAY - timedelta(days=9), sic="2834"), issuer_name="Old Name", ticker="OLD")
    new = made(WEDNESDAY, sic="3674")
    bare = replace(made(WEDNESDAY + timedelta(days=1), sic=None), issuer_name="Bare Name")
    issuer = Issuer(new.issuer_cik, new.issuer_name, "MC1", "Technology", "Semiconductors")
    assert issuers_of([new, bare, old]) == (issuer,)


def test_an_issuer_without_a_sic_code_is_left_as_it_is_known() -> None:
    assert issuers_of([made(sic=None)]) == ()


def test_a_sic_code_that_is_not_mapped_stands_for_no_sector() -> None:
    (issuer,) = issuers_of([made(sic="9995")])
    assert (issuer.sector, issuer.industry) == (None, None)


def test_an_issuer_that_is_known_by_its_cik_needs_no_sic_code() -> None:
    (issuer,) = issuers_of([replace(made(sic=None), issuer_cik="0001403161")])
    assert issuer.sector == "Financial Services"
