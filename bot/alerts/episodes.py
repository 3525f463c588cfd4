"""The life of one coin, or one cluster, above one subscription's threshold: pure decisions.

An episode opens when the score reaches the minimum, rings again at each new high that lies a step above the
last one told, and closes when two refreshes in a row found the score below the minimum less the hysteresis,
or its gate shut. What a refresh does not know opens, closes and counts nothing, and neither does a refresh
older than the last one that counted. docs/adr/0003-episodes.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from scoring.detection import CoinState, Standing, grew
from scoring.model import ChangeKind, Cluster

REFRESHES_TO_CLOSE = 2
# A minimum of 3 and a step of 1 must ring at 4.0, also when binary fractions make it 3.9999999999999996.
DUST = 1e-9


class Reason(StrEnum):
    """Why an episode did what it did."""

    CROSSED = "it reached the minimum"
    NEW_HIGH = "it rose a step above what was told"
    STILL_OPEN = "it is known already"
    BELOW_MINIMUM = "it is below the minimum"
    TOO_FEW_EXCHANGES = "too few exchanges are behind its average"
    BELOW_ONCE = "it fell, and must stay down for one more refresh"
    STAYED_BELOW = "it stayed down for two refreshes"
    UNKNOWN = "too few of its exchanges answered"
    SEEN = "this refresh was counted already"
    QUALIFIES = "it entered the qualifying set"
    GREW = "it gained an insider or doubled in value"
    LEFT_WINDOW = "it left the window"


@dataclass(frozen=True, slots=True)
class CoinRule:
    """When one subscription rings for a coin."""

    minimum: float
    step: float = 1.0
    hysteresis: float = 0.5
    min_exchanges: int = 3


@dataclass(frozen=True, slots=True)
class Episode:
    """Where an episode stands."""

    number: int
    opened_at: datetime
    told: float  # the highest level told: score, or number of insiders
    peak: float  # the highest level seen
    last: float | None  # the level of the last refresh that knew one
    below: int  # refreshes in a row that found it down
    slot: int  # the last refresh that counted
    closed_at: datetime | None = None
    told_value: float = 0.0  # clusters: USD when last told

    @property
    def is_open(self) -> bool:
        """Whether it has not been closed."""
        return self.closed_at is None

    def to_json(self) -> dict[str, Any]:
        """Plain data, for storage; the times stand in columns of their own."""
        data = asdict(self)
        del data["number"], data["opened_at"], data["closed_at"]
        return data

    @classmethod
    def from_json(
        cls, data: Mapping[str, Any], number: int, opened_at: datetime, closed_at: datetime | None
    ) -> Episode:
        """Back from storage."""
        return cls(number=number, opened_at=opened_at, closed_at=closed_at, **data)


@dataclass(frozen=True, slots=True)
class Step:
    """What one refresh did to an episode."""

    episode: Episode | None
    change: ChangeKind | None  # to be told, or nothing
    reason: Reason
    before: float | None = None  # the level told before; None for NEW


def advance(episode: Episode | None, state: CoinState, rule: CoinRule, now: datetime, slot: int) -> Step:
    """Take an episode through one refresh.

    `slot` is the refresh's number and must grow with time: it counts once, and an older one changes nothing.
    A coin that is missing from the refresh (no exchange lists it any more) is for the caller to judge: passed
    as UNKNOWN its episode waits, passed as NO_GATE it closes.
    """
    if state.standing is Standing.UNKNOWN:
        return Step(episode, None, Reason.UNKNOWN)
    if episode is not None and slot < episode.slot:
        return Step(episode, None, Reason.SEEN)
    level = state.score if state.standing is Standing.SCORED else None
    if episode is None or not episode.is_open:
        return _maybe_open(episode, level, state.exchanges, rule, now, slot)
    if level is None or level < rule.minimum - rule.hysteresis:
        return _down(episode, level, now, slot)
    return _up(episode, level, state.exchanges, rule, slot)


def standing(state: CoinState, rule: CoinRule, now: datetime, slot: int) -> Episode | None:
    """The silent episode of what already stands when a subscription is made; None when nothing does."""
    if state.standing is not Standing.SCORED:
        return None
    return _maybe_open(None, state.score, state.exchanges, rule, now, slot).episode


def advance_cluster(episode: Episode | None, cluster: Cluster | None, now: datetime, slot: int) -> Step:
    """Take a cluster's episode through one refresh; `cluster` is None when it no longer qualifies."""
    if episode is not None and slot < episode.slot:
        return Step(episode, None, Reason.SEEN)
    if cluster is None:
        if episode is None or not episode.is_open:
            return Step(episode, None, Reason.BELOW_MINIMUM)
        return Step(replace(episode, closed_at=now, slot=slot), None, Reason.LEFT_WINDOW)
    if episode is None or not episode.is_open:
        return _open_cluster(episode, cluster, now, slot)
    count, value = float(cluster.insider_count), cluster.total_value
    seen = replace(episode, last=count, peak=max(episode.peak, count), slot=slot)
    if grew(int(episode.told), episode.told_value, cluster):
        told = replace(seen, told=max(count, episode.told), told_value=max(value, episode.told_value))
        return Step(told, ChangeKind.GROWN, Reason.GREW, before=episode.told)
    return Step(seen, None, Reason.STILL_OPEN)


def _open_cluster(closed: Episode | None, cluster: Cluster, now: datetime, slot: int) -> Step:
    if closed is not None and closed.slot == slot:
        return Step(closed, None, Reason.SEEN)  # as in _maybe_open
    number = 1 if closed is None else closed.number + 1
    count, value = float(cluster.insider_count), cluster.total_value
    opened = Episode(number, now, told=count, peak=count, last=count, below=0, slot=slot, told_value=value)
    return Step(opened, ChangeKind.NEW, Reason.QUALIFIES)


def _maybe_open(
    closed: Episode | None, level: float | None, exchanges: int, rule: CoinRule, now: datetime, slot: int
) -> Step:
    if level is None or level < rule.minimum:
        return Step(closed, None, Reason.BELOW_MINIMUM)
    if exchanges < rule.min_exchanges:
        return Step(closed, None, Reason.TOO_FEW_EXCHANGES)
    if closed is not None and closed.slot == slot:
        # A refresh that is run again must not reopen what its first run closed.
        return Step(closed, None, Reason.SEEN)
    number = 1 if closed is None else closed.number + 1
    opened = Episode(number, now, told=level, peak=level, last=level, below=0, slot=slot)
    return Step(opened, ChangeKind.NEW, Reason.CROSSED)


def _up(episode: Episode, level: float, exchanges: int, rule: CoinRule, slot: int) -> Step:
    up = replace(episode, last=level, peak=max(episode.peak, level), below=0, slot=slot)
    if level < episode.told + rule.step - DUST:
        return Step(up, None, Reason.STILL_OPEN)
    if exchanges < rule.min_exchanges:
        # Not told, so that it still rings when enough exchanges are back.
        return Step(up, None, Reason.TOO_FEW_EXCHANGES)
    return Step(replace(up, told=level), ChangeKind.ESCALATED, Reason.NEW_HIGH, before=episode.told)


def _down(episode: Episode, level: float | None, now: datetime, slot: int) -> Step:
    if episode.below and slot == episode.slot:
        return Step(episode, None, Reason.SEEN)
    below = episode.below + 1
    down = replace(episode, last=level, below=below, slot=slot)
    if below < REFRESHES_TO_CLOSE:
        return Step(down, None, Reason.BELOW_ONCE)
    return Step(replace(down, closed_at=now), ChangeKind.RESOLVED, Reason.STAYED_BELOW, before=episode.told)
