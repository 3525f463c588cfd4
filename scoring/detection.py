"""Two snapshots in, what changed out; independent of any subscription."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from scoring.model import Cluster, CoinScore, Signal

LEAST_MOVE = 0.1  # smaller movements of a score are not worth a line
# From 0.2 to 0.3 is a movement of 0.1, also when binary fractions make it 0.09999999999999998.
DUST = 1e-9


class Standing(StrEnum):
    """What a refresh knows of a coin."""

    SCORED = "scored"
    NO_GATE = "no gate"  # measured, and the signal's gate is shut: its score is nothing
    UNKNOWN = "unknown"  # too little was read of it to say anything


@dataclass(frozen=True, slots=True)
class CoinState:
    """A coin in one refresh, for one signal."""

    base_coin: str
    signal: Signal
    standing: Standing
    score: float | None  # None unless SCORED
    exchanges: int  # behind the average


class Move(StrEnum):
    """How a score changed."""

    ENTERED = "entered"
    ROSE = "rose"
    FELL = "fell"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Movement:
    """A coin whose score changed from one refresh to the next."""

    signal: Signal
    base_coin: str
    kind: Move
    before: float | None
    after: float | None


class ClusterMove(StrEnum):
    """How a cluster changed."""

    APPEARED = "appeared"
    GREW = "grew"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class ClusterMovement:
    """A cluster that changed from one refresh to the next."""

    kind: ClusterMove
    before: Cluster | None
    after: Cluster | None


def coin_states(
    signal: Signal,
    scores: Mapping[str, CoinScore],
    usual: Mapping[str, frozenset[str]],
    answered: frozenset[str],
    unread: Mapping[str, frozenset[str]] | None = None,
    undecided: AbstractSet[str] = frozenset(),
) -> dict[str, CoinState]:
    """The state of every coin.

    `usual` has the exchanges that a coin's average normally rests on, `answered` those that answered in this
    refresh, `unread` those of them whose value of a coin was not believed: with fewer than half of its exchanges
    a coin is UNKNOWN, so that neither an outage nor nonsense rings or closes. A coin without usual exchanges is
    judged by those behind its score; with none at all it is UNKNOWN, and so is one of the `undecided`, of which
    something is missing that the signal's gate asks for.
    """
    states: dict[str, CoinState] = {}
    for coin in sorted(usual.keys() | scores.keys()):
        score = scores.get(coin)
        behind = frozenset() if score is None else frozenset(e.exchange for e in score.funding.exchanges)
        expected = usual.get(coin) or behind
        heard = expected & answered - (unread or {}).get(coin, frozenset())
        known = bool(expected) and len(heard) * 2 >= len(expected) and coin not in undecided
        if not known:
            states[coin] = CoinState(coin, signal, Standing.UNKNOWN, None, len(expected))
        elif score is None:
            states[coin] = CoinState(coin, signal, Standing.NO_GATE, None, len(expected))
        else:
            states[coin] = CoinState(coin, signal, Standing.SCORED, score.score, len(behind))
    return states


def compare_coins(
    before: Mapping[str, CoinState], after: Mapping[str, CoinState], least: float = LEAST_MOVE
) -> tuple[Movement, ...]:
    """What moved by `least` or more, the largest movement first. A coin unknown on either side did not move.

    A coin that `before` or `after` does not hold at all had no gate.
    """
    moves: list[Movement] = []
    for coin in before.keys() | after.keys():
        old, new = before.get(coin), after.get(coin)
        if Standing.UNKNOWN in {old and old.standing, new and new.standing}:
            continue
        some = new or old
        was, now = (old.score if old else None), (new.score if new else None)
        if some is not None and was != now and abs((now or 0.0) - (was or 0.0)) >= least - DUST:
            moves.append(Movement(some.signal, coin, _kind(was, now), was, now))
    return tuple(sorted(moves, key=lambda m: (-abs((m.after or 0.0) - (m.before or 0.0)), m.base_coin)))


def _kind(before: float | None, after: float | None) -> Move:
    if before is None:
        return Move.ENTERED
    if after is None:
        return Move.LEFT
    return Move.ROSE if after > before else Move.FELL


def compare_clusters(before: Sequence[Cluster], after: Sequence[Cluster]) -> tuple[ClusterMovement, ...]:
    """Clusters that appeared, grew (an insider more, or twice the value) or are gone."""
    old = {cluster.key: cluster for cluster in before}
    new = {cluster.key: cluster for cluster in after}
    moves = [ClusterMovement(ClusterMove.APPEARED, None, new[key]) for key in new.keys() - old.keys()]
    moves += [ClusterMovement(ClusterMove.GONE, old[key], None) for key in old.keys() - new.keys()]
    moves += [
        ClusterMovement(ClusterMove.GREW, old[key], new[key])
        for key in old.keys() & new.keys()
        if grew(old[key].insider_count, old[key].total_value, new[key])
    ]
    return tuple(sorted(moves, key=_importance))


def grew(insiders: int, value: float, now: Cluster) -> bool:
    """Whether a cluster has an insider more than it had, or at least twice the value in USD."""
    return now.insider_count > insiders or now.total_value >= 2 * value


def _importance(move: ClusterMovement) -> tuple[int, float, str]:
    cluster = move.after or move.before
    return (0, 0.0, "") if cluster is None else (move.after is None, -cluster.total_value, cluster.key)
