"""`tocsin import coins`: coin_id,symbol,name,market_cap_rank."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from bot.imports.reading import Reading
from bot.imports.tables import number, read_table, says, split, text
from scoring.model import Coin

COLUMNS = ("coin_id", "symbol", "name", "market_cap_rank")


def read_coins(path: Path) -> Reading[list[Coin]]:
    """Coins; an empty rank is none. Raises UserError when the file as a whole cannot be read."""
    raw = read_table(path, COLUMNS)
    table = raw.with_columns(
        coin_id=text("coin_id"),
        symbol=text("symbol").str.to_uppercase(),
        name=pl.coalesce(text("name"), text("symbol")),
        rank=number(raw, "market_cap_rank"),
        rank_text=text("market_cap_rank"),
    )
    rank = pl.col("rank").cast(pl.Int64, strict=False)
    good, bad = split(
        path,
        table,
        [
            (pl.col("coin_id").is_not_null(), pl.lit("coin_id is empty")),
            (pl.col("symbol").is_not_null(), pl.lit("symbol is empty")),
            (
                pl.col("rank_text").is_null() | ((rank >= 1) & (rank == pl.col("rank"))),
                says("market_cap_rank {} is not a whole number from 1", "market_cap_rank"),
            ),
        ],
    )
    rows = good.select("coin_id", "symbol", "name", rank).unique("coin_id", keep="first", maintain_order=True)
    return Reading([Coin(*row) for row in rows.iter_rows()], bad)
