"""CSV and Parquet files as text columns, and checks that say what is wrong with a row."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from bot.errors import UserError
from bot.imports.reading import BadRow

LINE = "__line"
FAULT = "__fault"  # what is wrong with a line before its cells are looked at
BEYOND = "__beyond"  # the first cell after a CSV's last column
PARQUET_MAGIC = b"PAR1"
GZIP_MAGIC = b"\x1f\x8b"
TEXT_KINDS = (pl.Categorical, pl.Enum, pl.Binary)
UNDECODABLE = "\ufffd"  # what stands for bytes that are not UTF-8


def read_table(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """The wanted columns of a CSV (all text) or Parquet file (typed), with line numbers and faults of lines.

    Raises UserError, one line that names the file, when it cannot be read at all.
    """
    expected = f"expected CSV or Parquet with {','.join(columns)}"
    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == PARQUET_MAGIC
        table = _read_parquet(path, columns) if is_parquet else _read_csv(path)
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
    if is_parquet:
        return table.select(*columns, pl.lit(None, pl.String).alias(FAULT)).with_row_index(LINE, offset=1)
    lines = table.select(*columns, _line_fault(columns)).with_row_index(LINE, offset=2)  # line 1 is the header
    return lines.filter(~pl.all_horizontal(pl.col(*columns, FAULT).is_null()))  # blank lines


def _read_parquet(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    # `glob`: a file may be called prices[1].parquet.
    table = pl.read_parquet(path, glob=False)
    table = table.select(column for column in table.columns if column in columns)
    for column, kind in table.schema.items():
        if kind.is_nested() or isinstance(kind, pl.Duration | pl.Time | pl.Object):
            raise UserError(f"{path}: column {column} holds {kind}; store text, numbers or times")
    text_as_text = [column for column, kind in table.schema.items() if isinstance(kind, TEXT_KINDS)]
    return table.with_columns(pl.col(text_as_text).cast(pl.String))


def _read_csv(path: Path) -> pl.DataFrame:
    # One column more than the header names: cells too many must be seen, for "97,000.5" is not a price of 97.
    given = path.read_bytes()
    if given.startswith(GZIP_MAGIC):
        raise UserError(f"{path}: this is compressed; unpack it first")
    header, _, lines = given.lstrip(b"\r\n").partition(b"\n")
    content = header.rstrip(b"\r") + f",{BEYOND}\n".encode() + lines if header else b""
    # All text: one bad cell must cost one row, not the file.
    table = pl.read_csv(BytesIO(content), infer_schema=False, truncate_ragged_lines=True, encoding="utf8-lossy")
    if BEYOND not in table.columns:
        raise UserError(f"{path}: the header does not end with its line; is a quote left open in it?")
    return table


def _line_fault(columns: Sequence[str]) -> pl.Expr:
    undecodable = pl.any_horizontal(pl.col(*columns).str.contains(UNDECODABLE, literal=True))
    return (
        pl.when(pl.col(BEYOND).is_not_null())
        .then(pl.lit("more cells than the header has columns; put a cell that holds a comma in quotes"))
        .when(undecodable)
        .then(pl.lit("not UTF-8; save the file as UTF-8"))
        .alias(FAULT)
    )


def text(column: str) -> pl.Expr:
    """A column as stripped text; empty is null."""
    stripped = pl.col(column).cast(pl.String).str.strip_chars()
    return pl.when(stripped.str.len_bytes() > 0).then(stripped)


def number(table: pl.DataFrame, column: str) -> pl.Expr:
    """A column as float; null where it is no number."""
    kind = table.schema[column]
    if kind == pl.String:
        return pl.col(column).str.strip_chars().cast(pl.Float64, strict=False)
    # Polars would make numbers of dates and truth values too.
    return pl.col(column).cast(pl.Float64, strict=False) if kind.is_numeric() else pl.lit(None, pl.Float64)


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
    iso = pl.col(column).str.strip_chars().str.replace(r"[Zz]$", "+00:00").str.replace(" ", "T")
    iso = iso.str.replace(r"(:[\d.]+[+-]\d{2})$", "${1}:00")  # hours alone, as PostgreSQL writes them
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
    """Rows that pass all checks, and the others with their line's fault or the reason of the first check they fail.

    A check is (what must be true, the reason when it is not); null counts as not true.
    """
    reason = pl.lit(None, dtype=pl.String)
    for condition, why in reversed(checks):
        reason = pl.when(condition.fill_null(value=False)).then(reason).otherwise(why)
    judged = table.with_columns(pl.coalesce(FAULT, reason).alias(FAULT))
    bad = judged.filter(pl.col(FAULT).is_not_null()).select(LINE, FAULT)
    rows = tuple(BadRow(str(path), line, why) for line, why in bad.iter_rows())
    return judged.filter(pl.col(FAULT).is_null()).drop(FAULT), rows


def says(pattern: str, column: str) -> pl.Expr:
    """A reason that names the cell's value."""
    return pl.format(pattern, pl.col(column).cast(pl.String).fill_null("(nothing)"))
