"""Insiders' trades as the search for clusters reads them: a window of time, some issuers at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select

from scoring.model import Filer, Filing, InsiderTransaction
from storage.batches import batches
from storage.bulk import FETCHED
from storage.filed import FILER_FIELDS, FILING_FIELDS, TRANSACTION_FIELDS
from storage.tables import FilerRow, FilingRow, InsiderTransactionRow


class Trades:
    """Filings read back, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def candidates(
        self, since: date, until: date, known_at: datetime, *, min_filers: int, codes: Collection[str]
    ) -> frozenset[str]:
        """The CIKs of issuers that can have a cluster: enough different filers of trades of these codes.

        Filers are not yet owners: joining them can only make them fewer. Ask once for each side.
        """
        traded = exists().where(
            InsiderTransactionRow.filing_id == FilingRow.id,
            InsiderTransactionRow.code.in_(sorted(codes)),
            InsiderTransactionRow.date.between(since, until),
        )
        # An expression, or SQLite would walk through all filings in the order of the issuers' index.
        cik = FilingRow.issuer_cik.concat("").label("cik")
        found = (
            select(cik)
            .join(FilerRow, FilerRow.filing_id == FilingRow.id)
            .where(FilingRow.last_trade >= since, FilingRow.accepted_at <= known_at, traded)
            .group_by(cik)
            .having(func.count(FilerRow.cik.distinct()) >= min_filers)
        )
        return frozenset(self._connection.execute(found).scalars())

    def window(self, since: date, known_at: datetime, ciks: Collection[str] | None = None) -> tuple[Filing, ...]:
        """Filings accepted by `known_at` that hold a trade on or after `since`, with every amendment.

        All 4/A of the time since are given too, whatever they hold, for they may take trades back. `ciks`: of these
        issuers only.
        """
        inside = _inside(since, known_at)
        if ciks is None:
            found = self._load(inside)
        else:
            found = [
                filing
                for some in batches(sorted(ciks))
                for filing in self._load(and_(FilingRow.issuer_cik.in_(some), inside))
            ]
        return tuple(sorted(found, key=lambda filing: (filing.accepted_at, filing.accession)))

    def windows(
        self, since: date, known_at: datetime, ciks: Collection[str] | None = None
    ) -> Iterator[tuple[Filing, ...]]:
        """What `window` gives, some hundred issuers at a time, so that no year is in memory whole."""
        inside = _inside(since, known_at)
        if ciks is None:
            ciks = self._connection.execute(select(FilingRow.issuer_cik).where(inside).distinct()).scalars().all()
        for some in batches(sorted(ciks)):
            found = self._load(and_(FilingRow.issuer_cik.in_(some), inside))
            yield tuple(sorted(found, key=lambda filing: (filing.accepted_at, filing.accession)))

    def _load(self, inside: ColumnElement[bool]) -> list[Filing]:
        """Filings with filers and rows, in no order."""
        texts, days = _Texts(), _Days()
        filers = self._filers(inside)
        transactions = self._transactions(inside, texts, days)
        columns = [getattr(FilingRow, name) for name in FILING_FIELDS]
        found = []
        for filing_id, *values in self._rows(select(FilingRow.id, *columns).where(inside)):
            accession, form, cik, name, ticker, accepted_at, period, original, plan, sic, source = values
            found.append(
                Filing(
                    accession=accession,
                    form=texts[form],
                    issuer_cik=texts[cik],
                    issuer_name=texts[name],
                    ticker=texts[ticker],
                    accepted_at=datetime.fromtimestamp(accepted_at, UTC),
                    period=days[period],
                    original_filed=days[original],
                    plan_10b5_1=bool(plan),
                    filers=filers.get(filing_id, ()),
                    transactions=tuple(transactions.pop(filing_id, ())),
                    sic=texts[sic],
                    source=texts[source],
                )
            )
        return found

    def _filers(self, inside: ColumnElement[bool]) -> dict[int, tuple[Filer, ...]]:
        """Filing → filers; those who file again and again are one object."""
        same: dict[tuple[Any, ...], tuple[Filer, ...]] = {}
        found: dict[int, tuple[Filer, ...]] = {}
        for filing_id, *values in self._rows(_of_filings(FilerRow, FilerRow.position, FILER_FIELDS, inside)):
            cik, name, director, officer, ten_percent, other, title = values
            before = found.get(filing_id, ())
            key = (before, *values)
            if key not in same:
                one = Filer(cik, name, bool(director), bool(officer), bool(ten_percent), bool(other), title)
                same[key] = (*before, one)
            found[filing_id] = same[key]
        return found

    def _transactions(
        self, inside: ColumnElement[bool], texts: _Texts, days: _Days
    ) -> dict[int, list[InsiderTransaction]]:
        found: dict[int, list[InsiderTransaction]] = defaultdict(list)
        statement = _of_filings(InsiderTransactionRow, InsiderTransactionRow.row, TRANSACTION_FIELDS, inside)
        for filing_id, row, title, day, code, ad, shares, price, after, direct, nature in self._rows(statement):
            found[filing_id].append(
                InsiderTransaction(
                    row,
                    texts[title],
                    days[day],
                    texts[code],
                    texts[ad],
                    shares,
                    price,
                    after,
                    bool(direct),
                    texts[nature],
                )
            )
        return found

    def _rows(self, statement: Select[*tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Rows as the driver gives them: SQLAlchemy's own conversions take longer than the query."""
        cursor = self._connection.execute(statement).cursor
        while cursor is not None and (rows := cursor.fetchmany(FETCHED)):
            yield from rows


class _Texts(dict[Any, Any]):
    """Equal texts as one object: a year of trades repeats its names and titles."""

    def __missing__(self, text: Any) -> Any:
        self[text] = text
        return text


class _Days(dict[Any, Any]):
    """Dates of what the driver gives, dates or ISO texts."""

    def __missing__(self, day: Any) -> Any:
        self[day] = date.fromisoformat(day) if isinstance(day, str) else day
        return self[day]


def _inside(since: date, known_at: datetime) -> ColumnElement[bool]:
    amended = and_(FilingRow.form == "4/A", FilingRow.accepted_at >= datetime.combine(since, time(), UTC))
    return and_(FilingRow.accepted_at <= known_at, or_(FilingRow.last_trade >= since, amended))


def _of_filings(
    table: Any, position: Any, names: Sequence[str], inside: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    columns = [getattr(table, name) for name in names]
    return (
        select(table.filing_id, *columns)
        .join(FilingRow, FilingRow.id == table.filing_id)
        .where(inside)
        .order_by(table.filing_id, position)
    )
