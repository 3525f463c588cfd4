"""Pages of contracts on the sites of exchanges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.texts import web_address
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.exchanges.pages import page_of

# As each exchange writes its own symbols: a contract that has a page, and one that has none of that kind.
SYMBOLS = {
    "binance": ("1000PEPEUSDT", "BTCUSD_PERP"),
    "bybit": ("1000PEPEUSDT", "BTCPERP"),
    "okx": ("PEPE-USDT-SWAP", "BTC-USD-SWAP"),
    "gate": ("PEPE_USDT", "BTC_USD"),
    "bitget": ("PEPEUSDT", "BTCUSD"),
    "hyperliquid": ("kPEPE", "@107"),
    "deribit": ("SOL_USDC-PERPETUAL", "BTC-27MAR26"),
    "htx": ("PEPE-USDT", "BTC-USD"),
    "bingx": ("PEPE-USDT", "BTC-USD"),
    "kucoin": ("XBTUSDTM", "XBTUSDM"),
    "mexc": ("PEPE_USDT", "BTC_USD"),
}


def test_every_open_exchange_has_pages() -> None:
    assert SYMBOLS.keys() == {name for name, one in EXCHANGES.items() if one.closed is None}


@pytest.mark.parametrize(("exchange", "symbols"), SYMBOLS.items())
def test_a_contract_is_found_on_the_site_of_its_exchange(exchange: str, symbols: tuple[str, str]) -> None:
    listed, other = symbols
    page = page_of(exchange, listed)
    assert page is not None
    assert web_address(page) == page
    assert listed.lower() in page.lower()
    assert page_of(exchange, other) is None


@given(st.sampled_from([*SYMBOLS, "bitmex", "nowhere"]), st.text())
def test_no_symbol_makes_an_address_that_is_none(exchange: str, symbol: str) -> None:
    page = page_of(exchange, symbol)
    assert page is None or web_address(page) == page
