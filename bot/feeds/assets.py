"""Coin or not: a tokenised stock, index, currency or commodity is shown, never scored."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from bot.feeds.base import Quote
from bot.feeds.contracts import Key, Known, agree, distinct, key_of, mark_of
from bot.feeds.exchanges.symbols import base_coin, names_tradfi
from scoring.model import AssetClass

TABLE = Path(__file__).parent / "tradfi.tsv"

Flags = Mapping[str, list[tuple[float, str, AssetClass]]]  # ticker → (mark, exchange, what the exchange says it is)


def classify(quotes: Iterable[Quote], known: Mapping[Key, Known]) -> dict[Key, AssetClass]:
    """What each contract is written on.

    Its exchange's own flag or spelling says; else what exchanges say whose contract of the ticker stands at the same
    price, most exchanges first; else what is stored; else the table of well-known names; else it is a coin.
    """
    contracts = distinct(quotes)
    flags = _flags(contracts)
    return {key_of(quote): _class_of(quote, flags, known.get(key_of(quote))) for quote in contracts}


def is_tradfi(ticker: str) -> bool:
    """Whether the table knows a ticker, as in TSLA, XYZ:TSLA or CAT@gate, as no coin.

    >>> is_tradfi("TSLA"), is_tradfi("xyz:TSLA"), is_tradfi("BTC")
    (True, True, False)
    """
    return ticker.rpartition(":")[2].partition("@")[0].upper() in _names()


def _class_of(quote: Quote, flags: Flags, known: Known | None) -> AssetClass:
    ticker = base_coin(quote.exchange, quote.base).ticker
    return (
        _said(quote)
        or _said_elsewhere(mark_of(quote), flags.get(ticker, []))
        or (known.asset if known is not None else None)
        or (AssetClass.TRADFI if is_tradfi(ticker) else AssetClass.COIN)
    )


def _said(quote: Quote) -> AssetClass | None:
    if quote.asset is None and names_tradfi(quote.exchange, quote.base):
        return AssetClass.TRADFI
    return quote.asset


def _flags(contracts: Iterable[Quote]) -> Flags:
    flags: dict[str, list[tuple[float, str, AssetClass]]] = defaultdict(list)
    for quote in contracts:
        said, mark = _said(quote), mark_of(quote)
        if said is not None and mark is not None:
            flags[base_coin(quote.exchange, quote.base).ticker].append((mark, quote.exchange, said))
    return flags


def _said_elsewhere(mark: float | None, flags: list[tuple[float, str, AssetClass]]) -> AssetClass | None:
    """What most exchanges say of a token at this price; on a tie that it is no coin, for few exchanges flag that."""
    if mark is None:
        return None
    exchanges: dict[AssetClass, set[str]] = defaultdict(set)
    for price, exchange, said in flags:
        if agree(mark, price):
            exchanges[said].add(exchange)
    if not exchanges:
        return None
    return max(exchanges, key=lambda said: (len(exchanges[said]), said is AssetClass.TRADFI))


@cache
def _names() -> dict[str, str]:
    """Ticker → what it is: stock, etf, index, currency, metal, energy, farm."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        return {row["ticker"]: row["kind"] for row in csv.DictReader(lines, delimiter="\t")}
