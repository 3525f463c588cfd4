"""How contracts are margined, in each exchange's spelling."""

from __future__ import annotations

import pytest

from bot.feeds.exchanges import EXCHANGES, title_of
from bot.feeds.exchanges.symbols import margin_of
from scoring.model import Margin


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
