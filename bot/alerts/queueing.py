"""From what rings to the outbox: one message a chat, and one more for each reason to wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from bot.alerts.digest import priority
from bot.alerts.holding import Digest, Hold, Manners, chat_hold, hold_of
from bot.alerts.matched import Matched
from bot.alerts.quiet import ChatSettings
from scoring.model import ChangeKind
from storage import Transaction
from storage.alerts import NewAlert
from storage.outbox import NewDelivery


@dataclass(frozen=True, slots=True)
class Origin:
    """The refresh that found it all."""

    now: datetime
    slot: int
    expire: timedelta  # after it could first be sent


def queue(tx: Transaction, matched: Matched, at: Origin) -> int:
    """Queue what rings, or hold it as each chat wishes; returns how many alerts are new."""
    if not matched.alerts:
        return 0
    findings = matched.findings
    chats, mutes = tx.chats.active(), tx.chats.all_mutes(at.now)
    # Numbered on from all that ever were: a slot that is run again must not meet the messages of its first run, which
    # may have been joined since.
    attempts = count(tx.tally.counts().get("last_delivery_id", 0))
    urgency = _Urgency(findings)
    deliveries: list[NewDelivery] = []
    for chat_id, alerts in sorted(matched.alerts.items()):
        chat = chats[chat_id]
        manners = Manners(ChatSettings.from_json(chat.settings), chat.muted_until, mutes.get(chat_id, {}))
        parts = _by_hold(sorted(alerts, key=urgency.of), findings, manners, at.now)
        for hold, part in parts.items():
            release = at.now if hold is None else hold.until
            deliveries.append(
                NewDelivery(
                    chat_id=chat_id,
                    platform=chat.platform,
                    dedup_key=f"{chat_id}:{at.slot}:{next(attempts)}",
                    alerts=tuple(part),
                    priority=urgency.of(part[0]),
                    not_before=release,
                    expires_at=release + at.expire,
                    hold=None if hold is None else hold.why.value,
                    reason="new" if hold is None else hold.reason,
                )
            )
    return tx.outbox.enqueue(deliveries, at.now, findings=findings, slot=at.slot)


def whole(alert: NewAlert, findings: Sequence[Mapping[str, Any]]) -> NewAlert:
    """The alert with all its facts, as it will be read back."""
    return alert if alert.finding is None else replace(alert, facts={**findings[alert.finding], **alert.facts})


def _by_hold(
    alerts: Sequence[NewAlert], findings: Sequence[Mapping[str, Any]], manners: Manners, now: datetime
) -> dict[Hold | None, list[NewAlert]]:
    """The alerts apart by until when they wait, and why."""
    # Most chats make nothing wait, and a storm has a million alerts.
    is_open = chat_hold(manners, now) is None and not manners.mutes
    parts: dict[tuple[str, datetime] | None, tuple[Hold | None, list[NewAlert]]] = {}
    for one in alerts:
        plain = is_open and one.facts.get("digest") != Digest.DAILY
        hold = None if plain else hold_of(whole(one, findings), manners, now, now)
        place = None if hold is None else (hold.why.value, hold.until)
        parts.setdefault(place, (hold, []))[1].append(one)
    return dict(parts.values())


class _Urgency:
    """How urgent an alert is: 0 most, as `digest.priority` says; looked up once a finding, for it may have many."""

    def __init__(self, findings: Sequence[Mapping[str, Any]]) -> None:
        self._findings = findings
        self._known: dict[tuple[int | None, bool], int] = {}

    def of(self, alert: NewAlert) -> int:
        place = (alert.finding, alert.kind == ChangeKind.RESOLVED)
        if place not in self._known:
            self._known[place] = priority([whole(alert, self._findings)])
        return self._known[place]
