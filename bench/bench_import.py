"""`tocsin import funding` in rows per second, beside a plain sqlite3 executemany of the same rows.

Ours reads the Parquet file, checks each row, gives pairs their numbers, stores the settlements with their
foreign keys under synchronous=FULL and sums the days. The baseline has the rows in memory already and does
nothing but insert them into a table of the same shape.
"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

import polars as pl

from bench.timing import best, compare
from bench.universe import NOW, settlements
from bot.imports.funding import read_funding
from storage import open_storage

DAYS = 10


def main() -> None:
    frame = settlements(DAYS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "funding.parquet"
        real = frame.with_columns(
            pl.from_epoch("settled_at").dt.replace_time_zone("UTC"),
            exchange=pl.lit("binance"),  # the reader knows the real exchanges only
            symbol=pl.concat_str("exchange", "symbol", separator="-"),
        ).drop("margin")
        real.write_parquet(path)
        rows = real.select("symbol", frame["settled_at"], "rate", "interval_hours").rows()
        numbers = {symbol: i for i, symbol in enumerate(sorted({row[0] for row in rows}))}
        plain_rows = [(numbers[symbol], *rest) for symbol, *rest in rows]
        run = 0

        def ours() -> int:
            nonlocal run
            run += 1
            storage = open_storage(f"sqlite:///{folder}/ours{run}.db")
            reading = read_funding(path, now=NOW)
            with storage.write() as tx:
                added = tx.funding.add(reading.rows)
            storage.close()
            return added.new

        def plain() -> int:
            nonlocal run
            run += 1
            connection = sqlite3.connect(f"{folder}/plain{run}.db")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(
                "CREATE TABLE settlement (pair_id INTEGER NOT NULL, settled_at INTEGER NOT NULL, rate REAL NOT NULL, "
                "interval_hours REAL NOT NULL, PRIMARY KEY (pair_id, settled_at)) WITHOUT ROWID"
            )
            connection.executemany("INSERT INTO settlement VALUES (?, ?, ?, ?)", plain_rows)
            connection.commit()
            count = int(connection.execute("SELECT count(*) FROM settlement").fetchone()[0])
            connection.close()
            return count

        our_time, new = best(ours)
        plain_time, count = best(plain)
    assert new == count == len(frame)
    compare("import funding, Parquet to database", our_time, "sqlite3 executemany", plain_time)
    print(f"  {new:,} rows: {new / our_time:,.0f} rows/s; plain {new / plain_time:,.0f} rows/s")


if __name__ == "__main__":
    main()
