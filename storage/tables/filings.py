"""Form 4 filings, their issuers, and how far EDGAR has been read."""

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
    filed_at: Mapped[datetime | None]  # acceptance of the newest filing: name and ticker are as it says


class ListedTickerRow(Table):
    """A ticker that SEC's list gives to a company."""

    __tablename__ = "listed_ticker"
    __table_args__ = (WITHOUT_ROWID,)
    cik: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # in SEC's order, from 0
    ticker: Mapped[str] = mapped_column(index=True)


class FilingRow(Table):
    """A Form 4 or 4/A."""

    __tablename__ = "filing"
    id: Mapped[int] = mapped_column(primary_key=True)
    accession: Mapped[str] = mapped_column(unique=True)
    form: Mapped[str]
    issuer_cik: Mapped[str] = mapped_column(ForeignKey("issuer.cik"), index=True)
    issuer_name: Mapped[str]
    ticker: Mapped[str | None] = mapped_column(index=True)
    accepted_at: Mapped[datetime] = mapped_column(index=True)
    period: Mapped[date | None]
    original_filed: Mapped[date | None]
    plan_10b5_1: Mapped[bool]
    sic: Mapped[str | None]
    last_trade: Mapped[date | None] = mapped_column(index=True)  # latest transaction date in the filing
    source: Mapped[str] = mapped_column(server_default="xml")  # scoring.model.Filing.source


class AsideRow(Table):
    """A filing that cannot be read."""

    __tablename__ = "aside"
    accession: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    url: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)


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


class EdgarDayRow(Table):
    """How far one day's index of EDGAR has been read."""

    __tablename__ = "edgar_day"
    day: Mapped[date] = mapped_column(primary_key=True)
    filings: Mapped[int]  # that the index lists
    missing: Mapped[int]  # of these, neither stored nor set aside
    complete: Mapped[bool]
    asked_at: Mapped[datetime]


class EdgarSetRow(Table):
    """A quarterly data set that is stored whole."""

    __tablename__ = "edgar_set"
    name: Mapped[str] = mapped_column(primary_key=True)  # "2026q2"
    at: Mapped[datetime]
