"""Where people trade a perpetual: the page of a contract on the site of its exchange.

The addresses are those that the exchanges' sites showed when this was written; no API tells them.
"""

from __future__ import annotations

import re

# Exchange → how the symbols look that its page takes, and the address of the page.
PAGES: dict[str, tuple[re.Pattern[str], str]] = {
    "binance": (re.compile(r"\w+USD[TC]"), "https://www.binance.com/en/futures/{symbol}"),
    "bybit": (re.compile(r"\w+USDT"), "https://www.bybit.com/trade/usdt/{symbol}"),
    "okx": (re.compile(r"\w+-USDT-SWAP"), "https://www.okx.com/trade-swap/{symbol}"),
    "gate": (re.compile(r"\w+_USDT"), "https://www.gate.com/futures/USDT/{symbol}"),
    "bitget": (re.compile(r"\w+USDT"), "https://www.bitget.com/futures/usdt/{symbol}"),
    "hyperliquid": (re.compile(r"\w+"), "https://app.hyperliquid.xyz/trade/{symbol}"),
    "deribit": (re.compile(r"\w+-PERPETUAL"), "https://www.deribit.com/futures/{symbol}"),
    "htx": (re.compile(r"\w+-USDT"), "https://www.htx.com/futures/linear_swap/exchange#contract_code={symbol}"),
    "bingx": (re.compile(r"\w+-USDT"), "https://bingx.com/en/perpetual/{symbol}"),
    "kucoin": (re.compile(r"\w+USDTM"), "https://www.kucoin.com/trade/futures/{symbol}"),
    "mexc": (re.compile(r"\w+_USDT"), "https://www.mexc.com/futures/{symbol}"),
}


def page_of(exchange: str, symbol: str) -> str | None:
    """The page of a contract, by the exchange's own symbol; None where none is known.

    >>> page_of("okx", "PEPE-USDT-SWAP"), page_of("okx", "PEPE-USD-SWAP"), page_of("bitmex", "XBTUSD")
    ('https://www.okx.com/trade-swap/pepe-usdt-swap', None, None)
    """
    pattern, address = PAGES.get(exchange, (None, ""))
    if pattern is None or not symbol.isascii() or pattern.fullmatch(symbol) is None:
        return None
    return address.format(symbol=symbol.lower() if exchange == "okx" else symbol)
