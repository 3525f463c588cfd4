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
        found = (
            select(FilingRow.issuer_cik)
            .join(FilerRow, FilerRow.filing_id == FilingRow.id)
            .where(FilingRow.last_trade >= since, FilingRow.accepted_at <= known_at, traded)
            .group_by(FilingRow.issuer_cik)
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
        same = _Same()
        filers: dict[int, list[Filer]] = defaultdict(list)
        for filing_id, *values in self._rows(_of_filings(FilerRow, FilerRow.position, FILER_FIELDS, inside)):
            filers[filing_id].append(same.filer(values))
        transactions: dict[int, list[InsiderTransaction]] = defaultdict(list)
        statement = _of_filings(InsiderTransactionRow, InsiderTransactionRow.row, TRANSACTION_FIELDS, inside)
        for filing_id, row, title, day, code, ad, shares, price, after, direct, nature in self._rows(statement):
            transactions[filing_id].append(
                InsiderTransaction(
                    row,
                    same.text(title),
                    same.day(day),
                    same.text(code),
                    same.text(ad),
                    shares,
                    price,
                    after,
                    bool(direct),
                    same.text(nature),
                )
            )
        columns = [getattr(FilingRow, name) for name in FILING_FIELDS]
        found = []
        for filing_id, *values in self._rows(select(FilingRow.id, *columns).where(inside)):
            accession, form, cik, name, ticker, accepted_at, period, original, plan, sic, source = values
            found.append(
                Filing(
                    accession=accession,
                    form=same.text(form),
                    issuer_cik=same.text(cik),
                    issuer_name=same.text(name),
                    ticker=same.text(ticker),
                    accepted_at=datetime.fromtimestamp(accepted_at, UTC),
                    period=same.day(period),
                    original_filed=same.day(original),
                    plan_10b5_1=bool(plan),
                    filers=same.filers(filers.pop(filing_id, [])),
                    transactions=tuple(transactions.pop(filing_id, ())),
                    sic=same.text(sic),
                    source=same.text(source),
                )
            )
        return found

    def _rows(self, statement: Select[*tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Rows as the driver gives them: SQLAlchemy's own conversions take longer than the query."""
        cursor = self._connection.execute(statement).cursor
        while cursor is not None and (rows := cursor.fetchmany(FETCHED)):
            yield from rows


class _Same:
    """Equal values as one object: a year of trades repeats its names, titles and days."""

    def __init__(self) -> None:
        self._texts: dict[Any, Any] = {}
        self._days: dict[Any, Any] = {None: None}
        self._filers: dict[tuple[Any, ...], Filer] = {}
        self._groups: dict[tuple[int, ...], tuple[Filer, ...]] = {}

    def text(self, value: Any) -> Any:
        """A text, or None."""
        return self._texts.setdefault(value, value)

    def day(self, value: Any) -> Any:
        """A date that the driver gives as a date, or as ISO text."""
        found = self._days.get(value)
        if found is None and value is not None:
            found = self._days[value] = date.fromisoformat(value) if isinstance(value, str) else value
        return found

    def filer(self, values: Sequence[Any]) -> Filer:
        """A filer from the columns of its row."""
        key = tuple(values)
        found = self._filers.get(key)
        if found is None:
            cik, name, director, officer, ten_percent, other, title = key
            found = Filer(cik, name, bool(director), bool(officer), bool(ten_percent), bool(other), title)
            self._filers[key] = found
        return found

    def filers(self, filers: list[Filer]) -> tuple[Filer, ...]:
        """The filers of one filing; those of one company file again and again."""
        key = tuple(map(id, filers))
        return self._groups.setdefault(key, tuple(filers))


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
