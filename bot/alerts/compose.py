"""What goes out to one chat now, of all that waits for it (pure).

Everything that is due for a chat is one message, so that a platform that comes back, or the end of quiet hours,
brings one message and not a flood. What was in doubt goes by itself, as it was: a platform that knows its nonce
would take a changed message for the old one, and drop what is new in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts.digest import urgency
from bot.alerts.holding import Hold, Manners, Why, cap_hold, chat_hold, hold_of
from bot.views import numbers
from bot.words import mark, tr
from storage.alerts import Alert
from storage.outbox import ALERTS, NOTICE, QUEUED, SAMPLE, Waiting

LATE = timedelta(minutes=10)  # what waited longer than this without being held was delayed
OCCASIONS = {
    Why.QUIET: mark("Quiet hours are over"),
    Why.MUTED: mark("No longer muted"),
    Why.DAILY: mark("Daily digest"),
    Why.CAP: mark("Left over from the day before"),
}


@dataclass(frozen=True, slots=True)
class Wait:
    """Some alerts of a delivery that must wait; `refs` are empty when all of it must."""

    delivery: Waiting
    hold: Hold
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with all that waits for a chat."""

    carrier: Waiting | None = None  # the delivery that goes out; None: nothing does
    alerts: tuple[Alert, ...] = ()  # all that go out in it
    joining: tuple[str, ...] = ()  # #refs of those that come from other deliveries
    emptied: tuple[int, ...] = ()  # deliveries that are left without an alert
    waits: tuple[Wait, ...] = ()
    capped: int = 0  # alerts that wait because the day's cap is reached
    occasion: str = ""


def plan(waiting: Sequence[Waiting], manners: Manners, sent_today: int, now: datetime) -> Plan:
    """Decide for all deliveries of one chat. `sent_today` counts alerts since the chat's midnight."""
    due = [one for one in waiting if one.state == QUEUED and one.expires_at > now]
    alone = next((one for one in due if one.maybe_repeat or one.kind == SAMPLE), None)
    if alone is not None:
        hold = _hold_of_all(alone, manners, now)
        return Plan(alone, alone.alerts) if hold is None else Plan(waits=(Wait(alone, hold),))
    ready, holds = _sorted_out(due, manners, now)
    ready, capped = _within_cap(ready, manners, sent_today, now)
    holds |= capped
    ready |= _pulled_along(waiting, ready, now)
    left_over = sum(ref not in ready for ref in capped)
    leave_alone = chat_hold(manners, now)
    notices = [one for one in due if one.kind == NOTICE]
    waits = [*_waits(due, holds, ready), *(Wait(one, leave_alone) for one in notices if leave_alone is not None)]
    carrying = [one for one in waiting if any(alert.ref in ready for alert in one.alerts)]
    going = carrying if leave_alone is not None else [*carrying, *notices]
    if not going:
        return Plan(waits=tuple(waits), capped=left_over)
    # Never one that is held: what stays in it must not go out with the rest.
    carrier = min((one for one in going if one in due), key=lambda one: (one.priority, one.id))
    own = {alert.ref for alert in carrier.alerts}
    return Plan(
        carrier=carrier,
        alerts=tuple(alert for one in waiting for alert in one.alerts if alert.ref in ready),
        joining=tuple(ref for ref in ready if ref not in own),
        emptied=tuple(
            one.id for one in going if one is not carrier and all(alert.ref in ready for alert in one.alerts)
        ),
        waits=tuple(waits),
        capped=left_over,
        occasion=_occasion(carrying, now),
    )


def _sorted_out(due: Iterable[Waiting], manners: Manners, now: datetime) -> tuple[dict[str, Alert], dict[str, Hold]]:
    """#ref → alert that may go out, and #ref → hold of those that may not."""
    ready: dict[str, Alert] = {}
    holds: dict[str, Hold] = {}
    for delivery in due:
        if delivery.kind != ALERTS:
            continue
        for alert in delivery.alerts:
            hold = hold_of(alert, manners, alert.created_at, now)
            if hold is None:
                ready[alert.ref] = alert
            else:
                holds[alert.ref] = hold
    return ready, holds


def _within_cap(
    ready: dict[str, Alert], manners: Manners, sent_today: int, now: datetime
) -> tuple[dict[str, Alert], dict[str, Hold]]:
    cap = manners.settings.cap
    if cap is None or len(ready) <= (room := max(0, cap - sent_today)):
        return ready, {}
    ordered = sorted(ready.values(), key=urgency)
    hold = cap_hold(manners, now)
    return {one.ref: one for one in ordered[:room]}, {one.ref: hold for one in ordered[room:]}


def _pulled_along(waiting: Iterable[Waiting], ready: dict[str, Alert], now: datetime) -> dict[str, Alert]:
    """Earlier alerts of an episode of which a later one goes out: nobody hears of a rise before the beginning."""
    stories = {(one.subscription_id, one.key, one.episode): one.ref for one in ready.values()}
    return {
        alert.ref: alert
        for delivery in waiting
        if delivery.kind == ALERTS and not delivery.maybe_repeat
        if delivery.state != QUEUED or delivery.expires_at > now
        for alert in delivery.alerts
        if (alert.subscription_id, alert.key, alert.episode) in stories
    }


def _waits(due: Iterable[Waiting], holds: dict[str, Hold], ready: dict[str, Alert]) -> Iterable[Wait]:
    for delivery in due:
        by_hold: dict[Hold, list[str]] = defaultdict(list)
        for alert in delivery.alerts:
            if alert.ref in holds and alert.ref not in ready:
                by_hold[holds[alert.ref]].append(alert.ref)
        whole = sum(map(len, by_hold.values())) == len(delivery.alerts) and len(by_hold) == 1
        for hold, refs in by_hold.items():
            yield Wait(delivery, hold, () if whole else tuple(refs))


def _hold_of_all(delivery: Waiting, manners: Manners, now: datetime) -> Hold | None:
    """The hold of a delivery that must not be taken apart: the first that ends, when every alert has one."""
    if delivery.kind != ALERTS:
        return None
    holds = [hold_of(alert, manners, alert.created_at, now) for alert in delivery.alerts]
    if not holds or None in holds:
        return None
    return min((one for one in holds if one is not None), key=lambda one: one.until)


def _occasion(carrying: Sequence[Waiting], now: datetime) -> str:
    reasons = {one.hold for one in carrying if one.hold}
    if len(reasons) == 1 and len({one.hold for one in carrying}) == 1:
        return tr(OCCASIONS[Why(reasons.pop())])
    if reasons:
        return tr("Held until now")
    oldest = min((one.created_at for one in carrying), default=now)
    if now - oldest < LATE or len(carrying) < 2:
        return ""
    return tr("Delayed by up to {span}", span=numbers.duration(now - oldest))
