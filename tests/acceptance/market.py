"""A small market for acceptance tests: what exchanges say of a few coins, and what nobody can believe of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from bot.feeds.base import Batch, Outcome, Quote, SourceReport
from scoring.model import Margin
from storage import Storage, open_storage
from tests.builders_storage import NOW, prices, settlements, steady

EXCHANGES = ("binance", "bybit", "gate", "okx")
COINS = {"ANT": -0.0004, "BEE": -0.0008, "CAT": -0.0002}  # funding per 8 h, for weeks
PERCENTS = (-5.0, 1.0, 10.0, 12.0, 20.0, 90.0, 400.0, 900.0)  # in 7 days
LONGEST = timedelta(days=6)  # of a story: its prices are measured against those of the week before it
NOT_A_NUMBER, ENDLESS = math.nan, math.inf
# What one exchange says of a contract that nobody can believe. Its price as a function of the true one.
POISONS: Mapping[str, Mapping[str, Any]] = {
    "no rate": {"rate": NOT_A_NUMBER},
    "an endless rate": {"rate": -ENDLESS},
    "an absurd rate": {"rate": -9.0},
    "a hundredfold rate": {"rate": -0.04},
    "a rate with the wrong sign, a hundredfold": {"rate": 0.04},
    "no interval": {"interval_hours": None},
    "an absurd interval": {"interval_hours": -1.0},
    "a clock that stands": {"next_funding_time": NOW - timedelta(days=30)},
    "no price": {"mark_price": lambda _: NOT_A_NUMBER},
    "an endless price": {"mark_price": lambda _: ENDLESS},
    "a negative price": {"mark_price": lambda price: -price},
    "a hundredfold price": {"mark_price": lambda price: price * 100},
    "a hundredth of the price": {"mark_price": lambda price: price / 100},
}
# Of a contract of which this is said nothing is known; where all say it of a price alone, nothing of its price.
WORTHLESS = ("no rate", "an endless rate", "an absurd rate", "no interval", "an absurd interval", "a clock that stands")
PRICELESS = ("no price", "an endless price", "a negative price")


@dataclass
class Script:
    """A feed that gives what the test says; `thief` takes the refresh away meanwhile, so that it fails at its end."""

    batch: Batch
    storage: Storage | None = None
    name: str = "script"

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        if self.storage is not None:
            with self.storage.write() as tx:
                tx.refreshes.claim(slot_of(now), "dead thief", now, timedelta(minutes=1), lambda _: True)
        return self.batch


def slot_of(now: datetime) -> int:
    """The number of a half hour: the minute at which it begins."""
    return int(now.timestamp()) // 1800 * 30


def make_database(path: Path) -> None:
    """Funding that is negative for weeks, and prices of 100 until now."""
    storage = open_storage(f"sqlite:///{path}")
    with storage.write() as tx:
        for exchange in EXCHANGES:
            for coin, rate in COINS.items():
                tx.funding.add(settlements(steady(exchange, coin, rate, days=55, now=NOW + 2 * LONGEST)))
        week = [(coin, NOW - timedelta(hours=hours), 100.0) for coin in COINS for hours in range(3, 24 * 8)]
        tx.prices.add(prices(week))
    storage.close()


def quote(exchange: str, coin: str, percent: float, poison: Mapping[str, Any], now: datetime) -> Quote:
    """What an exchange says of a contract."""
    price = 100.0 * (1 + percent / 100)
    values: dict[str, Any] = {
        "rate": COINS[coin],
        "interval_hours": 8.0,
        "next_funding_time": now.replace(hour=now.hour // 8 * 8, minute=0, second=0) + timedelta(hours=8),
        "mark_price": price,
    } | dict(poison)
    if callable(values["mark_price"]):
        values["mark_price"] = values["mark_price"](price)
    return Quote(exchange, f"{coin}USDT", coin, Margin.USDT, turnover_usd=1e6, **values)


def batch(
    percents: Mapping[str, float],
    now: datetime,
    answering: Sequence[str] = EXCHANGES,
    poisoned: Mapping[tuple[str, str], Mapping[str, Any]] | None = None,
    missing: frozenset[tuple[str, str]] = frozenset(),
) -> Batch:
    """What the exchanges say, and beside it what no feed may vouch for."""
    poisoned = poisoned or {}
    quotes = tuple(
        quote(exchange, coin, percents[coin], poisoned.get((exchange, coin), {}), now)
        for exchange in answering
        for coin in COINS
        if (exchange, coin) not in missing
    )
    reports = tuple(
        SourceReport(name, ok=True)
        if name in answering
        else SourceReport(name, ok=False, detail="451", outcome=Outcome.REFUSED)
        for name in EXCHANGES
    )
    if not poisoned:
        return Batch(quotes=quotes, reports=reports)
    at = int(now.timestamp()) // 60 * 60
    rates = ((NOT_A_NUMBER, 8.0), (ENDLESS, 8.0), (9.0, 8.0), (-0.06, 8.0), (-0.01, 0.0), (-0.01, NOT_A_NUMBER))
    bad = [
        ("okx", "ANTUSDT", "ANT", int(Margin.USDT), rate, hours, at - 60 * place)
        for place, (rate, hours) in enumerate(rates)
    ]
    worthless = [prices([(coin, now, price)]) for coin in COINS for price in (NOT_A_NUMBER, ENDLESS, 0.0, -5.0)]
    return Batch(quotes=quotes, reports=reports, settlements=settlements(bad), prices=pl.concat(worthless))
