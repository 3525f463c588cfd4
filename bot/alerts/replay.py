"""Stored scores of a coin through the decision about episodes, refresh by refresh (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from bot.alerts.episodes import DUST, CoinRule, Episode, Step, advance, standing
from bot.alerts.matching import Verdict, Wish, verdict_on_numbers
from scoring.detection import CoinState, Standing
from storage.scores import STANDINGS, CoinPast, Past


@dataclass(frozen=True, slots=True)
class PastStep:
    """A change that a wish would have been told of."""

    at: datetime
    step: Step
    level: float | None  # None: its gate was shut


def replay_coin(wish: Wish, rule: CoinRule, base_coin: str, past: Past) -> Iterator[PastStep]:
    """The changes of a coin, oldest first. What stood in the first refresh that knew it is none.

    Only those refreshes are looked at one by one in which something could be decided.
    """
    coin = _Coin(wish, rule, base_coin, past, past.coins[base_coin])
    place = coin.next(coin.known, 0)
    if place is None:
        return
    episode = coin.begin(place)
    while (place := coin.next(coin.deciding(episode), place + 1)) is not None:
        step = coin.advance(episode, place)
        episode = step.episode
        if step.change is not None:
            yield PastStep(coin.at(place), step, coin.state(place).score)


class _Coin:
    """What the refreshes knew of a coin, as one wish sees it."""

    def __init__(self, wish: Wish, rule: CoinRule, base_coin: str, past: Past, coin: CoinPast) -> None:
        self._wish, self._rule, self._base_coin, self._past, self._coin = wish, rule, base_coin, past, coin
        self.known: NDArray[np.bool_] = coin.standing != STANDINGS.index(Standing.UNKNOWN)
        passes = coin.exchanges >= rule.min_exchanges
        if wish.min_change is not None:
            passes &= coin.change_7d >= wish.min_change
        self._passes = passes & (coin.streak >= wish.min_streak)

    def begin(self, place: int) -> Episode | None:
        """The silent episode of what stands at the beginning."""
        passes = self._verdict(place) is Verdict.TELL
        return standing(self.state(place), self._rule, self.at(place), self._slot(place), passes=passes)

    def advance(self, episode: Episode | None, place: int) -> Step:
        """Take the episode through one refresh."""
        passes = self._verdict(place) is Verdict.TELL
        return advance(episode, self.state(place), self._rule, self.at(place), self._slot(place), passes=passes)

    def deciding(self, episode: Episode | None) -> NDArray[np.bool_]:
        """The refreshes in which something could be decided about it."""
        level, rule = self._coin.score, self._rule
        decides = np.ones(len(level), bool)
        if episode is None or not episode.is_open:
            decides = (level >= rule.minimum) & self._passes
        elif not episode.below:
            rises = (level >= episode.told + rule.step - DUST) & self._passes
            decides = rises | ~(level >= rule.minimum - rule.hysteresis)
        return np.logical_and(self.known, decides)

    def state(self, place: int) -> CoinState:
        """What one refresh knew."""
        known, level = STANDINGS[int(self._coin.standing[place])], float(self._coin.score[place])
        score = level if known is Standing.SCORED else None
        return CoinState(self._base_coin, self._wish.signal, known, score, int(self._coin.exchanges[place]))

    def at(self, place: int) -> datetime:
        """When it was."""
        return datetime.fromtimestamp(int(self._past.at[place]), UTC)

    @staticmethod
    def next(wanted: NDArray[np.bool_], since: int) -> int | None:
        """The first of the wanted refreshes from one on."""
        found = np.flatnonzero(wanted[since:])
        return int(found[0]) + since if len(found) else None

    def _verdict(self, place: int) -> Verdict:
        return verdict_on_numbers(self._wish, float(self._coin.change_7d[place]), int(self._coin.streak[place]))

    def _slot(self, place: int) -> int:
        return int(self._past.slots[place])
