"""Eleven made exchanges of the real ones' size, each in its own shape: every number and name is invented.

    made = universe(now=NOW)
    async with Loopback() as server:
        made.serve(server, latency={"gate": 0.8})   # seconds before each answer; none for the others
        feed = ExchangesFeed(client, clock, hosts=made.hosts(server.url))

Popular coins are on all exchanges, the rest on the larger ones; a coin costs about the same everywhere. Half of
the rates stand at the base rate, as in the real market, and `made.count` says how many contracts there are. At a
later `now` the same contracts have moved on. With `odd` there are a tokenised stock and another token of a coin's
ticker, too. Settled history and prices are served by `universe_history.py` and `universe_prices.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tests.servers.exchange import Asked, Loopback, answer
from tests.servers.universe_market import BASE_RATE, HOUR, Perpetual, Wave, perpetuals, ticker

# Contracts of 5,500; MEXC has what is left.
COUNTS = {
    "binance": 569, "bybit": 737, "okx": 300, "gate": 939, "bitget": 653, "hyperliquid": 177, "deribit": 130,
    "htx": 300, "bingx": 923, "kucoin": 669,
}  # fmt: skip
ALL = 5_500
MONDAY = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
STOCK, STOCK_EXCHANGES = "QXSHARE", ("gate", "bitget", "htx", "kucoin", "mexc")  # those that flag what is no coin
TWIN, TWIN_EXCHANGE, TWIN_TIMES = ticker(2), "bingx", 40  # another token of that ticker: so many times the price


@dataclass(frozen=True, slots=True)
class Contract:
    """One made perpetual as it stands at an instant."""

    base: str
    price: float  # USD
    rate: float  # decimal per interval
    hours: int
    next_ms: int
    last: tuple[int, float]  # unix milliseconds and rate of the latest settlement
    is_coin: bool

    @property
    def text(self) -> str:
        """The rate as exchanges write it."""
        return f"{self.rate:.8f}"


@dataclass(frozen=True, slots=True)
class Universe:
    """The answers of all exchanges, by exchange, path and the parameter that tells them apart."""

    now: datetime
    contracts: Mapping[str, tuple[Perpetual, ...]]  # by exchange
    answers: Mapping[str, Mapping[str, Mapping[str, bytes]]]

    @property
    def count(self) -> int:
        """How many contracts there are."""
        return sum(len(listed) for listed in self.contracts.values())

    def serve(self, server: Loopback, latency: Mapping[str, float] | None = None) -> None:
        """Answer below /EXCHANGE/ on this server, after so many real seconds."""
        for exchange, paths in self.answers.items():
            for path, bodies in paths.items():
                reply = answer(choice(bodies), delay=(latency or {}).get(exchange, 0.0))
                server.route(f"/{exchange}{path}", reply)

    def hosts(self, url: str) -> dict[str, str]:
        """Where each exchange is on a server of this address."""
        return {exchange: f"{url}/{exchange}" for exchange in self.answers}


def universe(pairs_total: int = ALL, now: datetime = MONDAY, *, odd: bool = False) -> Universe:
    """So many contracts in all, the share of each exchange as in the real market."""
    counts = {exchange: round(count * pairs_total / ALL) for exchange, count in COUNTS.items()}
    counts["mexc"] = pairs_total - sum(counts.values())
    contracts = {exchange: tuple(perpetuals(exchange, count)) for exchange, count in counts.items()}
    if odd:
        contracts = {exchange: tuple(_odd(exchange, listed)) for exchange, listed in contracts.items()}
    at = now.timestamp()
    answers = {
        exchange: {
            path: {key: json.dumps(found, separators=(",", ":")).encode() for key, found in bodies.items()}
            for path, bodies in SHAPES[exchange]([_standing(one, at) for one in listed], int(at * 1000))
        }
        for exchange, listed in contracts.items()
    }
    return Universe(now, contracts, answers)


def choice(bodies: Mapping[str, bytes]) -> Callable[[Asked], bytes]:
    """The body that the parameters ask for."""

    def choose(asked: Asked) -> bytes:
        told = {*asked.params.values(), *(str(value) for value in (asked.body or {}).values())}
        return next((body for key, body in bodies.items() if key in told), bodies.get("", b"{}"))

    return choose


def _standing(one: Perpetual, second: float) -> Contract:
    hours = one.quoted_hours(second)
    until = one.next_settlement(second)
    last = one.last_settled(second)
    return Contract(
        one.base,
        one.price.at(second),
        one.rate(second, hours),
        hours,
        until * 1000,
        ((until - hours * HOUR) * 1000, BASE_RATE) if last is None else (last.ms, last.rate),
        one.is_coin,
    )


def _odd(exchange: str, listed: tuple[Perpetual, ...]) -> Iterator[Perpetual]:
    for one in listed:
        is_twin = exchange == TWIN_EXCHANGE and one.base == TWIN
        yield replace(one, price=replace(one.price, level=TWIN_TIMES * one.price.level)) if is_twin else one
    if exchange in STOCK_EXCHANGES:
        yield replace(listed[0], base=STOCK, price=Wave(250.0, 0.1, 30.0, 0.0), opinion=-0.0007, is_coin=False)


Bodies = Iterator[tuple[str, dict[str, Any]]]  # path → body by the parameter's value, "" for any
NUMBERS = ("12.5", "0.031", "1832.25", "0.0004", "99.1", "250000", "77123.5", "3.25")


def _more(names: str) -> dict[str, str]:
    """Fields that nobody reads, for their weight."""
    return {name: NUMBERS[place % len(NUMBERS)] for place, name in enumerate(names.split())}


def _binance(found: list[Contract], at: int) -> Bodies:
    def row(one: Contract) -> dict[str, Any]:
        price = f"{one.price:.8f}"
        return {
            "symbol": f"{one.base}USDT", "markPrice": price, "indexPrice": price, "estimatedSettlePrice": price,
            "lastFundingRate": one.text, "interestRate": "0.00010000", "nextFundingTime": one.next_ms, "time": at,
        }  # fmt: skip

    adjusted = [
        {"symbol": f"{one.base}USDT", "adjustedFundingRateCap": "0.02", "adjustedFundingRateFloor": "-0.02",
         "fundingIntervalHours": one.hours, "disclaimer": False}
        for one in found if one.hours != 8
    ]  # fmt: skip
    yield "/fapi/v1/premiumIndex", {"": [row(one) for one in found]}
    yield "/fapi/v1/fundingInfo", {"": adjusted}
    yield "/dapi/v1/premiumIndex", {"": []}
    yield "/dapi/v1/fundingInfo", {"": []}


def _bybit(found: list[Contract], at: int) -> Bodies:
    weight = _more(
        "prevPrice24h price24hPcnt highPrice24h lowPrice24h prevPrice1h openInterest openInterestValue volume24h "
        "basisRate deliveryFeeRate ask1Size bid1Price ask1Price bid1Size basis preOpenPrice preQty"
    )
    linear = [
        {"symbol": f"{one.base}USDT", "lastPrice": f"{one.price:.6f}", "markPrice": f"{one.price:.6f}",
         "indexPrice": f"{one.price:.6f}", "fundingRate": one.text, "fundingIntervalHour": str(one.hours),
         "fundingCap": "0.005", "nextFundingTime": str(one.next_ms), "deliveryTime": "0", "turnover24h": "950000.5",
         **weight}
        for one in found
    ]  # fmt: skip
    yield (
        "/v5/market/tickers",
        {
            kind: {
                "retCode": 0,
                "retMsg": "OK",
                "result": {"category": kind, "list": rows},
                "retExtInfo": {},
                "time": at,
            }
            for kind, rows in (("linear", linear), ("inverse", []))
        },
    )


def _okx(found: list[Contract], at: int) -> Bodies:
    rates = [
        {"instId": f"{one.base}-USDT-SWAP", "instType": "SWAP", "method": "current_period", "formulaType": "withRate",
         "fundingRate": one.text, "fundingTime": str(one.next_ms), "nextFundingRate": "",
         "nextFundingTime": str(one.next_ms + one.hours * 3_600_000), "minFundingRate": "-0.015",
         "maxFundingRate": "0.015", "interestRate": "0.0001", "impactValue": "20000", "premium": "-0.0003",
         "prevFundingTime": str(one.last[0]), "settState": "settled",
         "settFundingRate": f"{one.last[1]:.8f}", "ts": str(at)}
        for one in found
    ]  # fmt: skip
    marks = [
        {"instType": "SWAP", "instId": f"{one.base}-USDT-SWAP", "markPx": f"{one.price:.6f}", "ts": str(at)}
        for one in found
    ]
    for path, rows in (("funding-rate", rates), ("mark-price", marks)):
        yield f"/api/v5/public/{path}", {"": {"code": "0", "msg": "", "data": rows}}


def _gate(found: list[Contract], at: int) -> Bodies:
    weight = _more(
        "funding_rate_indicative mark_price_round funding_offset risk_limit_base interest_rate order_price_round "
        "order_size_min ref_rebate_rate ref_discount_rate order_price_deviate maintenance_rate mark_type taker_fee_rate "
        "maker_fee_rate leverage_min leverage_max risk_limit_max risk_limit_step index_price last_price position_size "
        "trade_size trade_id orderbook_id order_size_max config_change_time create_time launch_time quanto_multiplier"
    )
    contracts = [
        {"name": f"{one.base}_USDT", "type": "direct", "contract_type": "" if one.is_coin else "stocks", "status": "trading", "in_delisting": False,
         "funding_rate": one.text, "funding_rate_limit": "0.003", "funding_interval": one.hours * 3600,
         "funding_next_apply": one.next_ms // 1000, "mark_price": f"{one.price:.6f}", "enable_bonus": True, **weight}
        for one in found
    ]  # fmt: skip
    yield "/api/v4/futures/usdt/contracts", {"": contracts}


def _bitget(found: list[Contract], at: int) -> Bodies:
    def enveloped(rows: list[dict[str, Any]]) -> dict[str, Any]:
        return {"code": "00000", "msg": "success", "requestTime": at, "data": rows}

    rates = [
        {"symbol": f"{one.base}USDT", "fundingRate": one.text, "fundingRateInterval": str(one.hours),
         "nextUpdate": str(one.next_ms), "minFundingRate": "-0.003", "maxFundingRate": "0.003"}
        for one in found
    ]  # fmt: skip
    prices = [
        {"symbol": f"{one.base}USDT", "markPrice": f"{one.price:.6f}", "usdtVolume": "812345.5", "ts": str(at),
         **_more("lastPr askPr bidPr bidSz askSz high24h low24h change24h baseVolume quoteVolume openUtc indexPrice "
                 "changeUtc24h fundingRate holdingAmount deliveryStatus open24h")}
        for one in found
    ]  # fmt: skip
    flags = [
        {"symbol": f"{one.base}USDT", "baseCoin": one.base, "quoteCoin": "USDT", "symbolStatus": "normal", "isRwa": "NO" if one.is_coin else "YES",
         **_more("buyLimitPriceRatio sellLimitPriceRatio feeRateUpRatio makerFeeRate takerFeeRate openCostUpRatio "
                 "minTradeNum priceEndStep volumePlace pricePlace sizeMultiplier minTradeUSDT maxSymbolOrderNum "
                 "maxProductOrderNum maxPositionNum offTime limitOpenTime deliveryTime launchTime fundInterval")}
        for one in found
    ]  # fmt: skip
    products = (("USDT-FUTURES", rates), ("USDC-FUTURES", []), ("COIN-FUTURES", []))
    yield "/api/v2/mix/market/current-fund-rate", {product: enveloped(rows) for product, rows in products}
    yield "/api/v2/mix/market/tickers", {"": enveloped(prices)}
    yield "/api/v2/mix/market/contracts", {"": enveloped(flags)}


def _hyperliquid(found: list[Contract], at: int) -> Bodies:
    del at  # its answers have no time
    names = [{"name": one.base, "szDecimals": 1, "maxLeverage": 5, "marginTableId": 5} for one in found]
    numbers = [
        {"funding": one.text, "markPx": f"{one.price:.6f}", "dayNtlVlm": "345678.9", "impactPxs": ["1.1", "1.2"],
         **_more("openInterest prevDayPx premium oraclePx midPx dayBaseVlm")}
        for one in found
    ]  # fmt: skip
    yield "/info", {"metaAndAssetCtxs": [{"universe": names, "marginTables": []}, numbers]}


def _deribit(found: list[Contract], at: int) -> Bodies:
    rows = [
        {"instrument_name": f"{one.base}_USDC-PERPETUAL", "base_currency": one.base, "quote_currency": "USDC",
         "current_funding": one.rate, "funding_8h": one.rate, "mark_price": one.price, "volume_usd": 65432.1,
         "creation_timestamp": at,
         **dict.fromkeys(("volume", "price_change", "open_interest", "mid_price", "low", "high", "last", "bid_price"), 1.5)}
        for one in found
    ]  # fmt: skip
    yield (
        "/api/v2/public/get_book_summary_by_currency",
        {
            currency: {"jsonrpc": "2.0", "result": of_it, "usIn": at, "usOut": at, "usDiff": 200, "testnet": False}
            for currency, of_it in (("USDC", rows), ("BTC", []), ("ETH", []))
        },
    )


def _htx(found: list[Contract], at: int) -> Bodies:
    rates = [
        {"contract_code": f"{one.base}-USDT", "symbol": one.base, "fee_asset": "USDT", "trade_partition": "USDT",
         "funding_rate": one.text, "funding_time": str(one.next_ms), "estimated_rate": None, "next_funding_time": None}
        for one in found
    ]  # fmt: skip
    contracts = [
        {"contract_code": f"{one.base}-USDT", "symbol": one.base, "contract_size": 1.0, "contract_status": 1,
         "settlement_period": str(one.hours), "tradfi_labels": [] if one.is_coin else ["stock"], "labels": [], "business_type": "swap",
         "pair": f"{one.base}-USDT", "delivery_time": "",
         **_more("price_tick create_date settlement_date delivery_date support_margin_mode contract_type")}
        for one in found
    ]  # fmt: skip
    for path, rows in (("swap_batch_funding_rate", rates), ("swap_contract_info", contracts)):
        yield f"/linear-swap-api/v1/{path}", {"": {"status": "ok", "data": rows, "ts": at}}


def _bingx(found: list[Contract], at: int) -> Bodies:
    rows = [
        {"symbol": f"{one.base}-USDT", "markPrice": f"{one.price:.6f}", "indexPrice": f"{one.price:.6f}",
         "lastFundingRate": one.text, "nextFundingTime": one.next_ms, "fundingIntervalHours": one.hours,
         "minFundingRate": "-0.02", "maxFundingRate": "0.02", "updateTime": one.next_ms - one.hours * 3_600_000}
        for one in found
    ]  # fmt: skip
    yield "/openApi/swap/v2/quote/premiumIndex", {"": {"code": 0, "msg": "", "data": rows}}


def _kucoin(found: list[Contract], at: int) -> Bodies:
    weight = _more(
        "rootSymbol firstOpenDate settleDate maxOrderQty maxPrice lotSize tickSize indexPriceTickSize multiplier "
        "initialMargin maintainMargin maxRiskLimit minRiskLimit riskStep makerFeeRate takerFeeRate takerFixFee fairMethod "
        "isDeleverage isQuanto fundingBaseSymbol fundingQuoteSymbol fundingRateSymbol indexSymbol settlementSymbol "
        "predictedFundingFeeRate openInterest volumeOf24h indexPrice lastTradePrice nextFundingRateTime maxLeverage "
        "premiumsSymbol1M premiumsSymbol8H fundingBaseSymbol1M fundingQuoteSymbol1M lowPrice highPrice priceChgPct priceChg"
    )
    rows = [
        {"symbol": f"{one.base}USDTM", "baseCurrency": one.base, "quoteCurrency": "USDT", "settleCurrency": "USDT",
         "type": "FFWCSX", "expireDate": None, "status": "Open", "isInverse": False, "assetClass": "CRYPTO" if one.is_coin else "STOCK",
         "fundingFeeRate": one.rate, "fundingRateGranularity": one.hours * 3_600_000,
         "currentFundingRateGranularity": one.hours * 3_600_000, "nextFundingRateDateTime": one.next_ms,
         "fundingRateCap": 0.003, "fundingRateFloor": -0.003, "markPrice": one.price, "turnoverOf24h": 123456.7,
         "sourceExchanges": ["one", "two", "three"], **weight}
        for one in found
    ]  # fmt: skip
    del at  # its answers have no time
    yield "/api/v1/contracts/active", {"": {"code": "200000", "data": rows}}


def _mexc(found: list[Contract], at: int) -> Bodies:
    rates = [
        {"symbol": f"{one.base}_USDT", "fundingRate": one.rate, "maxFundingRate": 0.0018, "minFundingRate": -0.0018,
         "collectCycle": one.hours, "nextSettleTime": one.next_ms, "idxPrice": one.price, "fairPrice": one.price,
         "timestamp": at}
        for one in found
    ]  # fmt: skip
    details = [
        {"symbol": f"{one.base}_USDT", "displayName": f"{one.base} made", "baseCoin": one.base, "type": 1 if one.is_coin else 2, "state": 0,
         **_more("contractSize minLeverage maxLeverage priceScale volScale amountScale priceUnit volUnit minVol maxVol "
                 "bidLimitPriceRate askLimitPriceRate takerFeeRate makerFeeRate maintenanceMarginRate initialMarginRate "
                 "riskBaseVol riskIncrVol riskIncrMmr riskIncrImr riskLevelLimit priceCoefficientVariation createTime")}
        for one in found
    ]  # fmt: skip
    for path, rows in (("funding_rate", rates), ("detail", details)):
        yield f"/api/v1/contract/{path}", {"": {"success": True, "code": 0, "data": rows}}


SHAPES: dict[str, Callable[[list[Contract], int], Bodies]] = {
    "binance": _binance, "bybit": _bybit, "okx": _okx, "gate": _gate, "bitget": _bitget, "hyperliquid": _hyperliquid,
    "deribit": _deribit, "htx": _htx, "bingx": _bingx, "kucoin": _kucoin, "mexc": _mexc,
}  # fmt: skip
