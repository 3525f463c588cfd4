"""Intervals of history rows from their spacing: what each settlement had then, whatever the contract has today."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from bot.feeds.base import SettledRate

INTERVALS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 24.0)  # hours
TOLERANCE = 0.02  # settlements come seconds to minutes late
LONGEST_INTERVAL = 24.0  # hours


def with_intervals(rows: Sequence[SettledRate], current: float | None) -> tuple[list[SettledRate], int]:
    """(rows with their interval, oldest first, each minute once; how many were left out for want of one).

    `current`: hours of the running interval that follows the last row; None where the rows end in the past.

    A row that says its interval keeps it. Else its gap to the row before counts when the gaps around it agree. A gap
    between two equal shorter ones is a missing settlement and takes theirs. Where the interval changes, one gap may
    be either, the new interval or two of the other with a settlement missing: that row is left out, never assumed.
    Rows at the ends of what is given have one neighbour only, so let pages overlap by three rows.

    >>> day = datetime(2026, 1, 1)
    >>> rows = [SettledRate(day + timedelta(hours=h), 0.0001) for h in (0, 8, 16, 24, 28, 32)]
    >>> found, left_out = with_intervals(rows, current=4.0)
    >>> [row.interval_hours for row in found], left_out
    ([8.0, 8.0, 8.0, 4.0, 4.0], 1)
    """
    ordered = _ordered(rows)
    # One gap for each row, None before the first, and the running interval as the one after the last.
    gaps = [_said(row) or gap for row, gap in zip(ordered, _gaps(ordered), strict=True)] + [current]
    found = [row if _said(row) else replace(row, interval_hours=_interval(gaps, i)) for i, row in enumerate(ordered)]
    given = [row for row in found if row.interval_hours is not None]
    return given, len(found) - len(given)


def _interval(gaps: Sequence[float | None], row: int) -> float | None:
    if row == 0:
        return _of_the_first(gaps)
    before, gap, after = gaps[row - 1], gaps[row], gaps[row + 1]
    if gap is not None and before is not None and gap > before:
        return before if before == after and before in INTERVALS else None
    if gap not in INTERVALS or gap not in {before, after}:
        return None
    # The gap of the row before and a shorter one after it: it could be several of those.
    doubtful = after is not None and after < gap and gap % after == 0
    return None if doubtful else gap


def _of_the_first(gaps: Sequence[float | None]) -> float | None:
    """There is no row before the first: the next gap counts when the one after that agrees."""
    agrees = len(gaps) > 2 and gaps[1] == gaps[2] and gaps[1] in INTERVALS
    return gaps[1] if agrees else None


def _gaps(ordered: Sequence[SettledRate]) -> list[float | None]:
    between = [(late.at - early.at) / timedelta(hours=1) for early, late in pairwise(ordered)]
    return [None, *(_nearest(hours) for hours in between)][: len(ordered)]


def _nearest(hours: float) -> float:
    """The interval that a gap is, or the gap itself where it is none."""
    return next((one for one in INTERVALS if math.isclose(hours, one, rel_tol=TOLERANCE)), hours)


def _said(row: SettledRate) -> float | None:
    hours = row.interval_hours
    return hours if hours is not None and 0 < hours <= LONGEST_INTERVAL else None


def _ordered(rows: Iterable[SettledRate]) -> list[SettledRate]:
    """Oldest first, times rounded to the minute; of several at one minute the one that says most."""
    chosen: dict[datetime, SettledRate] = {}
    for row in rows:
        one = replace(
            row, at=(row.at + timedelta(seconds=30)).replace(second=0, microsecond=0), interval_hours=_said(row)
        )
        chosen[one.at] = max(chosen.get(one.at, one), one, key=_worth)
    return [chosen[at] for at in sorted(chosen)]


def _worth(row: SettledRate) -> tuple[bool, bool, str]:
    return row.interval_hours is not None, math.isfinite(row.rate), repr(row.rate)
