"""Binance: USDⓈ-M and COIN-M futures, two hosts with the same shapes.

Documentation: developers.binance.com/docs/derivatives (Mark Price, Get Funding Rate Info, Get Funding Rate History).
`fundingInfo` lists only contracts whose interval, cap or floor was ever adjusted: all others settle every 8 hours.
That is documented, so that list is no optional extra here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges.base import Endpoint, History, Paging, Slot, from_ms, number, positive, settled
from bot.feeds.exchanges.shapes import Row, base_of, by_symbol, refusal, rows, text
from bot.feeds.exchanges.symbols import margin_of
from scoring.model import Margin

NAME = "binance"
HOST = "https://fapi.binance.com"
COIN_HOST = "https://dapi.binance.com"
QUOTES = (
    Endpoint("/fapi/v1/premiumIndex"),
    Endpoint("/fapi/v1/fundingInfo"),
    Endpoint(f"{COIN_HOST}/dapi/v1/premiumIndex"),
    Endpoint(f"{COIN_HOST}/dapi/v1/fundingInfo"),
)
REFUSALS = (451, 403)  # a restricted location; the firewall in front
ZERO_IS_PLACEHOLDER = False

UNADJUSTED_HOURS = 8.0
ENDINGS = ("USDT", "USDC", "FDUSD", "BUSD", "USD1", "USD_PERP", "U")
LIMITED = ("-1003", "-1008")
PERMANENT = ("-1121",)  # no such contract


def unwrap(answer: Any) -> Any:
    """The answer itself; only errors have an envelope."""
    if isinstance(answer, dict) and "code" in answer:
        raise refusal(answer["code"], answer.get("msg"), limited=LIMITED, permanent=PERMANENT)
    return answer


def parse_quotes(answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
    """All perpetuals of both markets; a contract without a next settlement is dated, or being closed."""
    for rates, adjusted in zip(answers[::2], answers[1::2], strict=True):
        terms = by_symbol(rows(adjusted))
        for row in rows(rates):
            symbol = text(row, "symbol")
            base = base_of(symbol, ENDINGS)
            if base and str(row.get("nextFundingTime")) != "0":
                yield quote(row, symbol, base, terms.get(symbol))


def quote(row: Row, symbol: str, base: str, terms: Row | None) -> Quote:
    """One contract; `terms` is its line in `fundingInfo`, where it has one."""
    known = terms or {}
    return Quote(
        exchange=NAME,
        symbol=symbol,
        base=base,
        margin=margin_of(NAME, symbol),
        rate=number(row.get("lastFundingRate")),
        interval_hours=UNADJUSTED_HOURS if terms is None else positive(known.get("fundingIntervalHours")),
        next_funding_time=from_ms(row.get("nextFundingTime")),
        mark_price=positive(row.get("markPrice")),
        floor=number(known.get("adjustedFundingRateFloor")),
        cap=number(known.get("adjustedFundingRateCap")),
        source_time=from_ms(row.get("time")),
    )


def history(symbol: str) -> History:
    """500 requests in 5 minutes, shared with `fundingInfo`."""
    host, api = (COIN_HOST, "dapi") if margin_of(NAME, symbol) is Margin.INVERSE else (HOST, "fapi")
    return History(
        Endpoint(
            f"{host}/{api}/v1/fundingRate",
            {"symbol": Slot.SYMBOL, "startTime": Slot.SINCE_MS, "endTime": Slot.UNTIL_MS, "limit": 1000},
        ),
        Paging.ASCENDING,
        limit=1000,
        per_second=1.5,
    )


def parse_settlements(answer: Any) -> list[SettledRate]:
    """The rows say nothing of the interval."""
    return settled((from_ms(row.get("fundingTime")), row.get("fundingRate"), None) for row in rows(answer))
