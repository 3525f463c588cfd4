"""What contracts are written on and how they are margined, in each exchange's spelling."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.exchanges import EXCHANGES, title_of
from bot.feeds.exchanges.symbols import BaseCoin, base_coin, margin_of, names_tradfi
from scoring.model import Margin
from tests.builders_quotes import recorded_quotes


@pytest.mark.parametrize(
    ("exchange", "symbol", "margin"),
    [
        ("binance", "1000PEPEUSDT", Margin.USDT), ("binance", "BTCUSDC", Margin.USD), ("binance", "BTCUSD1", Margin.USD),
        ("binance", "BTCUSD_PERP", Margin.INVERSE), ("bybit", "BTCPERP", Margin.USD), ("bybit", "BTCUSD", Margin.INVERSE),
        ("okx", "BTC-USDT-SWAP", Margin.USDT), ("okx", "BTC-USD-SWAP", Margin.INVERSE), ("gate", "BTC_USDT", Margin.USDT),
        ("bitget", "POLPERP", Margin.USD), ("hyperliquid", "kPEPE", Margin.USD), ("deribit", "BTC-PERPETUAL", Margin.INVERSE),
        ("deribit", "SOL_USDC-PERPETUAL", Margin.USD), ("bitmex", "XBTUSD", Margin.INVERSE), ("bitmex", "XBTUSDT", Margin.USDT),
        ("htx", "BTC-USDT", Margin.USDT), ("htx", "BTC-USD", Margin.INVERSE), ("kucoin", "XBTUSDTM", Margin.USDT),
        ("kucoin", "XBTUSDCM", Margin.USD), ("kucoin", "XBTUSDM", Margin.INVERSE), ("mexc", "BTC_USDT", Margin.USDT),
        ("mexc", "HYPE_USDC", Margin.USD), ("bingx", "1000PEPE-USDC", Margin.USD), ("coinex", "BTCUSDT", Margin.USDT),
        ("gate", "龙虾_USDT", Margin.USDT), ("bitget", "龙虾PERP", Margin.USD), ("okx", "BTC-USD_UM-SWAP", Margin.USD),
        ("binance", "BTCU", Margin.USD), ("binance", "BTCBUSD", Margin.USD), ("binance", "BNBUSD_PERP", Margin.INVERSE),
        ("bitmex", "BNBUSD", Margin.INVERSE), ("bybit", "BNBUSD", Margin.INVERSE), ("kucoin", "BNBUSDM", Margin.INVERSE),
        ("bitmex", "XBTEUR", Margin.INVERSE), ("bitmex", "USDJPY", Margin.INVERSE), ("mexc", "BTC_USD1", Margin.USD),
    ],
)  # fmt: skip
def test_the_symbol_tells_the_margin(exchange: str, symbol: str, margin: Margin) -> None:
    assert margin_of(exchange, symbol) is margin


def test_a_name_that_tells_nothing_never_displaces_one_that_does() -> None:
    assert margin_of("gate", "BTC") > margin_of("gate", "BTC_USDT")


def test_there_are_thirteen_exchanges_and_two_have_closed() -> None:
    assert len(EXCHANGES) == 13
    assert {one.name for one in EXCHANGES.values() if one.closed} == {"bitmex", "coinex"}
    assert title_of("gate") == "Gate.io"


@pytest.mark.parametrize(
    ("exchange", "base", "ticker", "multiplier"),
    [
        ("binance", "1000PEPE", "PEPE", 1_000), ("bybit", "10000LADYS", "LADYS", 10_000), ("bybit", "10000000AIDOGE", "AIDOGE", 10_000_000),
        ("binance", "1MBABYDOGE", "BABYDOGE", 1_000_000), ("bitget", "1MCHEEMS", "CHEEMS", 1_000_000), ("gate", "MBABYDOGE", "BABYDOGE", 1_000_000),
        ("binance", "1000龙虾", "龙虾", 1_000), ("bybit", "SHIB1000", "SHIB", 1_000), ("gate", "SHIB1000", "SHIB1000", 1),
        ("hyperliquid", "kNEIRO", "NEIRO", 1_000), ("hyperliquid", "KAVA", "KAVA", 1), ("binance", "kPEPE", "KPEPE", 1),
        ("bybit", "1000NEIROCTO", "NEIRO", 1_000), ("kucoin", "NEIROCTO", "NEIRO", 1), ("okx", "NEIRO", "NEIRO", 1),
        ("kucoin", "XBT", "BTC", 1), ("bitmex", "XBT", "BTC", 1), ("mexc", "XBT", "XBT", 1), ("bingx", "TRUMPSOL", "TRUMP", 1),
        ("mexc", "PUMPFUN", "PUMP", 1), ("mexc", "TRUMPOFFICIAL", "TRUMP", 1), ("mexc", "FILECOIN", "FIL", 1), ("bitget", "TONCOIN", "TON", 1),
        ("kucoin", "KALT", "ALT", 1), ("kucoin", "ALT", "ALT", 1), ("kucoin", "1000X", "1000X", 1), ("gate", "1INCH", "1INCH", 1),
        ("gate", "0G", "0G", 1), ("binance", "4", "4", 1), ("binance", "2Z", "2Z", 1), ("bybit", "COIN50", "COIN50", 1), ("bybit", "US500", "US500", 1),
        ("bingx", "NCSKTSLA2USD", "TSLA", 1), ("bingx", "NCFXUSD2JPY", "USDJPY", 1), ("bingx", "NCFXEUR2USD", "EURUSD", 1),
        ("bingx", "NCFXEURSGD2USD", "EURSGD", 1), ("bingx", "NCCO724COPPER2USD", "COPPER", 1), ("bingx", "NCCOGOLD2USD", "XAU", 1),
        ("bingx", "NCSISP5002USD", "SPX500", 1), ("bingx", "NCSKAXONUSDT", "AXON", 1), ("bingx", "GOLD", "GOLD", 1),
        ("mexc", "MUSTOCK", "MU", 1), ("mexc", "STOCK", "STOCK", 1), ("gate", "PENNYSTOCK", "PENNYSTOCK", 1), ("mexc", "TESLA", "TSLA", 1),
        ("hyperliquid", "xyz:TSLA", "XYZ:TSLA", 1), ("hyperliquid", "flx:kPEPE", "FLX:PEPE", 1_000), ("gate", "币安人生", "币安人生", 1),
        ("okx", "wif", "WIF", 1), ("okx", " WIF ", "WIF", 1), ("okx", "1000", "1000", 1), ("okx", "", "?", 1), ("okx", "xyz:", "XYZ:?", 1),
    ],
)  # fmt: skip
def test_the_base_says_the_coin_and_how_many_of_it(exchange: str, base: str, ticker: str, multiplier: int) -> None:
    assert base_coin(exchange, base) == BaseCoin(ticker, multiplier)


def test_some_names_say_that_they_are_no_coin() -> None:
    assert names_tradfi("bingx", "NCSKTSLA2USD")
    assert names_tradfi("mexc", "MUSTOCK")
    assert not names_tradfi("binance", "NCSKTSLA2USD")
    assert not names_tradfi("gate", "PENNYSTOCK")
    assert not names_tradfi("mexc", "STOCK")


exchanges = st.sampled_from(sorted(EXCHANGES))


@given(exchanges, st.text())
def test_whatever_an_exchange_writes_has_a_ticker_and_a_power_of_ten(exchange: str, base: str) -> None:
    ticker, multiplier = base_coin(exchange, base)
    assert ticker
    assert re.fullmatch("10*", str(multiplier))


@given(
    exchanges,
    st.text("ABCDEFGHIJLMNOPQRTUVWXYZ", min_size=2, max_size=8).filter(lambda base: not base.startswith("NC")),
)
def test_a_ticker_without_prefix_is_itself(exchange: str, ticker: str) -> None:
    found = base_coin(exchange, ticker).ticker  # another name may stand for it, but never a second one for that
    assert base_coin(exchange, ticker).multiplier == 1 or ticker == "MBABYDOGE"
    assert base_coin(exchange, found) == (found, 1)


@given(exchanges, st.text("龙虾人生币安삼성전자", min_size=1), st.sampled_from(["", "1000", "10000", "1000000"]))
def test_names_of_any_script_survive(exchange: str, name: str, prefix: str) -> None:
    known = {"币安人生", "龙虾"}
    assert name in known or base_coin(exchange, prefix + name) == (name, int(prefix or 1))


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=8))
def test_case_matters_for_the_k_of_hyperliquid_alone(name: str) -> None:
    kilo = base_coin("hyperliquid", f"k{name.upper()}")
    assert kilo == (base_coin("hyperliquid", name.upper()).ticker, 1000)
    assert base_coin("hyperliquid", f"K{name.upper()}").multiplier == 1
    assert base_coin("okx", name) == base_coin("okx", name.upper())


# Other tokens (BOB, CYBER, EDGE, PURR ...), stocks (CAT is Caterpillar), other units (HK50), thin markets (ALL, BP).
CLASHES = {
    "ALL", "BB", "BOB", "BP", "C", "CAT", "CVX", "CYBER", "EDGE", "HK50", "KR200", "ON", "OPEN", "PURR", "QNT", "STX", "UK100",
}  # fmt: skip


def test_real_marks_of_one_ticker_agree_across_exchanges_once_the_multiplier_is_out() -> None:
    marks: dict[str, dict[str, float]] = defaultdict(dict)
    for one in recorded_quotes():
        ticker, multiplier = base_coin(one.exchange, one.base)
        assert base_coin(one.exchange, ticker) == (ticker, 1)
        if one.mark_price:
            marks[ticker][f"{one.exchange} {one.symbol}"] = one.mark_price / multiplier
    differing = {ticker for ticker, found in marks.items() if max(found.values()) > 1.1 * min(found.values())}
    assert differing == CLASHES
    assert sum(len(found) >= 3 for found in marks.values()) > 600
