"""Gate.io: contracts settled in USDT, all in one answer.

Documentation: gate.com/docs/developers/apiv4 (List all futures contracts, Futures market historical funding rate).
The list is asked without `limit`: with one it is cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges.base import Endpoint, History, Paging, Slot, from_s, hours_of, number, positive, settled
from bot.feeds.exchanges.shapes import Row, base_of, first, refusal, rows, text
from bot.feeds.exchanges.symbols import margin_of
from scoring.model import AssetClass

NAME = "gate"
HOST = "https://api.gateio.ws"
QUOTES = (Endpoint("/api/v4/futures/usdt/contracts"),)
REFUSALS = (403, 451)
ZERO_IS_PLACEHOLDER = False

ENDINGS = ("_USDT",)
LIMITED = ("TOO_MANY_REQUESTS", "TOO_FAST")
PERMANENT = ("CONTRACT_NOT_FOUND",)


def unwrap(answer: Any) -> Any:
    """The answer itself; only errors have an envelope."""
    if isinstance(answer, dict) and "label" in answer:
        raise refusal(answer["label"], first(answer, "message", "detail"), limited=LIMITED, permanent=PERMANENT)
    return answer


def parse_quotes(answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
    """All contracts that are traded, and stay so."""
    for row in rows(answers[0]):
        symbol = text(row, "name")
        base = base_of(symbol, ENDINGS)
        listed = row.get("status", "trading") == "trading" and row.get("in_delisting") is not True
        if base and listed:
            yield quote(row, symbol, base)


def quote(row: Row, symbol: str, base: str) -> Quote:
    """One contract; the price is of one coin, whatever the contract's size."""
    limit = positive(row.get("funding_rate_limit"))
    return Quote(
        exchange=NAME,
        symbol=symbol,
        base=base,
        margin=margin_of(NAME, symbol),
        rate=number(row.get("funding_rate")),
        interval_hours=hours_of(row.get("funding_interval"), 3600),
        next_funding_time=from_s(row.get("funding_next_apply")),
        mark_price=positive(row.get("mark_price")),
        floor=None if limit is None else -limit,
        cap=limit,
        asset=asset_of(row),
    )


def asset_of(row: Row) -> AssetClass | None:
    """`contract_type` is empty for coins, else stocks, metals, forex, indices, commodities."""
    kind = row.get("contract_type")
    if not isinstance(kind, str):
        return None
    return AssetClass.TRADFI if kind else AssetClass.COIN


def history(symbol: str) -> History:
    """Which rows come when a window holds more than 1,000 is not documented: 41 days hold no more. 200 in 10 s."""
    window = {"from": Slot.SINCE_S, "to": Slot.UNTIL_S}
    return History(
        Endpoint("/api/v4/futures/usdt/funding_rate", {"contract": Slot.SYMBOL, **window, "limit": 1000}),
        Paging.DESCENDING,
        limit=1000,
        per_second=8.0,
        window_days=41,
    )


def parse_settlements(answer: Any) -> list[SettledRate]:
    """The rows say nothing of the interval."""
    return settled((from_s(row.get("t")), row.get("r"), None) for row in rows(answer))
