"""Hourly candles, which stand in for the prices of the past week that were not yet recorded.

Documentation: binance klines, bybit v5/market/kline, okx market/candles, gate futures candlesticks. All give
the newest candles when no time is asked for, each with its open time and the price at that instant.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from bot.feeds.base import PRICE_SCHEMA
from bot.feeds.exchanges import binance, bybit, gate, okx
from bot.feeds.exchanges.base import AnswerError, Candles, Endpoint, Slot, from_ms, from_s, positive
from bot.feeds.exchanges.shapes import entry
from bot.feeds.http import Source
from scoring.model import AssetClass, Margin, Pair, PriceChanges

HOURS = 171  # one request: 168 h, the 2 h by which a reference may be earlier, and the hour that is running
LINEAR = frozenset({Margin.USDT, Margin.USD})

Candle = tuple[datetime, float]  # open time, open price in USD per unit of the contract's base


@dataclass(frozen=True, slots=True)
class Served:
    """How one exchange serves candles."""

    candles: Candles
    unwrap: Callable[[Any], Any]
    parse: Callable[[Any], list[Candle]]
    margins: Collection[Margin] = LINEAR  # the contracts that this endpoint knows


def parse_binance(answer: Any) -> list[Candle]:
    """[[open time in ms, open, ...], ...]."""
    return _from_arrays(answer)


def parse_bybit(answer: Any) -> list[Candle]:
    """The same in text, newest first."""
    return _from_arrays(entry(answer, "result", "list"))


def parse_okx(answer: Any) -> list[Candle]:
    """The same in text, newest first."""
    return _from_arrays(answer)


def parse_gate(answer: Any) -> list[Candle]:
    """[{"t": open time in s, "o": open, ...}, ...]."""
    found = ((from_s(row.get("t")), positive(row.get("o"))) for row in _list(answer) if isinstance(row, Mapping))
    return [(at, price) for at, price in found if at is not None and price is not None]


# In the order of preference: whoever lists and trades most comes first.
CANDLES: Mapping[str, Served] = {
    # klines of 100 to 499 candles weigh 2 of the 2,400 a minute
    binance.NAME: Served(
        Candles(Endpoint("/fapi/v1/klines", {"symbol": Slot.SYMBOL, "interval": "1h", "limit": HOURS}), per_second=5),
        binance.unwrap,
        parse_binance,
    ),
    # 600 requests in 5 s
    bybit.NAME: Served(
        Candles(
            Endpoint(
                "/v5/market/kline",
                {"category": "linear", "symbol": Slot.SYMBOL, "interval": "60", "limit": HOURS},
            ),
            per_second=10,
        ),
        bybit.unwrap,
        parse_bybit,
    ),
    # 40 requests in 2 s; 300 candles at most
    okx.NAME: Served(
        Candles(
            Endpoint("/api/v5/market/candles", {"instId": Slot.SYMBOL, "bar": "1H", "limit": HOURS}), per_second=10
        ),
        okx.unwrap,
        parse_okx,
    ),
    # 200 requests in 10 s; `limit` excludes `from` and `to`
    gate.NAME: Served(
        Candles(
            Endpoint("/api/v4/futures/usdt/candlesticks", {"contract": Slot.SYMBOL, "interval": "1h", "limit": HOURS}),
            per_second=10,
        ),
        gate.unwrap,
        parse_gate,
        margins=frozenset({Margin.USDT}),
    ),
}


async def fetch_candles(source: Source, exchange: str, symbol: str, now: datetime) -> list[Candle]:
    """The contract's hourly candles of the past week up to `now`, oldest first. Raises FeedError."""
    served = CANDLES[exchange]
    candles: list[Candle] = await source.ask(
        served.candles.endpoint,
        {Slot.SYMBOL: symbol},
        unwrap=lambda answer: served.parse(served.unwrap(answer)),
        per_second=served.candles.per_second,
    )
    return sorted({at: price for at, price in candles if at <= now}.items())


def needs(
    pairs: Iterable[Pair],
    changes: Mapping[str, PriceChanges],
    averages: Mapping[str, float],
    *,
    answered: Collection[str],
    asked: Collection[str] = (),
) -> list[Pair]:
    """One contract for each coin whose change over 24 h or 7 d nobody knows, the most negative coin first.

    `changes`: all that is known, the price service's and our own marks' (DESIGN, the method, 9). `averages`:
    base coin → funding, decimal per 8 hours; coins without come last. `answered`: the exchanges to choose from;
    the first in CANDLES that lists the coin is taken. `asked`: coins that were asked for already, for a contract
    younger than a week has no more to give. Only coins: tokenised stocks are never scored.
    """
    contracts: dict[str, list[Pair]] = {}
    for pair in pairs:
        served = CANDLES.get(pair.exchange)
        if served is None or pair.exchange not in answered or pair.margin not in served.margins:
            continue
        if pair.asset is AssetClass.COIN and pair.base_coin not in asked and _unknown(changes.get(pair.base_coin)):
            contracts.setdefault(pair.base_coin, []).append(pair)
    coins = sorted(contracts, key=lambda coin: (averages.get(coin, float("inf")), coin))
    return [min(contracts[coin], key=_preference) for coin in coins]


def to_prices(base_coin: str, candles: Sequence[Candle], multiplier: float = 1) -> pl.DataFrame:
    """Candles in PRICE_SCHEMA. `multiplier`: coins in one unit of the contract's base, 1000 for 1000PEPE."""
    rows = [(base_coin, int(at.timestamp()), price / multiplier) for at, price in candles]
    return pl.DataFrame(rows, schema=PRICE_SCHEMA, orient="row")


def _unknown(known: PriceChanges | None) -> bool:
    return known is None or known.pct_24h is None or known.pct_7d is None


def _preference(pair: Pair) -> tuple[int, Margin, float, str]:
    return list(CANDLES).index(pair.exchange), pair.margin, -(pair.turnover_usd or 0.0), pair.symbol


def _from_arrays(answer: Any) -> list[Candle]:
    found = ((from_ms(row[0]), positive(row[1])) for row in _list(answer) if isinstance(row, list) and len(row) > 1)
    return [(at, price) for at, price in found if at is not None and price is not None]


def _list(answer: Any) -> list[Any]:
    if not isinstance(answer, list):
        raise AnswerError("the answer is no list of candles")
    return answer
