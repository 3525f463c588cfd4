"""Deribit: perpetuals in USDC, and the inverse ones in BTC and ETH.

Documentation: docs.deribit.com (get_book_summary_by_currency, get_funding_rate_history). Funding is continuous: there
is no next settlement. `current_funding` is per 8 hours; the history's `interest_1h` is what the hour charged, while
its `interest_8h` looks back over 8 hours and must not be summed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges.base import Endpoint, History, Paging, Slot, from_ms, number, positive, settled
from bot.feeds.exchanges.shapes import Row, entry, refusal, rows, text
from bot.feeds.exchanges.symbols import margin_of

NAME = "deribit"
HOST = "https://www.deribit.com"
QUOTES = tuple(
    Endpoint("/api/v2/public/get_book_summary_by_currency", {"currency": currency, "kind": "future"})
    for currency in ("USDC", "BTC", "ETH")
)
REFUSALS = (403, 451)
ZERO_IS_PLACEHOLDER = False

RATE_HOURS = 8.0
CHARGE_HOURS = 1.0
LIMITED = ("10028", "10047")


def unwrap(answer: Any) -> Any:
    """The result inside."""
    if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
        raise refusal(answer["error"].get("code"), answer["error"].get("message"), limited=LIMITED)
    return entry(answer, "result")


def parse_quotes(answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
    """All perpetuals; the other futures are dated."""
    for answer in answers:
        for row in rows(answer):
            symbol = text(row, "instrument_name")
            if symbol.endswith("-PERPETUAL"):
                yield quote(row, symbol)


def quote(row: Row, symbol: str) -> Quote:
    """One contract."""
    return Quote(
        exchange=NAME,
        symbol=symbol,
        base=symbol.removesuffix("-PERPETUAL").partition("_")[0],
        margin=margin_of(NAME, symbol),
        rate=number(row.get("current_funding")),
        interval_hours=RATE_HOURS,
        next_funding_time=None,
        mark_price=positive(row.get("mark_price")),
        turnover_usd=positive(row.get("volume_usd")),
        source_time=from_ms(row.get("creation_timestamp")),
    )


def history(symbol: str) -> History:
    """744 hourly rows, which is 31 days: 30 are never cut. 20 requests a second."""
    window = {"start_timestamp": Slot.SINCE_MS, "end_timestamp": Slot.UNTIL_MS}
    return History(
        Endpoint("/api/v2/public/get_funding_rate_history", {"instrument_name": Slot.SYMBOL, **window}),
        Paging.ASCENDING,
        limit=744,
        per_second=5.0,
        window_days=30,
    )


def parse_settlements(answer: Any) -> list[SettledRate]:
    """Every hour."""
    return settled((from_ms(row.get("timestamp")), row.get("interest_1h"), CHARGE_HOURS) for row in rows(answer))
