"""Bytes per settlement, day sums included, beside a table that repeats exchange and symbol in each row."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

from bench.universe import settlements
from storage import open_storage

DAYS = 60


def main() -> None:
    frame = settlements(DAYS)
    with tempfile.TemporaryDirectory() as folder:
        storage = open_storage(f"sqlite:///{folder}/ours.db")
        with storage.write() as tx:
            tx.funding.add(frame)
        with storage.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        storage.close()
        plain = sqlite3.connect(f"{folder}/plain.db")
        plain.execute(
            "CREATE TABLE settlement (exchange TEXT, symbol TEXT, base_coin TEXT, settled_at TEXT, rate REAL, "
            "interval_hours REAL, PRIMARY KEY (exchange, symbol, settled_at))"
        )
        plain.executemany(
            "INSERT INTO settlement VALUES (?, ?, ?, datetime(?, 'unixepoch'), ?, ?)",
            frame.select("exchange", "symbol", "base_coin", "settled_at", "rate", "interval_hours").rows(),
        )
        plain.commit()
        plain.close()
        ours, theirs = (Path(folder, name).stat().st_size / len(frame) for name in ("ours.db", "plain.db"))
    per_day = len(frame) / DAYS
    print(f"storage: {ours:.1f} bytes per settlement; text keys in each row: {theirs:.1f}; ratio {ours / theirs:.2f}")
    print(
        f"  three years of 5,500 pairs: {per_day * 1095 / 1e6:.1f} M settlements, {per_day * 1095 * ours / 1e9:.2f} GB"
    )


if __name__ == "__main__":
    main()
