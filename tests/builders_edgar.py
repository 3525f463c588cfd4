"""Made filings in the forms in which EDGAR gives them: submissions, pages of the current list, indexes, tickers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from xml.sax.saxutils import escape

from bot.feeds.edgar.hours import NEW_YORK
from bot.feeds.edgar.listing import Entry
from bot.feeds.edgar.settings import EdgarSettings
from scoring.model import Filer, Filing, InsiderTransaction

WEDNESDAY = datetime(2026, 11, 18, 21, tzinfo=UTC)  # 16:00 in New York, in the middle of EDGAR's day
SETTINGS = EdgarSettings(name="Tocsin Tests", email="tests@tocsin-tests.org")
_numbers = count(100_000)  # beyond those that tests choose


def made(
    accepted: datetime = WEDNESDAY,
    *,
    number: int | None = None,
    form: str = "4",
    issuer: int = 1,
    owners: Sequence[int] = (1,),
    sic: str | None = "3674",
    rows: Sequence[InsiderTransaction] | None = None,
) -> Filing:
    """A filing of so many owners, with one purchase unless `rows` says otherwise."""
    day = accepted.astimezone(NEW_YORK).date() - timedelta(days=2)
    bought = InsiderTransaction(0, "Common Stock", day, "P", "A", 1000.0, 12.5, 5000.0)
    return Filing(
        accession=f"{7000 + issuer:010d}-{accepted:%y}-{next(_numbers) if number is None else number:06d}",
        form=form,
        issuer_cik=f"{1000 + issuer:010d}",
        issuer_name=f"Made-up Company {issuer} & Sons",
        ticker=f"MC{issuer}",
        accepted_at=accepted,
        period=day,
        original_filed=day if form == "4/A" else None,
        plan_10b5_1=False,
        filers=tuple(Filer(f"{500_000 + n:010d}", f"Owner Number{n}", is_director=True) for n in owners),
        transactions=(bought,) if rows is None else tuple(rows),
        sic=sic,
    )


def several(amount: int, newest: datetime = WEDNESDAY, seconds: float = 8.0) -> list[Filing]:
    """Filings of as many issuers, newest first, accepted every so many seconds."""
    return [
        made(newest - timedelta(seconds=int(n * seconds)), issuer=n % 90 + 1, owners=(n + 1,)) for n in range(amount)
    ]


def entry_of(filing: Filing) -> Entry:
    """As a page of the current list has it."""
    cik = filing.filers[0].cik
    path = f"/Archives/edgar/data/{int(cik)}/{filing.accession}.txt"
    return Entry(filing.accession, filing.form, cik, filing.accepted_at, path)


def filed(filing: Filing) -> date:
    """The day of filing, in New York."""
    return filing.accepted_at.astimezone(NEW_YORK).date()


# --- the full submission ----------------------------------------------------------------------------------


def submission(filing: Filing) -> bytes:
    """The full-submission text, which parse_form4 reads back to the same filing."""
    accepted = filing.accepted_at.astimezone(NEW_YORK)
    owners = "".join(
        f"REPORTING-OWNER:\t\n\n\tOWNER DATA:\t\n\t\tCOMPANY CONFORMED NAME:\t\t\t{_ascii(one.name)}\n"
        f"\t\tCENTRAL INDEX KEY:\t\t\t{one.cik}\n\t\tSTANDARD INDUSTRIAL CLASSIFICATION:\tREAL ESTATE [6500]\n\n"
        for one in filing.filers
    )
    sic = f"\t\tSTANDARD INDUSTRIAL CLASSIFICATION:\tSOMETHING [{filing.sic}]\n" if filing.sic else ""
    return f"""<SEC-DOCUMENT>{filing.accession}.txt : {accepted:%Y%m%d}
<SEC-HEADER>{filing.accession}.hdr.sgml : {accepted:%Y%m%d}
<ACCEPTANCE-DATETIME>{accepted:%Y%m%d%H%M%S}
ACCESSION NUMBER:\t\t{filing.accession}
CONFORMED SUBMISSION TYPE:\t{filing.form}
PUBLIC DOCUMENT COUNT:\t\t1
FILED AS OF DATE:\t\t{accepted:%Y%m%d}

{owners}ISSUER:\t\t

\tCOMPANY DATA:\t
\t\tCOMPANY CONFORMED NAME:\t\t\t{_ascii(filing.issuer_name)}
\t\tCENTRAL INDEX KEY:\t\t\t{filing.issuer_cik}
{sic}</SEC-HEADER>
<DOCUMENT>
<TYPE>{filing.form}
<SEQUENCE>1
<FILENAME>form4.xml
<TEXT>
<XML>
<?xml version="1.0"?>
{document(filing)}
</XML>
</TEXT>
</DOCUMENT>
</SEC-DOCUMENT>
""".encode()


def document(filing: Filing) -> str:
    """The ownershipDocument."""
    original = "" if filing.original_filed is None else _tag("dateOfOriginalSubmission", filing.original_filed)
    period = "" if filing.period is None else _tag("periodOfReport", filing.period)
    issuer = (
        _tag("issuerCik", filing.issuer_cik)
        + _tag("issuerName", filing.issuer_name)
        + _tag("issuerTradingSymbol", filing.ticker or "NONE")
    )
    return (
        "<ownershipDocument>"
        f"<schemaVersion>X0508</schemaVersion>{_tag('documentType', filing.form)}{period}{original}"
        f"<issuer>{issuer}</issuer>{''.join(_owner(one) for one in filing.filers)}"
        f"{_tag('aff10b5One', int(filing.plan_10b5_1))}"
        f"<nonDerivativeTable>{''.join(_row(one) for one in filing.transactions)}</nonDerivativeTable>"
        "</ownershipDocument>"
    )


def _owner(filer: Filer) -> str:
    flags = {
        "isDirector": filer.is_director,
        "isOfficer": filer.is_officer,
        "isTenPercentOwner": filer.is_ten_percent_owner,
        "isOther": filer.is_other,
    }
    title = "" if filer.officer_title is None else _tag("officerTitle", filer.officer_title)
    return (
        f"<reportingOwner><reportingOwnerId>{_tag('rptOwnerCik', filer.cik)}{_tag('rptOwnerName', filer.name)}"
        f"</reportingOwnerId><reportingOwnerRelationship>"
        f"{''.join(_tag(name, int(value)) for name, value in flags.items())}{title}"
        "</reportingOwnerRelationship></reportingOwner>"
    )


def _row(row: InsiderTransaction) -> str:
    price = '<footnoteId id="F1"/>' if row.price is None else _tag("value", repr(row.price))
    after = "" if row.shares_after is None else _valued("sharesOwnedFollowingTransaction", repr(row.shares_after))
    nature = "" if row.nature is None else _valued("natureOfOwnership", row.nature)
    return (
        f"<nonDerivativeTransaction>{_valued('securityTitle', row.security_title)}{_valued('transactionDate', row.date)}"
        f"<transactionCoding>{_tag('transactionCode', row.code)}</transactionCoding>"
        f"<transactionAmounts>{_valued('transactionShares', repr(row.shares))}"
        f"<transactionPricePerShare>{price}</transactionPricePerShare>"
        f"{_valued('transactionAcquiredDisposedCode', row.acquired_disposed)}</transactionAmounts>"
        f"<postTransactionAmounts>{after}</postTransactionAmounts>"
        f"<ownershipNature>{_valued('directOrIndirectOwnership', 'D' if row.direct else 'I')}{nature}</ownershipNature>"
        "</nonDerivativeTransaction>"
    )


def _valued(name: str, value: object) -> str:
    return f"<{name}>{_tag('value', value)}</{name}>"


def _tag(name: str, value: object) -> str:
    return f"<{name}>{escape(str(value))}</{name}>"


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()


# --- lists ------------------------------------------------------------------------------------------------


def parties(filing: Filing) -> list[tuple[str, str, str]]:
    """(CIK, name, part) of each filer, the issuer last: what EDGAR lists, each on a row of its own."""
    owners = [(one.cik, one.name, "Reporting") for one in filing.filers]
    return [*owners, (filing.issuer_cik, filing.issuer_name, "Issuer")]


def current_page(filings: Iterable[Filing], start: int = 0, amount: int = 100) -> bytes:
    """A page of getcurrent over filings in the order of the list."""
    rows = [row for filing in filings for row in _atom_rows(filing)]
    return atom(rows[start : start + amount])


def atom(rows: Iterable[str]) -> bytes:
    """The feed around its entries."""
    head = '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n<title>Latest</title>'
    return (head + "\n".join(rows) + "\n</feed>\n").encode("latin-1")


def _atom_rows(filing: Filing) -> Iterator[str]:
    folder = filing.accession.replace("-", "")
    for cik, name, part in parties(filing):
        href = f"https://www.sec.gov/Archives/edgar/data/{int(cik)}/{folder}/{filing.accession}-index.htm"
        yield (
            f"<entry><title>{filing.form} - {escape(escape(name))} ({cik}) ({part})</title>"
            f'<link rel="alternate" type="text/html" href="{href}"/>'
            f'<summary type="html">&lt;b&gt;Filed:&lt;/b&gt; {filed(filing)}</summary>'
            f"<updated>{filing.accepted_at.astimezone(NEW_YORK).isoformat()}</updated>"
            f'<category scheme="https://www.sec.gov/" label="form type" term="{filing.form}"/>'
            f"<id>urn:tag:sec.gov,2008:accession-number={filing.accession}</id></entry>"
        )


def form_index(filings: Iterable[Filing], more: Sequence[str] = ()) -> bytes:
    """A form index with `more` lines among its rows."""
    columns = f"{'Form Type':<12}{'Company Name':<62}{'CIK':<12}{'Date Filed':<12}File Name"
    rows = [
        f"{filing.form:<12}{name:<62}{int(cik):<12}{filed(filing):%Y%m%d}    "
        f"edgar/data/{int(cik)}/{filing.accession}.txt         "
        for filing in filings
        for cik, name, _ in parties(filing)
    ]
    return "\n".join(
        ["Description: Daily Index by Form Type", "", columns, "-" * 140, *more, *sorted(rows), ""]
    ).encode()


def tickers_file(listed: Mapping[str, Sequence[str]]) -> bytes:
    """company_tickers.json of CIK → tickers."""
    rows = [
        {"cik_str": int(cik), "ticker": ticker, "title": f"COMPANY {cik}"}
        for cik, tickers in listed.items()
        for ticker in tickers
    ]
    return json.dumps({str(number): row for number, row in enumerate(rows)}).encode()
