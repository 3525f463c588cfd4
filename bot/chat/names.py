"""Names that are offered while a person types: coins and companies, found by what they begin with (pure).

What is looked through for a key press is the run of names that begin with it, in a sorted list; only where that
gives too few, all tickers for what they hold.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice

LAST = "\U0010ffff"  # behind every letter


@dataclass(frozen=True, slots=True)
class Name:
    """What is meant, and what people call it."""

    ticker: str
    title: str = ""
    rank: int = 0  # a lower one comes first where two are as near

    @property
    def label(self) -> str:
        """Both."""
        return f"{self.ticker} · {self.title}" if self.title and self.title != self.ticker else self.ticker


class Names:
    """Names by the beginnings of their tickers, titles, and the words of those."""

    def __init__(self, names: Iterable[Name]) -> None:
        self._names = sorted(names, key=lambda one: (one.rank, one.ticker))
        self._tickers = [one.ticker.casefold() for one in self._names]
        keys = {
            (key, place)
            for place, one in enumerate(self._names)
            for key in (one.ticker.casefold(), one.title.casefold(), *one.title.casefold().split())
            if key
        }
        self._keys = sorted(keys)

    def __len__(self) -> int:
        return len(self._names)

    def find(self, text: str, most: int) -> Sequence[Name]:
        """What a text may mean, the likeliest first: the ticker itself, tickers, then titles that begin so."""
        wanted = text.strip().lstrip("$").casefold()
        if not wanted:
            return self._names[:most]
        first, last = bisect_left(self._keys, (wanted,)), bisect_left(self._keys, (wanted + LAST,))
        begun = {place for _, place in islice(self._keys, first, last)}
        places = nsmallest(most, begun, key=lambda place: self._order(place, wanted))
        if len(places) < most:
            holding = (place for place, one in enumerate(self._tickers) if wanted in one and place not in begun)
            places += islice(holding, most - len(places))
        return [self._names[place] for place in places]

    def _order(self, place: int, wanted: str) -> tuple[bool, bool, int]:
        ticker = self._tickers[place]
        return ticker != wanted, not ticker.startswith(wanted), place
