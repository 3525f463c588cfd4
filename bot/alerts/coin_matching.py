"""What the scores of a refresh decide for each subscription to a coin signal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from bot.alerts.episodes import Episode, Reason, Step, advance, is_known
from bot.alerts.facts import coin_finding, contracts_behind, own_facts
from bot.alerts.index import CoinIndex, Places
from bot.alerts.matched import NOTHING_STANDS, Matched, Telling, episode_of
from bot.alerts.matching import Verdict, Wish, verdict_on_change, verdict_on_coin, verdict_on_score
from bot.alerts.snapshot import Snapshot
from bot.settings import AlertSettings, ScoringSettings
from bot.signals import pump_constants, selling_constants
from bot.views import numbers
from bot.views.scores import without
from bot.views.sources import service_title
from scoring.detection import CoinState, Standing
from scoring.explain import OWN
from scoring.model import ChangeKind, Coin, CoinScore, Signal
from storage import Transaction
from storage.episodes import StandingEpisodes


@dataclass(frozen=True, slots=True)
class CoinMatching:
    """One refresh, and where what it decides is put."""

    tx: Transaction
    found: Snapshot
    alerts: AlertSettings
    scoring: ScoringSettings
    closed: frozenset[tuple[int, str]]  # subscription and key of the episodes that an earlier run of it has closed
    matched: Matched

    def run(self, indexes: Mapping[Signal, CoinIndex], standing: frozenset[str]) -> None:
        """Match all coins; `standing` are the keys that have an open episode."""
        wanted = {
            key
            for signal, index in indexes.items()
            # A coin that no exchange lists any more is not known to be down: it says nothing.
            for key, state in self.found.states[signal].items()
            if is_known(state) and (key in standing or index.can_ring(state))
        }
        coins = self.tx.pairs.coins() if wanted else {}
        for key in sorted(wanted):
            episodes = self.tx.episodes.standing(key) if key in standing else NOTHING_STANDS
            coin = coins.get(key) or Coin(key.lower(), key, key, None)
            for signal, index in indexes.items():
                state = self.found.states[signal].get(key)
                if state is not None:
                    _CoinMatch(self, coin, state, index).run(episodes)


@dataclass(slots=True)
class _CoinMatch:
    """One coin, for one signal."""

    of: CoinMatching
    coin: Coin
    state: CoinState
    index: CoinIndex
    _score: CoinScore | None = None
    _finding: int | None = None  # its place, once something is told of it
    _ended: list[tuple[int, Step]] = field(default_factory=list)  # to be told, with the place of the subscription

    def run(self, episodes: StandingEpisodes) -> None:
        """Take all episodes of the coin through the refresh."""
        if self.state.standing is Standing.SCORED:
            self._score = self.of.found.scores[self.state.signal].get(self.state.base_coin)
        candidates = self.index.candidates(self.state, self._score, episodes)
        self._open(candidates.fresh)
        for place, row in zip(candidates.places.tolist(), candidates.rows.tolist(), strict=True):
            self._go_on(place, episode_of(episodes, row))
        self._tell_ends()

    def _open(self, places: Places) -> None:
        key, index, matched, closed = self.state.base_coin, self.index, self.of.matched, self.of.closed
        openings: dict[int, tuple[Episode, Telling] | None] = {}  # by wish: the same for all who wish the same
        for place, subscription_id in zip(places.tolist(), index.of.ids[places].tolist(), strict=True):
            wish = index.of.wishes[place]
            if id(wish) not in openings:
                openings[id(wish)] = self._opening(wish)
            opening = openings[id(wish)]
            # A refresh that is run again must not reopen what its first run closed.
            if opening is None or (subscription_id, key) in closed:
                continue
            episode, telling = opening
            matched.keep(subscription_id, key, episode)
            matched.alerts[index.of.chat_ids[place]].append(telling.to(subscription_id))

    def _opening(self, wish: Wish) -> tuple[Episode, Telling] | None:
        step = self._step(None, wish)
        return None if step.episode is None else (step.episode, self._telling(step, wish))

    def _go_on(self, place: int, before: Episode) -> None:
        wish, subscription_id = self.index.of.wishes[place], int(self.index.of.ids[place])
        step = self._step(before, wish)
        if step.episode is None or step.episode is before:
            return
        self.of.matched.keep(subscription_id, self.state.base_coin, step.episode)
        if step.change is None or verdict_on_change(wish, step.change) is not Verdict.TELL:
            return
        if step.change is ChangeKind.RESOLVED:
            self._ended.append((place, step))
            return
        alert = self._telling(step, wish).to(subscription_id)
        self.of.matched.alerts[self.index.of.chat_ids[place]].append(alert)

    def _tell_ends(self) -> None:
        """What is over, with the highest score since it began."""
        if not self._ended:
            return
        began = [int(step.episode.opened_at.timestamp()) if step.episode else 0 for _, step in self._ended]
        peaks = self.of.tx.scores.peaks(self.state.signal, self.state.base_coin, np.array(began))
        for (place, step), peak in zip(self._ended, peaks.tolist(), strict=True):
            told = 0.0 if step.before is None else step.before
            telling = self._telling(step, self.index.of.wishes[place], peak if peak > told else told)
            alert = telling.to(int(self.index.of.ids[place]))
            self.of.matched.alerts[self.index.of.chat_ids[place]].append(alert)

    def _step(self, before: Episode | None, wish: Wish) -> Step:
        if verdict_on_coin(wish, self.state.base_coin) is not Verdict.TELL:
            return Step(before, None, Reason.FILTERED)
        found, rule = self.of.found, wish.coin_rule(self.of.alerts, self.of.scoring)
        passes = verdict_on_score(wish, self._score) is Verdict.TELL
        return advance(before, self.state, rule, found.now, found.order, passes=passes)

    def _telling(self, step: Step, wish: Wish, peak: float | None = None) -> Telling:
        if self._finding is None:
            constants = (pump_constants(self.of.scoring), selling_constants(self.of.scoring))
            stamp = _stamp(self._score, self.of.found)
            finding = coin_finding(self.coin, self._score, constants=constants, coverage=stamp)
            if self._score is not None and not self.of.found.made_up:
                finding["contracts"] = contracts_behind(self._score)
            self._finding = self.of.matched.find(finding)
        own = own_facts(step, wish, peak)
        return Telling.of(self.state.signal, self.state.base_coin, step, own, self._finding)


def _stamp(score: CoinScore | None, found: Snapshot) -> str:
    """The coverage of a coin in this refresh: 9 of 9 exchanges answered, without Binance (451)."""
    if score is None:
        return ""
    if score.source != OWN:
        # Only what was read whole in this refresh can ring.
        return f"as given by {service_title(score.source)}, updated {numbers.clock(found.now)}"
    behind = [one.exchange for one in score.funding.exchanges]
    heard = found.answered - found.unread.get(score.base_coin, frozenset())
    answered = f"{sum(name in heard for name in behind)} of {len(behind)} exchanges answered"
    return ", ".join(part for part in (answered, without(found.missing)) if part)
