"""Import files: what is read, what is left out, and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import UserError
from bot.imports.coins import read_coins
from bot.imports.filings import read_filings
from bot.imports.funding import read_funding
from bot.imports.prices import read_prices
from tests.bot.feeds.test_form4 import ROW, document
from tests.shared_data import real

NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)
HEADER = "exchange,symbol,base_coin,rate,interval_hours,settled_at"
GOOD = "binance,BTCUSDT,BTC,0.0001,8,2026-04-26T08:00:00Z"


def csv(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "file.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_good_row_is_read_whole(tmp_path: Path) -> None:
    (row,) = read_funding(csv(tmp_path, HEADER, GOOD), now=NOW).rows.rows()
    settled_at = int(datetime(2026, 4, 26, 8, tzinfo=UTC).timestamp())
    assert row == ("binance", "BTCUSDT", "BTC", 0, 0.0001, 8.0, settled_at, "coin")


def test_a_tokenised_stock_is_recognised_by_its_name(tmp_path: Path) -> None:
    (row,) = read_funding(csv(tmp_path, HEADER, GOOD.replace("BTC", "TSLA")), now=NOW).rows.rows()
    assert row[-1] == "tradfi"
    bingx = "bingx,NCSKACME2USD-USDT,NCSKACME2USD,0.0001,8,2026-04-26T08:00:00Z"
    (row,) = read_funding(csv(tmp_path, HEADER, bingx), now=NOW).rows.rows()
    assert (row[2], row[-1]) == ("ACME", "tradfi")


def test_a_base_coin_is_read_in_its_exchange_s_own_spelling(tmp_path: Path) -> None:
    lines = [
        "binance,1000PEPEUSDT,1000PEPE,0.0001,8,2026-04-26T08:00:00Z",
        "hyperliquid,kPEPE,kPEPE,0.0001,1,2026-04-26T08:00:00Z",
        "kucoin,XBTUSDTM,XBT,0.0001,8,2026-04-26T08:00:00Z",
        "binance,KAVAUSDT,KAVA,0.0001,8,2026-04-26T08:00:00Z",
    ]
    rows = read_funding(csv(tmp_path, HEADER, *lines), now=NOW).rows
    assert sorted(rows["base_coin"]) == ["BTC", "KAVA", "PEPE", "PEPE"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("binance,BTCUSDT,BTC,abc,8,2026-04-26T08:00:00Z", "rate abc is not a number"),
        ("binance,BTCUSDT,BTC,nan,8,2026-04-26T08:00:00Z", "rate nan is not a number"),
        ("binance,BTCUSDT,BTC,,8,2026-04-26T08:00:00Z", "rate (nothing) is not a number"),
        ("binance,BTCUSDT,BTC,inf,8,2026-04-26T08:00:00Z", "rate inf is not a number"),
        ("binance,BTCUSDT,BTC,0.3,8,2026-04-26T08:00:00Z", "rate 0.3 is beyond ±0.05 per settlement"),
        ("binance,BTCUSDT,BTC,0.0001,,2026-04-26T08:00:00Z", "an unknown interval is never assumed"),
        ("binance,BTCUSDT,BTC,0.0001,0,2026-04-26T08:00:00Z", "interval_hours 0 is not above 0"),
        ("binance,BTCUSDT,BTC,0.0001,48,2026-04-26T08:00:00Z", "interval_hours 48 is not above 0 and at most 24"),
        ("binance,BTCUSDT,BTC,0.0001,8,2026-04-26T08:00:00", "not a time with a zone"),
        ("binance,BTCUSDT,BTC,0.0001,8,yesterday", "settled_at yesterday is not a time"),
        ("binance,BTCUSDT,BTC,0.0001,8,2027-04-26T08:00:00Z", "lies in the future"),
        ("binanze,BTCUSDT,BTC,0.0001,8,2026-04-26T08:00:00Z", "did you mean binance?"),
        ("binance,,BTC,0.0001,8,2026-04-26T08:00:00Z", "symbol is empty"),
        ("binance,BTCUSDT, ,0.0001,8,2026-04-26T08:00:00Z", "base_coin is empty"),
        ("binance,ETHUSDT", "base_coin is empty"),
    ],
)
def test_a_bad_row_is_told_with_file_line_and_reason_and_the_rest_is_read(
    tmp_path: Path, line: str, reason: str
) -> None:
    path = csv(tmp_path, HEADER, GOOD.replace("BTC", "ETH"), line, GOOD.replace("BTC", "SOL"))
    reading = read_funding(path, now=NOW)
    assert len(reading.rows) == 2
    (bad,) = reading.bad
    assert (bad.file, bad.line) == (str(path), 3)
    assert reason in bad.reason


def test_times_are_rounded_to_the_minute(tmp_path: Path) -> None:
    late = GOOD.replace("08:00:00Z", "08:00:03.118Z")
    assert read_funding(csv(tmp_path, HEADER, late), now=NOW).rows["settled_at"][0] % 60 == 0


def test_offsets_are_understood(tmp_path: Path) -> None:
    one = read_funding(csv(tmp_path, HEADER, GOOD.replace("08:00:00Z", "10:00:00+02:00")), now=NOW)
    other = read_funding(csv(tmp_path, HEADER, GOOD), now=NOW)
    assert one.rows.equals(other.rows)


def test_names_are_put_in_order(tmp_path: Path) -> None:
    row = read_funding(csv(tmp_path, HEADER, "GateIO,XBT_USDT,xbt,0.0001,8,2026-04-26T08:00:00Z"), now=NOW).rows.row(
        0, named=True
    )
    assert (row["exchange"], row["base_coin"]) == ("gate", "BTC")


def test_a_settlement_told_twice_counts_once_and_a_contradiction_is_told(tmp_path: Path) -> None:
    reading = read_funding(csv(tmp_path, HEADER, GOOD, GOOD, GOOD.replace("0.0001", "0.0002")), now=NOW)
    assert reading.rows["rate"].to_list() == [0.0001]
    (bad,) = reading.bad
    assert bad.line == 4
    assert "already in line 2, at 0.0001 and not 0.0002; the first is kept" in bad.reason


@pytest.mark.parametrize(
    ("changed", "told"),
    [((",8,", ",4,"), "with interval_hours 8.0 and not 4.0"), ((",BTC,", ",ETH,"), "as base_coin BTC and not ETH")],
)
def test_rows_of_one_settlement_may_differ_in_more_than_the_rate(
    tmp_path: Path, changed: tuple[str, str], told: str
) -> None:
    reading = read_funding(csv(tmp_path, HEADER, GOOD, GOOD.replace(*changed)), now=NOW)
    assert len(reading.rows) == 1
    (bad,) = reading.bad
    assert told in bad.reason


def test_rates_that_differ_in_the_last_digit_are_told_apart(tmp_path: Path) -> None:
    one, other = (GOOD.replace("0.0001", rate) for rate in ("0.00012345678", "0.00012345679"))
    (bad,) = read_funding(csv(tmp_path, HEADER, one, other), now=NOW).bad
    assert "at 0.00012345678 and not 0.00012345679" in bad.reason


@pytest.mark.parametrize(
    ("written", "name"),
    [("gateio", "gate"), ("Huobi", "htx"), ("KUCOINFUTURES", "kucoin"), ("binanceusdm", "binance"), (" OKX ", "okx")],
)
def test_other_names_of_an_exchange_are_known(tmp_path: Path, written: str, name: str) -> None:
    rows = read_funding(csv(tmp_path, HEADER, GOOD.replace("binance", written)), now=NOW).rows
    assert rows["exchange"].to_list() == [name]


def test_the_margin_follows_from_exchange_and_symbol(tmp_path: Path) -> None:
    lines = (GOOD.replace("BTCUSDT", symbol) for symbol in ("BTCUSDT", "BTCUSDC", "BTCUSD_PERP"))
    assert read_funding(csv(tmp_path, HEADER, *lines), now=NOW).rows["margin"].to_list() == [0, 1, 2]


def test_the_limits_themselves_are_still_good(tmp_path: Path) -> None:
    tomorrow = GOOD.replace("0.0001,8,2026-04-26T08", "-0.05,24,2026-04-27T12")
    assert read_funding(csv(tmp_path, HEADER, tomorrow), now=NOW).bad == ()
    (bad,) = read_funding(csv(tmp_path, HEADER, tomorrow.replace("12:00:00Z", "12:01:00Z")), now=NOW).bad
    assert "lies in the future" in bad.reason


def test_the_greatest_rate_can_be_set(tmp_path: Path) -> None:
    (bad,) = read_funding(csv(tmp_path, HEADER, GOOD), now=NOW, max_abs_rate=0.00005).bad
    assert "rate 0.0001 is beyond ±5e-05 per settlement" in bad.reason


def test_parquet_and_csv_give_the_same(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "exchange": pl.Series(["binance"], dtype=pl.Categorical),
            "symbol": ["BTCUSDT"],
            "base_coin": ["BTC"],
            "rate": [0.0001],
            "interval_hours": pl.Series([8], dtype=pl.Float32),
            "settled_at": pl.Series([datetime(2026, 4, 26, 8, tzinfo=UTC)]),
        }
    )
    path = tmp_path / "f.parquet"
    frame.write_parquet(path)
    assert read_funding(path, now=NOW).rows.equals(read_funding(csv(tmp_path, HEADER, GOOD), now=NOW).rows)
    frame.with_columns(pl.col("settled_at").dt.replace_time_zone(None)).write_parquet(path)
    with pytest.raises(UserError, match="settled_at has no time zone"):
        read_funding(path, now=NOW)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no such file"),
        (b"", "cannot be read"),
        (b"a,b\n1,2\n", "no column exchange, symbol"),
        (b"PAR1 this is a broken parquet file", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "broken.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_funding(path, now=NOW)
    assert str(path) in caught.value.message
    assert reason in caught.value.message
    assert "\n" not in caught.value.message


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="folder"):
        read_prices(tmp_path, now=NOW)


def test_prices_must_be_above_zero(tmp_path: Path) -> None:
    reading = read_prices(
        csv(
            tmp_path, "base_coin,time,price", "btc,2026-04-26T08:00:00Z,97000", "BTC,2026-04-26T09:00:00Z,0", "ETH,x,1"
        ),
        now=NOW,
    )
    assert reading.rows.rows() == [("BTC", int(datetime(2026, 4, 26, 8, tzinfo=UTC).timestamp()), 97000.0)]
    assert [bad.line for bad in reading.bad] == [3, 4]


def test_coins_may_lack_a_rank_but_not_a_name_of_their_own(tmp_path: Path) -> None:
    reading = read_coins(
        csv(
            tmp_path,
            "coin_id,symbol,name,market_cap_rank",
            "bitcoin,btc,Bitcoin,1",
            "x,X,,",
            ",Y,Y,3",
            "z,Z,Z,1.5",
            "v,V,V,1e30",
            "w,,W,4",
        )
    )
    assert [(one.coin_id, one.symbol, one.name, one.market_cap_rank) for one in reading.rows] == [
        ("bitcoin", "BTC", "Bitcoin", 1),
        ("x", "X", "X", None),
    ]
    assert [bad.reason for bad in reading.bad] == [
        "coin_id is empty",
        "market_cap_rank 1.5 is not a whole number from 1",
        "market_cap_rank 1e30 is not a whole number from 1",
        "symbol is empty",
    ]


def test_filings_are_read_from_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "0000000001-26-000009.xml").write_bytes(document())
    (tmp_path / "form3.xml").write_bytes(document(form="3"))
    (tmp_path / "broken.xml").write_bytes(b"<ownershipDocument>")
    (tmp_path / "SOURCES.tsv").write_text("not a filing")
    seen: list[tuple[int, int]] = []
    reading = read_filings([tmp_path], lambda done, total: seen.append((done, total)))
    assert [one.accession for one in reading.rows] == ["0000000001-26-000009"]
    assert reading.passed_over == {"Form 3": 1}
    assert [Path(bad.file).name for bad in reading.bad] == ["broken.xml"]
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_file_that_is_named_is_read_whatever_its_ending(tmp_path: Path) -> None:
    named = tmp_path / "filing.data"
    named.write_bytes(document())
    assert read_filings([tmp_path]).rows == []
    assert len(read_filings([named]).rows) == 1


def test_rows_left_out_of_a_filing_are_told_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "half.xml"
    path.write_bytes(document(rows=ROW + "<nonDerivativeTransaction/>"))
    reading = read_filings([path])
    assert len(reading.rows[0].transactions) == 1
    (bad,) = reading.bad
    assert bad.file == str(path)
    assert "row 2 of the table has no date" in bad.reason


def test_a_path_that_is_not_there_is_told() -> None:
    with pytest.raises(UserError, match="no such file or folder"):
        read_filings([Path("nowhere.xml")])


rows = st.lists(
    st.tuples(
        st.sampled_from(["okx", "mexc"]), st.integers(0, 500), st.floats(-0.05, 0.05), st.sampled_from([1, 4, 8])
    ),
    max_size=30,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows)
def test_what_is_written_is_read(tmp_path: Path, rows: list[tuple[str, int, float, int]]) -> None:
    at = [int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) + hour * 3600 for _, hour, _, _ in rows]
    lines = [
        f"{exchange},BTC-USDT,BTC,{rate!r},{hours},{datetime.fromtimestamp(second, UTC).isoformat()}"
        for (exchange, _, rate, hours), second in zip(rows, at, strict=True)
    ]
    reading = read_funding(csv(tmp_path, HEADER, *lines), now=NOW)
    assert reading.bad == ()
    assert [(r[0], r[6], r[4], r[5]) for r in reading.rows.rows()] == [
        (exchange, second, rate, hours) for (exchange, _, rate, hours), second in zip(rows, at, strict=True)
    ]


def test_the_real_settlements_hold_one_row_without_an_interval() -> None:
    reading = read_funding(
        real("funding", "settlements_3-exchanges_2025-08-21_2026-08-21.parquet"), now=datetime(2026, 11, 20, tzinfo=UTC)
    )
    assert len(reading.rows) == 258_245
    assert [bad.reason for bad in reading.bad] == ["interval_hours is (nothing): an unknown interval is never assumed"]


def test_the_real_coins_are_all_read() -> None:
    reading = read_coins(real("coins", "coins_2026-05-12.csv"))
    assert len(reading.rows) == 17_399
    assert reading.bad == ()
