"""Clusters over a full year (some 200,000 transactions of 6,000 issuers), beside SQL and pandas.

The baselines are a plain GROUP BY of the same definition: the same rows count, and the same fields come out. They
count reporting owners, not beneficial ones, so that on the first universe nobody files jointly and nothing is
amended, and all three must find the same clusters. On the second one in eight filings is joint and one in fifty is
amended: there the GROUP BY forges clusters, and is no baseline any more.
"""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from bench.timing import best, compare
from scoring.cluster_book import ClusterBook
from scoring.clusters import ClusterRule, find_clusters
from scoring.model import Cluster, Filer, Filing, InsiderTransaction, Side
from scoring.trades import HIGHEST_PRICE, HIGHEST_VALUE

NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)
ISSUERS, FILINGS, ROWS = 6_000, 66_000, 3
RULE = ClusterRule(days=365)
SIDES = {"P": Side.BUY, "S": Side.SELL}
COLUMNS = ("issuer", "owner", "name", "code", "ad", "day", "shares", "price", "plan")
FEW = 50  # filings that come in between two refreshes
QUERY = f"""
SELECT issuer, code, sum(shares * price), sum(shares), count(*), min(day), max(day), sum(shares * price * plan),
       count(DISTINCT owner), group_concat(DISTINCT name)
FROM trade
WHERE (code, ad) IN (('P', 'A'), ('S', 'D')) AND price > 0 AND shares > 0 AND day BETWEEN ? AND ?
      AND price <= {HIGHEST_PRICE} AND shares * price <= {HIGHEST_VALUE}
GROUP BY issuer, code HAVING count(DISTINCT owner) >= ?
ORDER BY 3 DESC
"""


class Found(NamedTuple):
    """A cluster as each of the three gives it."""

    value: float  # USD
    shares: float
    trades: int
    first: str
    last: str
    plan_value: float  # USD
    names: frozenset[str]


Clusters = dict[tuple[str, Side], Found]


def filings(joint: float = 0.0, amended: float = 0.0) -> list[Filing]:
    random = np.random.default_rng(7)
    found: list[Filing] = []
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
        filers = [Filer(f"{issuer * 10 + who:010d}", f"Person {chr(65 + who)} {issuer}", is_director=True)]
        if random.uniform() < joint:
            filers += [Filer(f"{900_000 + issuer * 10 + fund:010d}", f"Fund {fund} {issuer} LLC") for fund in (1, 2, 3)]
            rows = tuple(replace(row, direct=False) for row in rows)
        found.append(
            Filing(
                accession=f"{number:010d}-26-000001",
                form="4",
                issuer_cik=f"{issuer:010d}",
                issuer_name=f"Issuer {issuer}",
                ticker=None,
                accepted_at=accepted,
                period=day,
                original_filed=None,
                plan_10b5_1=bool(random.uniform() < 0.1),
                filers=tuple(filers),
                transactions=rows,
            )
        )
    return found + [_amendment(one) for one in found if random.uniform() < amended]


def _amendment(one: Filing) -> Filing:
    rows = tuple(replace(row, price=1.01 * (row.price or 0.0)) for row in one.transactions)
    return replace(
        one,
        accession=one.accession.replace("-26-", "-27-"),
        form="4/A",
        accepted_at=one.accepted_at + timedelta(hours=30),
        original_filed=one.accepted_at.date(),
        transactions=rows,
    )


def table(made: Sequence[Filing]) -> list[tuple[Any, ...]]:
    """A row for each transaction and reporting owner, by COLUMNS."""
    return [
        (
            filing.issuer_cik,
            filer.cik,
            filer.name,
            row.code,
            row.acquired_disposed,
            row.date.isoformat(),
            row.shares,
            row.price,
            filing.plan_10b5_1,
        )
        for filing in made
        for filer in filing.filers
        for row in filing.transactions
    ]


def window() -> tuple[str, str]:
    return RULE.first_day(NOW.date()).isoformat(), NOW.date().isoformat()


def in_sql(database: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return database.execute(QUERY, (*window(), RULE.min_insiders)).fetchall()


def in_pandas(frame: Any) -> Any:
    first, last = window()
    side = ((frame.code == "P") & (frame.ad == "A")) | ((frame.code == "S") & (frame.ad == "D"))
    value = frame.shares * frame.price
    sound = (frame.price > 0) & (frame.shares > 0) & (frame.price <= HIGHEST_PRICE) & (value <= HIGHEST_VALUE)
    counted = frame.assign(value=value, plan_value=value * frame.plan)
    counted = counted[side & sound & (frame.day >= first) & (frame.day <= last)]
    by_side = counted.groupby(["issuer", "code"], sort=False)
    found = by_side.agg(
        value=("value", "sum"),
        shares=("shares", "sum"),
        trades=("shares", "size"),
        first=("day", "min"),
        last=("day", "max"),
        plan_value=("plan_value", "sum"),
    )
    owners = counted.drop_duplicates(["issuer", "code", "owner"]).groupby(["issuer", "code"], sort=False)
    found = found.join(owners["name"].agg(list))
    return found[found.name.str.len() >= RULE.min_insiders].sort_values("value", ascending=False)


def as_found(rows: Sequence[tuple[Any, ...]]) -> Clusters:
    """Rows of SQL as clusters."""
    return {
        (issuer, SIDES[code]): Found(value, shares, trades, first, last, plan, frozenset(names.split(",")))
        for issuer, code, value, shares, trades, first, last, plan, _, names in rows
    }


def of_frame(frame: Any) -> Clusters:
    """Rows of pandas as clusters."""
    return {
        (issuer, SIDES[code]): Found(*values, frozenset(names))
        for (issuer, code), *values, names in frame.itertuples(name=None)
    }


def of_ours(clusters: Sequence[Cluster]) -> Clusters:
    """Our own clusters by the same fields."""
    return {
        (one.issuer.cik, one.side): Found(
            one.total_value,
            abs(one.net_shares),
            one.transaction_count,
            one.first_date.isoformat(),
            one.last_date.isoformat(),
            one.plan_value or 0.0,
            frozenset(insider.name for insider in one.insiders),
        )
        for one in clusters
    }


def check_equal(ours: Clusters, theirs: Clusters) -> None:
    """The same clusters; sums of SQL and pandas are off by the dust of adding in another order."""
    assert ours.keys() == theirs.keys()
    for key, one in ours.items():
        other = theirs[key]
        assert (one.trades, one.first, one.last, one.names) == (other.trades, other.first, other.last, other.names)
        for name in ("value", "shares", "plan_value"):
            assert math.isclose(getattr(one, name), getattr(other, name), rel_tol=1e-9, abs_tol=1e-6)


def open_table(made: Sequence[Filing]) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE TABLE trade ({', '.join(COLUMNS)})")
    database.executemany(f"INSERT INTO trade VALUES ({', '.join('?' * len(COLUMNS))})", table(made))
    return database


def beside_baselines() -> None:
    made = filings()
    what = f"clusters over {FILINGS * ROWS:,} transactions"
    our_time, clusters = best(lambda: find_clusters(made, {}, RULE, NOW))
    ours = of_ours(clusters)
    database = open_table(made)
    sql_time, rows = best(lambda: in_sql(database))
    check_equal(ours, as_found(rows))
    compare(what, our_time, "SQL GROUP BY of the same definition", sql_time)
    try:
        import pandas as pd  # noqa: PLC0415 - only here, and only where it is installed
    except ImportError:
        print("pandas is not installed, so nothing is compared with it: pip install 'tocsin[crosscheck]'")
    else:
        frame = pd.DataFrame(table(made), columns=COLUMNS)
        pandas_time, found = best(lambda: in_pandas(frame))
        check_equal(ours, of_frame(found))
        compare(what, our_time, f"pandas {pd.__version__}", pandas_time)
    print(f"the same {len(ours):,} clusters each time; ours with who traded what, and why filers are one owner")


def with_joint_filings() -> None:
    made = filings(joint=0.125, amended=0.02)
    our_time, clusters = best(lambda: find_clusters(made, {}, RULE, NOW))
    ours, theirs = of_ours(clusters), as_found(in_sql(open_table(made)))
    forged = len(theirs.keys() - ours.keys())
    print(
        f"with joint filings and amendments: {our_time:.3f} s; {len(ours):,} clusters, and a GROUP BY forges {forged:,}"
    )


def from_refresh_to_refresh() -> None:
    made = filings(joint=0.125, amended=0.02)
    by_issuer: dict[str, list[Filing]] = defaultdict(list)
    for filing in made[:-FEW]:
        by_issuer[filing.issuer_cik].append(filing)

    def load(ciks: Collection[str], _first: date) -> Iterator[list[Filing]]:
        yield [filing for cik in ciks for filing in by_issuer[cik]]

    def refresh(now: datetime, changed: Collection[str]) -> tuple[Cluster, ...]:
        book.update(now, changed, load)
        return book.find(RULE, {})

    book = ClusterBook(RULE.days, RULE.min_insiders)
    whole, _ = best(lambda: refresh(NOW, by_issuer.keys()), times=1)
    for filing in made[-FEW:]:
        by_issuer[filing.issuer_cik].append(filing)
    later = NOW + timedelta(minutes=30)
    part, found = best(lambda: refresh(later, {filing.issuer_cik for filing in made[-FEW:]}))
    assert found == find_clusters(made, {}, RULE, later)
    compare(f"a refresh with {FEW} new filings", part, "all anew", whole)


if __name__ == "__main__":
    beside_baselines()
    with_joint_filings()
    from_refresh_to_refresh()
