"""What the name of a contract says: its base coin and its margin, in each exchange's own spelling."""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from scoring.model import Margin

ALIASES = Path(__file__).parent / "aliases.tsv"
EVERYWHERE = "*"
NAMELESS = "?"

# Tickers that begin or end like a multiplier and are none.
NEVER_STRIPPED = frozenset({"0G", "1INCH", "2Z", "4", "1000X", "X1000", "COIN50", "US500"})
LETTER = r"[^\W\d_]"  # of any script: 1000龙虾 would be one
LEADING = re.compile(rf"^(10{{3,7}})(?={LETTER})")  # 1000PEPE ... 10000000AIDOGE
MILLION = re.compile(r"^1M(?=[A-Z]{3,})")  # 1MBABYDOGE
TRAILING = re.compile(
    rf"(?<={LETTER})(10{{3,7}})$"
)  # SHIB1000, on Bybit only: elsewhere such digits belong to the name
KILO = re.compile(r"^k(?=[A-Z0-9]{2,}$)")  # kPEPE, on Hyperliquid only: KAVA begins with a capital
STOCK = re.compile(r"(?<=.)STOCK$")  # MUSTOCK
WRITES_STOCK = frozenset({"bitget", "bybit", "htx", "mexc"})
# BingX: NCSKTSLA2USD a stock, NCFXUSD2JPY a currency, NCCO724COPPER2USD a commodity, NCSIDXY2USD an index.
BINGX_CURRENCIES = re.compile(r"^NCFX([A-Z]{3})2([A-Z]{3})$")
BINGX_TRADFI = re.compile(r"^(NCSK|NCFX|NCCO|NCSI)(.+?)(?:2USD|USDT|USD)?$")
BINGX_MONTH = re.compile(rf"^\d+(?={LETTER})")

QUOTE = re.compile(r"[-_]?(USDT|USDC|USD|PERP)(-SWAP)?$")  # what follows the base in the name of a contract
# A trailing contract mark that says nothing of the margin: swap (OKX), perpetual (Binance coin-M, Deribit).
MARKS = re.compile(r"[-_]?(SWAP|PERPETUAL|_PERP)$")
# Perpetuals settled in USDC whose name ends in PERP (Bybit BTCPERP, Bitget BTCPERP); names need not be ASCII.
USDC_PERP = re.compile(r"[^-_]PERP$")
KUCOIN_MARK = re.compile(r"M$")
LINEAR_DOLLARS = ("USDC", "USD1", "USDE", "FDUSD", "USD_UM")  # USD_UM: OKX, in dollars of any kind
# Elsewhere these endings belong to the coin: BNBUSD is BNB in USD.
BINANCE_DOLLARS = ("BUSD", "U")


class BaseCoin(NamedTuple):
    """The coin that a contract is written on, and how many of it one unit of the contract's base is."""

    ticker: str  # upper case, multiplier removed; never empty
    multiplier: int  # a power of ten, 1 or more: a mark price divided by it is the price per coin


@lru_cache(maxsize=1 << 15)
def base_coin(exchange: str, base: str) -> BaseCoin:
    """The base coin of what an exchange writes as base asset.

    A prefix before a colon is the name of a Hyperliquid builder's own market and stays: its prices are its own.

    >>> tuple(base_coin("binance", "1000PEPE")), tuple(base_coin("hyperliquid", "kPEPE"))
    (('PEPE', 1000), ('PEPE', 1000))
    >>> tuple(base_coin("bingx", "NCSKTSLA2USD")), tuple(base_coin("gate", "1INCH")), tuple(base_coin("kucoin", "XBT"))
    (('TSLA', 1), ('1INCH', 1), ('BTC', 1))
    """
    market, colon, name = base.strip().rpartition(":")
    ticker, multiplier = _stripped(exchange, _alias(exchange, _readable(exchange, name)))
    return BaseCoin(f"{market.upper()}{colon}{_alias(exchange, ticker.upper()) or NAMELESS}", multiplier)


def multiplier_of(exchange: str, symbol: str) -> int:
    """How many coins one unit of a contract's base is, by the name of the contract.

    >>> multiplier_of("binance", "1000PEPEUSDT"), multiplier_of("bybit", "SHIB1000USDT")
    (1000, 1000)
    >>> multiplier_of("okx", "PEPE-USDT-SWAP"), multiplier_of("gate", "PEPE_USDT")
    (1, 1)
    """
    return base_coin(exchange, QUOTE.sub("", symbol)).multiplier


def names_tradfi(exchange: str, base: str) -> bool:
    """Whether the name itself says that it is no coin: NCSKTSLA2USD on BingX, MUSTOCK on MEXC."""
    if exchange == "bingx":
        return BINGX_TRADFI.match(base) is not None
    return exchange in WRITES_STOCK and STOCK.search(base) is not None


def _readable(exchange: str, name: str) -> str:
    """The name without what marks it as a stock, currency, commodity or index."""
    if exchange == "bingx" and (currencies := BINGX_CURRENCIES.match(name)):
        return "".join(currencies.groups())
    if exchange == "bingx" and (tradfi := BINGX_TRADFI.match(name)):
        bare = BINGX_MONTH.sub("", tradfi[2])
        return _aliases().get((exchange, tradfi[1] + bare), bare)
    return STOCK.sub("", name) if exchange in WRITES_STOCK else name


def _stripped(exchange: str, name: str) -> tuple[str, int]:
    if name.upper() in NEVER_STRIPPED:
        return name, 1
    if exchange == "hyperliquid" and KILO.match(name):
        return name[1:], 1000
    if leading := LEADING.match(name):
        return name[leading.end() :], int(leading[1])
    if MILLION.match(name):
        return name[2:], 1_000_000
    if exchange == "bybit" and (trailing := TRAILING.search(name)):
        return name[: trailing.start()], int(trailing[1])
    return name, 1


def _alias(exchange: str, name: str) -> str:
    known = _aliases()
    return known.get((exchange, name)) or known.get((EVERYWHERE, name), name)


@cache
def _aliases() -> dict[tuple[str, str], str]:
    with ALIASES.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        return {(row["exchange"], row["base"]): row["ticker"] for row in csv.DictReader(lines, delimiter="\t")}


def margin_of(exchange: str, symbol: str) -> Margin:
    """How a contract is margined.

    BTCUSDT, BTC-USDT-SWAP and XBTUSDTM are margined in USDT; BTCUSDC, BTCPERP, Binance's BTCU and all of
    Hyperliquid in another dollar; BTCUSD, BTC-USD, XBTUSDM, BTCUSD_PERP and BTC-PERPETUAL in the coin.
    A name that tells nothing counts as margined in the coin, so that it never displaces one that does.
    """
    if exchange == "hyperliquid":
        return Margin.USD
    name = symbol.upper()
    if exchange == "kucoin":
        name = KUCOIN_MARK.sub("", name)
    bare = MARKS.sub("", name)
    if bare.endswith("USDT"):
        return Margin.USDT
    if bare.endswith(LINEAR_DOLLARS) or USDC_PERP.search(bare):
        return Margin.USD
    if exchange == "binance" and name.endswith(BINANCE_DOLLARS):
        return Margin.USD
    return Margin.INVERSE
