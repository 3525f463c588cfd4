"""Our Form 4 rows beside edgartools': `python bench/crosscheck_form4.py PATH...` (needs `tocsin[crosscheck]`).

A development tool and no part of the tests: edgartools brings some 400 MB of packages. It looks up each
reporting owner on the network while it parses; here that look-up is cut, for the rows do not need it.
Exit status 1 when a filing's rows differ.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

from edgar.ownership import owners
from edgar.ownership.ownershipforms import Form4

from bot.feeds.form4 import BadFilingError, NotForm4Error, parse_form4

Row = tuple[str, str, str, float, float | None]


def ours(content: bytes) -> list[Row]:
    rows = parse_form4(content).filing.transactions
    return [(one.date.isoformat(), one.code, one.acquired_disposed, one.shares, one.price) for one in rows]


def theirs(content: bytes) -> list[Row]:
    table = Form4.parse_xml(content.decode()).non_derivative_table.transactions
    frame = None if table is None else table.data
    if frame is None:
        return []
    return [
        (str(row.Date)[:10], row.Code, row.AcquiredDisposed, _number(row.Shares) or 0.0, _number(row.Price))
        for row in frame.itertuples()
    ]


def _number(text: object) -> float | None:
    try:
        number = float(str(text).replace(",", ""))
    except ValueError:
        return None
    return None if math.isnan(number) else number


def main() -> int:
    owners.Entity = lambda _: None
    different = compared = 0
    for path in [file for given in sys.argv[1:] for file in sorted(Path(given).rglob("*.xml"))]:
        content = path.read_bytes()
        try:
            rows = ours(content)
        except (NotForm4Error, BadFilingError) as error:
            print(f"{path.name}: passed over, {error}")
            continue
        other = theirs(content)
        compared += 1
        if rows != other:
            different += 1
            print(f"{path.name}: ours {len(rows)} rows, theirs {len(other)}")
            for row in [
                *(f"  ours   {r}" for r in rows if r not in other),
                *(f"  theirs {r}" for r in other if r not in rows),
            ]:
                print(row)
    print(f"{compared} filings compared, {different} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
