"""`tocsin import funding`: settlements from exchange,symbol,base_coin,rate,interval_hours,settled_at."""

from __future__ import annotations

import difflib
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from bot.feeds.assets import is_tradfi
from bot.feeds.base import SETTLEMENT_SCHEMA
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.exchanges.symbols import base_coin, margin_of, names_tradfi
from bot.imports.reading import BadRow, Reading
from bot.imports.tables import LINE, number, read_table, says, split, text, unix_seconds
from scoring.model import AssetClass

COLUMNS = ("exchange", "symbol", "base_coin", "rate", "interval_hours", "settled_at")
LONGEST_INTERVAL = 24  # hours
DAY = 86_400  # seconds
ASSET_COLUMN: dict[str, pl.DataType] = {"asset": pl.String()}  # scoring.model.AssetClass
FIRST = "__first"  # marks what the first row of a settlement says
SAID = {"rate": "at", "interval_hours": "with interval_hours", "base_coin": "as base_coin"}


def read_funding(path: Path, *, now: datetime, max_abs_rate: float = 0.05) -> Reading[pl.DataFrame]:
    """Settlements in SETTLEMENT_SCHEMA, with `asset`. Raises UserError when the file as a whole cannot be read.

    Times are rounded to the minute, for exchanges settle some seconds late.
    """
    raw = read_table(path, COLUMNS)
    table = raw.with_columns(
        exchange=text("exchange").str.to_lowercase().replace(_aliases()),
        symbol=text("symbol"),
        base_coin=text("base_coin"),
        rate_number=number(raw, "rate"),
        hours=number(raw, "interval_hours"),
        second=(unix_seconds(raw, "settled_at", path) / 60).round() * 60,
    )
    latest = now.timestamp() + DAY
    good, bad = split(
        path,
        table,
        [
            (pl.col("exchange").is_in(list(EXCHANGES)), _unknown_exchange(table)),
            (pl.col("symbol").is_not_null(), pl.lit("symbol is empty")),
            (pl.col("base_coin").is_not_null(), pl.lit("base_coin is empty")),
            (
                pl.col("rate_number").is_finite(),
                says("rate {} is not a number; write a decimal such as 0.0001 for 0.01 %", "rate"),
            ),
            (
                pl.col("rate_number").abs() <= max_abs_rate,
                says(f"rate {{}} is beyond ±{max_abs_rate:g} per settlement; is it in percent?", "rate"),
            ),
            (
                pl.col("hours").is_finite(),
                says("interval_hours is {}: an unknown interval is never assumed", "interval_hours"),
            ),
            (
                (pl.col("hours") > 0) & (pl.col("hours") <= LONGEST_INTERVAL),
                says(f"interval_hours {{}} is not above 0 and at most {LONGEST_INTERVAL}", "interval_hours"),
            ),
            (
                pl.col("second").is_not_null(),
                says("settled_at {} is not a time with a zone, such as 2026-04-26T08:00:00Z", "settled_at"),
            ),
            (pl.col("second") <= latest, says("settled_at {} lies in the future", "settled_at")),
        ],
    )
    rows = good.select(
        LINE,
        "exchange",
        "symbol",
        "base_coin",
        rate="rate_number",
        interval_hours="hours",
        settled_at=pl.col("second").cast(pl.Int64),
    )
    rows, twice = _once(path, rows)
    return Reading(_with_margin(rows), bad + twice)


def _once(path: Path, rows: pl.DataFrame) -> tuple[pl.DataFrame, tuple[BadRow, ...]]:
    """The first row of each settlement; later ones that say something else are bad."""
    key = ["exchange", "symbol", "settled_at"]
    first = rows.unique(key, keep="first", maintain_order=True)
    if len(first) == len(rows):
        return rows, ()
    later = rows.join(first, on=key, suffix=FIRST).filter(
        pl.any_horizontal(pl.col(name) != pl.col(name + FIRST) for name in SAID)
    )
    return first, tuple(_differing(path, row) for row in later.sort(LINE).iter_rows(named=True))


def _differing(path: Path, row: dict[str, Any]) -> BadRow:
    told = "; ".join(
        f"{how} {row[name + FIRST]} and not {row[name]}" for name, how in SAID.items() if row[name] != row[name + FIRST]
    )
    return BadRow(
        str(path),
        row[LINE],
        f"{row['exchange']} {row['symbol']} settled at that time already in line {row[LINE + FIRST]}, "
        f"{told}; the first is kept",
    )


def _with_margin(rows: pl.DataFrame) -> pl.DataFrame:
    pairs = rows.select("exchange", "symbol").unique()
    margins = pairs.with_columns(margin=pl.Series([int(margin_of(e, s)) for e, s in pairs.iter_rows()], dtype=pl.Int8))
    as_written = ["exchange", "base_coin"]
    coins = rows.select(as_written).unique()
    read = [(base_coin(exchange, base).ticker, _asset(exchange, base)) for exchange, base in coins.iter_rows()]
    named = coins.with_columns(
        ticker=pl.Series([ticker for ticker, _ in read], dtype=pl.String),
        asset=pl.Series([asset for _, asset in read], dtype=pl.String),
    )
    known = rows.join(margins, on=["exchange", "symbol"], maintain_order="left")
    known = known.join(named, on=as_written, maintain_order="left").with_columns(base_coin="ticker")
    return known.select([pl.col(name).cast(kind) for name, kind in (SETTLEMENT_SCHEMA | ASSET_COLUMN).items()])


def _asset(exchange: str, base: str) -> str:
    """Coin or tokenised stock: files do not say, so only names that tell, and well-known ones, are recognised."""
    is_stock = names_tradfi(exchange, base) or is_tradfi(base_coin(exchange, base).ticker)
    return (AssetClass.TRADFI if is_stock else AssetClass.COIN).value


def _aliases() -> dict[str, str]:
    return {alias: exchange.name for exchange in EXCHANGES.values() for alias in exchange.aliases}


def _unknown_exchange(table: pl.DataFrame) -> pl.Expr:
    known = list(EXCHANGES)
    reasons: dict[str, str] = {}
    for name in table["exchange"].unique().drop_nulls():
        if name not in EXCHANGES:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
            reasons[name] = f"exchange {name!r} is unknown; {hint}"
    return pl.col("exchange").replace_strict(reasons, default=pl.lit("exchange is empty"), return_dtype=pl.String)
