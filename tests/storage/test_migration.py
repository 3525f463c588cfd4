"""A database of an earlier version is brought up to date with everything that is in it."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from storage import Storage, open_storage
from storage.alerts import NewAlert
from storage.database import HEAD
from storage.outbox import NewDelivery
from storage.prices import PriceSource
from storage.upgrade import MIGRATIONS, revisions
from tests.builders_storage import NOW, settlements

T = int(NOW.timestamp())

OLD_ROWS = f"""
    INSERT INTO exchange VALUES (1, 'okx'), (2, 'binance');
    INSERT INTO base_coin VALUES (1, 'BTC'), (2, 'PEPE');
    INSERT INTO pair VALUES (1, 1, 'BTC-USDT-SWAP', 1, 0, 5e6), (2, 2, '1000PEPEUSDT', 2, 0, NULL);
    INSERT INTO settlement VALUES (1, {T - 28800}, 0.0001, 8.0), (1, {T}, -0.0002, 8.0), (2, {T}, 0.0003, 4.0);
    INSERT INTO funding_day VALUES (1, {(T - 1) // 86400}, -0.0001, 16.0, 2), (2, {(T - 1) // 86400}, 0.0003, 4.0, 1);
    INSERT INTO rate VALUES (1, 0.0005, 8.0, NULL, {T}, 60000.0);
    INSERT INTO price VALUES (1, {T - 7 * 86400}, 50000.0), (1, {T}, 60000.0);
    INSERT INTO source VALUES ('okx', {T}, {T}, ''), ('binance', {T}, {T - 3600}, '451 from this country');
    INSERT INTO refresh VALUES (7, 'done', 'me', 1, {T}, {T}, {T}, {T}, '{{}}');
    INSERT INTO score VALUES (7, 'pump', 2, 'scored', 4.5, -0.0004, 0.8, 0.4, 0.5, 3, 5, 20.0, 1);
    INSERT INTO issuer VALUES ('0000000001', 'Acme Inc', 'ACME', 'Technology', 'Software');
    INSERT INTO filing (accession, form, issuer_cik, issuer_name, ticker, accepted_at, plan_10b5_1, sic) VALUES
        ('0000000001-26-000001', '4', '0000000001', 'Acme Inc', 'ACME', {T}, 0, '7372'),
        ('0000000001-26-000002', '4', '0000000001', 'Acme Inc', 'ACME', {T - T % 86400}, 0, NULL);
    INSERT INTO chat VALUES (1, 'console', 'local', 'active', NULL, {T});
    INSERT INTO subscription VALUES (1, 1, 'me', 'pump', '{{"min": 3}}', {T}, NULL);
"""  # noqa: S608 - nothing in it comes from outside


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """A database as the first version of the tables left it."""
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    raw = sqlite3.connect(path)
    raw.executescript(OLD_ROWS)
    raw.close()
    return path


@pytest.fixture
def upgraded(first_version: Path) -> Iterator[Storage]:
    storage = open_storage(f"sqlite:///{first_version}")
    yield storage
    storage.close()


def test_settlements_stay_as_they_are_and_are_the_exchanges_own(upgraded: Storage) -> None:
    with upgraded.write() as tx:
        found = tx.funding.settlements("BTC", datetime(2020, 1, 1, tzinfo=UTC), NOW)
        assert [(one.rate, one.interval_hours, one.provisional) for one in found] == [
            (0.0001, 8.0, False), (-0.0002, 8.0, False)
        ]  # fmt: skip
        assert tx.funding.add(settlements([("okx", "BTC-USDT-SWAP", "BTC", 0, 0.9, 8, T)])).new == 0
        assert tx.funding.provisional() == {}
        assert tx.funding.history(NOW, 30).window.rate.tolist() == [0.0001, -0.0002, 0.0003]


def test_pairs_prices_rates_and_scores_stay(upgraded: Storage) -> None:
    with upgraded.read() as tx:
        known = tx.pairs.known()
        assert {key: one.pair.asset.value for key, one in known.items()} == {
            ("okx", "BTC-USDT-SWAP"): "coin", ("binance", "1000PEPEUSDT"): "coin"
        }  # fmt: skip
        rate = known["okx", "BTC-USDT-SWAP"].rate
        assert rate is not None
        assert (rate.rate, rate.mark_price, rate.turnover_usd) == (0.0005, 60_000.0, 5e6)
        change = tx.prices.changes(NOW)["BTC"]
        assert (round(change.pct_7d or 0), change.source) == (20, PriceSource.IMPORT.title)
        assert [one.wish for one in tx.subscriptions.active()] == [{"min": 3}]
        assert tx.connection.exec_driver_sql("SELECT score, source FROM score").all() == [(4.5, "own")]


def test_how_sources_answered_is_told_from_when_they_answered(upgraded: Storage) -> None:
    with upgraded.read() as tx:
        assert [(one.name, one.outcome, one.since) for one in tx.refreshes.sources()] == [
            ("binance", "failed", NOW), ("okx", "ok", NOW)
        ]  # fmt: skip


def test_filings_stay_and_those_without_a_header_are_to_be_asked_for(upgraded: Storage) -> None:
    with upgraded.read() as tx:
        both = ["0000000001-26-000001", "0000000001-26-000002"]
        assert (tx.filings.count(), tx.filings.known(both)) == (2, {both[0]})
        assert tx.filings.issuers()["0000000001"].ticker == "ACME"
        found = tx.connection.exec_driver_sql("SELECT source FROM filing ORDER BY accession").scalars().all()
        assert found == ["xml", "bare"]
        assert tx.connection.exec_driver_sql("SELECT filed_at FROM issuer").scalar_one() == T


def test_windows_are_added_up_from_what_was_there(upgraded: Storage) -> None:
    with upgraded.write() as tx:
        tx.funding.advance_windows(NOW)
        assert [(one.base_coin, one.days_covered) for one in tx.funding.accumulated_all()] == [
            ("BTC", 8 / 24 + 8 / 24), ("PEPE", 4 / 24)
        ]  # fmt: skip


def test_no_settlement_is_rewritten(first_version: Path) -> None:
    """The table keeps its root page and grows by no page, as adding a column in place does."""
    query = "SELECT rootpage FROM sqlite_master WHERE name = 'settlement'"
    raw = sqlite3.connect(first_version)
    raw.executemany("INSERT INTO settlement VALUES (2, ?, 0.0001, 8.0)", [(second,) for second in range(50_000)])
    raw.commit()
    pages = raw.execute("PRAGMA page_count").fetchone()[0]
    root = raw.execute(query).fetchone()
    raw.close()
    open_storage(f"sqlite:///{first_version}").close()
    raw = sqlite3.connect(first_version)
    assert raw.execute(query).fetchone() == root
    assert raw.execute("PRAGMA page_count").fetchone()[0] < pages + 50
    raw.close()


def test_the_newest_version_is_the_one_that_opening_looks_for() -> None:
    assert revisions()[0] == HEAD


DELIVERED = f"""
    INSERT INTO delivery VALUES
        (1, '1:7:0', 1, 'sent', 'sent', 700, {T}, {T}, {T + 3600}, 1, 1, NULL, NULL, {T}, {T}, 'm1', 0),
        (2, '1:8:0', 1, 'queued', 'new', 700, {T}, {T}, {T + 3600}, 0, 0, NULL, NULL, NULL, NULL, NULL, 0),
        (3, '1:9:0', 1, 'dead', 'kicked', 700, {T}, {T}, {T + 3600}, 1, 1, NULL, NULL, {T}, NULL, NULL, 0);
    INSERT INTO alert VALUES
        (1, 'abcdef', 'k1', 1, 1, 'pump', 'PEPE', 1, 'NEW', {T}, '{{"level": 4.5}}'),
        (2, 'bcdefg', 'k2', 2, 1, 'pump', 'BTC', 1, 'NEW', {T}, '{{"level": 5.5}}');
    INSERT INTO episode VALUES
        (1, 1, 'PEPE', 1, {T}, NULL, '{{"told": 4.5, "peak": 5.0, "last": 4.0, "below": 1, "slot": 7, "told_value": 0.0}}');
"""  # noqa: S608 - nothing in it comes from outside


@pytest.fixture
def second_version(first_version: Path) -> Iterator[Storage]:
    """The first version's database with alerts in it, brought up to date."""
    raw = sqlite3.connect(first_version)
    raw.executescript(DELIVERED)
    raw.close()
    storage = open_storage(f"sqlite:///{first_version}")
    yield storage
    storage.close()


def test_alerts_and_what_became_of_them_stay(second_version: Storage) -> None:
    with second_version.write() as tx:
        assert tx.outbox.counts() == {"dead": 1, "queued": 1, "sent": 1}
        assert tx.outbox.health(NOW).missing == 0
        told = tx.alerts.by_ref("abcdef", [1])
        assert told is not None
        assert (told.alert.facts, told.state, told.settled_at) == ({"level": 4.5}, "sent", NOW)
        assert tx.outbox.next_chat("console", NOW) == 1
        assert tx.episodes.standing("PEPE").below.tolist() == [1]
        assert tx.episodes.standing("PEPE").told.tolist() == [4.5]


def test_new_alerts_go_on_with_the_numbers(second_version: Storage) -> None:
    alert = NewAlert("k3", 1, "pump", "ETH", 1, "NEW", {})
    with second_version.write() as tx:
        tx.outbox.enqueue([NewDelivery(1, "console", "x", (alert,), 1, NOW, NOW)], NOW)
        assert tx.connection.exec_driver_sql("SELECT max(id) FROM delivery").scalar_one() == 4
        assert tx.connection.exec_driver_sql("SELECT max(id) FROM alert").scalar_one() == 3
        assert tx.outbox.health(NOW).missing == 0
