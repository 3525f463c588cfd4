"""What people call coins and companies → the names under which they are stored."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping

from bot.commands.values import did_you_mean, shown
from bot.errors import UserError
from bot.feeds import sectors
from bot.feeds.exchanges.symbols import base_coin
from bot.feeds.slugs import APART
from bot.feeds.tickers import clean_ticker
from bot.words import tr
from scoring.model import Coin
from storage import Transaction

NO_FILTER = {"all", "any", "none"}
# BTCUSDT, BTC-USD, BTC-USDT-SWAP: the contract instead of the coin
QUOTE = re.compile(r"(?i)[-/_]?(USDT|USDC|USD|PERP)([-_](SWAP|PERP|PERPETUAL))?$")
# Whose spelling a contract may be typed in: all share most of it; kPEPE is Hyperliquid's, SHIB1000 Bybit's.
SPELLINGS = ("", "hyperliquid", "bybit")
SEPARATORS = re.compile(r"[,;\s]+")


def coin_named(coins: Mapping[str, Coin], base_coin: str) -> Coin:
    """The known coin, or one that has nothing but its ticker."""
    return coins.get(base_coin) or Coin(base_coin.lower(), base_coin, base_coin, None)


def base_coin_of(tx: Transaction, text: str, example: str) -> str:
    """The base coin that a ticker, contract, slug or name means, or a UserError with the nearest.

    `example` is a command that has {} where the coin stands.
    """
    tickers = tx.pairs.base_coins()
    typed = text.strip().lstrip("$")
    known = {ticker.upper(): ticker for ticker in tickers}
    for ticker in (typed.upper(), *_bare(typed)):
        if ticker in known:
            return known[ticker]
    names = {name.lower(): coin.symbol for coin in tx.pairs.coins().values() for name in (coin.coin_id, coin.name)}
    if text.strip().lower() in names:
        return names[text.strip().lower()]
    if not tickers:
        said = tr("There is no coin {typed} yet: no funding is stored; /status says why", typed=shown(text))
        raise UserError(said, "/status")
    near = _nearest_coin(typed.upper(), tickers, names)
    hint = did_you_mean(near) if near else tr("give a ticker with a perpetual, such as {ticker}", ticker=tickers[0])
    said = tr("There is no coin {typed}; {hint}", typed=shown(text), hint=hint)
    raise UserError(said, example.format(near or tickers[0]))


def others_of_ticker(tx: Transaction, base_coin: str) -> tuple[str, ...]:
    """The other tokens that exchanges list under the ticker of this one: CAT@gate for CAT, CAT for CAT@gate."""
    ticker = base_coin.partition(APART)[0]
    return tuple(
        one for one in tx.pairs.base_coins() if one != base_coin and (one == ticker or one.startswith(ticker + APART))
    )


def ticker_of(text: str, example: str, known: Iterable[str] = ()) -> str:
    """One company's ticker in hyphen form, or a UserError; `known` tickers are offered instead of a wrong one.

    `example` is a command that has {} where the ticker stands, as its last argument.
    """
    typed = text.strip().lstrip("$")
    ticker = clean_ticker(typed)
    sector = sectors.match(typed, sectors.SECTORS)
    if ticker is not None and _letters(ticker) == _letters(typed):
        return ticker
    if sector is not None:
        command = example.rpartition(" ")[0]
        hint = did_you_mean(f"sector={sector}")
        said = tr("{typed} is no ticker; {hint}", typed=shown(text), hint=hint)
        raise UserError(said, f"{command} sector={sector}")
    near = ticker or next(iter(difflib.get_close_matches(typed.upper(), list(known), n=1)), None)
    hint = did_you_mean(near) if near else tr("a ticker looks like {one} or {other}", one="NVDA", other="BRK-A")
    raise UserError(tr("{typed} is no ticker; {hint}", typed=shown(text), hint=hint), example.format(near or "BRK-A"))


def class_of(tx: Transaction, kind: str, text: str) -> tuple[str | None, str | None, list[str]]:
    """(the sector or industry that is meant, else the nearest, all that are known); case and dashes forgiven."""
    stored = {getattr(issuer, kind) for issuer in tx.filings.issuers().values()} - {None}
    ours = sectors.SECTORS if kind == "sector" else sectors.industries()
    # What is stored goes first: a hosted service may write another dash than our table.
    known = [*sorted(stored), *(name for name in ours if name not in stored)]
    return sectors.match(text, known), sectors.nearest(text, known), sorted(known)


def listed(key: str, text: str, example: str) -> list[str]:
    """The parts of a list as people write it: PEPE,WIF or PEPE WIF; empty for none, all and any."""
    if text.strip().lower() in NO_FILTER:
        return []
    parts = [part for part in SEPARATORS.split(text) if part]
    if not parts:
        said = tr("{typed} names nothing; {off} takes the filter away", typed=f"{key}={shown(text)}", off=f"{key}=none")
        raise UserError(said, example)
    return parts


def _bare(typed: str) -> Iterator[str]:
    """The tickers that a contract's name may mean, by the rules for the names of exchanges."""
    coin = QUOTE.sub("", typed)
    for name in dict.fromkeys(name for name in (typed, coin, typed.upper(), coin.upper()) if name):
        yield name.upper()
        for exchange in SPELLINGS:
            yield base_coin(exchange, name).ticker.upper()


def _nearest_coin(typed: str, tickers: Iterable[str], names: Mapping[str, str]) -> str | None:
    apart = [ticker for ticker in tickers if ticker.startswith(typed + APART)]
    close = apart or difflib.get_close_matches(typed, list(tickers), n=1, cutoff=0.5)
    if close:
        return close[0]
    named = difflib.get_close_matches(typed.lower(), names, n=1)
    return names[named[0]] if named else None


def _letters(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())
