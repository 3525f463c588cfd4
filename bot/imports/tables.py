"""CSV and Parquet files as text columns, and checks that say what is wrong with a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from bot.errors import UserError
from bot.imports.reading import BadRow

LINE = "__line"
PARQUET_MAGIC = b"PAR1"


def read_table(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """The wanted columns of a CSV (all text) or Parquet file (typed), with a column of line numbers.

    Raises UserError, one line that names the file, when it cannot be read at all.
    """
    expected = f"expected CSV or Parquet with {','.join(columns)}"
    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == PARQUET_MAGIC
        table = pl.read_parquet(path) if is_parquet else _read_csv(path)
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such file") from error
    except IsADirectoryError as error:
        raise UserError(f"{path}: this is a folder; name the files in it") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from error
    except PolarsError as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path}: cannot be read ({why}); {expected}") from error
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise UserError(f"{path}: no column {', '.join(missing)}; {expected}")
    first = 1 if is_parquet else 2  # a CSV's first line is its header
    return table.select(*columns).with_row_index(LINE, offset=first)


def _read_csv(path: Path) -> pl.DataFrame:
    # All text: one bad cell must cost one row, not the file.
    return pl.read_csv(path, infer_schema=False, truncate_ragged_lines=True, encoding="utf8-lossy")


def text(column: str) -> pl.Expr:
    """A column as stripped text; empty is null."""
    stripped = pl.col(column).cast(pl.String).str.strip_chars()
    return pl.when(stripped.str.len_bytes() > 0).then(stripped)


def number(table: pl.DataFrame, column: str) -> pl.Expr:
    """A column as float; null where it is no number."""
    if table.schema[column] == pl.String:
        return pl.col(column).str.strip_chars().cast(pl.Float64, strict=False)
    return pl.col(column).cast(pl.Float64, strict=False)


def unix_seconds(table: pl.DataFrame, column: str, path: Path) -> pl.Expr:
    """A column of times as unix seconds (float); null where it cannot be read or has no time zone.

    Parquet: a datetime with a time zone. CSV: ISO 8601 with Z or an offset.
    """
    kind = table.schema[column]
    if isinstance(kind, pl.Datetime):
        if kind.time_zone is None:
            raise UserError(f"{path}: column {column} has no time zone; store it as UTC")
        return pl.col(column).dt.epoch("ms") / 1000
    if kind != pl.String:
        raise UserError(f"{path}: column {column} holds {kind}, not times; store UTC datetimes or ISO 8601")
    iso = pl.col(column).str.strip_chars().str.replace(r"Z$", "+00:00").str.replace(" ", "T")
    # Without a zone the instant is anyone's guess: such a cell must come out as null, not as UTC.
    zoned = pl.when(iso.str.contains(r"[+-]\d{2}:?\d{2}$")).then(iso)
    parsed = pl.coalesce(
        zoned.str.to_datetime(pattern, strict=False, time_unit="ms", time_zone="UTC")
        for pattern in ("%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%z")
    )
    return parsed.dt.epoch("ms") / 1000


def split(
    path: Path, table: pl.DataFrame, checks: Sequence[tuple[pl.Expr, pl.Expr]]
) -> tuple[pl.DataFrame, tuple[BadRow, ...]]:
    """Rows that pass all checks, and the others with the reason of the first check they fail.

    A check is (what must be true, the reason when it is not); null counts as not true.
    """
    reason = pl.lit(None, dtype=pl.String)
    for condition, why in reversed(checks):
        reason = pl.when(condition.fill_null(value=False)).then(reason).otherwise(why)
    judged = table.with_columns(reason.alias("__reason"))
    bad = judged.filter(pl.col("__reason").is_not_null()).select(LINE, "__reason")
    rows = tuple(BadRow(str(path), line, why) for line, why in bad.iter_rows())
    return judged.filter(pl.col("__reason").is_null()).drop("__reason"), rows


def says(pattern: str, column: str) -> pl.Expr:
    """A reason that names the cell's value."""
    return pl.format(pattern, pl.col(column).cast(pl.String).fill_null("(nothing)"))
