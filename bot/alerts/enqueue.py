"""From states and clusters to queued messages, inside the transaction of the refresh."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.alerts.episodes import Episode, Step, advance, advance_cluster
from bot.alerts.facts import cluster_finding, coin_finding, own_facts
from bot.alerts.matching import (
    Verdict,
    Wish,
    verdict_on_change,
    verdict_on_choice,
    verdict_on_cluster,
    verdict_on_coin,
    verdict_on_score,
)
from bot.alerts.queueing import Moment, Ring, queue
from bot.alerts.snapshot import Find, Snapshot, clusters_of, companies_of
from bot.hosted_clusters import Given
from bot.settings import AlertSettings, ScoringSettings
from bot.signals import find_clusters, pump_constants, selling_constants
from bot.views import numbers
from bot.views.scores import without
from bot.views.sources import service_title
from scoring.clusters import ClusterRule
from scoring.detection import CoinState, Standing
from scoring.explain import OWN
from scoring.model import ChangeKind, Cluster, Coin, CoinScore, Signal
from storage import Transaction
from storage.alerts import NewAlert
from storage.episodes import StoredEpisode
from storage.subscriptions import Subscription

__all__ = ["Find", "Snapshot", "clusters_of", "companies_of", "enqueue"]

# A filing is news for so long before the last refresh: the lists of EDGAR leave some out, which the index of the day
# brings, and between two indexes may lie a long weekend.
NEWS = timedelta(days=4)


def enqueue(
    tx: Transaction, found: Snapshot, alerts: AlertSettings, scoring: ScoringSettings, find: Find = find_clusters
) -> int:
    """Advance all episodes and queue one message per chat that has something to hear; returns the alerts."""
    last = tx.refreshes.last()
    if last is not None and found.slot < last.slot:
        return 0  # what came after it has been told already
    subscriptions = tx.subscriptions.active()
    standing: dict[int, dict[str, StoredEpisode]] = defaultdict(dict)
    for episode in tx.episodes.of(one.id for one in subscriptions):
        if episode.closed_at is None:
            standing[episode.subscription_id][episode.key] = episode
    closed = tx.episodes.closed_in(found.slot)
    coins = tx.pairs.coins()
    clusters: dict[ClusterRule, Given] = {}
    findings: list[Mapping[str, Any]] = []
    places: dict[tuple[Any, ...], int] = {}
    rings: list[Ring] = []
    changed: list[StoredEpisode] = []
    for subscription in subscriptions:
        wish = Wish.from_json(subscription.wish)
        own = {key: _episode(one) for key, one in standing[subscription.id].items()}
        if wish.signal is Signal.CLUSTERS:
            rule = wish.cluster_rule()
            if rule not in clusters:
                clusters[rule] = clusters_of(tx, rule, found.now, find)
            if clusters[rule].unknown:
                continue
            steps = _cluster_steps(tx, wish, own, clusters[rule], found)
        else:
            steps = _coin_steps(wish, own, found, coins, alerts, scoring)
        for key, step, finding in steps:
            if (subscription.id, key) in closed or step.episode is None or step.episode == own.get(key):
                continue
            changed.append(_stored(subscription.id, key, step.episode))
            if step.change is None or verdict_on_change(wish, step.change) is not Verdict.TELL:
                continue
            place = (wish.signal, wish.cluster_rule() if wish.signal is Signal.CLUSTERS else None, key)
            if place not in places:
                places[place] = len(findings)
                findings.append(finding)
            peak = None
            if step.change is ChangeKind.RESOLVED:
                peak = max(
                    step.episode.told, tx.scores.peak(wish.signal, key, step.episode.opened_at) or step.episode.told
                )
            rings.append(
                Ring(
                    subscription.chat_id,
                    _alert(subscription, key, step, step.change, own_facts(step, wish, peak), places[place]),
                )
            )
    tx.episodes.put(changed)
    return queue(tx, rings, findings, Moment(found.now, found.slot, timedelta(minutes=alerts.expire_minutes)))


def _episode(one: StoredEpisode) -> Episode:
    return Episode(one.number, one.opened_at, one.told, one.below, one.slot, one.closed_at, one.told_value)


def _stored(subscription_id: int, key: str, one: Episode) -> StoredEpisode:
    return StoredEpisode(
        subscription_id, key, one.number, one.opened_at, one.closed_at, one.told, one.told_value, one.below, one.slot
    )


def _coin_steps(
    wish: Wish,
    episodes: Mapping[str, Episode],
    found: Snapshot,
    coins: Mapping[str, Coin],
    alerts: AlertSettings,
    scoring: ScoringSettings,
) -> Iterator[tuple[str, Step, dict[str, Any]]]:
    rule = wish.coin_rule(alerts, scoring)
    states, scores = found.states[wish.signal], found.scores[wish.signal]
    constants = (pump_constants(scoring), selling_constants(scoring))
    high = {key for key, state in states.items() if state.score is not None and state.score >= rule.minimum}
    for key in sorted(episodes.keys() | high):
        if verdict_on_coin(wish, key) is not Verdict.TELL:
            continue
        # A coin that no exchange lists any more is not known to be down: it says nothing.
        state = states.get(key) or CoinState(key, wish.signal, Standing.UNKNOWN, None, 0)
        score = scores.get(key) if state.standing is Standing.SCORED else None
        passes = verdict_on_score(wish, score) is Verdict.TELL
        step = advance(episodes.get(key), state, rule, found.now, found.slot, passes=passes)
        coin = coins.get(key) or Coin(key.lower(), key, key, None)
        finding: dict[str, Any] = {}
        if step.change:
            finding = coin_finding(coin, score, constants=constants, coverage=_stamp(score, found))
        yield key, step, finding


def _cluster_steps(
    tx: Transaction, wish: Wish, episodes: Mapping[str, Episode], given: Given, found: Snapshot
) -> Iterator[tuple[str, Step, dict[str, Any]]]:
    ciks = companies_of(tx, wish)
    qualifying = {one.key: one for one in given.clusters if verdict_on_cluster(wish, one, ciks) is Verdict.TELL}
    for key in sorted(episodes.keys() | qualifying.keys()):
        cluster = qualifying.get(key)
        step = advance_cluster(episodes.get(key), cluster, found.now, found.slot)
        if cluster is not None and step.change:
            chosen = verdict_on_choice(wish, cluster) is Verdict.TELL
            if given.is_first or not chosen or not _is_news(tx, cluster, found):
                step = replace(step, change=None)  # nobody decided anything, or it stood before it could be read
        yield key, step, cluster_finding(cluster) if cluster is not None and step.change else {}


def _is_news(tx: Transaction, cluster: Cluster, found: Snapshot) -> bool:
    """Whether a filing behind a cluster is new: one that only the reading of the past has brought is not.

    Trades are filed late, so that not their dates count but when the filings were accepted.
    """
    if not cluster.accessions:
        return True  # of a hosted service, which does not say
    before = tx.refreshes.last(before_slot=found.slot)
    since = (found.now if before is None else min(before.at, found.now)) - NEWS
    filings = tx.filings.window(cluster.first_date, found.now, [cluster.issuer.cik])
    return any(one.accepted_at > since for one in filings if one.accession in cluster.accessions)


def _stamp(score: CoinScore | None, found: Snapshot) -> str:
    """The coverage of a coin in this refresh: 9 of 9 exchanges answered, without Binance (451)."""
    if score is None:
        return ""
    if score.source != OWN:
        # Only what was read whole in this refresh can ring.
        return f"as given by {service_title(score.source)}, updated {numbers.clock(found.now)}"
    behind = [one.exchange for one in score.funding.exchanges]
    answered = f"{sum(name in found.answered for name in behind)} of {len(behind)} exchanges answered"
    return ", ".join(part for part in (answered, without(found.missing)) if part)


def _alert(
    subscription: Subscription, key: str, step: Step, change: ChangeKind, facts: dict[str, Any], finding: int
) -> NewAlert:
    episode = step.episode
    if episode is None:
        raise ValueError("nothing to tell")
    level = "" if change is ChangeKind.RESOLVED else f"{episode.told:.6f}:{episode.told_value:.0f}"
    return NewAlert(
        dedup_key=f"{subscription.id}:{key}:{episode.number}:{change}:{level}",
        subscription_id=subscription.id,
        signal=subscription.signal,
        key=key,
        episode=episode.number,
        kind=change.value,
        facts=facts,
        finding=finding,
    )
