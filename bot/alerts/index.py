"""Which subscriptions can have something decided by a refresh, found with a few array operations a coin (pure).

A hundred thousand subscriptions times five hundred coins are far too many to look at one by one. Those that are
left out here are those for which `episodes.advance` would give back what it was given; it alone decides.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.alerts.episodes import DUST, is_known
from bot.alerts.matching import Wish
from scoring.clusters import ClusterRule
from scoring.detection import CoinState, Standing
from scoring.model import Cluster, CoinScore, Signal
from storage.episodes import StandingEpisodes
from storage.subscriptions import StoredWish

Places = NDArray[np.int64]  # positions in an index


@lru_cache(maxsize=100_000)
def wish_of(text: str) -> Wish:
    """A wish as it is stored; many people wish the same, and from one refresh to the next."""
    return Wish.from_json(json.loads(text))


@dataclass(frozen=True, slots=True)
class Subscribers:
    """Subscriptions of one kind, in the order of their ids; a position in one column is the same in all."""

    ids: NDArray[np.int64]
    chat_ids: Sequence[int]
    wishes: Sequence[Wish]

    def standing(self, episodes: StandingEpisodes) -> tuple[Places, Places]:
        """The positions of those that have one of these episodes, and the rows of their episodes."""
        if not len(self.ids):
            return _none(), _none()
        at = np.searchsorted(self.ids, episodes.subscription_id)
        at[at == len(self.ids)] = 0
        rows = np.flatnonzero(self.ids[at] == episodes.subscription_id)
        return at[rows], rows


@dataclass(frozen=True, slots=True)
class Candidates:
    """Those for which something can be decided."""

    fresh: Places  # in the index: those without an open episode
    places: Places  # in the index: those with one
    rows: Places  # the rows of their episodes


def subscribers(stored: Iterable[StoredWish]) -> dict[Signal | ClusterRule, Subscribers]:
    """Subscriptions apart by what they are matched against: a coin signal, or clusters by one rule.

    They come in the order of their ids.
    """
    groups: dict[Signal | ClusterRule, tuple[list[int], list[int], list[Wish]]] = defaultdict(lambda: ([], [], []))
    known: dict[int, tuple[list[int], list[int], list[Wish]]] = {}  # by wish: many share one, and hashing it takes long
    for subscription_id, chat_id, text in stored:
        wish = wish_of(text)
        group = known.get(id(wish))
        if group is None:
            kind = wish.cluster_rule() if wish.signal is Signal.CLUSTERS else wish.signal
            group = known[id(wish)] = groups[kind]
        ids, chat_ids, wishes = group
        ids.append(subscription_id)
        chat_ids.append(chat_id)
        wishes.append(wish)
    return {
        kind: Subscribers(np.array(ids, dtype=np.int64), chat_ids, wishes)
        for kind, (ids, chat_ids, wishes) in groups.items()
    }


class CoinIndex:
    """The subscriptions to one coin signal: those to any coin, and those to each coin, by minimum."""

    def __init__(self, of: Subscribers, *, hysteresis: float, min_exchanges: int) -> None:
        self.of = of
        self._hysteresis, self._min_exchanges = hysteresis, min_exchanges
        self._minimum = _column(one.minimum for one in of.wishes)
        self._step = _column(one.step for one in of.wishes)
        self._min_change = _column(-math.inf if one.min_change is None else one.min_change for one in of.wishes)
        self._min_streak = _column(one.min_streak for one in of.wishes)
        self._everywhere = self._by_minimum([i for i, one in enumerate(of.wishes) if not one.coins])
        named: dict[str, list[int]] = defaultdict(list)
        for i, wish in enumerate(of.wishes):
            for coin in wish.coins:
                named[coin].append(i)
        self._named = {coin: self._by_minimum(places) for coin, places in named.items()}
        self._lowest = float(self._minimum.min()) if len(self._minimum) else math.inf

    def can_ring(self, state: CoinState) -> bool:
        """Whether anybody's minimum is reached."""
        return state.standing is Standing.SCORED and state.score is not None and state.score >= self._lowest

    def candidates(self, state: CoinState, score: CoinScore | None, episodes: StandingEpisodes) -> Candidates:
        """Those for which the state of a coin can decide something."""
        if not is_known(state):
            return Candidates(_none(), _none(), _none())
        level = state.score if state.standing is Standing.SCORED else None
        places, rows = self.of.standing(episodes)
        passes = self._passing(score) if state.exchanges >= self._min_exchanges else np.zeros(len(self._step), bool)
        decided = episodes.below[rows] > 0
        if level is None:
            decided = np.ones(len(rows), bool)
        else:
            decided |= level < self._minimum[places] - self._hysteresis
            decided |= (level >= episodes.told[rows] + self._step[places] - DUST) & passes[places]
        fresh = _none()
        if level is not None:
            passes[places] = False
            reached = self._reached(state.base_coin, level)
            fresh = np.sort(reached[passes[reached]])
        return Candidates(fresh, places[decided], rows[decided])

    def _passing(self, score: CoinScore | None) -> NDArray[np.bool_]:
        """Whose filters the numbers of a coin pass, but for those that `matching` alone looks at."""
        change = None if score is None else score.prices.pct_7d
        known = -math.inf if change is None or not math.isfinite(change) else change
        return (self._min_change <= known) & (self._min_streak <= (0 if score is None else score.funding.streak))

    def _reached(self, base_coin: str, level: float) -> Places:
        parts = [self._everywhere, *([self._named[base_coin]] if base_coin in self._named else [])]
        return np.concatenate([places[: np.searchsorted(minima, level, side="right")] for places, minima in parts])

    def _by_minimum(self, places: Sequence[int]) -> tuple[Places, NDArray[np.float64]]:
        """The places, lowest minimum first, and those minima."""
        found = np.array(places, dtype=np.int64)
        ordered = found[np.argsort(self._minimum[found], kind="stable")]
        return ordered, self._minimum[ordered]


class ClusterIndex:
    """The subscriptions to the clusters of one rule: those to any company, and those to each."""

    def __init__(self, of: Subscribers, named: Callable[[str], frozenset[str]]) -> None:
        """`named` gives the CIKs that a ticker means."""
        self.of = of
        self._everywhere = np.array([i for i, one in enumerate(of.wishes) if not one.tickers], dtype=np.int64)
        self._named = named
        self._by_company: dict[str, list[int]] = defaultdict(list)  # by ticker, and by CIK
        for i, wish in enumerate(of.wishes):
            for ticker in wish.tickers:
                for company in (ticker, *named(ticker)):
                    self._by_company[company].append(i)

    def companies(self, wish: Wish) -> frozenset[str]:
        """The CIKs of the companies that a wish names."""
        return frozenset(cik for ticker in wish.tickers for cik in self._named(ticker))

    def candidates(self, cluster: Cluster | None, episodes: StandingEpisodes) -> Candidates:
        """Those for which a cluster, or that there is none any more, can decide something."""
        places, rows = self.of.standing(episodes)
        if cluster is None:
            return Candidates(_none(), places, rows)
        wanted = np.zeros(len(self.of.ids), bool)
        wanted[self._everywhere] = True
        for company in (cluster.issuer.ticker or "", cluster.issuer.cik):
            wanted[self._by_company.get(company, [])] = True
        grew = cluster.insider_count > np.trunc(episodes.told[rows])
        grew |= cluster.total_value >= 2 * episodes.told_value[rows]
        decided = grew | ~wanted[places]
        wanted[places] = False
        return Candidates(np.flatnonzero(wanted), places[decided], rows[decided])


def _column(values: Iterable[float]) -> NDArray[np.float64]:
    return np.fromiter(values, dtype=np.float64)


def _none() -> Places:
    return np.empty(0, dtype=np.int64)
