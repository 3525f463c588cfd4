"""Moving all accumulated windows on by one step, beside adding them all up with one SQL GROUP BY.

400 days of 1,375 pairs, a quarter of the real universe: three years of all 5,500 would take longer to build
than to measure. Both sides grow with the pairs; the GROUP BY also with the history, so that the ratio of the
real database is smaller still.
"""

from __future__ import annotations

import math
import tempfile
from datetime import datetime, timedelta

from bench.timing import best, compare
from bench.universe import NOW, settlements
from storage import Storage, open_storage
from storage.following import ACCUMULATED_DAYS

DAYS = 400
COINS = 275
BEFORE = NOW - timedelta(hours=4, minutes=15)  # 07:45
STEPS = (  # the first passes 08:00, at which all contracts settle
    ("30 minutes", NOW - timedelta(hours=3, minutes=45)),
    ("4 hours", NOW + timedelta(minutes=15)),
)
GROUP_BY = f"""
    SELECT pair_id, {
    ", ".join(
        f"sum(rate) FILTER (WHERE settled_at > :now - {days} * 86400), "
        f"count(*) FILTER (WHERE settled_at > :now - {days} * 86400)"
        for days in ACCUMULATED_DAYS
    )
}
    FROM settlement WHERE settled_at <= :now GROUP BY pair_id ORDER BY pair_id
"""
WINDOWS = f"""
    SELECT pair_id, {", ".join(f"sum_{days} / 1e15, count_{days}" for days in ACCUMULATED_DAYS)}
    FROM funding_window ORDER BY pair_id
"""


def main() -> None:
    frame = settlements(DAYS, COINS)
    with tempfile.TemporaryDirectory() as folder:
        storage = open_storage(f"sqlite:///{folder}/bench.db")
        with storage.write() as tx:
            tx.funding.add(frame)
        whole_time, _ = best(lambda: advance(storage, BEFORE), times=1)
        for name, now in STEPS:
            our_time, ours = best(lambda now=now: advance(storage, now), times=1)  # type: ignore[misc]
            sql_time, plain = best(lambda now=now: group_by(storage, now))  # type: ignore[misc]
            assert len(ours) == len(plain) == COINS * 5
            for one, other in zip(ours, plain, strict=True):
                assert (one[0], one[2::2]) == (other[0], other[2::2])
                assert all(math.isclose(a, b, abs_tol=1e-11) for a, b in zip(one[1::2], other[1::2], strict=True))
            compare(f"windows of {len(ours):,} pairs, {name} on", our_time, "SQL GROUP BY", sql_time)
        storage.close()
    print(f"  {len(frame):,} settlements; all windows made anew: {whole_time:.2f} s")


def advance(storage: Storage, now: datetime) -> list[tuple[float, ...]]:
    with storage.write() as tx:
        assert tx.funding.advance_windows(now) == 0
        return [tuple(row) for row in tx.connection.exec_driver_sql(WINDOWS)]


def group_by(storage: Storage, now: datetime) -> list[tuple[float, ...]]:
    with storage.read() as tx:
        rows = tx.connection.exec_driver_sql(GROUP_BY, {"now": int(now.timestamp())})
        return [tuple(row) for row in rows]


if __name__ == "__main__":
    main()
