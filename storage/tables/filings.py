"""Form 4 filings and their issuers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import WITHOUT_ROWID, Table


class IssuerRow(Table):
    """A company whose insiders file."""

    __tablename__ = "issuer"
    cik: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    ticker: Mapped[str | None] = mapped_column(index=True)
    sector: Mapped[str | None]
    industry: Mapped[str | None]


class FilingRow(Table):
    """A Form 4 or 4/A."""

    __tablename__ = "filing"
    id: Mapped[int] = mapped_column(primary_key=True)
    accession: Mapped[str] = mapped_column(unique=True)
    form: Mapped[str]
    issuer_cik: Mapped[str] = mapped_column(ForeignKey("issuer.cik"), index=True)
    issuer_name: Mapped[str]
    ticker: Mapped[str | None]
    accepted_at: Mapped[datetime] = mapped_column(index=True)
    period: Mapped[date | None]
    original_filed: Mapped[date | None]
    plan_10b5_1: Mapped[bool]
    sic: Mapped[str | None]
    last_trade: Mapped[date | None] = mapped_column(index=True)  # latest transaction date in the filing


class FilerRow(Table):
    """A reporting owner of a filing."""

    __tablename__ = "filer"
    __table_args__ = (WITHOUT_ROWID,)
    filing_id: Mapped[int] = mapped_column(
        ForeignKey("filing.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cik: Mapped[str]
    name: Mapped[str]
    is_director: Mapped[bool]
    is_officer: Mapped[bool]
    is_ten_percent_owner: Mapped[bool]
    is_other: Mapped[bool]
    officer_title: Mapped[str | None]


class InsiderTransactionRow(Table):
    """A row of the non-derivative table of a filing."""

    __tablename__ = "insider_transaction"
    __table_args__ = (WITHOUT_ROWID,)
    filing_id: Mapped[int] = mapped_column(
        ForeignKey("filing.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    security_title: Mapped[str]
    date: Mapped[date]
    code: Mapped[str]
    acquired_disposed: Mapped[str]
    shares: Mapped[float]
    price: Mapped[float | None]  # USD per share
    shares_after: Mapped[float | None]
    direct: Mapped[bool]
    nature: Mapped[str | None]
