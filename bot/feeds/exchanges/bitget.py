"""Bitget: three products; the rates of each, and prices and flags of the one that has nearly all contracts.

Documentation: bitget.com/api-doc/contract/market (Get Current Funding Rate, Get All Tickers, Get All Contracts,
Get Historical Funding Rates).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges.base import Endpoint, History, Paging, Slot, from_ms, number, positive, settled
from bot.feeds.exchanges.shapes import Row, base_of, by_symbol, entry, refusal, rows, text
from bot.feeds.exchanges.symbols import margin_of
from scoring.model import AssetClass, Margin

NAME = "bitget"
HOST = "https://api.bitget.com"
MARKET = "/api/v2/mix/market"
PRODUCTS = {Margin.USDT: "USDT-FUTURES", Margin.USD: "USDC-FUTURES", Margin.INVERSE: "COIN-FUTURES"}
QUOTES = (
    *(Endpoint(f"{MARKET}/current-fund-rate", {"productType": product}) for product in PRODUCTS.values()),
    Endpoint(f"{MARKET}/tickers", {"productType": "USDT-FUTURES"}, optional=True),
    Endpoint(f"{MARKET}/contracts", {"productType": "USDT-FUTURES"}, every=timedelta(days=1), optional=True),
)
REFUSALS = (403, 451)
ZERO_IS_PLACEHOLDER = False

ENDINGS = ("USDT", "PERP", "USD")
TEST_MARK = "TESTME"  # BGTESTME, RWATESTME: the exchange's own
LIMITED = ("429", "1001", "30014", "30026", "50009")
PERMANENT = ("40034", "40309")  # no such contract; it was removed


def unwrap(answer: Any) -> Any:
    """The answer with its envelope, which has the time of the rates."""
    code = entry(answer, "code")
    if code != "00000":
        raise refusal(code, answer.get("msg"), limited=LIMITED, permanent=PERMANENT)
    return answer


def parse_quotes(answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
    """All perpetuals of the three products; dated ones end in a month or a day."""
    *products, tickers, contracts = answers
    prices = {} if tickers is None else by_symbol(rows(tickers, "data"))
    flags = {} if contracts is None else by_symbol(rows(contracts, "data"))
    for answer in products:
        for row in rows(answer, "data"):
            symbol = text(row, "symbol")
            base = base_of(symbol, ENDINGS)
            flag = flags.get(symbol, {})
            if base and TEST_MARK not in base and flag.get("symbolStatus") != "off":
                yield quote(row, (symbol, base), prices.get(symbol, {}), flag, from_ms(answer.get("requestTime")))


def quote(row: Row, names: tuple[str, str], price: Row, flag: Row, time: datetime | None) -> Quote:
    """One contract, of which `names` are the symbol and the base."""
    symbol, base = names
    return Quote(
        exchange=NAME,
        symbol=symbol,
        base=base,
        margin=margin_of(NAME, symbol),
        rate=number(row.get("fundingRate")),
        interval_hours=positive(row.get("fundingRateInterval")),
        next_funding_time=from_ms(row.get("nextUpdate")),
        mark_price=positive(price.get("markPrice")),
        turnover_usd=positive(price.get("usdtVolume")),
        floor=number(row.get("minFundingRate")),
        cap=number(row.get("maxFundingRate")),
        asset=asset_of(flag),
        source_time=time,
    )


def asset_of(flag: Row) -> AssetClass | None:
    """`isRwa`: a real-world asset."""
    match flag.get("isRwa"):
        case "YES":
            return AssetClass.TRADFI
        case "NO":
            return AssetClass.COIN
        case _:
            return None


def history(symbol: str) -> History:
    """Pages of 100, newest first, 100 pages at most (code 40808 beyond); 20 requests a second."""
    return History(
        Endpoint(
            f"{MARKET}/history-fund-rate",
            {
                "symbol": Slot.SYMBOL,
                "productType": PRODUCTS[margin_of(NAME, symbol)],
                "pageSize": 100,
                "pageNo": Slot.PAGE,
            },
        ),
        Paging.PAGES,
        limit=100,
        per_second=8.0,
        last_page=100,
    )


def parse_settlements(answer: Any) -> list[SettledRate]:
    """The rows say nothing of the interval."""
    found = rows(answer, "data")
    return settled((from_ms(row.get("fundingTime")), row.get("fundingRate"), None) for row in found)
