"""Clusters over a full year (some 200,000 transactions of 6,000 issuers), beside counting CIKs with SQL.

The baseline is the plain GROUP BY that forges clusters: it counts reporting owners, not beneficial ones. On
this universe nobody files jointly, so that both must find the same issuers and values.
"""

from __future__ import annotations

import math
import sqlite3
from datetime import UTC, datetime, timedelta

import numpy as np

from bench.timing import best, compare
from scoring.clusters import ClusterRule, find_clusters
from scoring.model import Filer, Filing, InsiderTransaction, Side

NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)
ISSUERS, FILINGS, ROWS = 6_000, 66_000, 3
RULE = ClusterRule(days=365)


def filings() -> list[Filing]:
    random = np.random.default_rng(7)
    found = []
    for number in range(FILINGS):
        issuer, who = int(random.integers(ISSUERS)), int(random.integers(6))
        day = NOW.date() - timedelta(days=int(random.integers(3, 360)))
        code, ad = ("P", "A") if random.uniform() < 0.2 else ("S", "D")
        rows = tuple(
            InsiderTransaction(
                row, "Common", day, code, ad, float(random.integers(1, 900)), float(random.uniform(2, 90))
            )
            for row in range(ROWS)
        )
        accepted = datetime(day.year, day.month, day.day, 22, tzinfo=UTC) + timedelta(days=1)
        filer = Filer(f"{issuer * 10 + who:010d}", f"Person {chr(65 + who)} {issuer}", is_director=True)
        found.append(
            Filing(
                f"{number:010d}-26-000001",
                "4",
                f"{issuer:010d}",
                f"Issuer {issuer}",
                None,
                accepted,
                day,
                None,
                False,
                (filer,),
                rows,
            )
        )
    return found


def main() -> None:
    made = filings()
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE trade (issuer TEXT, owner TEXT, code TEXT, shares REAL, price REAL)")
    database.executemany(
        "INSERT INTO trade VALUES (?, ?, ?, ?, ?)",
        [(f.issuer_cik, f.filers[0].cik, t.code, t.shares, t.price) for f in made for t in f.transactions],
    )
    query = (
        "SELECT issuer, code, sum(shares * price) FROM trade GROUP BY issuer, code HAVING count(DISTINCT owner) >= 3"
    )
    our_time, ours = best(lambda: find_clusters(made, {}, RULE, NOW))
    sql_time, rows = best(lambda: database.execute(query).fetchall())
    values = {(issuer, Side.BUY if code == "P" else Side.SELL): value for issuer, code, value in rows}
    assert values.keys() == {(one.issuer.cik, one.side) for one in ours}
    assert all(math.isclose(one.total_value, values[one.issuer.cik, one.side], rel_tol=1e-9) for one in ours)
    compare(f"clusters over {FILINGS * ROWS:,} transactions", our_time, "SQL GROUP BY of raw owners", sql_time)


if __name__ == "__main__":
    main()
