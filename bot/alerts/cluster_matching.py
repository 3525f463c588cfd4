"""What the clusters of a refresh decide for each subscription to clusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from bot.alerts.episodes import Episode, advance_cluster
from bot.alerts.facts import cluster_finding, own_facts
from bot.alerts.index import ClusterIndex, Subscribers
from bot.alerts.matched import NOTHING_STANDS, Matched, Telling, episode_of
from bot.alerts.matching import Verdict, Wish, verdict_on_choice, verdict_on_cluster
from bot.alerts.snapshot import Find, Snapshot, clusters_of
from bot.hosted_clusters import Given
from scoring.clusters import ClusterRule
from scoring.model import Cluster, Side, Signal
from storage import Transaction
from storage.episodes import StandingEpisodes

# A filing is news for so long before the last refresh: the lists of EDGAR leave some out, which the index of the day
# brings, and between two indexes may lie a long weekend.
NEWS = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class ClusterMatching:
    """One refresh, and where what it decides is put."""

    tx: Transaction
    found: Snapshot
    find: Find
    closed: frozenset[tuple[int, str]]  # subscription and key of the episodes that an earlier run of it has closed
    matched: Matched

    def run(self, groups: Mapping[ClusterRule, Subscribers], standing: frozenset[str]) -> None:
        """Match the clusters of all rules; `standing` are the keys that have an open episode."""
        named = cache(self.tx.filings.named)
        stored = cache(self.tx.episodes.standing)
        followed = sorted(key for key in standing if key.rpartition(":")[2] in Side.__members__)
        if self.tx.filings.is_ahead(self.found.now):
            return  # the clock was set back, and what is known would look as if it were not
        for rule, group in groups.items():
            given = clusters_of(self.tx, rule, self.found.now, self.find)
            if given.unknown:
                continue  # nothing is known, which is neither a new cluster nor one that is gone
            index = ClusterIndex(group, named)
            clusters = {one.key: one for one in given.clusters}
            for key in sorted({*clusters, *followed}):
                episodes = stored(key) if key in standing else NOTHING_STANDS
                _ClusterMatch(self, index, given, key, clusters.get(key)).run(episodes)


@dataclass(slots=True)
class _ClusterMatch:
    """One cluster, for those who ask by one rule."""

    of: ClusterMatching
    index: ClusterIndex
    given: Given
    key: str
    cluster: Cluster | None  # None: it no longer qualifies
    _finding: int | None = None  # its place, once something is told of it
    _news: bool | None = None

    def run(self, episodes: StandingEpisodes) -> None:
        """Take all episodes of the cluster through the refresh."""
        candidates = self.index.candidates(self.cluster, episodes)
        for place in candidates.fresh.tolist():
            self._go_on(place, None)
        for place, row in zip(candidates.places.tolist(), candidates.rows.tolist(), strict=True):
            self._go_on(place, episode_of(episodes, row))

    def _go_on(self, place: int, before: Episode | None) -> None:
        wish, subscription_id = self.index.of.wishes[place], int(self.index.of.ids[place])
        if before is None and (subscription_id, self.key) in self.of.closed:
            return  # a refresh that is run again must not reopen what its first run closed
        cluster = self._wanted_by(wish)
        step = advance_cluster(before, cluster, self.of.found.now, self.of.found.order)
        if step.episode is None or step.episode is before:
            return
        self.of.matched.keep(subscription_id, self.key, step.episode)
        if cluster is None or step.change is None or not self._is_told(wish, cluster):
            return
        if self._finding is None:
            self._finding = self.of.matched.find(cluster_finding(cluster))
        telling = Telling.of(Signal.CLUSTERS, self.key, step, own_facts(step, wish), self._finding)
        self.of.matched.alerts[self.index.of.chat_ids[place]].append(telling.to(subscription_id))

    def _wanted_by(self, wish: Wish) -> Cluster | None:
        one = self.cluster
        is_wanted = one is not None and verdict_on_cluster(wish, one, self.index.companies(wish)) is Verdict.TELL
        return one if is_wanted else None

    def _is_told(self, wish: Wish, cluster: Cluster) -> bool:
        """Not when nobody decided anything, or it stood before it could be read."""
        if self.given.is_first or verdict_on_choice(wish, cluster) is not Verdict.TELL:
            return False
        if self._news is None:
            self._news = _is_news(self.of.tx, cluster, self.of.found)
        return self._news


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
