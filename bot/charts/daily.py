"""Average funding by day, and by 8 hours, made by the very functions that the scores rest on.

A coin's streak is counted on these numbers, so that a picture cannot tell another story than the score.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from scoring.funding import (
    DAY,
    MAX_ABS_RATE,
    DayColumns,
    FundingHistory,
    daily_averages,
    preference,
    usable,
)

SLOT = DAY // 3  # seconds; 8 hours
SLOTS = 8  # whole ones that 72 hours hold for sure

Averages = dict[str, tuple[float | None, ...]]


@dataclass(frozen=True)
class Columns:
    """Funding by equal stretches of time, days or slots, oldest first, up to the last whole one."""

    history: FundingHistory
    end: int  # the number of the stretch that is not over
    seconds: int  # of a stretch

    @property
    def start(self) -> datetime:
        """When the first of them begins."""
        return datetime.fromtimestamp(self.history.first_day * self.seconds, UTC)

    def by_coin(self) -> Averages:
        """Coin → its average per 8 h in each stretch; None where not known."""
        found = daily_averages(self.history, preference(self.history.pairs), self.end)
        return {
            name: tuple(None if math.isnan(value) else value for value in values.tolist())
            for name, values in sorted(found.items())
        }

    def by_exchange(self) -> Averages:
        """The same of each exchange, where the history is of one coin: what that exchange votes."""
        as_coins = tuple(replace(one, base_coin=one.exchange) for one in self.history.pairs)
        known = replace(self, history=replace(self.history, pairs=as_coins)).by_coin()
        return {name: values for name, values in known.items() if any(value is not None for value in values)}


def days_of(history: FundingHistory, now: datetime) -> Columns:
    """The UTC days from `history.first_day` to yesterday."""
    return Columns(history, int(now.timestamp()) // DAY, DAY)


def slots_of(history: FundingHistory, now: datetime, max_abs_rate: float = MAX_ABS_RATE) -> Columns:
    """The last 8 whole slots of 8 hours.

    As with a day, a settlement pays for the time before it, and half of the slot must be covered.
    """
    instant = int(now.timestamp())
    window = usable(history.window, instant, max_abs_rate)
    key = np.stack([window.pair, (window.settled_at - 1) // SLOT])
    (pair, slot), where = np.unique(key, axis=1, return_inverse=True)
    ratio = DAY // SLOT  # a slot is a day that passes faster, so that the rules of days hold
    sums = np.zeros(len(pair))
    hours = np.zeros(len(pair))
    np.add.at(sums, where.ravel(), window.rate * ratio)
    np.add.at(hours, where.ravel(), window.interval_hours * ratio)
    end = instant // SLOT
    slots = replace(history, days=DayColumns(pair, slot, sums, hours), first_day=end - SLOTS)
    return Columns(slots, end, SLOT)
