"""Deliveries as a refresh would queue them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.alerts.matching import Wish
from scoring.model import Signal
from storage import Storage
from storage.alerts import NewAlert
from storage.chats import Chat
from storage.outbox import ALERTS, NewDelivery
from tests.builders_storage import NOW

HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=1)


def chat_of(storage: Storage, address: str = "local", platform: str = "fake", **settings: Any) -> Chat:
    """A chat that is on, with one subscription."""
    with storage.write() as tx:
        chat = tx.chats.put(platform, address, NOW)
        tx.chats.settle(chat.id, settings)
        if not tx.subscriptions.of_chat(chat.id):
            tx.subscriptions.add(chat.id, "fake:me", "pump", Wish(Signal.PUMP, 3.0).to_json(), NOW)
    return chat


def new_alert(
    name: str,
    level: float | None = 4.0,
    kind: str = "NEW",
    key: str = "BTC",
    subscription: int | None = 1,
    **facts: Any,
) -> NewAlert:
    """An alert whose dedup key is `name`."""
    shown = {"title": key, "name": key, "level": level, "before": None, "minimum": 3, "reason": "", "peak": level}
    return NewAlert(name, subscription, "pump", key, facts.pop("episode", 1), kind, shown | facts)


def queue(
    storage: Storage,
    chat: Chat,
    *alerts: NewAlert | str,
    priority: int = 700,
    now: datetime = NOW,
    kind: str = ALERTS,
    expires: timedelta = HOUR,
) -> int:
    """Queue one message; returns how many alerts of it are new."""
    made = tuple(new_alert(one) if isinstance(one, str) else one for one in alerts)
    delivery = NewDelivery(
        chat_id=chat.id,
        platform=chat.platform,
        dedup_key="+".join(one.dedup_key for one in made) or f"{kind}:{now.timestamp()}",
        alerts=made,
        priority=priority,
        not_before=now,
        expires_at=now + expires,
        kind=kind,
    )
    with storage.write() as tx:
        return tx.outbox.enqueue([delivery], now)
