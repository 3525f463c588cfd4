"""Our readers against ccxt's, on the same recorded answers: they agree, or the difference has a name.

ccxt itself parses the answers; only its HTTP is replaced. Where the two differ, `DIFFERENCES` says which of them is
right, and why: each line was found in ccxt 4.5.90 or in what others recorded of the exchange.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import ccxt
import pytest

from bot.feeds.base import Quote
from tests.builders_exchanges import ADAPTERS, read, settlements
from tests.shared_data import real

# The contracts that ccxt is told of, in each exchange's spelling.
CONTRACTS = {
    "binance": {"BTCUSDT": "BTC", "1000PEPEUSDT": "1000PEPE"},
    "bybit": {"BTCUSDT": "BTC", "SHIB1000USDT": "SHIB1000"},
    "okx": {"BTC-USDT-SWAP": "BTC", "PEPE-USDT-SWAP": "PEPE"},
    "gate": {"BTC_USDT": "BTC", "PEPE_USDT": "PEPE", "CXMT_USDT": "CXMT", "X2H_USDT": "X2H"},
    "bitget": {"BTCUSDT": "BTC", "1000BONKUSDT": "1000BONK"},
    "hyperliquid": {"BTC": "BTC", "kPEPE": "KPEPE", "MATIC": "MATIC"},
    "deribit": {"BTC_USDC-PERPETUAL": "BTC"},
    "htx": {"BTC-USDT": "BTC", "SNDK-USDT": "SNDK"},
    "bingx": {"BTC-USDT": "BTC", "1000PEPE-USDT": "1000PEPE"},
    "kucoin": {"XBTUSDTM": "BTC"},
    "mexc": {"BTC_USDT": "BTC", "1000BONK_USDT": "1000BONK", "MX_USDT": "MX"},
}
DOLLARS = {"hyperliquid": "USDC", "deribit": "USDC"}
CLASSES = {"binance": "binanceusdm", "kucoin": "kucoinfutures"}
SINCE = {"hyperliquid": 1704290000000, "deribit": 1691157000000}

LIVE_CASES = [
    ("binance", "fetchFundingRates"), ("bybit", "fetchFundingRates"),
    ("okx", "fetchFundingRates"), ("okx", "fetchFundingRate"),
    ("gate", "fetchFundingRates"), ("gate", "fetchFundingRate"),
    ("bitget", "fetchFundingRates"), ("bitget", "fetchFundingIntervals"), ("bitget", "fetchFundingRate"),
    ("hyperliquid", "fetchFundingRates"), ("htx", "raw:swap_batch_funding_rate"),
    ("bingx", "fetchFundingRates"), ("bingx", "fetchFundingRate"), ("kucoin", "fetchFundingRate"),
    ("mexc", "fetchFundingRate"), ("mexc", "raw:contract/funding_rate (all)"),
]  # fmt: skip
HISTORY_CASES = [(name, "fetchFundingRateHistory") for name in ADAPTERS]
# Recorded answers that serve another case, or that no question of ours gives.
OTHER_CASES = {
    ("binance", "fetchFundingIntervals"): "read together with the rates",
    ("htx", "raw:swap_contract_info"): "read together with the rates",
    ("kucoin", "raw:futuresPublicGetContractsActive"): "ccxt reads no rates in it: compared with fetchFundingRate",
    ("deribit", "raw:publicGetGetBookSummaryByCurrency"): "ccxt reads no rates in it: tested below",
    ("deribit", "fetchFundingRate"): "what accrued in the past 8 hours, one contract a call: not asked",
    ("htx", "fetchFundingRate"): "ten contracts a call at most: not asked",
    ("htx", "fetchFundingRates"): "coin-margined contracts: not asked",
    ("kucoin", "fetchFundingRates"): "has neither mark price nor turnover: not asked",
}
# (exchange, case or "*", field): why the two differ; ours is the one that can be used.
DIFFERENCES = {
    ("binance", "*", "interval"): "premiumIndex has none, and ccxt does not join fundingInfo (freqtrade #12583)",
    ("bybit", "*", "interval"): "ccxt takes it from the markets it loaded at its start, not from the row (#27745)",
    ("bitget", "fetchFundingIntervals", "mark"): "the rates' endpoint has no price; ours comes from the tickers",
    ("bitget", "fetchFundingRate", "mark"): "the rates' endpoint has no price; ours comes from the tickers",
    ("bitget", "fetchFundingRates", "interval"): "tickers have no interval (#27115)",
    ("bitget", "fetchFundingRates", "next"): "tickers have no time (#27115)",
    ("hyperliquid", "*", "contracts"): "ccxt keeps delisted contracts, whose funding stands at 0",
    ("htx", "*", "interval"): "the batch has none, and ccxt does not join swap_contract_info",
    ("kucoin", "fetchFundingRate", "mark"): "the endpoint of one contract has no price; the list of all has",
    ("mexc", "*", "mark"): "ccxt drops fairPrice",
    ("deribit", "fetchFundingRateHistory", "settlements"): "ccxt gives the look back over 8 hours (#24921, #25040)",
}


def recorded(exchange: str, method: str) -> dict[str, Any]:
    """One recorded case."""
    found = json.loads(real("exchanges", "payloads", f"{exchange}.json").read_text(encoding="utf-8"))["cases"]
    case: dict[str, Any] = next(one for one in found if one["method"] == method)
    return case


def answer_of(exchange: str, method: str) -> Any:
    """The recorded answer itself."""
    return copy.deepcopy(recorded(exchange, method)["httpResponse"])


def as_list(answer: Any) -> Any:
    """An answer about one contract in the shape of the answer about all."""
    if isinstance(answer, list):
        return answer
    if "data" in answer:
        return {**answer, "data": answer["data"] if isinstance(answer["data"], list) else [answer["data"]]}
    return [answer]


def answers_to_our_questions(exchange: str, method: str) -> list[Any]:
    """The recorded answer among those that our adapter asks for."""
    answer = answer_of(exchange, method)
    match exchange:
        case "binance":
            found = [answer, answer_of(exchange, "fetchFundingIntervals"), [], []]
        case "bybit":
            found = [answer, {"retCode": 0, "result": {"list": []}}]
        case "okx":
            found = [answer, None]
        case "bitget":
            tickers = answer_of(exchange, "fetchFundingRates")
            rates = answer_of(exchange, "fetchFundingIntervals") if method == "fetchFundingRates" else answer
            none = {"code": "00000", "data": []}
            found = [rates, none, none, tickers, None]
        case "htx":
            found = [answer, answer_of(exchange, "raw:swap_contract_info")]
        case "kucoin":
            found = [answer_of(exchange, "raw:futuresPublicGetContractsActive")]
        case "mexc":
            found = [as_list(answer), None]
        case "hyperliquid":
            found = [answer]
        case _:
            found = [as_list(answer)]
    return found


def ccxt_of(exchange: str, answer: Any) -> Any:
    """ccxt's class, knowing the contracts, whose every request is answered with `answer`."""
    opened = getattr(ccxt, CLASSES.get(exchange, exchange))({"options": {"defaultType": "swap"}})
    dollar = DOLLARS.get(exchange, "USDT")
    opened.set_markets([market(opened, symbol, base, dollar) for symbol, base in CONTRACTS[exchange].items()])
    opened.fetch = lambda *_args, **_kwargs: answer
    opened.load_markets = lambda *_args, **_kwargs: opened.markets
    return opened


def market(opened: Any, symbol: str, base: str, dollar: str) -> Any:
    """One linear swap, as ccxt describes it."""
    name = f"{base}/{dollar}:{dollar}"
    return opened.safe_market_structure(
        {
            "id": name if opened.id == "hyperliquid" else symbol, "symbol": name, "baseName": symbol,
            "base": base, "quote": dollar, "settle": dollar, "type": "swap", "swap": True, "spot": False,
            "contract": True, "linear": True, "inverse": False, "active": True, "info": {},
        }
    )  # fmt: skip


def ccxt_rates(exchange: str, method: str) -> dict[str, dict[str, Any]]:
    """What ccxt reads, by the exchange's own symbol, without what it knows no contract of."""
    answer = answer_of(exchange, method)
    opened = ccxt_of(exchange, answer)
    one = f"BTC/{DOLLARS.get(exchange, 'USDT')}:{DOLLARS.get(exchange, 'USDT')}"
    match method:
        case "fetchFundingRates":
            found = opened.fetch_funding_rates()
        case "fetchFundingIntervals":
            found = opened.fetch_funding_intervals()
        case "fetchFundingRate":
            found = {one: opened.fetch_funding_rate(one)}
        case _:
            found = opened.parse_funding_rates(answer["data"])
    own = {f"{base}/{DOLLARS.get(exchange, 'USDT')}": symbol for symbol, base in CONTRACTS[exchange].items()}
    return {
        own[name.partition(":")[0]]: rate
        for name, rate in found.items()
        if name in opened.markets and rate["fundingRate"] is not None
    }


def hours(interval: str | None) -> float | None:
    """ccxt's interval: "8h", or milliseconds where its table has no word for it."""
    if interval is None:
        return None
    return float(interval[:-1]) if interval.endswith("h") else int(interval) / 3_600_000


def at(ms: int | None) -> datetime | None:
    """The instant of ccxt's milliseconds."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)


def same(exchange: str, method: str, field: str, ours: Any, theirs: Any) -> None:
    """Both agree, or the difference is known; one that is gone is to be struck from the list."""
    known = DIFFERENCES.get((exchange, method, field)) or DIFFERENCES.get((exchange, "*", field))
    assert (ours == theirs) == (known is None), f"{exchange} {method} {field}: {ours} and ccxt's {theirs}; {known}"


def column(found: dict[str, Quote], symbols: Sequence[str], field: str) -> list[Any]:
    """One field of the quotes of these symbols."""
    return [getattr(found[symbol], field) for symbol in symbols]


@pytest.mark.parametrize(("exchange", "method"), LIVE_CASES)
def test_live_rates_are_what_ccxt_reads(exchange: str, method: str) -> None:
    theirs = ccxt_rates(exchange, method)
    now = datetime.now(UTC)  # Hyperliquid's next hour is counted from the clock, in ccxt too
    found = read(exchange, answers_to_our_questions(exchange, method), now)
    ours = {symbol: quote for symbol, quote in found.items() if quote.rate is not None}
    if len(theirs) == 1:
        ours = {symbol: quote for symbol, quote in ours.items() if symbol in theirs}
    same(exchange, method, "contracts", sorted(ours), sorted(theirs))
    both = sorted(set(ours) & set(theirs))
    assert both
    values = [theirs[symbol] for symbol in both]
    same(exchange, method, "rate", column(ours, both, "rate"), [one["fundingRate"] for one in values])
    same(exchange, method, "interval", column(ours, both, "interval_hours"), [hours(one["interval"]) for one in values])
    times = [at(one["fundingTimestamp"] or one["nextFundingTimestamp"]) for one in values]
    same(exchange, method, "next", column(ours, both, "next_funding_time"), times)
    same(exchange, method, "mark", column(ours, both, "mark_price"), [one["markPrice"] for one in values])


@pytest.mark.parametrize(("exchange", "method"), HISTORY_CASES)
def test_settlements_are_what_ccxt_reads(exchange: str, method: str) -> None:
    answer = answer_of(exchange, method)
    dollar = DOLLARS.get(exchange, "USDT")
    theirs = ccxt_of(exchange, copy.deepcopy(answer)).fetch_funding_rate_history(
        f"BTC/{dollar}:{dollar}", SINCE.get(exchange)
    )
    if exchange == "htx":  # ccxt asks V5, we ask the numbered pages of V1: the same rows in another envelope
        answer = {"status": "ok", "data": {"data": answer["data"]}}
    ours = sorted((row.at, row.rate) for row in settlements(exchange, answer))
    same(exchange, method, "times", [row[0] for row in ours], [at(one["timestamp"]) for one in theirs])
    same(exchange, method, "settlements", ours, [(at(one["timestamp"]), one["fundingRate"]) for one in theirs])


def test_binance_intervals_are_those_of_the_list_that_ccxt_reads_apart() -> None:
    opened = ccxt_of("binance", answer_of("binance", "fetchFundingIntervals"))
    theirs = opened.fetch_funding_intervals()["1000PEPE/USDT:USDT"]
    found = read("binance", answers_to_our_questions("binance", "fetchFundingRates"))
    assert found["1000PEPEUSDT"].interval_hours == hours(theirs["interval"])


def test_deribits_hourly_charge_is_an_eighth_of_what_summing_ccxts_rates_would_give() -> None:
    answer = answer_of("deribit", "fetchFundingRateHistory")
    theirs = ccxt_of("deribit", copy.deepcopy(answer)).fetch_funding_rate_history("BTC/USDC:USDC", SINCE["deribit"])
    ours = settlements("deribit", answer)
    assert [row.rate for row in ours] == [one["info"]["interest_1h"] for one in theirs]
    assert sum(one["fundingRate"] for one in theirs) / sum(row.rate for row in ours) == pytest.approx(8, rel=0.05)


def test_deribits_recorded_summary_has_two_perpetuals() -> None:
    answer = answer_of("deribit", "raw:publicGetGetBookSummaryByCurrency")
    found = read("deribit", [answer, {"result": []}, {"result": []}])
    assert {one.base: (one.rate, one.interval_hours) for one in found.values()} == {
        "BTC": (0.00015788, 8.0), "1000PEPE": (0.0, 8.0),
    }  # fmt: skip


@pytest.mark.parametrize("exchange", sorted(ADAPTERS))
def test_no_recorded_case_is_forgotten(exchange: str) -> None:
    found = json.loads(real("exchanges", "payloads", f"{exchange}.json").read_text(encoding="utf-8"))["cases"]
    used = {*LIVE_CASES, *HISTORY_CASES, *OTHER_CASES}
    assert [one["method"] for one in found if (exchange, one["method"]) not in used] == []


def test_every_difference_has_its_case() -> None:
    cases = {*LIVE_CASES, *HISTORY_CASES}
    for exchange, method, _field in DIFFERENCES:
        assert (exchange, method) in cases or (method == "*" and exchange in ADAPTERS)
