"""One refresh: fetch → store → score → detect → match → enqueue.

Fetching tolerates the failure of any source. All the rest is one transaction: a crash at any point leaves
either the old state, or the new state with all its alerts queued, never half.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts.enqueue import Snapshot, enqueue
from bot.errors import FeedError, TocsinError
from bot.feeds.base import Batch, Feed, SourceReport
from bot.feeds.intake import store
from bot.settings import AlertSettings, ScoringSettings
from bot.signals import coin_fundings, find_clusters, score_fundings
from scoring.clusters import ClusterRule
from scoring.detection import (
    ClusterMovement,
    Movement,
    coin_states,
    compare_clusters,
    compare_coins,
)
from scoring.model import Signal
from storage import Storage, Transaction
from storage.refreshes import Claim

log = logging.getLogger("tocsin.refresh")

LEASE = timedelta(minutes=20)
FETCH_SECONDS = 600.0
COIN_SIGNALS = (Signal.PUMP, Signal.SELLING)
SCORES_KEPT_DAYS = 30
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


async def refresh(storage: Storage, feeds: Sequence[Feed], now: datetime, options: RefreshOptions) -> Refreshed:
    """Run the refresh of the slot that `now` lies in. Raises SlotTakenError."""
    slot = int(now.timestamp()) // (options.minutes * 60)
    claim, since = await asyncio.to_thread(_claim, storage, slot, now, options)
    batches = await asyncio.gather(*(_fetch(feed, since, now) for feed in feeds))
    return await asyncio.to_thread(_work, storage, batches, claim, now, options)


def _work(
    storage: Storage, batches: Sequence[Batch], claim: Claim, now: datetime, options: RefreshOptions
) -> Refreshed:
    reports = tuple(report for batch in batches for report in batch.reports)
    with storage.write() as tx:
        set_aside = store(tx, batches, now, options.scoring.max_abs_rate)
        found = _score(tx, reports, claim.slot, now, options.scoring)
        movements, clusters = _detect(tx, found)
        for signal in COIN_SIGNALS:
            tx.scores.put(claim.slot, signal, found.states[signal].values(), found.scores[signal])
        queued = enqueue(tx, found, options.alerts, options.scoring)
        tx.scores.prune(claim.slot - SCORES_KEPT_DAYS * 24 * 60 // options.minutes)
        facts = {"alerts": queued, "scored": {s.value: len(found.scores[s]) for s in COIN_SIGNALS}}
        if not tx.refreshes.finish(claim, now, facts):
            raise SlotTakenError(f"slot {claim.slot} was taken over by another process; nothing was written")
    return Refreshed(claim.slot, now, movements, clusters, reports, queued, set_aside)


def _claim(storage: Storage, slot: int, now: datetime, options: RefreshOptions) -> tuple[Claim, datetime | None]:
    with storage.write() as tx:
        last = tx.refreshes.last()
        claim = tx.refreshes.claim(slot, options.owner, now, LEASE, options.is_gone)
    if claim is None:
        raise SlotTakenError(f"another process is running the refresh of {now:%Y-%m-%d %H:%M} UTC")
    return claim, None if last is None else min(last.at, now)


async def _fetch(feed: Feed, since: datetime | None, now: datetime) -> Batch:
    try:
        return await asyncio.wait_for(feed.fetch(since, now), FETCH_SECONDS)
    except (FeedError, TimeoutError) as error:
        why = str(error) or f"no answer within {FETCH_SECONDS:.0f} s"
        log.warning("%s: %s", feed.name, why)
        return Batch(reports=(SourceReport(feed.name, ok=False, detail=why),))


def _score(
    tx: Transaction, reports: Sequence[SourceReport], slot: int, now: datetime, settings: ScoringSettings
) -> Snapshot:
    fundings = coin_fundings(tx, now, settings)
    scores = score_fundings(fundings, tx.prices.changes(now), settings)
    listed = tx.pairs.listed()
    usual = listed | {coin: frozenset(e.exchange for e in f.exchanges) for coin, f in fundings.items()}
    answered = _answered(tx, reports, now)
    states = {signal: coin_states(signal, scores[signal], usual, answered) for signal in COIN_SIGNALS}
    return Snapshot(states, scores, answered, now, slot)


def _answered(tx: Transaction, reports: Sequence[SourceReport], now: datetime) -> frozenset[str]:
    if reports:
        return frozenset(report.source for report in reports if report.ok)
    newest = tx.funding.newest_settlements(now)
    return frozenset(exchange for exchange, at in newest.items() if now - at <= IMPORTED_FRESH)


def _detect(tx: Transaction, found: Snapshot) -> tuple[tuple[Movement, ...], tuple[ClusterMovement, ...]]:
    before = tx.refreshes.last(before_slot=found.slot)
    movements = tuple(
        movement
        for signal in COIN_SIGNALS
        for movement in compare_coins(
            {} if before is None else tx.scores.states(before.slot, signal), found.states[signal]
        )
    )
    rule = ClusterRule()
    earlier = () if before is None else find_clusters(tx, rule, before.at)
    return movements, compare_clusters(earlier, find_clusters(tx, rule, found.now))
