"""`tocsin import prices`: base_coin,time,price."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl

from bot.feeds.base import PRICE_SCHEMA
from bot.imports.funding import DAY
from bot.imports.reading import Reading
from bot.imports.tables import number, read_table, says, split, text, unix_seconds

BASE_COIN_ALIASES = {"XBT": "BTC"}
COLUMNS = ("base_coin", "time", "price")


def read_prices(path: Path, *, now: datetime) -> Reading[pl.DataFrame]:
    """Prices in PRICE_SCHEMA, USD per coin. Raises UserError when the file as a whole cannot be read."""
    raw = read_table(path, COLUMNS)
    table = raw.with_columns(
        base_coin=text("base_coin").str.to_uppercase().replace(BASE_COIN_ALIASES),
        second=unix_seconds(raw, "time", path).floor(),
        usd=number(raw, "price"),
    )
    good, bad = split(
        path,
        table,
        [
            (pl.col("base_coin").is_not_null(), pl.lit("base_coin is empty")),
            (
                pl.col("second").is_not_null(),
                says("time {} is not a time with a zone, such as 2026-04-26T08:00:00Z", "time"),
            ),
            (pl.col("second") <= now.timestamp() + DAY, says("time {} lies in the future", "time")),
            (
                pl.col("usd").is_finite() & (pl.col("usd") > 0),
                says("price {} is not a number above 0", "price"),
            ),
        ],
    )
    rows = good.select("base_coin", time="second", price="usd").unique(
        ["base_coin", "time"], keep="first", maintain_order=True
    )
    return Reading(rows.select([pl.col(name).cast(kind) for name, kind in PRICE_SCHEMA.items()]), bad)
