"""From states and clusters to queued messages, inside the transaction of the refresh."""

from __future__ import annotations

from datetime import timedelta

from bot.alerts.cluster_matching import ClusterMatching
from bot.alerts.coin_matching import CoinMatching
from bot.alerts.index import CoinIndex, subscribers
from bot.alerts.matched import Matched
from bot.alerts.queueing import Origin, queue
from bot.alerts.snapshot import Find, Snapshot, clusters_of, companies_of
from bot.settings import AlertSettings, ScoringSettings
from bot.signals import find_clusters
from scoring.clusters import ClusterRule
from scoring.model import Signal
from storage import Transaction

__all__ = ["Find", "Snapshot", "clusters_of", "companies_of", "enqueue", "match"]


def enqueue(
    tx: Transaction, found: Snapshot, alerts: AlertSettings, scoring: ScoringSettings, find: Find = find_clusters
) -> int:
    """Advance all episodes and queue one message per chat that has something to hear; returns the alerts."""
    matched = match(tx, found, alerts, scoring, find)
    tx.episodes.put(matched.episodes)
    return queue(tx, matched, Origin(found.now, found.slot, timedelta(minutes=alerts.expire_minutes)))


def match(
    tx: Transaction, found: Snapshot, alerts: AlertSettings, scoring: ScoringSettings, find: Find = find_clusters
) -> Matched:
    """What the refresh decides; nothing is written. What came after it must not have been told already."""
    matched = Matched()
    groups = subscribers(tx.subscriptions.active_wishes())
    standing, closed = tx.episodes.standing_keys(), tx.episodes.closed_in(found.order)
    indexes = {
        kind: CoinIndex(group, hysteresis=alerts.hysteresis, min_exchanges=scoring.min_exchanges)
        for kind, group in groups.items()
        if isinstance(kind, Signal)
    }
    rules = {kind: group for kind, group in groups.items() if isinstance(kind, ClusterRule)}
    CoinMatching(tx, found, alerts, scoring, closed, matched).run(indexes, standing)
    ClusterMatching(tx, found, find, closed, matched).run(rules, standing)
    return matched
