"""Form 4 as filed → Filing (pure). Why not a library: docs/adr/0002-own-form4-parser.md."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from xml.etree.ElementTree import Element, ParseError
from zoneinfo import ZoneInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.errors import TocsinError
from bot.feeds.tickers import clean_ticker
from scoring.model import UNNUMBERED, Filer, Filing, InsiderTransaction

LARGEST = 10 * 1024 * 1024  # bytes; the largest real ones are a few hundred kB
FORMS = ("4", "4/A")
BEGIN, END = b"<ownershipDocument", b"</ownershipDocument>"
ACCEPTED = re.compile(r"<ACCEPTANCE-DATETIME>(\d{14})")
PLAN = re.compile(r"10b5-?1", re.IGNORECASE)
NEW_YORK = ZoneInfo("America/New_York")  # EDGAR's clock


class NotForm4Error(TocsinError):
    """Another ownership form (3, 5, ...): nothing wrong with it, and not ours."""

    def __init__(self, form: str) -> None:
        super().__init__(f"this is a Form {form}; only 4 and 4/A are read")
        self.form = form


class BadFilingError(TocsinError):
    """A filing that cannot be read, with the reason in one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ParsedFiling:
    """A filing, and the rows in it that say too little to be used."""

    filing: Filing
    left_out: tuple[str, ...]


def parse_form4(content: bytes, *, accession: str | None = None) -> ParsedFiling:
    """Read an ownershipDocument, bare or inside EDGAR's full submission text.

    The submission's header gives the time of acceptance and the issuer's SIC. Bare XML has neither: then the
    filing counts as known from its latest signature date, 00:00 UTC, or else from its period of report.
    Without an accession number the content's hash takes its place, so that reading twice gives one filing.
    Raises NotForm4Error for other forms and BadFilingError for what cannot be read.
    """
    root = _root(content)
    form = _text(root, "documentType") or "(none)"
    if form not in FORMS:
        raise NotForm4Error(form)
    header = content[: content.find(b"<XML>")].decode("latin-1") if b"<XML>" in content else ""
    filers = tuple(_filer(owner) for owner in root.iterfind("reportingOwner"))
    if not filers:
        raise BadFilingError("it names no reporting owner")
    left_out: list[str] = []
    period = _date(_text(root, "periodOfReport"))
    filing = Filing(
        accession=_header(header, "ACCESSION NUMBER:") or accession or _hashed(content),
        form=form,
        issuer_cik=_cik(_text(root, "issuer/issuerCik"), "the issuer"),
        issuer_name=_text(root, "issuer/issuerName") or "(unnamed issuer)",
        ticker=clean_ticker(_text(root, "issuer/issuerTradingSymbol")),
        accepted_at=_accepted(header, root, period),
        period=period,
        original_filed=_date(_text(root, "dateOfOriginalSubmission")),
        plan_10b5_1=_is_plan(root),
        filers=filers,
        transactions=tuple(_transactions(root, left_out)),
        sic=_issuer_sic(header),
        source="xml" if ACCEPTED.search(header) else "bare",
    )
    return ParsedFiling(filing, tuple(left_out))


def _root(content: bytes) -> Element:
    if len(content) > LARGEST:
        raise BadFilingError(f"it has {len(content):,} bytes; more than {LARGEST:,} are not read")
    try:
        root = fromstring(_document(content).strip(), forbid_dtd=True)
    except DefusedXmlException as error:
        raise BadFilingError("it has a DOCTYPE or entities, which no filing needs") from error
    except (ParseError, ValueError, LookupError) as error:
        raise BadFilingError(f"it is not XML: {error}") from error
    for element in root.iter():
        # Some filings declare a namespace, none needs one.
        element.tag = element.tag.rpartition("}")[2]
    if root.tag != "ownershipDocument":
        raise BadFilingError(f"its root is <{root.tag[:40]}> and not <ownershipDocument>")
    return root


def _document(content: bytes) -> bytes:
    """The XML inside a submission; the content itself where it is none."""
    begin = content.find(BEGIN) if b"<XML>" in content else -1
    end = content.find(END, begin)
    return content if begin < 0 or end < 0 else content[begin : end + len(END)]


def _transactions(root: Element, left_out: list[str]) -> Iterator[InsiderTransaction]:
    rows = root.iterfind("nonDerivativeTable/nonDerivativeTransaction")
    for number, row in enumerate(rows):
        day = _date(_value(row, "transactionDate"))
        code = _text(row, "transactionCoding/transactionCode")
        shares = _number(_value(row, "transactionAmounts/transactionShares"))
        if day is None or code is None or shares is None:
            missing = [
                name for name, got in (("date", day), ("code", code), ("number of shares", shares)) if got is None
            ]
            left_out.append(f"row {number + 1} of the table has no {' and no '.join(missing)}; it is left out")
            continue
        yield InsiderTransaction(
            row=number,
            security_title=_value(row, "securityTitle") or "",
            date=day,
            code=code,
            acquired_disposed=_value(row, "transactionAmounts/transactionAcquiredDisposedCode") or "",
            shares=shares,
            price=_number(_value(row, "transactionAmounts/transactionPricePerShare")),
            shares_after=_number(_value(row, "postTransactionAmounts/sharesOwnedFollowingTransaction")),
            direct=(_value(row, "ownershipNature/directOrIndirectOwnership") or "D").upper() != "I",
            nature=_value(row, "ownershipNature/natureOfOwnership"),
        )


def _filer(owner: Element) -> Filer:
    relationship = owner.find("reportingOwnerRelationship")

    def is_set(name: str) -> bool:
        return relationship is not None and _flag(_text(relationship, name))

    return Filer(
        cik=_cik(_text(owner, "reportingOwnerId/rptOwnerCik"), "a reporting owner"),
        name=_text(owner, "reportingOwnerId/rptOwnerName") or "(unnamed owner)",
        is_director=is_set("isDirector"),
        is_officer=is_set("isOfficer"),
        is_ten_percent_owner=is_set("isTenPercentOwner"),
        is_other=is_set("isOther"),
        officer_title=None if relationship is None else _text(relationship, "officerTitle"),
    )


def _is_plan(root: Element) -> bool:
    box = _text(root, "aff10b5One")
    if box is not None:
        return _flag(box)
    # The box exists since April 2023; before, only a footnote told.
    return any(PLAN.search("".join(note.itertext())) for note in root.iterfind("footnotes/footnote"))


def _accepted(header: str, root: Element, period: date | None) -> datetime:
    match = ACCEPTED.search(header)
    if match:
        local = datetime.strptime(match.group(1), "%Y%m%d%H%M%S").replace(tzinfo=NEW_YORK)
        return local.astimezone(UTC)
    signed = [_date(_text(one, "signatureDate")) for one in root.iterfind("ownerSignature")]
    day = max((one for one in signed if one is not None), default=period)
    if day is None:
        raise BadFilingError("it has neither a time of acceptance, nor a signature date, nor a period")
    return datetime.combine(day, time(), UTC)


def _issuer_sic(header: str) -> str | None:
    """The SIC of the ISSUER block: corporate owners have blocks, and SICs, of their own."""
    issuer = re.search(r"^ISSUER:(.*?)(?=^\S|\Z)", header, re.DOTALL | re.MULTILINE)
    if issuer is None:
        return None
    sic = re.search(r"STANDARD INDUSTRIAL CLASSIFICATION:[^\n]*\[(\d{4})\]", issuer.group(1))
    return sic.group(1) if sic else None


def _header(header: str, label: str) -> str | None:
    match = re.search(rf"^{re.escape(label)}\s*(\S+)", header, re.MULTILINE)
    return match.group(1) if match else None


def _hashed(content: bytes) -> str:
    return f"{UNNUMBERED}{hashlib.sha256(content).hexdigest()[:16]}"


def _cik(text: str | None, whose: str) -> str:
    digits = (text or "").strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 10:
        raise BadFilingError(f"the CIK of {whose} is {text!r}, not a number")
    return digits.zfill(10)


def _text(element: Element, path: str) -> str | None:
    found = element.findtext(path)
    return found.strip() or None if found is not None else None


def _value(element: Element, path: str) -> str | None:
    """The <value> inside; None where only a footnote stands."""
    return _text(element, f"{path}/value")


def _number(text: str | None) -> float | None:
    try:
        number = float((text or "").replace(",", ""))
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _date(text: str | None) -> date | None:
    """A date, which may carry a zone (2024-07-19-05:00)."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _flag(text: str | None) -> bool:
    return (text or "").strip().lower() in {"1", "true", "y", "yes"}
