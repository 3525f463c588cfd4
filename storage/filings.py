"""Form 4 filings and their issuers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select

from scoring.model import Filer, Filing, InsiderTransaction, Issuer
from storage import bulk
from storage.added import Added
from storage.tables import FilerRow, FilingRow, InsiderTransactionRow, IssuerRow

FILER_FIELDS = (
    "cik",
    "name",
    "is_director",
    "is_officer",
    "is_ten_percent_owner",
    "is_other",
    "officer_title",
)
TRANSACTION_FIELDS = (
    "row",
    "security_title",
    "date",
    "code",
    "acquired_disposed",
    "shares",
    "price",
    "shares_after",
    "direct",
    "nature",
)
FILING_FIELDS = (
    "accession",
    "form",
    "issuer_cik",
    "issuer_name",
    "ticker",
    "accepted_at",
    "period",
    "original_filed",
    "plan_10b5_1",
    "sic",
)
T = TypeVar("T")
BATCH = 500  # ids in one IN list


class Filings:
    """What is known of insiders' trades, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, filings: Sequence[Filing]) -> Added:
        """Store filings; an accession number that is known already changes nothing."""
        fresh = self._unknown(filings)
        if not fresh:
            return Added(len(filings), 0)
        self._put_missing_issuers(fresh)
        self._connection.execute(bulk.insert(self._connection, FilingRow), [_filing_values(filing) for filing in fresh])
        ids = self._ids([filing.accession for filing in fresh])
        filers = [
            {"filing_id": ids[filing.accession], "position": position}
            | {name: getattr(filer, name) for name in FILER_FIELDS}
            for filing in fresh
            for position, filer in enumerate(filing.filers)
        ]
        transactions = [
            {"filing_id": ids[filing.accession]} | {name: getattr(transaction, name) for name in TRANSACTION_FIELDS}
            for filing in fresh
            for transaction in filing.transactions
        ]
        for table, rows in ((FilerRow, filers), (InsiderTransactionRow, transactions)):
            if rows:
                self._connection.execute(bulk.insert(self._connection, table), rows)
        return Added(len(filings), len(fresh))

    def put_issuers(self, issuers: Sequence[Issuer]) -> None:
        """Store issuers with sector and industry; known ones take the newer values."""
        if not issuers:
            return
        statement = bulk.insert(self._connection, IssuerRow)
        names = ("name", "ticker", "sector", "industry")
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["cik"], set_={name: statement.excluded[name] for name in names}
            ),
            [{"cik": issuer.cik} | {name: getattr(issuer, name) for name in names} for issuer in issuers],
        )

    def window(self, since: date, known_at: datetime) -> tuple[Filing, ...]:
        """Filings accepted by `known_at` that hold a trade on or after `since`, with every amendment.

        All 4/A of the time since are given too, whatever they hold, for they may take trades back.
        """
        inside = (FilingRow.last_trade >= since) | (
            (FilingRow.form == "4/A") & (FilingRow.accepted_at >= _midnight(since))
        )
        rows = self._connection.execute(
            select(FilingRow.id, *(getattr(FilingRow, name) for name in FILING_FIELDS))
            .where(FilingRow.accepted_at <= known_at, inside)
            .order_by(FilingRow.accepted_at, FilingRow.accession)
        ).all()
        filers = self._filers([row.id for row in rows])
        transactions = self._transactions([row.id for row in rows])
        return tuple(
            Filing(
                **{name: getattr(row, name) for name in FILING_FIELDS},
                filers=tuple(filers[row.id]),
                transactions=tuple(transactions[row.id]),
            )
            for row in rows
        )

    def issuers(self) -> dict[str, Issuer]:
        """CIK → issuer, for all."""
        rows = self._connection.execute(
            select(IssuerRow.cik, IssuerRow.name, IssuerRow.ticker, IssuerRow.sector, IssuerRow.industry)
        )
        return {row.cik: Issuer(*row) for row in rows}

    def newest(self, now: datetime) -> datetime | None:
        """When the newest filing known at `now` was accepted."""
        newest = select(func.max(FilingRow.accepted_at)).where(FilingRow.accepted_at <= now)
        return self._connection.execute(newest).scalar_one()

    def count(self) -> int:
        """How many filings are stored."""
        return self._connection.execute(select(func.count()).select_from(FilingRow)).scalar_one()

    def _unknown(self, filings: Sequence[Filing]) -> list[Filing]:
        by_accession = {filing.accession: filing for filing in reversed(filings)}
        known = self._ids(list(by_accession))
        return [filing for accession, filing in reversed(by_accession.items()) if accession not in known]

    def _put_missing_issuers(self, filings: Sequence[Filing]) -> None:
        newest = {filing.issuer_cik: filing for filing in sorted(filings, key=lambda f: f.accepted_at)}
        self._connection.execute(
            bulk.insert(self._connection, IssuerRow).on_conflict_do_nothing(),
            [
                {"cik": cik, "name": f.issuer_name, "ticker": f.ticker, "sector": None, "industry": None}
                for cik, f in newest.items()
            ],
        )

    def _ids(self, accessions: Sequence[str]) -> dict[str, int]:
        ids: dict[str, int] = {}
        for some in _batches(accessions):
            rows = self._connection.execute(
                select(FilingRow.accession, FilingRow.id).where(FilingRow.accession.in_(some))
            )
            ids.update((accession, i) for accession, i in rows)
        return ids

    def _filers(self, ids: Sequence[int]) -> dict[int, list[Filer]]:
        found: dict[int, list[Filer]] = defaultdict(list)
        for some in _batches(ids):
            rows = self._connection.execute(
                select(FilerRow.filing_id, *(getattr(FilerRow, name) for name in FILER_FIELDS))
                .where(FilerRow.filing_id.in_(some))
                .order_by(FilerRow.filing_id, FilerRow.position)
            )
            for filing_id, *values in rows:
                found[filing_id].append(Filer(*values))
        return found

    def _transactions(self, ids: Sequence[int]) -> dict[int, list[InsiderTransaction]]:
        found: dict[int, list[InsiderTransaction]] = defaultdict(list)
        for some in _batches(ids):
            rows = self._connection.execute(
                select(
                    InsiderTransactionRow.filing_id,
                    *(getattr(InsiderTransactionRow, name) for name in TRANSACTION_FIELDS),
                )
                .where(InsiderTransactionRow.filing_id.in_(some))
                .order_by(InsiderTransactionRow.filing_id, InsiderTransactionRow.row)
            )
            for filing_id, *values in rows:
                found[filing_id].append(InsiderTransaction(*values))
        return found


def _filing_values(filing: Filing) -> dict[str, Any]:
    last_trade = max((transaction.date for transaction in filing.transactions), default=None)
    return {name: getattr(filing, name) for name in FILING_FIELDS} | {"last_trade": last_trade}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
