"""KuCoin Futures: all contracts in one answer, with more than its list of funding rates has.

Documentation: kucoin.com/docs-new/rest/futures-trading (Get All Symbols, Get Public Funding History).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges.base import (
    AnswerError,
    Endpoint,
    History,
    Paging,
    Slot,
    from_ms,
    hours_of,
    number,
    positive,
    settled,
)
from bot.feeds.exchanges.shapes import Row, entry, refusal, rows, text
from scoring.model import AssetClass, Margin

NAME = "kucoin"
HOST = "https://api-futures.kucoin.com"
QUOTES = (Endpoint("/api/v1/contracts/active"),)
REFUSALS = (403, 451)
ZERO_IS_PLACEHOLDER = False

PERPETUAL = "FFWCSX"
MS_PER_HOUR = 3_600_000
# `assetClass` is not in the documentation, and was there in September 2026.
TRADFI_CLASSES = {"STOCK", "METAL", "COMMODITY", "FOREX", "INDEX"}
COUNTRY = "400302"  # its message repeats our address
LIMITED = ("429000",)
PERMANENT = ("400303", "404000")  # wants an identified customer; no such contract


def unwrap(answer: Any) -> Any:
    """The list inside."""
    code = entry(answer, "code")
    if code != "200000":
        if code == COUNTRY:
            raise AnswerError(f"refuses this country ({COUNTRY})", refused=True)
        raise refusal(code, answer.get("msg"), limited=LIMITED, permanent=PERMANENT)
    return entry(answer, "data")


def parse_quotes(answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
    """All open perpetuals; the other type has a day on which it expires."""
    for row in rows(answers[0]):
        symbol, base = text(row, "symbol"), text(row, "baseCurrency")
        perpetual = row.get("type", PERPETUAL) == PERPETUAL and row.get("expireDate") is None
        if symbol and base and perpetual and row.get("status", "Open") == "Open":
            yield quote(row, symbol, base)


def quote(row: Row, symbol: str, base: str) -> Quote:
    """One contract."""
    margin = margin_in(row)
    running = hours_of(row.get("currentFundingRateGranularity"), MS_PER_HOUR)
    return Quote(
        exchange=NAME,
        symbol=symbol,
        base=base,
        margin=margin,
        rate=number(row.get("fundingFeeRate")),
        interval_hours=running or hours_of(row.get("fundingRateGranularity"), MS_PER_HOUR),
        next_funding_time=from_ms(row.get("nextFundingRateDateTime")),
        mark_price=positive(row.get("markPrice")),
        # Of inverse contracts the turnover is in the coin.
        turnover_usd=None if margin is Margin.INVERSE else positive(row.get("turnoverOf24h")),
        floor=number(row.get("fundingRateFloor")),
        cap=number(row.get("fundingRateCap")),
        asset=asset_of(row),
    )


def margin_in(row: Row) -> Margin:
    """As the contract itself says it."""
    if row.get("isInverse") is True:
        return Margin.INVERSE
    return Margin.USDT if row.get("settleCurrency") == "USDT" else Margin.USD


def asset_of(row: Row) -> AssetClass | None:
    """What the contract is written on, where it says so in a word that we know."""
    kind = text(row, "assetClass")
    if kind == "CRYPTO":
        return AssetClass.COIN
    return AssetClass.TRADFI if kind in TRADFI_CLASSES else None


def history(symbol: str) -> History:
    """Both ends of the window are required; 2,000 in 30 seconds, of which a request weighs 5."""
    return History(
        Endpoint("/api/v1/contract/funding-rates", {"symbol": Slot.SYMBOL, "from": Slot.SINCE_MS, "to": Slot.UNTIL_MS}),
        Paging.DESCENDING,
        limit=100,
        per_second=5.0,
    )


def parse_settlements(answer: Any) -> list[SettledRate]:
    """The rows say nothing of the interval."""
    return settled((from_ms(row.get("timepoint")), row.get("fundingRate"), None) for row in rows(answer))
