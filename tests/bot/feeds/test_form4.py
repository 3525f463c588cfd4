"""Form 4 as filed, and what is said of what cannot be read."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.form4 import BadFilingError, NotForm4Error, parse_form4
from scoring.amendments import effective_filings
from tests.shared_data import real

OWNER = """
<reportingOwner>
  <reportingOwnerId><rptOwnerCik>77</rptOwnerCik><rptOwnerName>Doe Jane</rptOwnerName></reportingOwnerId>
  <reportingOwnerRelationship><isDirector>true</isDirector><isOfficer>1</isOfficer><officerTitle>CFO</officerTitle>
  </reportingOwnerRelationship>
</reportingOwner>"""
ROW = """
<nonDerivativeTransaction>
  <securityTitle><value>Common Stock</value></securityTitle>
  <transactionDate><value>2026-04-20-05:00</value></transactionDate>
  <transactionCoding><transactionCode>P</transactionCode></transactionCoding>
  <transactionAmounts>
    <transactionShares><value>1000</value></transactionShares>
    <transactionPricePerShare>PRICE</transactionPricePerShare>
    <transactionAcquiredDisposedCode><value>A</value></transactionAcquiredDisposedCode>
  </transactionAmounts>
  <ownershipNature><directOrIndirectOwnership><value>I</value></directOrIndirectOwnership></ownershipNature>
</nonDerivativeTransaction>"""


def document(
    *, form: str = "4", rows: str = ROW, owners: str = OWNER, price: str = "<value>12.3456</value>", extra: str = ""
) -> bytes:
    return f"""<?xml version="1.0"?>
<ownershipDocument><documentType>{form}</documentType><periodOfReport>2026-04-20</periodOfReport>
<issuer><issuerCik>1234</issuerCik><issuerName>Acme &amp; Sons</issuerName>
<issuerTradingSymbol>ac.b</issuerTradingSymbol></issuer>{owners}
<nonDerivativeTable>{rows.replace("PRICE", price)}</nonDerivativeTable>{extra}
<ownerSignature><signatureDate>2026-04-22</signatureDate></ownerSignature></ownershipDocument>""".encode()


def test_a_filing_is_read_whole() -> None:
    filing = parse_form4(document(), accession="0000000001-26-000001").filing
    assert (filing.form, filing.issuer_cik, filing.issuer_name, filing.ticker) == (
        "4",
        "0000001234",
        "Acme & Sons",
        "AC-B",
    )
    (filer,) = filing.filers
    assert (filer.cik, filer.is_director, filer.is_officer, filer.officer_title) == ("0000000077", True, True, "CFO")
    (row,) = filing.transactions
    assert (row.date, row.code, row.acquired_disposed) == (date(2026, 4, 20), "P", "A")
    assert (row.shares, row.price, row.direct) == (1000.0, 12.3456, False)
    assert filing.accepted_at == datetime(2026, 4, 22, tzinfo=UTC)


def test_a_footnote_in_place_of_a_price_is_no_price() -> None:
    (row,) = parse_form4(document(price='<footnoteId id="F1"/>')).filing.transactions
    assert row.price is None


def test_a_row_that_says_too_little_is_left_out_and_said() -> None:
    parsed = parse_form4(document(rows=ROW + "<nonDerivativeTransaction/>"))
    assert len(parsed.filing.transactions) == 1
    assert parsed.left_out == ("row 2 of the table has no date and no code and no number of shares; it is left out",)


def test_the_submission_header_gives_time_and_the_issuers_sic() -> None:
    text = (
        b"""<ACCEPTANCE-DATETIME>20260422183012
ACCESSION NUMBER:\t\t0000000042-26-000007

REPORTING-OWNER:
\tSTANDARD INDUSTRIAL CLASSIFICATION:\tBLANK CHECKS [6770]

ISSUER:
\tCOMPANY DATA:
\t\tSTANDARD INDUSTRIAL CLASSIFICATION:\tSEMICONDUCTORS [3674]
<XML>
"""
        + document()
        + b"\n</XML>\n"
    )
    filing = parse_form4(text).filing
    assert filing.accepted_at == datetime(2026, 4, 22, 22, 30, 12, tzinfo=UTC)
    assert (filing.accession, filing.sic) == ("0000000042-26-000007", "3674")


def test_without_an_accession_number_the_content_is_its_name() -> None:
    assert parse_form4(document()).filing.accession == parse_form4(document()).filing.accession
    assert parse_form4(document()).filing.accession != parse_form4(document(price="<value>9</value>")).filing.accession


def test_a_document_without_an_accession_number_counts_once_beside_itself_with_one() -> None:
    numbered = parse_form4(document(), accession="0000000001-26-000001").filing
    assert effective_filings([parse_form4(document()).filing, numbered]) == (numbered,)


@pytest.mark.parametrize(
    ("extra", "plan"), [("", False), ("<aff10b5One>1</aff10b5One>", True), ("<aff10b5One>false</aff10b5One>", False)]
)
def test_the_plan_box_is_read(extra: str, plan: bool) -> None:
    assert parse_form4(document(extra=extra)).filing.plan_10b5_1 is plan


def test_before_the_box_a_footnote_told_of_the_plan() -> None:
    note = '<footnotes><footnote id="F1">Sold under a Rule 10b5-1 plan.</footnote></footnotes>'
    assert parse_form4(document(extra=note)).filing.plan_10b5_1


@pytest.mark.parametrize("form", ["3", "5", "4x"])
def test_other_forms_are_told_apart(form: str) -> None:
    with pytest.raises(NotForm4Error) as caught:
        parse_form4(document(form=form))
    assert caught.value.form == form


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not XML"),
        (b"<html><body>busy</body></html>", "its root is <html>"),
        (document()[:300], "not XML"),
        (document(owners=""), "no reporting owner"),
        (document().replace(b"<issuerCik>1234", b"<issuerCik>x"), "CIK of the issuer is 'x'"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><ownershipDocument/>', "DOCTYPE"),
        (b" " * (10 * 1024 * 1024 + 1), "more than 10,485,760 are not read"),
    ],
)
def test_what_cannot_be_read_says_why_in_one_line(content: bytes, reason: str) -> None:
    with pytest.raises(BadFilingError) as caught:
        parse_form4(content)
    assert reason in caught.value.reason
    assert "\n" not in caught.value.reason


@given(st.binary(max_size=300))
def test_no_bytes_break_it(noise: bytes) -> None:
    with pytest.raises((BadFilingError, NotForm4Error)):
        parse_form4(noise)


def test_every_real_filing_is_read_as_its_list_says() -> None:
    folder = real("form4")
    with (folder / "SOURCES.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    read = 0
    for row in rows:
        content = (folder / row["file"]).read_bytes()
        if row["form"] not in {"4", "4/A"}:
            with pytest.raises(NotForm4Error):
                parse_form4(content)
            continue
        filing = parse_form4(content).filing
        assert filing.issuer_cik == row["issuer_cik"].zfill(10)
        assert (len(filing.filers), len(filing.transactions)) == (int(row["owners"]), int(row["nonderiv_tx"])), row[
            "file"
        ]
        assert "4/A" not in row["form"] or filing.form == "4/A"
        read += 1
    assert read > 50


def test_real_submissions_give_acceptance_and_sic() -> None:
    filings = [parse_form4(file.read_bytes()).filing for file in sorted(real("edgar", "fulltxt").iterdir())]
    assert {one.ticker: one.sic for one in filings}["AAPL"] == "3571"
    assert all(one.sic and one.accepted_at.tzinfo for one in filings)
