"""Opening databases: new, old, newer, broken, read-only."""

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from storage import DatabaseUnusableError, Storage, open_storage
from storage.tables import Table
from tests.builders_storage import NOW


def test_the_migrations_give_exactly_the_tables_of_the_code(storage: Storage) -> None:
    with storage.read() as tx:
        context = MigrationContext.configure(tx.connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_the_bulk_tables_live_in_their_primary_key(storage: Storage) -> None:
    with storage.read() as tx:
        sql = tx.connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE name IN ('settlement', 'funding_day', 'price')"
        ).all()
    assert len(sql) == 3
    assert all("WITHOUT ROWID" in text for _, text in sql)


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    open_storage(f"sqlite:///{tmp_path}/a/b/new.db").close()
    assert (tmp_path / "a" / "b" / "new.db").exists()


def test_power_loss_durability_is_on(storage: Storage) -> None:
    with storage.read() as tx:
        pragmas = {
            name: tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15000}


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    open_storage(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(DatabaseUnusableError, match=r"newer\.db was written by a newer version .*9999.*--database"):
        open_storage(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes, not a database\n" * 100)
    with pytest.raises(DatabaseUnusableError, match=r"notes\.txt.*not a database.*--database"):
        open_storage(f"sqlite:///{path}")
    assert path.read_text().startswith("these are my notes")


def test_a_read_only_database_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "ro.db"
    open_storage(f"sqlite:///{path}").close()
    with pytest.raises(DatabaseUnusableError, match=r"readonly.*writable"):
        open_storage(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert [one.name for one in tmp_path.iterdir() if one.is_dir()] == []


@pytest.mark.parametrize("url", ["not a url", "nosuchdb://x/y", ""])
def test_a_wrong_url_is_refused_with_one_that_works(url: str) -> None:
    with pytest.raises(DatabaseUnusableError, match=r"sqlite:///data/tocsin\.db"):
        open_storage(url)


def test_a_password_in_the_url_is_never_shown() -> None:
    with pytest.raises(DatabaseUnusableError) as caught:
        open_storage("nosuchdb://user:hunter2@host/name")
    assert "hunter2" not in str(caught.value)


def test_a_failed_transaction_leaves_nothing(storage: Storage) -> None:
    def fails() -> None:
        with storage.write() as tx:
            tx.chats.put("console", "local", NOW)
            raise RuntimeError("the plug is pulled")

    with pytest.raises(RuntimeError, match="plug"):
        fails()
    with storage.read() as tx:
        assert tx.chats.find("console", "local") is None


def test_writers_that_read_first_wait_for_each_other(storage: Storage) -> None:
    with storage.write() as tx:
        chat = tx.chats.put("console", "local", NOW)
    failures: list[BaseException] = []

    def many() -> None:
        try:
            for _ in range(25):
                with storage.write() as tx:
                    known = len(tx.subscriptions.of_chat(chat.id))
                    tx.subscriptions.add(chat.id, "me", "pump", {"n": known}, NOW)
        except BaseException as error:  # noqa: BLE001 - it is handed to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with storage.read() as tx:
        assert sorted(s.wish["n"] for s in tx.subscriptions.of_chat(chat.id)) == list(range(100))


def test_a_reader_sees_one_state_while_a_writer_commits(storage: Storage) -> None:
    with storage.read() as reader:
        assert reader.subscriptions.active() == ()
        with storage.write() as writer:
            chat = writer.chats.put("console", "local", NOW)
            writer.subscriptions.add(chat.id, "me", "pump", {}, NOW)
        assert reader.subscriptions.active() == ()
    with storage.read() as later:
        assert len(later.subscriptions.active()) == 1


def test_damage_in_the_tables_of_people_is_refused_at_start_and_the_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    storage = open_storage(f"sqlite:///{path}")
    with storage.write() as tx:
        chat = tx.chats.put("console", "local", NOW)
        tx.subscriptions.add(chat.id, "me", "pump", {}, NOW)
    with storage.read() as tx:
        find = "SELECT rootpage FROM sqlite_master WHERE name = 'subscription'"
        page = tx.connection.exec_driver_sql(find).scalar_one()
        size = tx.connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    with storage.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    storage.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    before = path.read_bytes()
    with pytest.raises(DatabaseUnusableError, match="; restore a backup, or name another"):
        open_storage(f"sqlite:///{path}")
    assert path.read_bytes() == before
