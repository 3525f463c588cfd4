"""The life of one coin, or one cluster, above one subscription's threshold: pure decisions.

An episode opens when the score reaches the minimum, rings again at each new high that lies a step above the
last one told, and closes when two refreshes in a row found the score below the minimum less the hysteresis,
or its gate shut. What a refresh does not know opens, closes and counts nothing, and neither does a refresh
older than the last one that decided something. A refresh that finds an episode as it was gives back the very same
one, so that nothing is written. docs/adr/0003-episodes.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

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
    FILTERED = "the subscription asks for more than its score"
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

    number: int  # mostly the unix second at which its slot began; grows from one episode to the next
    opened_at: datetime
    told: float  # the highest level told: score, or number of insiders
    below: int  # refreshes in a row that found it down
    slot: int  # of the last refresh that decided something: its place in the order of all, mostly its slot
    closed_at: datetime | None = None
    told_value: float = 0.0  # clusters: USD when last told

    @property
    def is_open(self) -> bool:
        """Whether it has not been closed."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class Step:
    """What one refresh did to an episode."""

    episode: Episode | None
    change: ChangeKind | None  # to be told, or nothing
    reason: Reason
    before: float | None = None  # the level told before; None for NEW


def advance(
    episode: Episode | None, state: CoinState, rule: CoinRule, now: datetime, slot: int, *, passes: bool = True
) -> Step:
    """Take an episode through one refresh.

    `slot` is the refresh's place in the order of all: it counts once, and an older one changes nothing.
    `passes`: the subscription's filters let the coin through, without which nothing rings and nothing closes.
    A coin that is missing from the refresh (no exchange lists it any more) is for the caller to judge: passed
    as UNKNOWN its episode waits, passed as NO_GATE it closes.
    """
    if not is_known(state):
        return Step(episode, None, Reason.UNKNOWN)
    if episode is not None and slot < episode.slot:
        return Step(episode, None, Reason.SEEN)
    level = state.score if state.standing is Standing.SCORED else None
    silent = Reason.TOO_FEW_EXCHANGES if state.exchanges < rule.min_exchanges else None if passes else Reason.FILTERED
    if episode is None or not episode.is_open:
        return _maybe_open(episode, level, rule, silent, (now, slot))
    if level is None or level < rule.minimum - rule.hysteresis:
        return _down(episode, now, slot)
    return _up(episode, level, rule, silent, slot)


def is_known(state: CoinState) -> bool:
    """Whether a refresh says anything of a coin; a score that is no number says nothing."""
    return state.standing is not Standing.UNKNOWN and (state.score is None or math.isfinite(state.score))


def standing(state: CoinState, rule: CoinRule, now: datetime, slot: int, *, passes: bool = True) -> Episode | None:
    """The silent episode of what already stands when a subscription is made; None when nothing does."""
    if state.standing is not Standing.SCORED:
        return None
    return advance(None, state, rule, now, slot, passes=passes).episode


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
    if grew(int(episode.told), episode.told_value, cluster):
        count, value = max(float(cluster.insider_count), episode.told), max(cluster.total_value, episode.told_value)
        told = replace(episode, told=count, told_value=value, slot=slot)
        return Step(told, ChangeKind.GROWN, Reason.GREW, before=episode.told)
    return Step(episode, None, Reason.STILL_OPEN)


def _open_cluster(closed: Episode | None, cluster: Cluster, now: datetime, slot: int) -> Step:
    if closed is not None and closed.slot == slot:
        return Step(closed, None, Reason.SEEN)  # as in _maybe_open
    opened = _opened(closed, float(cluster.insider_count), now, slot, cluster.total_value)
    return Step(opened, ChangeKind.NEW, Reason.QUALIFIES)


def _maybe_open(
    closed: Episode | None, level: float | None, rule: CoinRule, silent: Reason | None, at: tuple[datetime, int]
) -> Step:
    if level is None or level < rule.minimum:
        return Step(closed, None, Reason.BELOW_MINIMUM)
    if silent is not None:
        return Step(closed, None, silent)
    now, slot = at
    if closed is not None and closed.slot == slot:
        # A refresh that is run again must not reopen what its first run closed.
        return Step(closed, None, Reason.SEEN)
    return Step(_opened(closed, level, now, slot), ChangeKind.NEW, Reason.CROSSED)


def _opened(closed: Episode | None, level: float, now: datetime, slot: int, value: float = 0.0) -> Episode:
    # What stands when a subscription is made belongs to no refresh. Two refreshes may be made at one second, for a
    # clock is set back by whole hours; their places differ.
    number = slot * 60 if slot else int(now.timestamp())
    if closed is not None:
        number = max(number, closed.number + 1)
    return Episode(number, now, told=level, below=0, slot=slot, told_value=value)


def _up(episode: Episode, level: float, rule: CoinRule, silent: Reason | None, slot: int) -> Step:
    up = replace(episode, below=0, slot=slot) if episode.below else episode
    if level < episode.told + rule.step - DUST:
        return Step(up, None, Reason.STILL_OPEN)
    if silent is not None:
        return Step(up, None, silent)  # not told, so that it still rings when that is over
    return Step(replace(up, told=level, slot=slot), ChangeKind.ESCALATED, Reason.NEW_HIGH, before=episode.told)


def _down(episode: Episode, now: datetime, slot: int) -> Step:
    if episode.below and slot == episode.slot:
        return Step(episode, None, Reason.SEEN)
    down = replace(episode, below=episode.below + 1, slot=slot)
    if down.below < REFRESHES_TO_CLOSE:
        return Step(down, None, Reason.BELOW_ONCE)
    return Step(replace(down, closed_at=now), ChangeKind.RESOLVED, Reason.STAYED_BELOW, before=episode.told)
