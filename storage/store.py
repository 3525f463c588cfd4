"""One object with everything that is remembered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from storage.alerts import Alerts
from storage.backfill import Backfill
from storage.chats import Chats
from storage.database import open_engine, reading, writing
from storage.edgar import Edgar
from storage.episodes import Episodes
from storage.filings import Filings
from storage.funding import Funding
from storage.hosted import Hosted
from storage.notes import Notes
from storage.outbox import Outbox
from storage.pairs import Pairs
from storage.people import People
from storage.prices import Prices
from storage.privacy import Privacy
from storage.quarantine import Quarantine
from storage.refreshes import Refreshes
from storage.scores import Scores
from storage.subscriptions import Subscriptions
from storage.tally import Tally


class Transaction:
    """All repositories on one connection, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.alerts = Alerts(connection)
        self.backfill = Backfill(connection)
        self.chats = Chats(connection)
        self.edgar = Edgar(connection)
        self.episodes = Episodes(connection)
        self.filings = Filings(connection)
        self.funding = Funding(connection)
        self.hosted = Hosted(connection)
        self.notes = Notes(connection)
        self.outbox = Outbox(connection)
        self.pairs = Pairs(connection)
        self.people = People(connection)
        self.prices = Prices(connection)
        self.privacy = Privacy(connection)
        self.quarantine = Quarantine(connection)
        self.refreshes = Refreshes(connection)
        self.scores = Scores(connection)
        self.subscriptions = Subscriptions(connection)
        self.tally = Tally(connection)


class Storage:
    """An open database. Safe to use from several threads; each transaction belongs to one."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite takes one writer at a time, and makes the others poll; a thread that waits here wakes at once.
        self._writing = threading.RLock()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One consistent view; never waits for a writer, never writes."""
        with reading(self.engine) as connection:
            yield Transaction(connection)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction with the write lock: all of it happens, or nothing."""
        with self._writing, writing(self.engine) as connection:
            yield Transaction(connection)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def open_storage(url: str) -> Storage:
    """Open the database at an SQLAlchemy URL, creating or migrating it.

    Raises DatabaseUnusableError with one line that names the database and the way out.
    """
    return Storage(open_engine(url))
