"""What wishes would have rung for in the last days: what is stored of them, through the same decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.alerts.episodes import Episode, advance_cluster
from bot.alerts.matching import (
    Verdict,
    Wish,
    verdict_on_change,
    verdict_on_choice,
    verdict_on_cluster,
    verdict_on_coin,
)
from bot.alerts.replay import replay_coin
from bot.alerts.snapshot import clusters_of, companies_of
from bot.settings import AlertSettings, ScoringSettings
from bot.signals import KnownClusters
from scoring.clusters import ClusterRule
from scoring.model import ChangeKind, Cluster, Coin, Signal
from storage import Transaction
from storage.scores import Past

LATEST = 5
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PastRing:
    """Something that a wish would have rung for."""

    at: datetime
    key: str
    title: str
    kind: ChangeKind
    before: float | None  # the level told before; None for NEW
    level: float | None  # None: its gate was shut


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What one wish would have rung for, had it been made so many days ago."""

    days: int
    covered: int  # of those days, those of which something is stored
    new: int = 0
    risen: int = 0  # ESCALATED or GROWN
    over: int = 0  # RESOLVED, whether the wish asks to be told or not
    tells_over: bool = False  # it does
    latest: tuple[PastRing, ...] = ()  # the newest of those that would have been told, newest first
    unknown: str = ""  # why nothing is known of the past, in a sentence for people
    without: tuple[str, ...] = field(default=())  # filters of the wish that what is stored cannot answer

    @property
    def rings(self) -> int:
        """How often it would have rung."""
        return self.new + self.risen + (self.over if self.tells_over else 0)


def rehearse(
    tx: Transaction,
    wishes: Sequence[Wish],
    now: datetime,
    alerts: AlertSettings,
    scoring: ScoringSettings,
    days: int = 7,
) -> tuple[Rehearsal, ...]:
    """What each wish would have rung for, as far as it is stored. What stood at the beginning does not count."""
    since = now - days * DAY
    coins = tx.pairs.coins()
    pasts = {
        signal: tx.scores.past(signal, since, now, min(one.minimum for one in wishes if one.signal is signal))
        for signal in {one.signal for one in wishes}
        if signal is not Signal.CLUSTERS
    }
    clusters = _Clusters(tx, {one.cluster_rule() for one in wishes if one.signal is Signal.CLUSTERS}, since, now)
    found = []
    for wish in wishes:
        if wish.signal is Signal.CLUSTERS:
            found.append(clusters.rehearse(wish, days))
            continue
        past, rule = pasts[wish.signal], wish.coin_rule(alerts, scoring)
        rings = [
            PastRing(one.at, key, coins.get(key, Coin(key, key, key, None)).symbol, kind, one.step.before, one.level)
            for key in _wanted(wish, past)
            for one in replay_coin(wish, rule, key, past)
            if (kind := one.step.change) is not None
        ]
        without = ("exchanges",) if wish.exchanges else ()
        found.append(_rehearsal(wish, rings, Rehearsal(days, _covered(past, since, now), without=without)))
    return tuple(found)


def _wanted(wish: Wish, past: Past) -> Iterator[str]:
    """The coins that the wish is about, and that were ever high enough."""
    for key, coin in past.coins.items():
        if verdict_on_coin(wish, key) is Verdict.TELL and (coin.score >= wish.minimum).any():
            yield key


def _covered(past: Past, since: datetime, now: datetime) -> int:
    """The days, counted back from now, in which there was a refresh."""
    seconds = [now.timestamp() - at for at in past.at.tolist() if at > since.timestamp()]
    return len({second // DAY.total_seconds() for second in seconds})


def _rehearsal(wish: Wish, rings: Iterable[PastRing], base: Rehearsal) -> Rehearsal:
    ordered = sorted(rings, key=lambda one: (-one.at.timestamp(), one.key))
    counts = Counter(one.kind for one in ordered)
    told = [one for one in ordered if verdict_on_change(wish, one.kind) is Verdict.TELL]
    return Rehearsal(
        base.days,
        base.covered,
        new=counts[ChangeKind.NEW],
        risen=counts[ChangeKind.ESCALATED] + counts[ChangeKind.GROWN],
        over=counts[ChangeKind.RESOLVED],
        tells_over=wish.resolve,
        latest=tuple(told[:LATEST]),
        without=base.without,
    )


class _Clusters:
    """Clusters as they were known at the end of each day, for some rules."""

    def __init__(self, tx: Transaction, rules: Iterable[ClusterRule], since: datetime, now: datetime) -> None:
        self._tx = tx
        self._ends = [since, *_midnights(since, now), now]
        self._known: dict[ClusterRule, list[Mapping[str, Cluster]]] = {rule: [] for rule in rules}
        self._unknown: dict[ClusterRule, str] = {}
        book = KnownClusters()  # which looks only at what came in since; so time goes forward, and all rules with it
        for at in self._ends if self._known else ():
            for rule, found in self._known.items():
                given = clusters_of(tx, rule, at, book.find)
                found.append({one.key: one for one in given.clusters})
                if given.unknown:
                    self._unknown[rule] = given.unknown
        self._covered = sum(tx.filings.newest(at) is not None for at in self._ends[1:-1]) if self._known else 0

    def rehearse(self, wish: Wish, days: int) -> Rehearsal:
        """What the wish would have rung for, day by day."""
        rule = wish.cluster_rule()
        if rule in self._unknown:
            return Rehearsal(days, 0, unknown=self._unknown[rule])
        return _rehearsal(wish, self._rings(wish, rule), Rehearsal(days, min(days, self._covered)))

    def _rings(self, wish: Wish, rule: ClusterRule) -> Iterator[PastRing]:
        ciks = companies_of(self._tx, wish)
        episodes: dict[str, Episode | None] = {}
        for slot, (at, clusters) in enumerate(zip(self._ends, self._known[rule], strict=True)):
            wanted = {k: one for k, one in clusters.items() if verdict_on_cluster(wish, one, ciks) is Verdict.TELL}
            for key in sorted({*wanted, *episodes}):
                cluster = wanted.get(key)
                step = advance_cluster(episodes.get(key), cluster, at, slot)
                episodes[key] = step.episode
                if cluster is None or step.change is None or slot == 0:
                    continue
                if verdict_on_choice(wish, cluster) is Verdict.TELL:
                    title = cluster.issuer.ticker or cluster.issuer.name
                    yield PastRing(at, key, title, step.change, step.before, float(cluster.insider_count))


def _midnights(since: datetime, now: datetime) -> Iterator[datetime]:
    at = since.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    while at < now:
        yield at
        at += DAY
