"""Bybit: linear and inverse perpetuals, one ticker list each.

Documentation: bybit-exchange.github.io/docs/v5 (Get Tickers, Get Funding Rate History).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges.base import AnswerError, Endpoint, History, Paging, Slot, from_ms, number, positive, settled
from bot.feeds.exchanges.shapes import Row, base_of, entry, refusal, rows, text
from bot.feeds.exchanges.symbols import margin_of
from scoring.model import Margin

NAME = "bybit"
HOST = "https://api.bybit.com"
QUOTES = (
    Endpoint("/v5/market/tickers", {"category": "linear"}),
    Endpoint("/v5/market/tickers", {"category": "inverse"}),
)
REFUSALS = (403, 451)  # addresses of the USA and of mainland China; also whoever asks far too fast
ZERO_IS_PLACEHOLDER = False

ENDINGS = ("USDT", "USDC", "USDE", "PERP", "USD")
LIMITED = ("10006", "10018")
PERMANENT = ("10001", "10009")  # no such contract; address banned
COUNTRY = "10024"


def unwrap(answer: Any) -> Any:
    """The answer with its envelope, which has the time of the values."""
    code = entry(answer, "retCode")
    if str(code) == COUNTRY:
        raise AnswerError(f"refuses this country ({COUNTRY})", refused=True)
    if str(code) != "0":
        raise refusal(code, answer.get("retMsg"), limited=LIMITED, permanent=PERMANENT)
    return answer


def parse_quotes(answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
    """All perpetuals of both categories; what has a day of delivery is dated."""
    for answer in answers:
        for row in rows(answer, "result", "list"):
            symbol = text(row, "symbol")
            base = base_of(symbol, ENDINGS)
            if base and "-" not in symbol and positive(row.get("deliveryTime")) is None:
                yield quote(row, symbol, base, from_ms(answer.get("time")))


def quote(row: Row, symbol: str, base: str, time: datetime | None) -> Quote:
    """One contract. `fundingCap` bounds the rate on both sides."""
    margin = margin_of(NAME, symbol)
    cap = positive(row.get("fundingCap"))
    return Quote(
        exchange=NAME,
        symbol=symbol,
        base=base,
        margin=margin,
        rate=number(row.get("fundingRate")),
        interval_hours=positive(row.get("fundingIntervalHour")),
        next_funding_time=from_ms(row.get("nextFundingTime")),
        mark_price=positive(row.get("markPrice")),
        # Of inverse contracts the turnover is in the coin.
        turnover_usd=None if margin is Margin.INVERSE else positive(row.get("turnover24h")),
        floor=None if cap is None else -cap,
        cap=cap,
        source_time=time,
    )


def history(symbol: str) -> History:
    """A start without an end is an error; 600 requests in 5 seconds."""
    category = "inverse" if margin_of(NAME, symbol) is Margin.INVERSE else "linear"
    window = {"startTime": Slot.SINCE_MS, "endTime": Slot.UNTIL_MS}
    return History(
        Endpoint("/v5/market/funding/history", {"category": category, "symbol": Slot.SYMBOL, **window, "limit": 200}),
        Paging.DESCENDING,
        limit=200,
        per_second=10.0,
    )


def parse_settlements(answer: Any) -> list[SettledRate]:
    """The rows say nothing of the interval."""
    found = rows(answer, "result", "list")
    return settled((from_ms(row.get("fundingRateTimestamp")), row.get("fundingRate"), None) for row in found)
