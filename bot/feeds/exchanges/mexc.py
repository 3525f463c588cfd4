"""MEXC: all contracts in one answer, and once a day what they are.

Documentation: mexc.com/api-docs/futures/market-endpoints (Get Funding Rate, Get Contract Info, Get Funding Rate
History). Errors come as HTTP 200 with `success` false.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges.base import Endpoint, History, Paging, Slot, from_ms, number, positive, settled
from bot.feeds.exchanges.shapes import Row, by_symbol, entry, refusal, rows, text
from bot.feeds.exchanges.symbols import margin_of
from scoring.model import AssetClass

NAME = "mexc"
HOST = "https://api.mexc.com"
QUOTES = (
    Endpoint("/api/v1/contract/funding_rate"),
    Endpoint("/api/v1/contract/detail", every=timedelta(days=1), optional=True),
)
REFUSALS = (403, 451)
ZERO_IS_PLACEHOLDER = True  # on a fifth of its contracts, ordinary coins among them

ENABLED = 0
TRADFI = 2
LIMITED = ("510",)
PERMANENT = ("1001",)  # no such contract


def unwrap(answer: Any) -> Any:
    """What lies inside."""
    if entry(answer, "success") is not True:
        raise refusal(answer.get("code"), answer.get("message"), limited=LIMITED, permanent=PERMANENT)
    return entry(answer, "data")


def parse_quotes(answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
    """All contracts that are enabled, as far as that is known."""
    rates, details = answers
    known = {} if details is None else by_symbol(rows(details))
    for row in rows(rates):
        symbol = text(row, "symbol")
        base = symbol.rpartition("_")[0]
        detail = known.get(symbol, {})
        if base and number(detail.get("state", ENABLED)) == ENABLED:
            yield quote(row, symbol, base, detail)


def quote(row: Row, symbol: str, base: str, detail: Row) -> Quote:
    """One contract; the price is of one unit of the base, whatever the contract's size."""
    return Quote(
        exchange=NAME,
        symbol=symbol,
        base=base,
        margin=margin_of(NAME, symbol),
        rate=number(row.get("fundingRate")),
        interval_hours=positive(row.get("collectCycle")),
        next_funding_time=from_ms(row.get("nextSettleTime")),
        mark_price=positive(row.get("fairPrice")),
        floor=number(row.get("minFundingRate")),
        cap=number(row.get("maxFundingRate")),
        asset=asset_of(detail),
        source_time=from_ms(row.get("timestamp")),
    )


def asset_of(detail: Row) -> AssetClass | None:
    """`type` is 2 for what is no coin."""
    kind = number(detail.get("type"))
    if kind is None:
        return None
    return AssetClass.TRADFI if kind == TRADFI else AssetClass.COIN


def history(symbol: str) -> History:
    """Pages of 100, newest first, of about 540 days; 20 requests in 2 seconds."""
    return History(
        Endpoint(
            "/api/v1/contract/funding_rate/history", {"symbol": Slot.SYMBOL, "page_num": Slot.PAGE, "page_size": 100}
        ),
        Paging.PAGES,
        limit=100,
        per_second=4.0,
        depth_days=540,
    )


def parse_settlements(answer: Any) -> list[SettledRate]:
    """The only exchange whose rows tell the interval that they were settled with."""
    return settled(
        (from_ms(row.get("settleTime")), row.get("fundingRate"), positive(row.get("collectCycle")))
        for row in rows(answer, "resultList")
    )
