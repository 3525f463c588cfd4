"""What a company is called, and which ticker stands for it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scoring.model import Aside, Filing, Issuer
from storage import Storage
from storage.issuers import Undescribed
from tests.builders_filings import ACME, NOW, filing, person

CIK = ACME.cik


def filed(ticker: str | None, *, days_ago: int = 1, name: str = "Acme Inc", cik: str = CIK) -> Filing:
    at = NOW - timedelta(days=days_ago)
    return replace(filing(person(1), accepted=at), ticker=ticker, issuer_name=name, issuer_cik=cik)


@pytest.mark.parametrize(
    ("symbol", "listed", "shown"),
    [
        ("ACMB", ("ACME", "ACMB"), "ACMB"),  # the filer's word, where SEC's list has it
        ("AMCE", ("ACME", "ACMB"), "ACME"),  # a slip, or the owner's own ticker
        (None, ("ACME", "ACMB"), "ACME"),
        ("ACME", (), "ACME"),
        (None, (), None),
    ],
)
def test_the_ticker_to_show(storage: Storage, symbol: str | None, listed: tuple[str, ...], shown: str | None) -> None:
    with storage.write() as tx:
        tx.filings.add([filed(symbol)])
        tx.filings.put_tickers({CIK: listed, "0000000009": ("ELSE",)})
        assert tx.filings.issuers()[CIK].ticker == shown
        assert tx.filings.issuers([CIK, "0000000009"]).keys() == {CIK}
        assert tx.filings.issuers([]) == {}


def test_the_newest_filing_names_the_company_whatever_comes_last(storage: Storage) -> None:
    with storage.write() as tx:
        tx.filings.add([filed("NEW", name="New Name")])
        tx.filings.add([filed("OLD", name="Old Name", days_ago=90)])
        tx.filings.put_issuers([replace(ACME, name="Oldest Name", ticker="OLDEST")])
        assert tx.filings.issuers()[CIK] == Issuer(CIK, "New Name", "NEW", ACME.sector, ACME.industry)
        tx.filings.add([filed(None, name="Newest Name", days_ago=0)])
        assert tx.filings.issuers()[CIK] == Issuer(CIK, "Newest Name", None, ACME.sector, ACME.industry)


def test_an_issuer_without_a_filing_is_as_it_was_given_last(storage: Storage) -> None:
    with storage.write() as tx:
        tx.filings.put_issuers([ACME])
        tx.filings.put_issuers([Issuer(CIK, "Acme Corp", "ACMC", None, None)])
        assert tx.filings.issuers() == {CIK: Issuer(CIK, "Acme Corp", "ACMC", ACME.sector, ACME.industry)}
        tx.filings.add([filed("ACME")])
        assert tx.filings.issuers()[CIK].name == "Acme Inc"


def test_sectors_are_replaced_and_nothing_else(storage: Storage) -> None:
    with storage.write() as tx:
        tx.filings.add([filed("ACME")])
        tx.filings.put_sectors({CIK: ("Energy", "Solar"), "0000000009": ("Energy", "Solar")})
        assert tx.filings.issuers() == {CIK: Issuer(CIK, "Acme Inc", "ACME", "Energy", "Solar")}
        tx.filings.put_sectors({CIK: (None, None)})
        assert tx.filings.issuers()[CIK].sector is None
        tx.filings.put_sectors({})


def test_a_list_of_tickers_replaces_the_one_before(storage: Storage) -> None:
    with storage.write() as tx:
        tx.filings.add([filed(None)])
        tx.filings.put_tickers({CIK: ("ONE",)})
        tx.filings.put_tickers({CIK: ("TWO", "ONE")})
        assert tx.filings.issuers()[CIK].ticker == "TWO"
        tx.filings.put_tickers({})
        assert tx.filings.issuers()[CIK].ticker is None


def test_a_company_is_found_by_any_of_its_tickers(storage: Storage) -> None:
    other = "0000000002"
    with storage.write() as tx:
        tx.filings.add([filed("SPAC", days_ago=90), filed("ACME"), filed("GONE", cik=other), filed("LONE", cik=other)])
        tx.filings.put_tickers({CIK: ("ACME", "ACME-WT"), other: ("ELSE",), "0000000003": ("NOFILING",)})
        found = {ticker: tx.filings.named(ticker) for ticker in ("ACME", "ACME-WT", "SPAC", "ELSE", "GONE", "NOFILING")}
        assert found == {
            "ACME": {CIK}, "ACME-WT": {CIK}, "SPAC": {CIK}, "ELSE": {other}, "GONE": {other}, "NOFILING": frozenset()
        }  # fmt: skip


def test_a_ticker_that_moved_on_means_the_company_that_has_it_now(storage: Storage) -> None:
    other = "0000000002"
    with storage.write() as tx:
        tx.filings.add([filed("ACME", days_ago=90), filed("NEWA"), filed("ACME", days_ago=80, cik=other)])
        assert tx.filings.named("ACME") == {other}
        tx.filings.put_tickers({CIK: ("ACME",)})
        assert tx.filings.named("ACME") == {CIK}


def test_the_sic_code_is_that_of_the_newest_filing_that_has_one(storage: Storage) -> None:
    shell = replace(filed("ACME", days_ago=90), sic="6770")
    with storage.write() as tx:
        tx.filings.add(
            [replace(filed("ACME", days_ago=9), sic="7372"), shell, filed("ACME"), filed("X", cik="0000000002")]
        )
        assert tx.filings.sics([CIK, "0000000002"]) == {CIK: "7372"}
        assert tx.filings.sics([]) == {}


def test_an_issuer_is_undescribed_while_only_data_sets_tell_of_it(storage: Storage) -> None:
    old, new = (replace(filed("ACME", days_ago=days), source="bulk") for days in (9, 2))
    other = replace(filed("ELSE", cik="0000000002"), source="xml")
    with storage.write() as tx:
        tx.filings.add([old, new, other])
        assert tx.filings.undescribed(5) == (Undescribed(CIK, new.accession, "4", new.accepted_at),)
        assert tx.filings.undescribed(0) == ()
        tx.filings.put_aside([Aside(new.accession, "cut off", "https://www.sec.gov/x", NOW)])
        assert [one.accession for one in tx.filings.undescribed(5)] == [old.accession]
        tx.filings.put_sectors({CIK: ("Energy", "Solar")})
        assert tx.filings.undescribed(5) == ()
        tx.filings.put_sectors({CIK: (None, None)})
        tx.filings.add([replace(old, source="xml")])
        assert tx.filings.undescribed(5) == ()
