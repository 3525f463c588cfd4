"""What files may look like: lines, encodings, names, and the column types of Parquet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from bot.errors import UserError
from bot.imports.funding import read_funding
from bot.imports.prices import read_prices

NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)
EIGHT = datetime(2026, 4, 26, 8, tzinfo=UTC)
SECOND = int(EIGHT.timestamp())
HEADER = "base_coin,time,price"


def prices(tmp_path: Path, content: str | bytes, name: str = "prices.csv") -> tuple[list[Any], list[tuple[Any, str]]]:
    """The good rows, and line and reason of the bad ones."""
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    reading = read_prices(path, now=NOW)
    return reading.rows.rows(), [(bad.line, bad.reason) for bad in reading.bad]


def parquet(tmp_path: Path, **columns: Any) -> Path:
    """One good settlement, with some columns put otherwise."""
    good = {
        "exchange": ["okx"],
        "symbol": ["BTC-USDT-SWAP"],
        "base_coin": ["BTC"],
        "rate": [0.0001],
        "interval_hours": [8.0],
        "settled_at": [EIGHT],
    }
    path = tmp_path / "settlements.parquet"
    pl.DataFrame(good | columns).write_parquet(path)
    return path


def test_a_cell_too_many_costs_the_row_and_never_cuts_a_number(tmp_path: Path) -> None:
    content = f"{HEADER}\nBTC,2026-04-26T08:00:00Z,97,000.5\nETH,2026-04-26T08:00:00Z,3000\n"
    good, ((line, reason),) = prices(tmp_path, content)
    assert good == [("ETH", SECOND, 3000.0)]
    assert line == 2
    assert "more cells than the header has columns" in reason


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\nBTC,2026-04-26T08:00:00Z,1,\n",
        f"{HEADER},\nBTC,2026-04-26T08:00:00Z,1,\n",
        f"{HEADER},\nBTC,2026-04-26T08:00:00Z,1,note\n",
        f"{HEADER},note\nBTC,2026-04-26T08:00:00Z,1,fine\n",
        f"{HEADER}\r\nBTC,2026-04-26T08:00:00Z,1\r\n",
        f"\ufeff{HEADER}\nBTC,2026-04-26T08:00:00Z,1",
        f"{HEADER}\n\n,,\nBTC,2026-04-26T08:00:00Z,1\n\n\n",
        f'{HEADER}\n"BTC","2026-04-26T08:00:00Z","1"\n',
    ],
    ids=["comma", "commas", "unnamed", "another", "windows", "mark", "blank", "quoted"],
)
def test_what_does_not_change_the_meaning_does_no_harm(tmp_path: Path, content: str) -> None:
    assert prices(tmp_path, content) == ([("BTC", SECOND, 1.0)], [])


def test_blank_lines_are_counted(tmp_path: Path) -> None:
    _, bad = prices(tmp_path, f"{HEADER}\n\nBTC,2026-04-26T08:00:00Z,x\n")
    assert [line for line, _ in bad] == [3]


def test_what_is_not_utf_8_is_told_and_not_stored(tmp_path: Path) -> None:
    content = f"{HEADER}\nCAFÉ,2026-04-26T08:00:00Z,1\nETH,2026-04-26T08:00:00Z,2\n".encode("latin-1")
    good, bad = prices(tmp_path, content)
    assert good == [("ETH", SECOND, 2.0)]
    assert bad == [(2, "not UTF-8; save the file as UTF-8")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\n\n", "cannot be read"),
        (b"\x1f\x8b\x08 packed", "this is compressed; unpack it first"),
        (b'base_coin,time,price,"no\nte"\n', "the header does not end with its line"),
        (f"{HEADER}\n".replace(",", ";").encode(), "no column base_coin, time, price; expected CSV or Parquet with"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(UserError) as caught:
        prices(tmp_path, content)
    assert str(tmp_path / "prices.csv") in caught.value.message
    assert reason in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("name", ["prices[1].csv", "prices*.csv"])
def test_a_name_is_no_pattern(tmp_path: Path, name: str) -> None:
    prices(tmp_path, f"{HEADER}\nETH,2026-04-26T08:00:00Z,2\n", name="prices_other.csv")
    assert prices(tmp_path, f"{HEADER}\nBTC,2026-04-26T08:00:00Z,1\n", name=name) == ([("BTC", SECOND, 1.0)], [])


def test_a_parquet_name_is_no_pattern(tmp_path: Path) -> None:
    path = parquet(tmp_path).rename(tmp_path / "settlements[1].parquet")
    assert len(read_funding(path, now=NOW).rows) == 1


@pytest.mark.parametrize(
    "written",
    [
        "2026-04-26T08:00:00Z",
        "2026-04-26T08:00:00z",
        "2026-04-26 08:00:00+00",
        "2026-04-26 03:00:00.25-05",
        "2026-04-26T10:00+02:00",
        "2026-04-26T13:30:00+0530",
        " 2026-04-26T08:00:00.123456Z ",
    ],
)
def test_a_time_with_a_zone_is_read(tmp_path: Path, written: str) -> None:
    assert prices(tmp_path, f"{HEADER}\nBTC,{written},1\n") == ([("BTC", SECOND, 1.0)], [])


@pytest.mark.parametrize("written", ["2026-04-26T08:00:00", "2026-04-26", "1777190400", "26.04.2026 08:00", ""])
def test_a_time_without_a_zone_is_told(tmp_path: Path, written: str) -> None:
    good, ((line, reason),) = prices(tmp_path, f"{HEADER}\nBTC,{written},1\n")
    assert (good, line) == ([], 2)
    assert f"time {written or '(nothing)'} is not a time with a zone" in reason


@pytest.mark.parametrize(
    "columns",
    [
        {"exchange": pl.Series(["okx"], dtype=pl.Categorical), "symbol": pl.Series([b"BTC-USDT-SWAP"])},
        {"exchange": pl.Series(["okx"], dtype=pl.Enum(["okx"]))},
        {"rate": pl.Series(["0.0001"], dtype=pl.Categorical), "interval_hours": pl.Series([8], dtype=pl.Int8)},
        {"rate": pl.Series(["0.0001"]).cast(pl.Decimal(20, 8)), "interval_hours": pl.Series([8], dtype=pl.Float32)},
        {"settled_at": pl.Series(["2026-04-26T08:00:00Z"], dtype=pl.Categorical)},
        {"settled_at": pl.Series([EIGHT]).dt.convert_time_zone("Asia/Tokyo").dt.cast_time_unit("ns")},
        {"settled_at": pl.Series([EIGHT]).dt.cast_time_unit("ms"), "unrelated": [[1, 2]]},
    ],
)
def test_parquet_columns_may_be_stored_in_many_ways(tmp_path: Path, columns: dict[str, Any]) -> None:
    expected = read_funding(parquet(tmp_path), now=NOW).rows
    reading = read_funding(parquet(tmp_path, **columns), now=NOW)
    assert reading.bad == ()
    assert reading.rows.equals(expected)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"rate": [[0.1]]}, "column rate holds List(Float64)"),
        ({"symbol": [{"a": 1}]}, "column symbol holds Struct"),
        ({"interval_hours": [timedelta(hours=8)]}, "column interval_hours holds Duration"),
        ({"settled_at": [date(2026, 4, 26)]}, "column settled_at holds Date, not times"),
        ({"settled_at": [SECOND]}, "column settled_at holds Int64, not times"),
        ({"symbol": [b"\xff\xfe"]}, "cannot be read (invalid utf8"),
    ],
)
def test_a_parquet_column_of_another_kind_is_refused(tmp_path: Path, columns: dict[str, Any], reason: str) -> None:
    with pytest.raises(UserError) as caught:
        read_funding(parquet(tmp_path, **columns), now=NOW)
    assert reason in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"rate": [None]}, "rate (nothing) is not a number"),
        ({"rate": [True]}, "rate true is not a number"),
        ({"rate": [EIGHT]}, "is not a number"),
        ({"interval_hours": [float("nan")]}, "interval_hours is NaN: an unknown interval is never assumed"),
        ({"settled_at": pl.Series([None], dtype=pl.Datetime("us", "UTC"))}, "settled_at (nothing) is not a time"),
    ],
)
def test_a_bad_row_of_parquet_is_told_with_its_number(tmp_path: Path, columns: dict[str, Any], reason: str) -> None:
    (bad,) = read_funding(parquet(tmp_path, **columns), now=NOW).bad
    assert bad.line == 1
    assert reason in bad.reason
