"""BingX: contracts in USDT and USDC, all in one answer.

Documentation: bingx-api.github.io/docs (Mark Price and Funding Rate, Get Funding Rate History). `lastFundingRate` is
the running estimate in spite of its name, and `updateTime` the last settlement, not the time of the values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges.base import Endpoint, History, Paging, Slot, from_ms, number, positive, settled
from bot.feeds.exchanges.shapes import Row, base_of, entry, refusal, rows, text
from bot.feeds.exchanges.symbols import margin_of
from scoring.model import AssetClass

NAME = "bingx"
HOST = "https://open-api.bingx.com"
QUOTES = (Endpoint("/openApi/swap/v2/quote/premiumIndex", {"timestamp": Slot.NOW_MS}),)
REFUSALS = (403, 451)
ZERO_IS_PLACEHOLDER = False

ENDINGS = ("-USDT", "-USDC")
TRADFI_PREFIXES = ("NCSK", "NCFX", "NCCO", "NCSI")  # stocks, currencies, commodities, indices
LIMITED = ("100410",)
PERMANENT = ("80014", "109425", "100421")  # no such contract


def unwrap(answer: Any) -> Any:
    """The list inside."""
    code = entry(answer, "code")
    if str(code) != "0":
        raise refusal(code, answer.get("msg"), limited=LIMITED, permanent=PERMANENT)
    return entry(answer, "data")


def parse_quotes(answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
    """All contracts."""
    for row in rows(answers[0]):
        symbol = text(row, "symbol")
        base = base_of(symbol, ENDINGS)
        if base:
            yield quote(row, symbol, base)


def quote(row: Row, symbol: str, base: str) -> Quote:
    """One contract. A name without a prefix may be anything."""
    return Quote(
        exchange=NAME,
        symbol=symbol,
        base=base,
        margin=margin_of(NAME, symbol),
        rate=number(row.get("lastFundingRate")),
        interval_hours=positive(row.get("fundingIntervalHours")),
        next_funding_time=from_ms(row.get("nextFundingTime")),
        mark_price=positive(row.get("markPrice")),
        floor=number(row.get("minFundingRate")),
        cap=number(row.get("maxFundingRate")),
        asset=AssetClass.TRADFI if symbol.startswith(TRADFI_PREFIXES) else None,
    )


def history(symbol: str) -> History:
    """Which rows come when a window holds more than 1,000 is not documented: 41 days hold no more. 500 in 10 s."""
    window = {"startTime": Slot.SINCE_MS, "endTime": Slot.UNTIL_MS}
    return History(
        Endpoint(
            "/openApi/swap/v2/quote/fundingRate",
            {"symbol": Slot.SYMBOL, **window, "limit": 1000, "timestamp": Slot.NOW_MS},
        ),
        Paging.DESCENDING,
        limit=1000,
        per_second=8.0,
        window_days=41,
    )


def parse_settlements(answer: Any) -> list[SettledRate]:
    """The rows say nothing of the interval."""
    return settled((from_ms(row.get("fundingTime")), row.get("fundingRate"), None) for row in rows(answer))
