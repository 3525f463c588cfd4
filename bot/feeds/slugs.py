"""Which coin of the price service a ticker means: many coins share most tickers, so the price has to agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.feeds.base import QuotedPrice
from bot.feeds.contracts import agree
from scoring.model import PriceChanges

APART = "@"  # "AI@bybit": a token kept apart from the others of its ticker
SOURCE = "coingecko"


@dataclass(frozen=True, slots=True)
class Matching:
    """Ticker → slug, and the tickers whose price fits no coin of their name."""

    slugs: Mapping[str, str]
    disagreeing: tuple[str, ...]  # alphabetical


def match(
    tickers: Mapping[str, float | None], candidates: Iterable[QuotedPrice], overrides: Mapping[str, str]
) -> Matching:
    """The coin of each ticker. `tickers`: base coin → our mark in USD per coin (above zero), None where unknown.

    An override (ticker in any case → slug) always holds. Else it is the coin of that symbol with the best
    market-cap rank among those within 10 % of our mark. Without a mark the best rank counts, but not for a
    token kept apart. When none agrees there is no slug: a wrong name and a wrong change are worse than none.
    No coin goes to two tickers, but to the one whose mark is nearer. The order of the candidates does not matter.
    """
    chosen = {ticker.casefold(): slug for ticker, slug in overrides.items()}
    slugs = {ticker: chosen[ticker.casefold()] for ticker in tickers if ticker.casefold() in chosen}
    of_symbol: dict[str, list[QuotedPrice]] = {}
    for candidate in sorted(candidates, key=_preference):
        if candidate.coin_id not in slugs.values():
            of_symbol.setdefault(candidate.symbol, []).append(candidate)
    open_tickers = {ticker: mark for ticker, mark in tickers.items() if ticker not in slugs}
    slugs |= _agreeing(open_tickers, of_symbol)
    taken = set(slugs.values())
    for ticker in sorted(ticker for ticker, mark in open_tickers.items() if mark is None and APART not in ticker):
        free = [one for one in of_symbol.get(ticker.upper(), ()) if one.coin_id not in taken]
        if free and (free[0].rank is not None or len(free) == 1):  # without ranks only the unambiguous one counts
            slugs[ticker] = free[0].coin_id
            taken.add(free[0].coin_id)
    disagreeing = sorted(
        ticker
        for ticker, mark in open_tickers.items()
        if mark is not None and ticker not in slugs and _symbol(ticker) in of_symbol
    )
    return Matching(slugs, tuple(disagreeing))


def changes(matching: Matching, quoted: Iterable[QuotedPrice]) -> dict[str, PriceChanges]:
    """Base coin → the service's changes in percent, for coins of which it gives any."""
    of = {price.coin_id: price for price in quoted}
    return {
        ticker: PriceChanges(price.pct_24h, price.pct_7d, price.price, SOURCE)
        for ticker, slug in matching.slugs.items()
        if (price := of.get(slug)) is not None and (price.pct_24h is not None or price.pct_7d is not None)
    }


def _agreeing(tickers: Mapping[str, float | None], of_symbol: Mapping[str, Sequence[QuotedPrice]]) -> dict[str, str]:
    pairs = sorted(
        (_preference(one), _ratio(one.price, mark), ticker, one.coin_id)
        for ticker, mark in tickers.items()
        if mark is not None
        for one in of_symbol.get(_symbol(ticker), ())
        if agree(one.price, mark)
    )
    slugs: dict[str, str] = {}
    taken: set[str] = set()
    for _, _, ticker, coin_id in pairs:
        if ticker not in slugs and coin_id not in taken:
            slugs[ticker] = coin_id
            taken.add(coin_id)
    return slugs


def _symbol(ticker: str) -> str:
    return ticker.partition(APART)[0].upper()


def _preference(candidate: QuotedPrice) -> tuple[bool, int, str]:
    return candidate.rank is None, candidate.rank or 0, candidate.coin_id


def _ratio(one: float, other: float) -> float:
    """The higher by the lower, so that it does not matter which is ours.

    >>> _ratio(2.0, 1.0), _ratio(1.0, 2.0)
    (2.0, 2.0)
    """
    return max(one, other) / min(one, other)
