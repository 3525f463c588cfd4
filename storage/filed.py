"""Filings as they come in: what is stored, what is set aside, and what of it is new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from scoring.model import Aside, Filing
from storage import bulk
from storage.added import Added
from storage.batches import batches
from storage.issuers import Issuers
from storage.tables import AsideRow, FilerRow, FilingRow, InsiderTransactionRow

FILER_FIELDS = ("cik", "name", "is_director", "is_officer", "is_ten_percent_owner", "is_other", "officer_title")
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
    "source",
)
# How much a source knows. Bare XML guesses when a filing was accepted, which decides what an amendment amends and
# what was known at an instant; a data set knows the day, and rounds prices to cents; the submission knows all.
SLIP = timedelta(days=30)
RANK = {"bare": 0, "bulk": 1, "xml": 2}


class Filed(Issuers):
    """Filings written and counted, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._connection = connection

    def add(self, filings: Sequence[Filing]) -> Added:
        """Store filings; a known accession number changes nothing, unless it is now read from a better source.

        Then the filing is stored anew, with an id of its own, and counts as new. Better than bare XML is a bulk data
        set, and better than that the submission as filed.
        """
        fresh, replaced = self._fresh(filings)
        if not fresh:
            return Added(len(filings), 0)
        self._name_issuers(fresh)
        # The old rows step aside until the new ones have their ids: SQLite would give the highest id again.
        for some in batches(replaced):
            self._connection.execute(
                update(FilingRow)
                .where(FilingRow.id.in_(some))
                .values(accession=FilingRow.accession.concat("(replaced)"))
            )
        self._insert(fresh)
        for some in batches(replaced):
            self._connection.execute(delete(FilingRow).where(FilingRow.id.in_(some)))
        for accessions in batches([filing.accession for filing in fresh]):
            self._connection.execute(delete(AsideRow).where(AsideRow.accession.in_(accessions)))
        return Added(len(filings), len(fresh))

    def known(self, accessions: Iterable[str]) -> frozenset[str]:
        """The accession numbers that need not be asked for: stored or set aside.

        A filing that was imported without EDGAR's header is not among them: the submission says more.
        """
        found: set[str] = set()
        for some in batches(sorted(set(accessions))):
            filed = select(FilingRow.accession).where(FilingRow.accession.in_(some), FilingRow.source != "bare")
            aside = select(AsideRow.accession).where(AsideRow.accession.in_(some))
            found.update(self._connection.execute(filed).scalars(), self._connection.execute(aside).scalars())
        return frozenset(found)

    def put_aside(self, asides: Sequence[Aside]) -> None:
        """Note filings that cannot be read; what is noted of the same accession number before is replaced."""
        if not asides:
            return
        names = ("reason", "url", "at")
        statement = bulk.insert(self._connection, AsideRow)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["accession"], set_={name: statement.excluded[name] for name in names}
            ),
            [{"accession": one.accession} | {name: getattr(one, name) for name in names} for one in asides],
        )

    def asides(self, limit: int) -> tuple[Aside, ...]:
        """The filings set aside last, at most `limit`."""
        newest_first = (AsideRow.at.desc(), AsideRow.accession.desc())
        rows = self._connection.execute(
            select(AsideRow.accession, AsideRow.reason, AsideRow.url, AsideRow.at).order_by(*newest_first).limit(limit)
        )
        return tuple(Aside(*row) for row in rows)

    def aside_count(self) -> int:
        """How many filings are set aside."""
        return self._connection.execute(select(func.count()).select_from(AsideRow)).scalar_one()

    def last_id(self) -> int:
        """Where to ask `issuers_since` from the next time; 0 while nothing is stored."""
        return self._connection.execute(select(func.max(FilingRow.id))).scalar_one() or 0

    def issuers_since(self, filing_id: int) -> frozenset[str]:
        """The CIKs of issuers of which filings were stored, or stored anew, after that `last_id`."""
        found = select(FilingRow.issuer_cik).where(FilingRow.id > filing_id)
        return frozenset(self._connection.execute(found).scalars())

    def newest(self, now: datetime) -> datetime | None:
        """When the newest filing known at `now` was accepted."""
        newest = select(func.max(FilingRow.accepted_at)).where(FilingRow.accepted_at <= now)
        return self._connection.execute(newest).scalar_one()

    def is_ahead(self, now: datetime) -> bool:
        """Whether a filing is known that was accepted after `now`, by less than a month: later is a slip of the pen."""
        later = FilingRow.accepted_at > now, FilingRow.accepted_at <= now + SLIP
        return self._connection.execute(select(FilingRow.id).where(*later).limit(1)).first() is not None

    def count(self) -> int:
        """How many filings are stored."""
        return self._connection.execute(select(func.count()).select_from(FilingRow)).scalar_one()

    def _fresh(self, filings: Sequence[Filing]) -> tuple[list[Filing], list[int]]:
        """The filings to store, each accession number once, and the ids of those that they replace."""
        best: dict[str, Filing] = {}
        for filing in filings:
            before = best.get(filing.accession)
            if before is None or RANK[filing.source] > RANK[before.source]:
                best[filing.accession] = filing
        replaced: list[int] = []
        for some in batches(list(best)):
            rows = self._connection.execute(
                select(FilingRow.id, FilingRow.accession, FilingRow.source).where(FilingRow.accession.in_(some))
            )
            for filing_id, accession, source in rows:
                if RANK[best[accession].source] > RANK[source]:
                    replaced.append(filing_id)
                else:
                    del best[accession]
        return list(best.values()), replaced

    def _insert(self, filings: Sequence[Filing]) -> None:
        self._connection.execute(bulk.insert(self._connection, FilingRow), [_values(filing) for filing in filings])
        ids = self._ids([filing.accession for filing in filings])
        filers = [
            (ids[filing.accession], position, *(getattr(filer, name) for name in FILER_FIELDS))
            for filing in filings
            for position, filer in enumerate(filing.filers)
        ]
        transactions = [
            {"filing_id": ids[filing.accession]} | {name: getattr(row, name) for name in TRANSACTION_FIELDS}
            for filing in filings
            for row in filing.transactions
        ]
        bulk.insert_new(self._connection, FilerRow, ("filing_id", "position", *FILER_FIELDS), filers)
        if transactions:
            self._connection.execute(bulk.insert(self._connection, InsiderTransactionRow), transactions)

    def _ids(self, accessions: Sequence[str]) -> dict[str, int]:
        ids: dict[str, int] = {}
        for some in batches(accessions):
            rows = self._connection.execute(
                select(FilingRow.accession, FilingRow.id).where(FilingRow.accession.in_(some))
            )
            ids.update((accession, i) for accession, i in rows)
        return ids


def _values(filing: Filing) -> dict[str, Any]:
    last_trade = max((transaction.date for transaction in filing.transactions), default=None)
    return {name: getattr(filing, name) for name in FILING_FIELDS} | {"last_trade": last_trade}
