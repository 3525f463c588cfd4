"""What stands when a subscription is made: it is shown at once, and does not ring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from bot.alerts.episodes import Episode, advance_cluster, standing
from bot.alerts.matching import Verdict, Wish, verdict_on_cluster, verdict_on_coin, verdict_on_score
from bot.alerts.snapshot import clusters_of, companies_of
from bot.settings import AlertSettings, ScoringSettings
from bot.signals import score_coins
from scoring.detection import CoinState, Standing
from scoring.model import Cluster, CoinScore, Signal
from storage import Transaction
from storage.episodes import StoredEpisode


@dataclass(frozen=True, slots=True)
class Matches:
    """What a wish matches now."""

    scores: tuple[CoinScore, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    unknown: str = ""  # why it is not known what matches, in a sentence for people


@dataclass
class Moment:
    """What is known at one moment; it is looked up once, for however many subscriptions."""

    tx: Transaction
    now: datetime
    alerts: AlertSettings
    scoring: ScoringSettings

    @cached_property
    def scores(self) -> dict[Signal, dict[str, CoinScore]]:
        """All coin scores."""
        return score_coins(self.tx, self.now, self.scoring)


def open_standing(moment: Moment, subscription_id: int, wish: Wish) -> Matches:
    """Open silent episodes for all that matches now, and give it back to be shown."""
    # Slot 0 lies before every refresh: the next one counts in full.
    tx, now = moment.tx, moment.now
    if wish.signal is Signal.CLUSTERS:
        ciks = companies_of(tx, wish)
        given = clusters_of(tx, wish.cluster_rule(), now)
        clusters = tuple(one for one in given.clusters if verdict_on_cluster(wish, one, ciks) is Verdict.TELL)
        opened = {one.key: advance_cluster(None, one, now, 0).episode for one in clusters}
        matches = Matches(clusters=clusters, unknown=given.unknown)
    else:
        rule = wish.coin_rule(moment.alerts, moment.scoring)
        scores = moment.scores[wish.signal]
        opened = {
            key: standing(
                CoinState(key, wish.signal, Standing.SCORED, score.score, len(score.funding.exchanges)),
                rule,
                now,
                0,
                passes=verdict_on_score(wish, score) is Verdict.TELL,
            )
            for key, score in scores.items()
            if verdict_on_coin(wish, key) is Verdict.TELL
        }
        standing_now = (scores[key] for key, episode in opened.items() if episode is not None)
        matches = Matches(scores=tuple(sorted(standing_now, key=lambda one: (-one.score, one.base_coin))))
    _put(tx, subscription_id, {key: episode for key, episode in opened.items() if episode is not None})
    return matches


def _put(tx: Transaction, subscription_id: int, opened: dict[str, Episode]) -> None:
    # A wish that is changed twice within a second opens an episode of the same second twice.
    numbers = {one.key: one.number for one in tx.episodes.of([subscription_id])}
    tx.episodes.put(
        StoredEpisode(
            subscription_id=subscription_id,
            key=key,
            number=max(one.number, numbers.get(key, 0) + 1),
            opened_at=one.opened_at,
            closed_at=None,
            told=one.told,
            told_value=one.told_value,
            below=one.below,
            slot=one.slot,
        )
        for key, one in opened.items()
    )
