"""Quotes as exchanges give them: invented ones, and the recorded instant where it lies beside the project."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from bot.feeds.base import Quote
from bot.feeds.exchanges.symbols import margin_of
from scoring.model import Margin
from tests.shared_data import real

NOW = datetime(2026, 3, 10, 12, 5, tzinfo=UTC)
RECORDED_AT = datetime(2026, 8, 21, 2, 1, tzinfo=UTC)
INSTANT = ("funding", "one-instant_13-exchanges_2026-08-21T0201Z.parquet")
QUOTED_IN = re.compile(r"^(.+?)[-_]?(?:USDT|USDC|USD1|USD|PERP|U)(?:_PERP|_UM)?$")


def quote(exchange: str = "okx", base: str = "WIF", **changes: Any) -> Quote:
    """A calm contract: +0.01 % per 8 hours, 2 dollars a coin."""
    values: dict[str, Any] = {
        "symbol": f"{base}-USDT",
        "margin": Margin.USDT,
        "rate": 0.0001,
        "interval_hours": 8.0,
        "next_funding_time": NOW + timedelta(hours=3),
        "mark_price": 2.0,
        "turnover_usd": 1_000_000.0,
    }
    return Quote(exchange=exchange, base=base, **(values | changes))


def base_of(exchange: str, symbol: str) -> str:
    """The base asset in a contract's name; the recording has no other."""
    if exchange == "hyperliquid":
        return symbol
    name = re.sub(r"(_USD[CT])?-PERPETUAL$|-SWAP$", "", symbol)
    if exchange == "kucoin":
        name = name.removesuffix("M")
    found = QUOTED_IN.match(name)
    return found[1] if found else name


def recorded_quotes() -> list[Quote]:
    """All contracts of all exchanges at 2026-08-21 02:01 UTC; the test is skipped where they are not."""
    rows = pl.read_parquet(real(*INSTANT)).iter_rows(named=True)
    return [
        Quote(
            exchange=row["exchange"],
            symbol=row["symbol"],
            base=base_of(row["exchange"], row["symbol"]),
            margin=margin_of(row["exchange"], row["symbol"]),
            rate=row["rate"],
            interval_hours=row["interval_hours"],
            next_funding_time=datetime.fromisoformat(row["next_funding"]) if row["next_funding"] else None,
            mark_price=row["mark"] or None,
            turnover_usd=row["turnover_musd"] * 1e6,
        )
        for row in rows
    ]
