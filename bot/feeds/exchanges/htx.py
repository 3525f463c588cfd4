"""HTX: contracts settled in USDT; their rates, and what they are.

Documentation: htx.com/en-us/opend/newApiPages (Query a batch of funding rate, Query swap info, Query historical
funding rate). The rates do not tell the interval; the contracts do, as `settlement_period` in hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges.base import Endpoint, History, Paging, Slot, from_ms, number, positive, settled
from bot.feeds.exchanges.shapes import Row, base_of, by_symbol, entry, first, refusal, rows, text
from bot.feeds.exchanges.symbols import margin_of
from scoring.model import AssetClass

NAME = "htx"
HOST = "https://api.hbdm.com"
QUOTES = (
    Endpoint("/linear-swap-api/v1/swap_batch_funding_rate"),
    Endpoint("/linear-swap-api/v1/swap_contract_info", {"business_type": "swap"}),
)
REFUSALS = (403, 451)
ZERO_IS_PLACEHOLDER = True  # "0E-18"

ENDINGS = ("-USDT",)
LISTED = 1
TRADFI_LABELS = {"tradfi", "stock", "stocks", "indices", "metals", "commodities", "forex", "fx"}
LIMITED = ("429", "base-request-exceed-frequency-limit", "rate-too-many-requests")
PERMANENT = ("1013", "1332")  # no such contract


def unwrap(answer: Any) -> Any:
    """The answer with its envelope, which has the time of the rates."""
    if entry(answer, "status") != "ok":
        code, told = first(answer, "err_code", "err-code"), first(answer, "err_msg", "err-msg")
        raise refusal(code, told, limited=LIMITED, permanent=PERMANENT)
    return answer


def parse_quotes(answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
    """All perpetuals that are traded; dated ones have a day after the quote."""
    rates, contracts = answers
    known = by_symbol(rows(contracts, "data"), "contract_code")
    for row in rows(rates, "data"):
        symbol = text(row, "contract_code")
        base = base_of(symbol, ENDINGS)
        contract = known.get(symbol, {})
        if base and number(contract.get("contract_status", LISTED)) == LISTED:
            yield quote(row, (symbol, base), contract, from_ms(rates.get("ts")))


def quote(row: Row, names: tuple[str, str], contract: Row, time: datetime | None) -> Quote:
    """One contract, of which `names` are the symbol and the base."""
    symbol, base = names
    return Quote(
        exchange=NAME,
        symbol=symbol,
        base=base,
        margin=margin_of(NAME, symbol),
        rate=number(row.get("funding_rate")),
        interval_hours=positive(contract.get("settlement_period")),
        next_funding_time=from_ms(row.get("funding_time")),
        asset=asset_of(contract),
        source_time=time,
    )


def asset_of(contract: Row) -> AssetClass | None:
    """`tradfi_labels` is empty for coins, and for a few stocks that only `labels` betrays."""
    special = contract.get("tradfi_labels")
    if not isinstance(special, list):
        return None
    general = contract.get("labels")
    words = {str(label).lower() for label in general} if isinstance(general, list) else set()
    return AssetClass.TRADFI if special or words & TRADFI_LABELS else AssetClass.COIN


def history(symbol: str) -> History:
    """Pages of 50, newest first; 240 requests in 3 seconds, shared by all that is public."""
    return History(
        Endpoint(
            "/linear-swap-api/v1/swap_historical_funding_rate",
            {"contract_code": Slot.SYMBOL, "page_index": Slot.PAGE, "page_size": 50},
        ),
        Paging.PAGES,
        limit=50,
        per_second=8.0,
    )


def parse_settlements(answer: Any) -> list[SettledRate]:
    """`realized_rate` is what was paid, where it is told; the rows say nothing of the interval."""
    found = rows(answer, "data", "data")
    return settled(
        (from_ms(row.get("funding_time")), first(row, "realized_rate", "funding_rate"), None) for row in found
    )
