"""What the name of a contract says about its margin, in each exchange's own spelling."""

from __future__ import annotations

import re

from scoring.model import Margin

# A trailing contract mark that says nothing of the margin: swap (OKX), perpetual (Binance coin-M, Deribit).
MARKS = re.compile(r"[-_]?(SWAP|PERPETUAL|_PERP)$")
# Perpetuals settled in USDC whose name ends in PERP (Bybit BTCPERP, Bitget BTCPERP); names need not be ASCII.
USDC_PERP = re.compile(r"[^-_]PERP$")
KUCOIN_MARK = re.compile(r"M$")
LINEAR_DOLLARS = ("USDC", "USD1", "USDE", "FDUSD", "USD_UM")  # USD_UM: OKX, in dollars of any kind
# Elsewhere these endings belong to the coin: BNBUSD is BNB in USD.
BINANCE_DOLLARS = ("BUSD", "U")


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
