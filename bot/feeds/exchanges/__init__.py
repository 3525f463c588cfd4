"""The 13 exchanges of the documents, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Exchange:
    """A perpetual-futures exchange."""

    name: str  # as in data: "gate"
    title: str  # as people write it: "Gate.io"
    aliases: tuple[str, ...] = ()
    closed: date | None = None  # the day on which it ended futures trading


EXCHANGES: dict[str, Exchange] = {
    exchange.name: exchange
    for exchange in (
        Exchange("binance", "Binance", ("binanceusdm",)),
        Exchange("bybit", "Bybit"),
        Exchange("okx", "OKX", ("okex",)),
        Exchange("gate", "Gate.io", ("gateio", "gate.io")),
        Exchange("bitget", "Bitget"),
        Exchange("hyperliquid", "Hyperliquid"),
        Exchange("deribit", "Deribit"),
        Exchange("bitmex", "BitMEX", closed=date(2026, 9, 23)),
        Exchange("htx", "HTX", ("huobi",)),
        Exchange("bingx", "BingX"),
        Exchange("coinex", "CoinEx", closed=date(2026, 9, 22)),
        Exchange("kucoin", "KuCoin", ("kucoinfutures",)),
        Exchange("mexc", "MEXC"),
    )
}


def title_of(name: str) -> str:
    """The exchange's name as people write it."""
    return EXCHANGES[name].title if name in EXCHANGES else name
