"""The outbox: deliveries and the alerts in them.

queued → in_flight → sent, or back to queued (not_before), or expired, or dead. `in_flight` is committed
before the first byte leaves and the outcome after the last one, so that after a crash the two are told
apart: what was queued was certainly not sent, what was in flight may have been.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from storage import bulk
from storage.tables import AlertRow, DeliveryRow, SubscriptionRow

QUEUED, IN_FLIGHT, SENT, EXPIRED, DEAD = "queued", "in_flight", "sent", "expired", "dead"


@dataclass(frozen=True, slots=True)
class NewAlert:
    """One change matched to one subscription, to be told."""

    ref: str
    dedup_key: str
    subscription_id: int
    signal: str
    key: str
    episode: int
    kind: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Alert:
    """A stored alert."""

    ref: str
    subscription_id: int
    signal: str
    key: str
    episode: int
    kind: str
    created_at: datetime
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that was claimed: whoever holds it sends it now."""

    id: int
    chat_id: int
    epoch: int
    attempts: int  # this one included
    created_at: datetime
    expires_at: datetime
    maybe_repeat: bool  # an earlier attempt may have arrived


class Outbox:
    """Deliveries and alerts, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def enqueue(
        self,
        chat_id: int,
        alerts: Sequence[NewAlert],
        *,
        dedup_key: str,
        priority: int,
        now: datetime,
        expires_at: datetime,
    ) -> int | None:
        """Queue one message for one chat; alerts that were queued before are left out.

        Returns the delivery's id, or None when nothing new was left to say.
        """
        keys = [alert.dedup_key for alert in alerts]
        known = set(self._connection.execute(select(AlertRow.dedup_key).where(AlertRow.dedup_key.in_(keys))).scalars())
        fresh = [alert for alert in alerts if alert.dedup_key not in known]
        if not fresh:
            return None
        delivery_id = self._connection.execute(
            bulk.insert(self._connection, DeliveryRow)
            .values(
                dedup_key=dedup_key,
                chat_id=chat_id,
                state=QUEUED,
                reason="new",
                priority=priority,
                created_at=now,
                not_before=now,
                expires_at=expires_at,
                attempts=0,
                epoch=0,
                maybe_repeat=False,
            )
            .returning(DeliveryRow.id)
        ).scalar_one()
        names = ("ref", "dedup_key", "subscription_id", "signal", "key", "episode", "kind", "facts")
        self._connection.execute(
            bulk.insert(self._connection, AlertRow),
            [
                {"delivery_id": delivery_id, "created_at": now} | {name: getattr(alert, name) for name in names}
                for alert in fresh
            ],
        )
        return delivery_id

    def messages_of(self, chat_id: int, slot: int) -> int:
        """How many messages a refresh has queued for a chat: a slot that is run again may find more to say."""
        like = f"{chat_id}:{slot}:%"
        return self._connection.execute(
            select(func.count()).select_from(DeliveryRow).where(DeliveryRow.dedup_key.like(like))
        ).scalar_one()

    def claim(self, owner: str, now: datetime, lease: timedelta, limit: int = 1) -> tuple[Delivery, ...]:
        """Take the most urgent deliveries that are due and mark them in flight."""
        due = (
            select(DeliveryRow.id)
            .where(DeliveryRow.state == QUEUED, DeliveryRow.not_before <= now, DeliveryRow.expires_at > now)
            .order_by(DeliveryRow.priority, DeliveryRow.not_before, DeliveryRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = self._connection.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id.in_(due))
            .values(
                state=IN_FLIGHT,
                reason="sending",
                owner=owner,
                lease_until=now + lease,
                in_flight_at=now,
                epoch=DeliveryRow.epoch + 1,
                attempts=DeliveryRow.attempts + 1,
            )
            .returning(
                DeliveryRow.id,
                DeliveryRow.chat_id,
                DeliveryRow.epoch,
                DeliveryRow.attempts,
                DeliveryRow.created_at,
                DeliveryRow.expires_at,
                DeliveryRow.maybe_repeat,
                DeliveryRow.priority,
            )
        ).all()
        ordered = sorted(rows, key=lambda row: (row.priority, row.id))
        return tuple(
            Delivery(
                id=row.id,
                chat_id=row.chat_id,
                epoch=row.epoch,
                attempts=row.attempts,
                created_at=row.created_at,
                expires_at=row.expires_at,
                maybe_repeat=row.maybe_repeat,
            )
            for row in ordered
        )

    def sent(self, delivery: Delivery, now: datetime, message_id: str | None) -> bool:
        """Note that the message arrived; False when the claim was lost meanwhile."""
        return self._settle(delivery, state=SENT, reason="sent", sent_at=now, platform_message_id=message_id)

    def retry(self, delivery: Delivery, not_before: datetime, reason: str, *, maybe_sent: bool) -> bool:
        """Queue it again for later."""
        return self._settle(delivery, state=QUEUED, reason=reason, not_before=not_before, maybe_repeat=maybe_sent)

    def bury(self, delivery: Delivery, reason: str) -> bool:
        """Give up on it, for good."""
        return self._settle(delivery, state=DEAD, reason=reason)

    def expire(self, now: datetime) -> int:
        """Take out what was not sent in time; returns how many."""
        return self._connection.execute(
            update(DeliveryRow)
            .where(DeliveryRow.state == QUEUED, DeliveryRow.expires_at <= now)
            .values(state=EXPIRED, reason="not sent in time")
        ).rowcount

    def recover(self, now: datetime) -> int:
        """Queue again what was in flight when its sender died; it may have arrived. Returns how many."""
        return self._connection.execute(
            update(DeliveryRow)
            .where(DeliveryRow.state == IN_FLIGHT, DeliveryRow.lease_until <= now)
            .values(state=QUEUED, reason="outcome unknown", maybe_repeat=True, not_before=now)
        ).rowcount

    def alerts_of(self, delivery_id: int) -> tuple[Alert, ...]:
        """The alerts in a delivery, in the order in which they were queued."""
        return self._alerts(AlertRow.delivery_id == delivery_id)

    def alert(self, ref: str, chat_id: int) -> Alert | None:
        """The alert with that #ref, if it went to this chat."""
        found = self._alerts(AlertRow.ref == ref, SubscriptionRow.chat_id == chat_id)
        return found[0] if found else None

    def counts(self) -> dict[str, int]:
        """Deliveries by state."""
        rows = self._connection.execute(
            select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state).order_by(DeliveryRow.state)
        )
        return {state: count for state, count in rows}  # noqa: C416

    def _alerts(self, *conditions: Any) -> tuple[Alert, ...]:
        rows = self._connection.execute(
            select(
                AlertRow.ref,
                AlertRow.subscription_id,
                AlertRow.signal,
                AlertRow.key,
                AlertRow.episode,
                AlertRow.kind,
                AlertRow.created_at,
                AlertRow.facts,
            )
            .join(SubscriptionRow, SubscriptionRow.id == AlertRow.subscription_id)
            .where(*conditions)
            .order_by(AlertRow.id)
        )
        return tuple(Alert(*row) for row in rows)

    def _settle(self, delivery: Delivery, **values: Any) -> bool:
        # The epoch fences: a sender that slept through its lease must not overwrite its successor's word.
        result = self._connection.execute(
            update(DeliveryRow)
            .where(
                DeliveryRow.id == delivery.id,
                DeliveryRow.epoch == delivery.epoch,
                DeliveryRow.state == IN_FLIGHT,
            )
            .values(owner=None, lease_until=None, **values)
        )
        return result.rowcount == 1
