"""The 13 exchanges of the documents, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.feeds.exchanges import (
    binance,
    bingx,
    bitget,
    bybit,
    deribit,
    gate,
    htx,
    hyperliquid,
    kucoin,
    mexc,
    okx,
)
from bot.feeds.exchanges.base import Adapter


@dataclass(frozen=True, slots=True)
class Exchange:
    """A perpetual-futures exchange."""

    name: str  # as in data: "gate"
    title: str  # as people write it: "Gate.io"
    adapter: Adapter | None  # how it is read; None where there is nothing left to read
    aliases: tuple[str, ...] = ()
    closed: date | None = None  # the day on which it ended futures trading


EXCHANGES: dict[str, Exchange] = {
    exchange.name: exchange
    for exchange in (
        Exchange("binance", "Binance", binance, ("binanceusdm",)),
        Exchange("bybit", "Bybit", bybit),
        Exchange("okx", "OKX", okx, ("okex",)),
        Exchange("gate", "Gate.io", gate, ("gateio", "gate.io")),
        Exchange("bitget", "Bitget", bitget),
        Exchange("hyperliquid", "Hyperliquid", hyperliquid),
        Exchange("deribit", "Deribit", deribit),
        Exchange("bitmex", "BitMEX", None, closed=date(2026, 9, 23)),
        Exchange("htx", "HTX", htx, ("huobi",)),
        Exchange("bingx", "BingX", bingx),
        Exchange("coinex", "CoinEx", None, closed=date(2026, 9, 22)),
        Exchange("kucoin", "KuCoin", kucoin, ("kucoinfutures",)),
        Exchange("mexc", "MEXC", mexc),
    )
}


def title_of(name: str) -> str:
    """The exchange's name as people write it."""
    return EXCHANGES[name].title if name in EXCHANGES else name
