"""The engine, its pragmas, transactions, and migrations at start."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, column, create_engine, event, inspect, make_url, select, table
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError

BUSY_SECONDS = 15
HEAD = "0004"  # the newest schema version in migrations/
VERSIONS = "alembic_version"  # Alembic's own table
CHECKED = ("chat", "subscription", "episode", "delivery", "alert", "tally", "person")


class DatabaseUnusableError(Exception):
    """The database cannot be opened; the text names it and says what to do."""


def open_engine(url: str) -> Engine:
    """Open the database, creating it and bringing it to the newest schema version.

    Raises DatabaseUnusableError when the URL is wrong, or the database is read-only, broken, locked for longer
    than 15 seconds, or written by a newer version of tocsin.
    """
    try:
        parsed = make_url(url)
        _make_folder(parsed.get_backend_name(), parsed.database)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS} if _is_sqlite(url) else {})
    except (ArgumentError, NoSuchModuleError, OSError) as error:
        raise DatabaseUnusableError(
            f"database {_shown(url)}: {error}; an example that works: sqlite:///data/tocsin.db"
        ) from error
    if _is_sqlite(url):
        _prepare_sqlite(engine)
    try:
        _migrate(engine, _shown(url))
    except DatabaseError as error:
        engine.dispose()
        raise DatabaseUnusableError(f"database {_shown(url)}: {_way_out(error)}") from error
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database; never waits for a writer."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that takes the write lock at once.

    A transaction that reads first and writes later would fail with "database is locked" without waiting,
    for SQLite cannot upgrade a stale snapshot; so writers, and only they, begin with BEGIN IMMEDIATE.
    """
    with engine.connect() as connection:
        writer = connection.execution_options(writes=True)
        with writer.begin():
            yield writer


def _is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return repr(url.rsplit("@", maxsplit=1)[-1])


def _make_folder(backend: str, database: str | None) -> None:
    if backend == "sqlite" and database and database != ":memory:" and not database.startswith("file:"):
        Path(database).parent.mkdir(parents=True, exist_ok=True)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        # Python must not begin transactions by itself: it would do so late, and commit DDL early.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {BUSY_SECONDS * 1000}",
            "journal_mode = WAL",
            "synchronous = FULL",  # NORMAL may forget the last commits at a power cut: alerts would repeat
            "foreign_keys = ON",
            "journal_size_limit = 67108864",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: Engine, shown: str) -> None:
    with reading(engine) as connection:
        current = _revision(connection)
    if current == HEAD:
        _refuse_broken(engine, shown)
        _refuse_read_only(engine)
        return
    from storage.upgrade import revisions, upgrade  # noqa: PLC0415 - 11 MB that a database of today does not need

    if current is not None and current not in revisions():
        engine.dispose()
        raise DatabaseUnusableError(
            f"database {shown} was written by a newer version of tocsin (schema {current}); "
            "install that version, or name another database with --database"
        )
    with writing(engine) as connection:
        upgrade(connection)


def _revision(connection: Connection) -> str | None:
    """The schema version that Alembic noted; None of an empty database."""
    if not inspect(connection).has_table(VERSIONS):
        return None
    found: str | None = connection.execute(select(column("version_num")).select_from(table(VERSIONS))).scalar()
    return found


def _refuse_read_only(engine: Engine) -> None:
    """Find out now, not at the first alert, that nothing can be written."""
    if engine.dialect.name == "sqlite":
        with writing(engine) as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            connection.exec_driver_sql(f"PRAGMA user_version = {int(version)}")


def _refuse_broken(engine: Engine, shown: str) -> None:
    """Look at the tables of people and their alerts, which are small: damage there repeats or loses alerts."""
    if engine.dialect.name != "sqlite":
        return
    with reading(engine) as connection:
        for name in CHECKED:
            found = connection.exec_driver_sql(f"PRAGMA quick_check({name})").scalars().first()
            if found != "ok":
                raise DatabaseUnusableError(
                    f"database {shown}: the table {name} is damaged ({found}); restore a backup, or name another with "
                    "--database; the file is left as it is"
                )


def _way_out(error: DatabaseError) -> str:
    text = str(error.orig)
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return f"{text}; make the file and its folder writable, or name another with --database"
    if "not a database" in text or "malformed" in text:
        return f"{text}; restore a backup, or name another with --database"
    if "locked" in text:
        return f"{text}; another program holds it: stop that, then start again"
    return text
