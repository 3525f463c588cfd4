"""Hyperliquid: the main exchange's perpetuals, settled every hour in USDC.

Documentation: hyperliquid.gitbook.io (Info endpoint, Perpetuals; Rate limits). All questions are POSTs to one path.
Builder-deployed exchanges (HIP-3) are separate, and not asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges.base import AnswerError, Endpoint, History, Paging, Slot, from_ms, number, positive, settled
from bot.feeds.exchanges.shapes import Row, entry, first, refusal, rows, text
from bot.feeds.exchanges.symbols import margin_of

NAME = "hyperliquid"
HOST = "https://api.hyperliquid.xyz"
QUOTES = (Endpoint("/info", body={"type": "metaAndAssetCtxs"}),)
REFUSALS = (403, 451)
ZERO_IS_PLACEHOLDER = False  # only delisted contracts stand at exactly 0, and they are left out

INTERVAL_HOURS = 1.0


def unwrap(answer: Any) -> Any:
    """The answer itself; only errors have an envelope."""
    if isinstance(answer, dict):
        told = first(answer, "response", "error")
        raise refusal("Too many" if "Too many" in str(told) else "err", told, limited=("Too many",))
    return answer


def parse_quotes(answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
    """All listed contracts. Names and numbers are two lists of the same order, so neither may be short."""
    if not isinstance(answers[0], list) or len(answers[0]) != 2:
        raise AnswerError("the answer is not a pair of names and numbers")
    universe, numbers = answers[0]
    names = entry(universe, "universe")
    if not isinstance(names, list) or not isinstance(numbers, list) or len(names) != len(numbers):
        raise AnswerError("there are not as many numbers as names")
    for name, row in zip(names, numbers, strict=True):
        symbol = text(name, "name") if isinstance(name, dict) else ""
        if symbol and name.get("isDelisted") is not True:
            yield quote(row if isinstance(row, dict) else {"funding": math.nan}, symbol, now)


def quote(row: Row, symbol: str, now: datetime) -> Quote:
    """One contract. kPEPE stays as it is written: it is not KPEPE."""
    return Quote(
        exchange=NAME,
        symbol=symbol,
        base=symbol,
        margin=margin_of(NAME, symbol),
        rate=number(row.get("funding")),
        interval_hours=INTERVAL_HOURS,
        next_funding_time=now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1),
        mark_price=positive(row.get("markPx")),
        turnover_usd=positive(row.get("dayNtlVlm")),
    )


def history(symbol: str) -> History:
    """500 rows weigh 45 of the 1,200 that an address has a minute; the rates of a refresh weigh 20."""
    window = {"startTime": Slot.SINCE_MS, "endTime": Slot.UNTIL_MS}
    return History(
        Endpoint("/info", body={"type": "fundingHistory", "coin": Slot.SYMBOL, **window}),
        Paging.ASCENDING,
        limit=500,
        per_second=0.4,
    )


def parse_settlements(answer: Any) -> list[SettledRate]:
    """Every hour."""
    return settled((from_ms(row.get("time")), row.get("fundingRate"), INTERVAL_HOURS) for row in rows(answer))
