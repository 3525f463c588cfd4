"""What one chat is told after one refresh: in which order, and nothing twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from scoring.model import ChangeKind, Signal
from storage.alerts import Alert, NewAlert

RANK = {ChangeKind.ESCALATED: 0, ChangeKind.GROWN: 1, ChangeKind.NEW: 2, ChangeKind.RESOLVED: 3}


def urgency(alert: Alert | NewAlert) -> tuple[int, float, int, str, str, int]:
    """Sort key, worst first: what rings before what is over, high before low, escalations before new.

    The rest makes the order the same however the alerts came in.
    """
    kind = ChangeKind(alert.kind)
    level = float(alert.facts.get("level") or 0.0)
    worst = -_of_ten(alert.signal, level)
    return (kind is ChangeKind.RESOLVED, worst, RANK[kind], alert.key, alert.signal, alert.subscription_id or 0)


def priority(alerts: Iterable[Alert | NewAlert]) -> int:
    """The priority of a message that holds these alerts: 0 the most urgent, 1000 and more routine."""
    over, level, *_ = min(urgency(alert) for alert in alerts)
    return 1000 * over + round(1000 + 100 * level)


def merged(alerts: Sequence[Alert], over: Collection[str] = ()) -> list[tuple[Alert, tuple[int, ...]]]:
    """Worst first, each coin or cluster once, with all subscriptions that ring for it.

    Two subscriptions of one chat with different minimums may ring for one coin in one refresh; the most
    urgent alert of them is shown, and names both. What is over for one and rings for another is two entries:
    who asked to be told of the end must not read the other's alert instead. So it is with a story that has ended
    before it could be told (`over` has the #refs of those) and the one that has begun since.
    """
    groups: dict[tuple[str, str, bool, bool], list[Alert]] = {}
    for alert in sorted(alerts, key=urgency):
        place = (alert.signal, alert.key, alert.kind == ChangeKind.RESOLVED, alert.ref in over)
        groups.setdefault(place, []).append(alert)
    return [(group[0], _subscriptions(group)) for group in groups.values()]


def _subscriptions(group: Sequence[Alert]) -> tuple[int, ...]:
    return tuple(sorted({one.subscription_id for one in group if one.subscription_id is not None}))


def _of_ten(signal: str, level: float) -> float:
    """A level on the scale of scores: a cluster of 10 insiders is as urgent as a score of 10."""
    return min(level, 10.0) if signal == Signal.CLUSTERS else level
