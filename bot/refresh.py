"""One refresh: fetch → store → score → detect → match → enqueue.

Fetching tolerates the failure of any source. All the rest is one transaction: a crash at any point leaves
either the old state, or the new state with all its alerts queued, never half.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.alerts.enqueue import Snapshot, clusters_of, enqueue
from bot.errors import FeedError, TocsinError
from bot.feeds.base import Batch, Feed, SourceReport
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.intake import Taken, store
from bot.settings import AlertSettings, ScoringSettings
from bot.signals import NO_PRICE, KnownClusters, coin_fundings, find_clusters, score_fundings
from bot.views import numbers
from bot.views.scores import lack
from scoring.clusters import ClusterRule
from scoring.detection import (
    ClusterMovement,
    Movement,
    coin_states,
    compare_clusters,
    compare_coins,
)
from scoring.model import Cluster, CoinFunding, PriceChanges, Signal
from storage import Storage, Transaction
from storage.refreshes import Claim

log = logging.getLogger("tocsin.refresh")

LEASE = timedelta(minutes=20)
FETCH_SECONDS = 600.0
# An exchange on which a coin's contract was neither read nor settled in that time is none of its usual ones.
USUAL = timedelta(hours=72)
COIN_SIGNALS = (Signal.PUMP, Signal.SELLING)
SCORES_KEPT = timedelta(days=30)
# Without a feed, an exchange counts as answering while its newest stored settlement is at most this old:
# the longest common interval and some delay.
IMPORTED_FRESH = timedelta(hours=9)


@dataclass(frozen=True, slots=True)
class RefreshOptions:
    """What a refresh is run with."""

    owner: str  # who claims the slot
    scoring: ScoringSettings
    alerts: AlertSettings
    minutes: int  # between two refreshes
    is_gone: Callable[[str], bool] = lambda _: False  # whether an owner is known to be dead
    made_up: bool = False  # the market is simulated
    hosted: bool = False  # scores come from a hosted service
    hosted_clusters: bool = False  # clusters do
    clusters: KnownClusters | None = None  # kept from one refresh of one database to the next; None: found anew
    slugs: Mapping[str, str] = field(default_factory=dict)  # ticker → the coin that the config says it means

    def find(self, tx: Transaction, rule: ClusterRule, now: datetime) -> tuple[Cluster, ...]:
        """Clusters as known at `now`."""
        return find_clusters(tx, rule, now) if self.clusters is None else self.clusters.find(tx, rule, now)

    def remembering(self) -> AbstractContextManager[None]:
        """Around the transaction: what is kept of clusters must be forgotten when it fails."""
        return nullcontext() if self.clusters is None else self.clusters.kept_if_written()


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What one refresh found."""

    slot: int
    at: datetime
    movements: tuple[Movement, ...]
    clusters: tuple[ClusterMovement, ...]
    reports: tuple[SourceReport, ...]
    alerts: int  # queued
    set_aside: tuple[str, ...]  # values that were not believed, one line each


class SlotTakenError(TocsinError):
    """Another process is running this slot, or has taken it over."""


class OversleptError(SlotTakenError):
    """The machine slept, or its clock was set forward, until the slot was anybody's: what was read is old."""


async def refresh(
    storage: Storage,
    feeds: Sequence[Feed],
    now: datetime,
    options: RefreshOptions,
    clock: Callable[[], datetime] | None = None,
) -> Refreshed:
    """Run the refresh of the slot that `now` lies in. Raises SlotTakenError.

    `clock`: how late it is when everything is fetched; OversleptError where that is too late.
    """
    # Of whatever length the slots are, those of later times have higher numbers: the schedule may be changed.
    slot = int(now.timestamp()) // (options.minutes * 60) * options.minutes
    claim, since = await asyncio.to_thread(_claim, storage, slot, now, options)
    batches = await asyncio.gather(*(_fetch(feed, since, now) for feed in feeds))
    if clock is not None and (late := clock() - now) >= LEASE:
        # As of then it would ring for what has expired by now, and whoever is awake again would never hear of it.
        raise OversleptError(f"the refresh of {now:%Y-%m-%d %H:%M} UTC slept {numbers.duration(late)}; it begins again")
    return await asyncio.to_thread(_work, storage, batches, claim, now, options)


def _work(
    storage: Storage, batches: Sequence[Batch], claim: Claim, now: datetime, options: RefreshOptions
) -> Refreshed:
    with options.remembering(), storage.write() as tx:
        if not options.hosted:
            tx.hosted.clear()
        if not options.hosted_clusters:
            tx.hosted.clear_clusters()
        # Before anything new is stored: a hosted service's list replaces the one before.
        earlier = _clusters_before(tx, claim.slot, options)
        begins = datetime.fromtimestamp(claim.slot * 60, UTC)
        taken = store(tx, batches, now, options.scoring.max_abs_rate, options.slugs, begins)
        whole = frozenset(signal for batch in batches for signal in batch.scored)
        found = _score(tx, taken, claim, now, options, whole)
        movements, clusters = _detect(tx, found, earlier, options)
        for signal in COIN_SIGNALS:
            tx.scores.put(claim.slot, signal, found.states[signal].values(), found.scores[signal])
        overtaken = tx.refreshes.is_overtaken(claim)
        queued = 0 if overtaken else enqueue(tx, found, options.alerts, options.scoring, options.find)
        tx.outbox.prune(now - timedelta(days=options.alerts.keep_days))
        tx.scores.prune(now - SCORES_KEPT)
        facts = {"alerts": queued, "scored": {s.value: len(found.scores[s]) for s in COIN_SIGNALS}}
        if missed := _missed(tx, claim.slot, options.minutes):
            facts["missed"] = missed
        if not tx.refreshes.finish(claim, now, facts):
            raise SlotTakenError(f"slot {claim.slot} was taken over by another process; nothing was written")
    return Refreshed(claim.slot, now, movements, clusters, taken.reports, queued, taken.set_aside)


def _claim(storage: Storage, slot: int, now: datetime, options: RefreshOptions) -> tuple[Claim, datetime | None]:
    with storage.write() as tx:
        last = tx.refreshes.last()
        claim = tx.refreshes.claim(slot, options.owner, now, LEASE, options.is_gone)
    if claim is None:
        raise SlotTakenError(f"another process is running the refresh of {now:%Y-%m-%d %H:%M} UTC")
    return claim, None if last is None else min(last.at, now)


def _missed(tx: Transaction, slot: int, minutes: int) -> int:
    """How many slots lie between this one and the one before it that was finished: no refresh of them runs any more."""
    before = tx.refreshes.last(before_slot=slot)
    missed = 0 if before is None else max(0, (slot - before.slot) // minutes - 1)
    if missed and before is not None:
        log.warning(
            "%d refreshes did not run, or not to their end, since %s UTC", missed, f"{before.at:%Y-%m-%d %H:%M}"
        )
    return missed


async def _fetch(feed: Feed, since: datetime | None, now: datetime) -> Batch:
    try:
        return await asyncio.wait_for(feed.fetch(since, now), FETCH_SECONDS)
    except (FeedError, TimeoutError) as error:
        why = str(error) or f"no answer within {FETCH_SECONDS:.0f} s"
        log.warning("%s: %s", feed.name, why)
        return Batch(reports=(SourceReport(feed.name, ok=False, detail=why),))


def _score(
    tx: Transaction, taken: Taken, claim: Claim, now: datetime, options: RefreshOptions, whole: frozenset[Signal]
) -> Snapshot:
    """All scores and states; `whole` has the signals whose hosted scores are complete."""
    usual = tx.pairs.listed(active_since=now - USUAL)
    answered = _answered(tx, taken, now)
    undecided: frozenset[str] = frozenset()
    if options.hosted:
        hosted = tx.hosted.scores(now)
        scores = {signal: hosted.get(signal, {}) for signal in COIN_SIGNALS}
    else:
        fundings = coin_fundings(tx, now, options.scoring)
        changes = tx.prices.changes(now)
        scores = score_fundings(fundings, changes, options.scoring)
        unsaid = tx.prices.by_marks(now) - taken.marked
        undecided = _undecided(fundings, changes, unsaid)
        usual |= {coin: frozenset(e.exchange for e in f.exchanges) for coin, f in fundings.items()}
    states = {
        signal: coin_states(
            signal,
            scores[signal],
            usual,
            # What a service did not list may have any score.
            answered if not options.hosted or signal in whole else frozenset(),
            taken.unread,
            undecided if signal is Signal.PUMP else frozenset(),
        )
        for signal in COIN_SIGNALS
    }
    missing = {
        one.source: lack(one.outcome, one.detail) for one in taken.reports if not one.ok and one.source in EXCHANGES
    }
    return Snapshot(
        states,
        scores,
        answered,
        now,
        claim.slot,
        missing=missing,
        unread=taken.unread,
        made_up=options.made_up,
        place=claim.order,
    )


def _undecided(
    fundings: Mapping[str, CoinFunding], changes: Mapping[str, PriceChanges], unsaid: frozenset[str]
) -> frozenset[str]:
    """The coins whose pump gate hangs on a price that is not known, or that is not of this refresh (`unsaid`)."""
    return frozenset(
        coin
        for coin, funding in fundings.items()
        if funding.avg_72h < 0 and (coin in unsaid or changes.get(coin, NO_PRICE).pct_7d is None)
    )


def _answered(tx: Transaction, taken: Taken, now: datetime) -> frozenset[str]:
    if taken.answered & EXCHANGES.keys() or any(report.source in EXCHANGES for report in taken.reports):
        return taken.answered
    newest = tx.funding.newest_settlements(now)
    return frozenset(exchange for exchange, at in newest.items() if now - at <= IMPORTED_FRESH)


def _clusters_before(tx: Transaction, slot: int, options: RefreshOptions) -> tuple[Cluster, ...]:
    before = tx.refreshes.last(before_slot=slot)
    return () if before is None else clusters_of(tx, ClusterRule(), before.at, options.find).clusters


def _detect(
    tx: Transaction, found: Snapshot, earlier: tuple[Cluster, ...], options: RefreshOptions
) -> tuple[tuple[Movement, ...], tuple[ClusterMovement, ...]]:
    before = tx.refreshes.last(before_slot=found.slot)
    movements = tuple(
        movement
        for signal in COIN_SIGNALS
        for movement in compare_coins(
            {} if before is None else tx.scores.states(before.slot, signal), found.states[signal]
        )
    )
    now = clusters_of(tx, ClusterRule(), found.now, options.find).clusters
    return movements, compare_clusters(earlier, now)
