"""What scores rest on, from one database over a tape into another."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from bot.errors import UserError
from bot.feeds.tape import Folder
from bot.feeds.tape_state import (
    COINS,
    HISTORY,
    PAIRS,
    export_settlements,
    has_state,
    load_backfill,
    load_state,
    write_state,
)
from bot.settings import ScoringSettings
from bot.signals import coin_fundings, score_fundings
from scoring.model import AssetClass, Coin, CoinScore, FundingRate, Held, Margin, Pair, PriceChanges, Signal
from storage import Storage, open_storage
from storage.prices import PriceSource
from tests.builders_storage import NOW, prices, rise, settlements, steady
from tests.tapes import record

HOUR = timedelta(hours=1)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Storage]:
    """A second empty database."""
    opened = open_storage(f"sqlite:///{tmp_path}/other.db")
    yield opened
    opened.close()


def live(storage: Storage) -> None:
    """A database as it is after some days: all kinds of rows that scores and judgements rest on."""
    with storage.write() as tx:
        tx.pairs.put(
            [
                Pair("binance", "XUSDT", "X", Margin.USDT, 5e6),
                Pair("binance", "XUSD_PERP", "X", Margin.INVERSE, 9e6),
                Pair("okx", "X-USDT-SWAP", "X", Margin.USDT),
                Pair("bybit", "TSLAUSDT", "TSLA", Margin.USDT, 1e6, AssetClass.TRADFI),
            ]
        )
        soon = NOW + 4 * HOUR
        tx.funding.put_rates(
            [
                FundingRate("binance", "XUSDT", "X", -0.0004, 8, soon, NOW - HOUR, 1.25, 6e6),
                FundingRate("okx", "X-USDT-SWAP", "X", -0.0003, 8, None, NOW - HOUR),
            ]
        )
        tx.funding.add(settlements(steady("binance", "X", -0.0004)))
        tx.funding.add(settlements(steady("okx", "X", -0.0003, symbol="X-USDT-SWAP")))
        tx.funding.add(settlements(steady("bybit", "TSLA", 0.0001)))
        now = int(NOW.timestamp())
        tx.funding.add(settlements([("binance", "XUSDT", "X", 0, -0.0005, 8.0, now - 60)]), provisional=True)
        tx.prices.add(rise("X", 40), PriceSource.MARKS)
        tx.prices.add(prices([("X", NOW - timedelta(days=1), 110.0)]), PriceSource.CANDLES)
        tx.prices.add(prices([("TSLA", NOW, 400.0)]))
        tx.prices.put_changes({"X": PriceChanges(pct_24h=7.5, pct_7d=None, price=139.0)}, "coingecko", NOW - HOUR)
        tx.pairs.put_coins([Coin("x-coin", "X", "X Coin", 12), Coin("x-fake", "X", "X Fake", None)])
        tx.quarantine.put(
            [
                Held("okx", "Y-USDT-SWAP", "Y", "no number", math.nan, NOW - HOUR, 3),
                Held("okx", "Z-USDT-SWAP", "Z", "beyond its cap of 3 %", 0.2, NOW - HOUR, 1),
            ],
            NOW - HOUR,
        )


def taped(storage: Storage, path: Path, days: float = 35) -> Folder:
    folder = record(path / "tape", NOW, []).folders[0]
    with storage.read() as tx:
        write_state(folder.path, tx, NOW, days)
    return folder


def scores(storage: Storage) -> list[list[CoinScore]]:
    settings = ScoringSettings()
    with storage.read() as tx:
        found = score_fundings(coin_fundings(tx, NOW, settings), tx.prices.changes(NOW), settings)
    return [list(found[signal]) for signal in (Signal.PUMP, Signal.SELLING)]


def load(storage: Storage, folder: Folder) -> None:
    with storage.write() as tx:
        load_state(tx, folder)


def test_an_empty_database_scores_as_the_one_that_was_recorded(
    storage: Storage, other: Storage, tmp_path: Path
) -> None:
    live(storage)
    load(other, taped(storage, tmp_path))
    assert all(len(of_signal) == 1 for of_signal in scores(storage))
    assert scores(other) == scores(storage)


def test_what_the_judgement_of_a_quote_rests_on_comes_along(storage: Storage, other: Storage, tmp_path: Path) -> None:
    live(storage)
    load(other, taped(storage, tmp_path))
    with storage.read() as ours, other.read() as theirs:
        assert theirs.pairs.known() == ours.pairs.known()
        assert theirs.prices.changes(NOW) == ours.prices.changes(NOW)
        assert theirs.prices.sources(NOW) == ours.prices.sources(NOW)
        assert theirs.pairs.coins() == ours.pairs.coins()
        assert repr(theirs.quarantine.entries()) == repr(ours.quarantine.entries())  # repr: NaN is not itself
        assert theirs.funding.provisional() == ours.funding.provisional() == {"binance": 1}


def test_loading_twice_changes_nothing(storage: Storage, other: Storage, tmp_path: Path) -> None:
    live(storage)
    folder = taped(storage, tmp_path)
    load(other, folder)
    once = scores(other)
    load(other, folder)
    assert scores(other) == once


def test_as_many_days_are_kept_as_are_asked_for(storage: Storage, tmp_path: Path) -> None:
    live(storage)
    frame = pl.read_parquet(taped(storage, tmp_path, days=3).path / HISTORY)
    assert frame["settled_at"].min() > (NOW - timedelta(days=3)).timestamp()  # type: ignore[operator]
    assert frame.group_by("exchange").len().sort("exchange").rows() == [("binance", 10), ("bybit", 9), ("okx", 9)]


def test_an_export_holds_all_settlements_after_one_instant_up_to_another(storage: Storage) -> None:
    live(storage)
    midnight = NOW.replace(hour=0)
    with storage.read() as tx:
        frame = export_settlements(tx, midnight - 16 * HOUR, midnight)
        nothing = export_settlements(tx, NOW + HOUR, NOW + 2 * HOUR)
    ours = frame.filter(pl.col("exchange") == "okx")
    eight = int(midnight.timestamp()) - 8 * 3600
    assert ours.rows() == [
        ("okx", "X-USDT-SWAP", "X", 0, -0.0003, 8.0, eight, False),
        ("okx", "X-USDT-SWAP", "X", 0, -0.0003, 8.0, eight + 8 * 3600, False),
    ]
    assert nothing.is_empty()
    assert nothing.schema == frame.schema


def test_the_state_of_an_empty_database_is_a_state_too(storage: Storage, other: Storage, tmp_path: Path) -> None:
    folder = record(tmp_path / "tape", NOW, []).folders[0]
    assert not has_state(folder)
    folder = Folder(folder.path, NOW)
    with storage.read() as tx:
        write_state(folder.path, tx, NOW, 30)
    assert has_state(folder)
    load(other, folder)
    with other.read() as tx:
        assert tx.pairs.known() == {}


def test_what_a_backfill_stored_meanwhile_is_stored_again(other: Storage, tmp_path: Path) -> None:
    stored, candles = settlements(steady("okx", "X", -0.0003, days=2)), rise("X", 40)
    (folder,) = record(tmp_path / "tape", NOW, [], stored, candles).folders
    with other.write() as tx:
        load_backfill(tx, folder)
        assert len(export_settlements(tx, NOW - timedelta(days=9), NOW)) == len(stored)
        assert tx.prices.changes(NOW)["X"].pct_7d == pytest.approx(40)
        assert tx.prices.sources(NOW) == {"candles": 1}


def test_a_folder_without_a_backfill_has_none_to_store(other: Storage, tmp_path: Path) -> None:
    (folder,) = record(tmp_path / "tape", NOW, [], settlements([])).folders
    assert [path.name for path in folder.path.iterdir()] == ["index.json"]
    with other.write() as tx:
        load_backfill(tx, folder)
        assert tx.pairs.known() == {}


@pytest.mark.parametrize(
    ("name", "frame", "told"),
    [
        (COINS, None, "cannot be read"),
        (HISTORY, pl.DataFrame({"exchange": ["okx"]}), "cannot be read"),
        (PAIRS, pl.DataFrame({"asset": ["art"]}), "'art' is not a valid AssetClass"),
        (PAIRS, pl.DataFrame({"symbol": [None]}, schema={"symbol": pl.String}), "cells without a value in symbol"),
    ],
)
def test_a_damaged_table_is_named(
    storage: Storage, other: Storage, tmp_path: Path, name: str, frame: pl.DataFrame | None, told: str
) -> None:
    live(storage)
    folder = taped(storage, tmp_path)
    path = folder.path / name
    if frame is None:
        path.write_bytes(b"PAR1 and nothing more")
    elif name == HISTORY:
        frame.write_parquet(path)
    else:
        pl.read_parquet(path).head(1).with_columns(frame).write_parquet(path)
    with pytest.raises(UserError, match=f"{name}: .*{told}"):
        load(other, folder)
