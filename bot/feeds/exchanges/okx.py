"""OKX: all swaps, their rates and their mark prices.

Documentation: okx.com/docs-v5 (Get funding rate, Get mark price, Get funding rate history). `fundingTime` is the
settlement to come and `nextFundingTime` the one after it: the interval is what lies between, and OKX shortens it
from 8 to 4, 2 and 1 hour while a rate is stuck at its bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges.base import Endpoint, History, Paging, Slot, from_ms, number, positive, settled
from bot.feeds.exchanges.shapes import Row, by_symbol, entry, first, refusal, rows, text
from bot.feeds.exchanges.symbols import margin_of

NAME = "okx"
HOST = "https://www.okx.com"
QUOTES = (
    Endpoint("/api/v5/public/funding-rate", {"instId": "ANY"}),
    Endpoint("/api/v5/public/mark-price", {"instType": "SWAP"}, optional=True),
)
REFUSALS = (403, 451)
ZERO_IS_PLACEHOLDER = False  # contracts without an interest rate stand at exactly 0

LIMITED = ("50011",)
PERMANENT = ("51001",)  # no such contract


def unwrap(answer: Any) -> Any:
    """The list inside."""
    code = entry(answer, "code")
    if str(code) != "0":
        raise refusal(code, answer.get("msg"), limited=LIMITED, permanent=PERMANENT)
    return entry(answer, "data")


def parse_quotes(answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
    """All swaps; other names are dated."""
    rates, prices = answers
    marks = {} if prices is None else by_symbol(rows(prices), "instId")
    for row in rows(rates):
        symbol = text(row, "instId")
        if symbol.endswith("-SWAP"):
            yield quote(row, symbol, marks.get(symbol, {}))


def quote(row: Row, symbol: str, mark: Row) -> Quote:
    """One contract; the price is of one coin, whatever the contract's size."""
    return Quote(
        exchange=NAME,
        symbol=symbol,
        base=symbol.partition("-")[0],
        margin=margin_of(NAME, symbol),
        rate=number(row.get("fundingRate")),
        interval_hours=interval_of(row),
        next_funding_time=from_ms(row.get("fundingTime")),
        mark_price=positive(mark.get("markPx")),
        floor=number(row.get("minFundingRate")),
        cap=number(row.get("maxFundingRate")),
        source_time=from_ms(row.get("ts")),
        settled=settled_of(row),
    )


def interval_of(row: Row) -> float | None:
    """Hours from the settlement to come to the one after it."""
    first, second = from_ms(row.get("fundingTime")), from_ms(row.get("nextFundingTime"))
    return None if first is None or second is None else positive((second - first).total_seconds() / 3600)


def settled_of(row: Row) -> SettledRate | None:
    """The latest settlement, where it is over and both its time and its rate are told."""
    if row.get("settState") != "settled" or number(row.get("settFundingRate")) is None:
        return None
    return next(iter(settled([(from_ms(row.get("prevFundingTime")), row.get("settFundingRate"), None)])), None)


def history(symbol: str) -> History:
    """Three months, newest first; `after` means older than. 10 requests in 2 seconds per contract."""
    return History(
        Endpoint("/api/v5/public/funding-rate-history", {"instId": Slot.SYMBOL, "after": Slot.UNTIL_MS, "limit": 400}),
        Paging.DESCENDING,
        limit=400,
        per_second=4.0,
        depth_days=90,
    )


def parse_settlements(answer: Any) -> list[SettledRate]:
    """`realizedRate` is what was paid, where it is told; the rows say nothing of the interval."""
    found = rows(answer)
    return settled((from_ms(row.get("fundingTime")), first(row, "realizedRate", "fundingRate"), None) for row in found)
