"""One ticker on different tokens: contracts whose price says that they are not the same coin are kept apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from bot.feeds.base import Quote
from bot.feeds.contracts import Key, Known, agree, distinct, key_of, mark_of, turnover_of
from bot.feeds.exchanges import title_of
from bot.feeds.exchanges.symbols import base_coin
from scoring.model import AssetClass, Held

# So long a contract that is not quoted still stands for its ticker: an outage must not give its name to another token.
ABSENT_COUNTS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Identities:
    """Which coin each quoted contract is written on."""

    base_coins: dict[Key, str]  # "CAT", or "CAT@gate" for another token of that ticker
    changing: dict[Key, str]  # a stored contract → the coin it now seems to be; a second refresh in a row moves it
    apart: tuple[str, ...]  # one line for people for each contract that is kept apart


@dataclass(frozen=True, slots=True)
class _Member:
    """A contract that has a price and a say in what its ticker means."""

    exchange: str
    price: float  # USD per coin
    turnover: float  # USD, 24 h
    coin: bool  # not a stock or the like
    plain: bool  # stored under the plain ticker
    quoted: bool  # in this refresh


def changing_reason(old: str, new: str) -> str:
    """Why a contract that is changing its coin is held; from this text the next refresh knows what was pending."""
    return f"seems to be {new} now, not {old}"


def identify(
    quotes: Iterable[Quote],
    assets: Mapping[Key, AssetClass],
    known: Mapping[Key, Known],
    held: Sequence[Held],
    now: datetime,
    slot_begins: datetime | None = None,
) -> Identities:
    """The coin of each contract; `assets` as assets.classify says, `held` as the last refresh left the quarantine.

    `slot_begins`: what was said since then is no second refresh; None: the moment of asking.

    The plain ticker belongs to a coin before a stock, then to the contracts that agree in price on the most
    exchanges, then to those that have it already, then to the higher turnover. Any other is TICKER@exchange. A
    contract without a price keeps what is stored. What is stored changes when two refreshes in a row say so.
    """
    contracts = distinct(quotes)
    references = _references(contracts, assets, known, now)
    pending = {(one.exchange, one.symbol): one for one in held}
    base_coins: dict[Key, str] = {}
    changing: dict[Key, str] = {}
    for quote in contracts:
        key = key_of(quote)
        wanted = _wanted(quote, references, known.get(key))
        old = known[key].base_coin if key in known else wanted
        entry = pending.get(key)
        is_earlier = entry is not None and entry.since < (slot_begins or now)
        confirmed = is_earlier and entry is not None and entry.reason == changing_reason(old, wanted)
        base_coins[key] = wanted if confirmed else old
        if base_coins[key] != wanted:
            changing[key] = wanted
    return Identities(base_coins, changing, _apart(contracts, base_coins, references))


def _wanted(quote: Quote, references: Mapping[str, float], known: Known | None) -> str:
    ticker, mark = base_coin(quote.exchange, quote.base).ticker, mark_of(quote)
    if mark is None:
        return ticker if known is None else known.base_coin
    return ticker if agree(mark, references[ticker]) else f"{ticker}@{quote.exchange}"


def _references(
    contracts: Sequence[Quote], assets: Mapping[Key, AssetClass], known: Mapping[Key, Known], now: datetime
) -> dict[str, float]:
    """Ticker → the price, in USD per coin, of the token that bears it."""
    members: dict[str, list[_Member]] = defaultdict(list)
    for quote in contracts:
        key, ticker, mark = key_of(quote), base_coin(quote.exchange, quote.base).ticker, mark_of(quote)
        if mark is not None:
            coin = assets.get(key) is not AssetClass.TRADFI
            plain = key in known and known[key].base_coin == ticker
            members[ticker].append(_Member(quote.exchange, mark, turnover_of(quote) or 0.0, coin, plain, quoted=True))
    quoted = {key_of(quote) for quote in contracts}
    for (exchange, symbol), one in known.items():
        recent = one.updated_at is not None and now - one.updated_at <= ABSENT_COUNTS
        if (exchange, symbol) not in quoted and one.base_coin in members and recent and one.mark_price:
            coin = one.asset is not AssetClass.TRADFI
            members[one.base_coin].append(_Member(exchange, one.mark_price, 0.0, coin, plain=True, quoted=False))
    return {ticker: _reference(found) for ticker, found in members.items()}


def _reference(members: Sequence[_Member]) -> float:
    groups = [[other for other in members if agree(other.price, one.price)] for one in members]
    return median(one.price for one in max(groups, key=lambda group: _weight(group, members)))


def _weight(group: Sequence[_Member], members: Sequence[_Member]) -> tuple[bool, int, int, float, float]:
    coins = sum(one.coin for one in group)
    exchanges = {one.exchange for one in group}
    plain = {one.exchange for one in group if one.plain}
    if any(one.plain and one.quoted for one in group):
        # The last price of an absent contract may be days old; it goes with those that share its name.
        absent = {one.exchange for one in members if not one.quoted}
        exchanges, plain = exchanges | absent, plain | absent
    turnover = sum(one.turnover for one in group)
    return coins * 2 >= len(group), len(exchanges), len(plain), turnover, min(one.price for one in group)


def _apart(
    contracts: Sequence[Quote], base_coins: Mapping[Key, str], references: Mapping[str, float]
) -> tuple[str, ...]:
    lines = []
    for quote in contracts:
        ticker, mark = base_coin(quote.exchange, quote.base).ticker, mark_of(quote)
        elsewhere = mark is not None and not agree(mark, references[ticker])
        if mark is not None and elsewhere and base_coins[key_of(quote)] == f"{ticker}@{quote.exchange}":
            lines.append(f"{ticker} on {title_of(quote.exchange)} {_difference(mark / references[ticker])}")
    return tuple(lines)


def _difference(ratio: float) -> str:
    if ratio >= 2:
        return f"is another token: its price is {_count(ratio)} times the others'"
    if ratio <= 0.5:
        return f"is another token: the others' price is {_count(1 / ratio)} times its own"
    side = "above" if ratio > 1 else "below"
    return f"is kept apart: its price is {abs(ratio - 1):.0%} {side} the others', which may be another token"


def _count(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"
