"""What scores rest on and no answer of a refresh gives, as tables on a tape: the state before it, and a backfill."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PolarsError
from sqlalchemy import select

from bot.errors import UserError
from bot.feeds.base import PRICE_SCHEMA, SETTLEMENT_SCHEMA
from bot.feeds.tape import CANDLES, SETTLEMENTS, Folder
from scoring.model import AssetClass, Coin, FundingRate, Held, Margin, Pair, PriceChanges
from storage import Transaction
from storage.bulk import columns_of
from storage.pairs import select_pairs
from storage.prices import PriceSource
from storage.tables import BaseCoinRow, PriceChangeRow, PriceRow, SettlementRow

HISTORY, PRICES, CHANGES, PAIRS = "history.parquet", "prices.parquet", "price_changes.parquet", "pairs.parquet"
COINS, HELD = "coins.parquet", "held.parquet"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
PRICE_DAYS = 8  # a change over 7 days, and the 2 hours by which its reference may be off

_INT, _FLOAT, _TEXT = pl.Int64(), pl.Float64(), pl.String()
_HISTORY = SETTLEMENT_SCHEMA | {"provisional": pl.Boolean()}
_PRICES = PRICE_SCHEMA | {"source": pl.Int8()}  # storage.prices.PriceSource
_CHANGES: dict[str, pl.DataType] = {
    "base_coin": _TEXT,
    "price": _FLOAT,  # USD per coin
    "pct_24h": _FLOAT,  # percent
    "pct_7d": _FLOAT,
    "source": _TEXT,
    "at": _INT,  # unix seconds, as all times here
}
_PAIRS: dict[str, pl.DataType] = {
    "exchange": _TEXT,
    "symbol": _TEXT,
    "base_coin": _TEXT,
    "margin": pl.Int8(),
    "asset": _TEXT,
    "turnover_usd": _FLOAT,  # 24 h
    "rate": _FLOAT,  # decimal per interval; null where none was read yet
    "interval_hours": _FLOAT,
    "next_funding_time": _INT,
    "updated_at": _INT,
    "mark_price": _FLOAT,  # USD per coin
}
_COINS: dict[str, pl.DataType] = {"coin_id": _TEXT, "symbol": _TEXT, "name": _TEXT, "market_cap_rank": _INT}
_HELD: dict[str, pl.DataType] = {
    "exchange": _TEXT,
    "symbol": _TEXT,
    "base_coin": _TEXT,
    "reason": _TEXT,
    "value": _FLOAT,  # decimal per interval; NaN where there was no number
    "since": _INT,
    "cycles": _INT,
}
_UNREAD = ("turnover_usd", "rate", "interval_hours", "next_funding_time", "updated_at", "mark_price")
_UNSAID = ("price", "pct_24h", "pct_7d")


def has_state(folder: Folder) -> bool:
    """Whether a folder holds the state before its refresh: a tape's first one does."""
    return (folder.path / HISTORY).exists()


def write_state(folder: Path, tx: Transaction, now: datetime, days: float, deeper: Collection[str] = ()) -> None:
    """Write the state before the refresh of `now` into its unfinished folder, settlements of so many days with it.

    `deeper`: base coins of which all settlements are needed, for their streak is longer. Raises OSError.
    """
    since = now - timedelta(days=days)
    history = (export_settlements(tx, LONG_AGO, since, deeper), export_settlements(tx, since, now))
    _write(folder / HISTORY, pl.concat(history))
    _write(folder / PRICES, _export_prices(tx, now - timedelta(days=PRICE_DAYS), now))
    _write(folder / CHANGES, _export_changes(tx, now))
    _write(folder / PAIRS, _export_pairs(tx))
    _write(folder / COINS, _frame(map(astuple, tx.pairs.coins().values()), _COINS))
    held = ((*astuple(one)[:5], _second(one.since), one.cycles) for one in tx.quarantine.entries())
    _write(folder / HELD, _frame(held, _HELD))


def load_state(tx: Transaction, folder: Folder) -> None:
    """Store the state of a folder; what is stored already does no harm. Raises UserError where it is damaged."""
    pairs = list(_read(folder.path / PAIRS, _PAIRS, _UNREAD).iter_rows(named=True))
    try:
        tx.pairs.put([_pair(row) for row in pairs])
    except ValueError as error:
        raise UserError(f"{folder.path / PAIRS}: {error}; copy the recording again") from error
    tx.funding.put_rates([_rate(row) for row in pairs if row["rate"] is not None])
    history = _read(folder.path / HISTORY, _HISTORY)
    for provisional in (False, True):
        rows = history.filter(pl.col("provisional") == provisional).drop("provisional")
        tx.funding.add(rows, provisional=provisional)
    for (source,), prices in _read(folder.path / PRICES, _PRICES).group_by("source"):
        tx.prices.add(prices.drop("source"), PriceSource(source))
    for (source, at), rows in _read(folder.path / CHANGES, _CHANGES, _UNSAID).group_by("source", "at"):
        changes = {row["base_coin"]: _changes(row) for row in rows.iter_rows(named=True)}
        tx.prices.put_changes(changes, str(source), _utc(at))
    coins = _read(folder.path / COINS, _COINS, ("market_cap_rank",))
    tx.pairs.put_coins([Coin(*row) for row in coins.iter_rows()])
    held = _read(folder.path / HELD, _HELD).iter_rows(named=True)
    tx.quarantine.put([Held(**row | {"since": _utc(row["since"])}) for row in held], folder.now)


def load_backfill(tx: Transaction, folder: Folder) -> None:
    """Store what background jobs had stored by the time of the folder. Raises UserError where it is damaged."""
    if (folder.path / SETTLEMENTS).exists():
        tx.funding.add(_read(folder.path / SETTLEMENTS, SETTLEMENT_SCHEMA))
    if (folder.path / CANDLES).exists():
        tx.prices.add(_read(folder.path / CANDLES, PRICE_SCHEMA), PriceSource.CANDLES)


def export_settlements(
    tx: Transaction, since: datetime, until: datetime, base_coins: Collection[str] | None = None
) -> pl.DataFrame:
    """Settlements in (since, until], in SETTLEMENT_SCHEMA and `provisional`, by pair and time; None: of all coins."""
    statement = select(
        SettlementRow.pair_id,
        SettlementRow.settled_at,
        SettlementRow.rate,
        SettlementRow.interval_hours,
        SettlementRow.provisional,
    ).where(SettlementRow.settled_at > int(since.timestamp()), SettlementRow.settled_at <= int(until.timestamp()))
    if base_coins is not None:
        statement = statement.where(
            SettlementRow.pair_id.in_([row.id for row in tx.connection.execute(select_pairs(base_coins))])
        )
    names = ("id", "settled_at", "rate", "interval_hours", "provisional")
    columns = columns_of(tx.connection, statement, ("i8", "i8", "f8", "f8", "?"))
    pairs = pl.DataFrame(
        [
            (row.id, row.exchange, row.symbol, row.base_coin, row.margin)
            for row in tx.connection.execute(select_pairs())
        ],
        schema={"id": _INT} | {name: SETTLEMENT_SCHEMA[name] for name in ("exchange", "symbol", "base_coin", "margin")},
        orient="row",
    )
    found = pl.DataFrame(dict(zip(names, columns, strict=True))).join(pairs, on="id")
    return found.sort("exchange", "symbol", "settled_at").select(pl.col(n).cast(kind) for n, kind in _HISTORY.items())


def _export_prices(tx: Transaction, since: datetime, until: datetime) -> pl.DataFrame:
    statement = select(PriceRow.base_coin_id, PriceRow.time, PriceRow.price, PriceRow.source).where(
        PriceRow.time > int(since.timestamp()), PriceRow.time <= int(until.timestamp())
    )
    columns = columns_of(tx.connection, statement, ("i8", "i8", "f8", "i8"))
    coins = pl.DataFrame(
        [tuple(row) for row in tx.connection.execute(select(BaseCoinRow.id, BaseCoinRow.ticker))],
        schema={"id": _INT, "base_coin": _TEXT},
        orient="row",
    )
    found = pl.DataFrame(dict(zip(("id", "time", "price", "source"), columns, strict=True))).join(coins, on="id")
    return found.sort("base_coin", "time").select(pl.col(n).cast(kind) for n, kind in _PRICES.items())


def _export_changes(tx: Transaction, now: datetime) -> pl.DataFrame:
    row = PriceChangeRow
    statement = (
        select(BaseCoinRow.ticker, row.price, row.pct_24h, row.pct_7d, row.source, row.at)
        .join(BaseCoinRow, BaseCoinRow.id == row.base_coin_id)
        .where(row.at <= now)
        .order_by(BaseCoinRow.ticker)
    )
    return _frame(((*one[:-1], _second(one[-1])) for one in tx.connection.execute(statement)), _CHANGES)


def _export_pairs(tx: Transaction) -> pl.DataFrame:
    rows = []
    for known in tx.pairs.known().values():
        pair, rate = known.pair, known.rate
        read = (
            (None,) * 5
            if rate is None
            else (
                rate.rate,
                rate.interval_hours,
                _second(rate.next_funding_time),
                _second(rate.updated_at),
                rate.mark_price,
            )
        )
        about = (pair.exchange, pair.symbol, pair.base_coin, int(pair.margin), pair.asset.value, pair.turnover_usd)
        rows.append(about + read)
    return _frame(rows, _PAIRS)


def _frame(rows: Iterable[tuple[object, ...]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def _write(path: Path, frame: pl.DataFrame) -> None:
    frame.write_parquet(path, compression="zstd")


def _read(path: Path, schema: Mapping[str, pl.DataType], may_be_null: Collection[str] = ()) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(path, glob=False).select(pl.col(name).cast(kind) for name, kind in schema.items())
    except (OSError, PolarsError) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise UserError(f"{path}: cannot be read ({why}); copy the recording again") from error
    empty = [name for name in schema if name not in may_be_null and frame[name].has_nulls()]
    if empty:
        raise UserError(f"{path}: cells without a value in {', '.join(empty)}; copy the recording again")
    return frame


def _pair(row: Mapping[str, Any]) -> Pair:
    asset, margin = AssetClass(row["asset"]), Margin(row["margin"])
    return Pair(row["exchange"], row["symbol"], row["base_coin"], margin, row["turnover_usd"], asset)


def _rate(row: Mapping[str, Any]) -> FundingRate:
    upcoming = row["next_funding_time"]
    return FundingRate(
        row["exchange"],
        row["symbol"],
        row["base_coin"],
        row["rate"],
        row["interval_hours"],
        None if upcoming is None else _utc(upcoming),
        _utc(row["updated_at"]),
        row["mark_price"],
        row["turnover_usd"],
    )


def _changes(row: Mapping[str, Any]) -> PriceChanges:
    return PriceChanges(pct_24h=row["pct_24h"], pct_7d=row["pct_7d"], price=row["price"])


def _second(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.timestamp())


def _utc(second: Any) -> datetime:
    return datetime.fromtimestamp(second, UTC)
