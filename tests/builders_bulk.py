"""Quarterly data sets made of filings, as SEC writes them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from scoring.model import Filer, Filing

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
SUBMISSION = [
    "ACCESSION_NUMBER",
    "FILING_DATE",
    "PERIOD_OF_REPORT",
    "DATE_OF_ORIG_SUB",
    "NO_SECURITIES_OWNED",
    "NOT_SUBJECT_SEC16",
    "FORM3_HOLDINGS_REPORTED",
    "FORM4_TRANS_REPORTED",
    "DOCUMENT_TYPE",
    "ISSUERCIK",
    "ISSUERNAME",
    "ISSUERTRADINGSYMBOL",
    "REMARKS",
    "AFF10B5ONE",
]
OWNER = [
    "ACCESSION_NUMBER",
    "RPTOWNERCIK",
    "RPTOWNERNAME",
    "RPTOWNER_RELATIONSHIP",
    "RPTOWNER_TITLE",
    "RPTOWNER_TXT",
    "FILE_NUMBER",
]
TRADE = [
    "ACCESSION_NUMBER",
    "NONDERIV_TRANS_SK",
    "SECURITY_TITLE",
    "SECURITY_TITLE_FN",
    "TRANS_DATE",
    "TRANS_DATE_FN",
    "DEEMED_EXECUTION_DATE",
    "TRANS_FORM_TYPE",
    "TRANS_CODE",
    "EQUITY_SWAP_INVOLVED",
    "TRANS_TIMELINESS",
    "TRANS_SHARES",
    "TRANS_PRICEPERSHARE",
    "TRANS_PRICEPERSHARE_FN",
    "TRANS_ACQUIRED_DISP_CD",
    "SHRS_OWND_FOLWNG_TRANS",
    "VALU_OWND_FOLWNG_TRANS",
    "DIRECT_INDIRECT_OWNERSHIP",
    "NATURE_OF_OWNERSHIP",
]
FOOTNOTE = ["ACCESSION_NUMBER", "FOOTNOTE_ID", "FOOTNOTE_TXT"]
Tables = dict[str, list[list[str]]]  # name → rows, the head among them


def tables(filings: Iterable[Filing], *, boxed: bool = True) -> Tables:
    """The tables of a set; `boxed` False: of the time before April 2023, when only footnotes told of plans."""
    made: Tables = {
        "SUBMISSION": [SUBMISSION if boxed else SUBMISSION[:-1]],
        "REPORTINGOWNER": [OWNER],
        "NONDERIV_TRANS": [TRADE],
        "FOOTNOTES": [FOOTNOTE],
        "DERIV_TRANS": [["ACCESSION_NUMBER"]],
    }
    key = 100
    for one in filings:
        filed = one.accepted_at.astimezone(ZoneInfo("America/New_York")).date()
        row = {
            "FILING_DATE": written(filed),
            "PERIOD_OF_REPORT": written(one.period),
            "DATE_OF_ORIG_SUB": written(one.original_filed),
            "DOCUMENT_TYPE": one.form,
            "ISSUERCIK": one.issuer_cik,
            "ISSUERNAME": one.issuer_name,
            "ISSUERTRADINGSYMBOL": one.ticker or "NONE",
            "AFF10B5ONE": "1" if one.plan_10b5_1 else "0",
        }
        made["SUBMISSION"].append(_row(made["SUBMISSION"][0], one.accession, row))
        for filer in one.filers:
            row = {
                "RPTOWNERCIK": filer.cik,
                "RPTOWNERNAME": filer.name,
                "RPTOWNER_RELATIONSHIP": _relationship(filer),
                "RPTOWNER_TITLE": filer.officer_title or "",
            }
            made["REPORTINGOWNER"].append(_row(OWNER, one.accession, row))
        for trade in one.transactions:
            key += 1
            row = {
                "NONDERIV_TRANS_SK": str(key),
                "SECURITY_TITLE": trade.security_title,
                "TRANS_DATE": written(trade.date),
                "TRANS_CODE": trade.code,
                "TRANS_SHARES": f"{trade.shares:.2f}",
                "TRANS_PRICEPERSHARE": "" if trade.price is None else f"{trade.price:.2f}",
                "TRANS_ACQUIRED_DISP_CD": trade.acquired_disposed,
                "SHRS_OWND_FOLWNG_TRANS": "" if trade.shares_after is None else f"{trade.shares_after:.2f}",
                "DIRECT_INDIRECT_OWNERSHIP": "D" if trade.direct else "I",
                "NATURE_OF_OWNERSHIP": trade.nature or "",
            }
            made["NONDERIV_TRANS"].append(_row(TRADE, one.accession, row))
        if one.plan_10b5_1 and not boxed:
            made["FOOTNOTES"].append([one.accession, "F1", "Sold under a Rule 10b5-1 trading plan."])
    return made


def packed(made: Mapping[str, Sequence[Sequence[str]]], ending: str = ".tsv") -> bytes:
    """The zip of a set."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in made.items():
            archive.writestr(name + ending, "".join("\t".join(row) + "\n" for row in rows))
    return target.getvalue()


def page(*links: str) -> str:
    """The page that lists data sets."""
    rows = "".join(f'<tr><td><a href="{link}" download>{link[-20:]}</a></td><td>12.5 MB</td></tr>' for link in links)
    return f'<html><body><table class="list">{rows}</table><a href="/files/form345.pdf">Read me</a></body></html>'


def written(day: date | None) -> str:
    """A date as 31-MAR-2026."""
    return "" if day is None else f"{day.day:02d}-{MONTHS[day.month - 1]}-{day.year}"


def _row(head: Sequence[str], accession: str, values: Mapping[str, str]) -> list[str]:
    return [accession if name == "ACCESSION_NUMBER" else values.get(name, "") for name in head]


def _relationship(filer: Filer) -> str:
    said = {
        "Director": filer.is_director,
        "Officer": filer.is_officer,
        "TenPercentOwner": filer.is_ten_percent_owner,
        "Other": filer.is_other,
    }
    return ",".join(name for name, is_said in said.items() if is_said)
