"""Which settlements can be true at all, wherever they come from (pure)."""

from __future__ import annotations

import polars as pl

LONGEST_INTERVAL = 24.0  # hours


def believable_settlements(frame: pl.DataFrame, max_abs_rate: float) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The rows that can be believed, and one line for each that was set aside.

    `max_abs_rate`: decimal per settlement.
    """
    good = (
        pl.col("rate").is_finite()
        & (pl.col("rate").abs() <= max_abs_rate)
        & pl.col("interval_hours").is_finite()
        & (pl.col("interval_hours") > 0)
        & (pl.col("interval_hours") <= LONGEST_INTERVAL)
    ).fill_null(value=False)
    set_aside = tuple(
        f"{row['exchange']} {row['symbol']}: settled rate {row['rate']} per {row['interval_hours']} h"
        for row in frame.filter(~good).iter_rows(named=True)
    )
    return frame.filter(good), set_aside
