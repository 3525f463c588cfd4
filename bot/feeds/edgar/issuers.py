"""Issuers as their filings describe them."""

from __future__ import annotations

from collections.abc import Iterable

from bot.feeds.sectors import classify
from scoring.model import Filing, Issuer


def issuers_of(filings: Iterable[Filing]) -> tuple[Issuer, ...]:
    """Issuers whose sector and industry are known from the SIC code in their newest filing, or by their CIK."""
    newest: dict[str, Filing] = {}
    for one in sorted(filings, key=lambda one: (one.sic is not None, one.accepted_at)):
        newest[one.issuer_cik] = one
    found = (Issuer(cik, one.issuer_name, one.ticker, *classify(one.sic, cik)) for cik, one in newest.items())
    return tuple(issuer for issuer in found if issuer.sector is not None or newest[issuer.cik].sic is not None)
