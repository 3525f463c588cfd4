"""The companies whose insiders file, and the tickers they are known by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, delete, exists, func, or_, select, update

from scoring.model import Filing, Issuer
from storage import bulk
from storage.batches import batches
from storage.tables import AsideRow, FilingRow, IssuerRow, ListedTickerRow


@dataclass(frozen=True, slots=True)
class Undescribed:
    """A filing of which the submission would tell its issuer's SIC code."""

    issuer_cik: str
    accession: str
    form: str
    accepted_at: datetime


class Issuers:
    """What is known of issuers, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_issuers(self, issuers: Sequence[Issuer]) -> None:
        """Store issuers with sector and industry.

        Of a known one, sector and industry are replaced where a sector is given. Its name and ticker are those of
        its newest filing; without any filing, they are replaced too.
        """
        if not issuers:
            return
        statement = bulk.insert(self._connection, IssuerRow)
        new, is_filed = statement.excluded, IssuerRow.filed_at.is_not(None)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["cik"],
                set_={
                    "name": case((is_filed, IssuerRow.name), else_=new.name),
                    "ticker": case((is_filed, func.coalesce(IssuerRow.ticker, new.ticker)), else_=new.ticker),
                    "sector": func.coalesce(new.sector, IssuerRow.sector),
                    "industry": case((new.sector.is_(None), IssuerRow.industry), else_=new.industry),
                },
            ),
            [
                {"cik": one.cik, "name": one.name, "ticker": one.ticker}
                | {"sector": one.sector, "industry": one.industry}
                for one in issuers
            ],
        )

    def put_sectors(self, sectors: Mapping[str, tuple[str | None, str | None]]) -> None:
        """Replace sector and industry of issuers by CIK; of those that are not stored, nothing is kept."""
        if not sectors:
            return
        self._connection.execute(
            update(IssuerRow)
            .where(IssuerRow.cik == bindparam("of"))
            .values(sector=bindparam("sector"), industry=bindparam("industry")),
            [{"of": cik, "sector": sector, "industry": industry} for cik, (sector, industry) in sectors.items()],
        )

    def sics(self, ciks: Collection[str]) -> dict[str, str]:
        """CIK → SIC code in the newest filing that has one, of the issuers asked for; a shell becomes a company."""
        found: dict[str, str] = {}
        for some in batches(sorted(ciks)):
            filed = select(FilingRow.issuer_cik, FilingRow.sic).where(
                FilingRow.issuer_cik.in_(some), FilingRow.sic.is_not(None)
            )
            for cik, sic in self._connection.execute(filed.order_by(FilingRow.accepted_at, FilingRow.accession)):
                found[cik] = sic or ""
        return found

    def undescribed(self, limit: int) -> tuple[Undescribed, ...]:
        """The newest filing of each of at most `limit` issuers without a sector and without a submission as filed."""
        submitted = exists().where(FilingRow.issuer_cik == IssuerRow.cik, FilingRow.source == "xml")
        readable = ~exists().where(AsideRow.accession == FilingRow.accession)
        ciks = (
            select(IssuerRow.cik)
            .where(
                IssuerRow.sector.is_(None),
                ~submitted,
                exists().where(FilingRow.issuer_cik == IssuerRow.cik, FilingRow.source == "bulk", readable),
            )
            .order_by(IssuerRow.filed_at.desc(), IssuerRow.cik)
            .limit(limit)
        )
        newest: dict[str, Undescribed] = {}
        for some in batches(self._connection.execute(ciks).scalars().all()):
            filed = select(FilingRow.issuer_cik, FilingRow.accession, FilingRow.form, FilingRow.accepted_at).where(
                FilingRow.issuer_cik.in_(some), FilingRow.source == "bulk", readable
            )
            for row in self._connection.execute(filed.order_by(FilingRow.accepted_at, FilingRow.accession)):
                newest[row.issuer_cik] = Undescribed(*row)
        return tuple(newest.values())

    def put_tickers(self, tickers: Mapping[str, Sequence[str]]) -> None:
        """Replace SEC's list of tickers: CIK (ten digits) → its tickers, in SEC's order."""
        self._connection.execute(delete(ListedTickerRow))
        rows = [
            {"cik": cik, "position": position, "ticker": ticker}
            for cik, own in tickers.items()
            for position, ticker in enumerate(own)
        ]
        if rows:
            self._connection.execute(bulk.insert(self._connection, ListedTickerRow), rows)

    def issuers(self, ciks: Collection[str] | None = None) -> dict[str, Issuer]:
        """CIK → issuer, for all or those asked for, with the ticker to show.

        Filers type symbols, and many type none or another's: what the newest filing says counts where SEC's list
        has it for the company, else the first ticker of that list, else what the newest filing says.
        """
        wanted = [None] if ciks is None else batches(sorted(ciks))
        found: dict[str, Issuer] = {}
        for some in wanted:
            issuers = select(IssuerRow.cik, IssuerRow.name, IssuerRow.ticker, IssuerRow.sector, IssuerRow.industry)
            listed = select(ListedTickerRow.cik, ListedTickerRow.ticker).order_by(
                ListedTickerRow.cik, ListedTickerRow.position
            )
            if some is not None:
                issuers = issuers.where(IssuerRow.cik.in_(some))
                listed = listed.where(ListedTickerRow.cik.in_(some))
            tickers: dict[str, list[str]] = defaultdict(list)
            for cik, ticker in self._connection.execute(listed):
                tickers[cik].append(ticker)
            for cik, name, filed, sector, industry in self._connection.execute(issuers):
                found[cik] = Issuer(cik, name, _shown(filed, tickers.get(cik, ())), sector, industry)
        return found

    def named(self, ticker: str) -> frozenset[str]:
        """The CIKs that a ticker means: those SEC lists under it, else those whose newest filing says so, else any.

        A ticker moves on from one company to another, so that an old filing's word counts last.
        """
        for found in (
            select(ListedTickerRow.cik).where(ListedTickerRow.ticker == ticker),
            select(IssuerRow.cik).where(IssuerRow.ticker == ticker),
            select(FilingRow.issuer_cik).where(FilingRow.ticker == ticker).distinct(),
        ):
            stored = select(IssuerRow.cik).where(IssuerRow.cik.in_(found))
            if ciks := frozenset(self._connection.execute(stored).scalars()):
                return ciks
        return frozenset()

    def _name_issuers(self, filings: Sequence[Filing]) -> None:
        """Store the issuers of filings; a known one takes name and ticker of the newest."""
        newest = {filing.issuer_cik: filing for filing in sorted(filings, key=lambda f: f.accepted_at)}
        statement = bulk.insert(self._connection, IssuerRow)
        new = statement.excluded
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["cik"],
                set_={"name": new.name, "ticker": new.ticker, "filed_at": new.filed_at},
                where=or_(IssuerRow.filed_at.is_(None), IssuerRow.filed_at <= new.filed_at),
            ),
            [
                {"cik": cik, "name": one.issuer_name, "ticker": one.ticker, "filed_at": one.accepted_at}
                for cik, one in newest.items()
            ],
        )


def _shown(filed: str | None, listed: Sequence[str]) -> str | None:
    if filed in listed or not listed:
        return filed
    return listed[0]
