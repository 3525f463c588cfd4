"""The outbox: deliveries, each one message for one chat.

held → queued → in_flight → sent, or back to queued, or expired, superseded, dead. `in_flight` is committed
before the first byte leaves and the outcome after the last one, so that after a crash the two are told
apart: what was queued was certainly not sent, what was in flight may have been. A delivery is enqueued in the
transaction that found its alerts, and every end is counted in the transaction that writes it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, delete, func, literal, select, true, update

from storage.alerts import Alert, Alerts
from storage.batches import batches
from storage.chats import UNUSED
from storage.queueing import ALERTS, HELD, NOTICE, QUEUED, SAMPLE, NewDelivery, enqueue, enqueue_empty
from storage.tables import AlertRow, ChatRow, DeliveryRow, FindingRow, PlatformRow, UnixTime
from storage.tally import ENQUEUED, Tally

IN_FLIGHT = "in_flight"
SENT, EXPIRED, SUPERSEDED, DEAD = "sent", "expired", "superseded", "dead"
OPEN, FINAL = (HELD, QUEUED, IN_FLIGHT), (SENT, EXPIRED, SUPERSEDED, DEAD)
NOT_IN_TIME = "not sent in time"

__all__ = [
    "ALERTS", "DEAD", "EXPIRED", "FINAL", "HELD", "IN_FLIGHT", "NOTICE", "OPEN", "QUEUED", "SAMPLE", "SENT",
    "SUPERSEDED",
    "Delivery", "Health", "NewDelivery", "Outbox", "Waiting",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that has not gone out yet."""

    id: int
    chat_id: int
    kind: str
    state: str  # held, queued
    hold: str | None
    priority: int
    created_at: datetime
    not_before: datetime
    expires_at: datetime
    attempts: int
    maybe_repeat: bool
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that was claimed: whoever holds it sends it now."""

    id: int
    chat_id: int
    kind: str
    epoch: int
    attempts: int  # this one included
    created_at: datetime
    expires_at: datetime
    in_flight_at: datetime
    maybe_repeat: bool  # an earlier attempt may have arrived
    dedup_key: str


@dataclass(frozen=True, slots=True)
class Health:
    """What the outbox holds, and whether its sums agree."""

    counts: Mapping[str, int]  # state → deliveries; final ones since the beginning
    enqueued: int
    oldest_due: datetime | None  # the longest waiting that could go out

    @property
    def missing(self) -> int:
        """Enqueued less sent, dead, expired, superseded and open; anything but 0 is a fault of ours."""
        return self.enqueued - sum(self.counts.values())


class Outbox:
    """Deliveries, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tally = Tally(connection)
        self._alerts = Alerts(connection)

    def enqueue(
        self,
        deliveries: Sequence[NewDelivery],
        now: datetime,
        *,
        findings: Sequence[Mapping[str, Any]] = (),
        slot: int = 0,
    ) -> int:
        """Queue or hold messages; alerts that were queued before are left out, and messages that are then empty.

        `findings` are facts that several alerts share: `NewAlert.finding` is an index into them. Returns how many
        alerts are new.
        """
        return enqueue(self._connection, deliveries, now, findings=findings, slot=slot)

    def next_chat(self, platform: str, now: datetime, busy: Collection[int] = ()) -> int | None:
        """The chat whose message is the most urgent of those that may go out now."""
        statement = (
            select(DeliveryRow.chat_id)
            .join(ChatRow, ChatRow.id == DeliveryRow.chat_id)
            .where(
                DeliveryRow.state == QUEUED,
                DeliveryRow.platform == platform,
                DeliveryRow.expires_at > now,
                # What was tried at a time that is yet to come was tried before the clock was set back.
                (func.coalesce(ChatRow.retry_at, 0) <= now) | (DeliveryRow.in_flight_at > now),
                DeliveryRow.chat_id.not_in(list(busy)),
            )
            .order_by(DeliveryRow.priority, DeliveryRow.id)
            .limit(1)
        )
        return self._connection.execute(statement).scalar_one_or_none()

    def waiting(self, chat_id: int) -> tuple[Waiting, ...]:
        """Everything that waits for a chat, oldest first, with its alerts."""
        names = [name for name in Waiting.__dataclass_fields__ if name != "alerts"]
        rows = self._connection.execute(
            select(*(getattr(DeliveryRow, name) for name in names))
            .where(DeliveryRow.chat_id == chat_id, DeliveryRow.state.in_((HELD, QUEUED)))
            .order_by(DeliveryRow.id)
        ).all()
        alerts = self._alerts.of_deliveries([row.id for row in rows])
        return tuple(replace(Waiting(*row), alerts=alerts.get(row.id, ())) for row in rows)

    def is_flying(self, chat_id: int) -> bool:
        """Whether a message to this chat is under way, of this process or another."""
        statement = select(DeliveryRow.id).where(DeliveryRow.chat_id == chat_id, DeliveryRow.state == IN_FLIGHT)
        return self._connection.execute(statement.limit(1)).first() is not None

    def fly(self, delivery_id: int, owner: str, now: datetime, lease: timedelta) -> Delivery | None:
        """Mark a queued delivery in flight; None when somebody else was quicker."""
        row = self._connection.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery_id, DeliveryRow.state.in_((QUEUED, HELD)))
            .values(
                state=IN_FLIGHT,
                reason="sending",
                owner=owner,
                lease_until=now + lease,
                # Of a delivery in doubt: since when it may have arrived.
                in_flight_at=case((DeliveryRow.maybe_repeat, DeliveryRow.in_flight_at), else_=literal(now, UnixTime())),
                epoch=DeliveryRow.epoch + 1,
                attempts=DeliveryRow.attempts + 1,
            )
            .returning(*(getattr(DeliveryRow, name) for name in Delivery.__dataclass_fields__))
        ).one_or_none()
        return None if row is None else Delivery(*row)

    def move(self, refs: Sequence[str], delivery_id: int) -> None:
        """Put alerts into another delivery of the same chat."""
        for part in batches(refs):
            self._connection.execute(update(AlertRow).where(AlertRow.ref.in_(part)).values(delivery_id=delivery_id))

    def hold(self, delivery_id: int, until: datetime, hold: str, reason: str, expires_at: datetime) -> None:
        """Let a delivery wait."""
        self._change(delivery_id, state=HELD, hold=hold, reason=reason, not_before=until, expires_at=expires_at)

    def hold_apart(self, delivery_id: int, held: NewDelivery, refs: Sequence[str], now: datetime) -> None:
        """Let some alerts of a delivery wait, in a new one."""
        self.move(refs, enqueue_empty(self._connection, held, now))

    def release(self, now: datetime) -> int:
        """Queue what has been held long enough; returns how many."""
        return self._connection.execute(
            update(DeliveryRow)
            .where(DeliveryRow.state == HELD, DeliveryRow.not_before <= now)
            # What waited was not urgent: what rings now goes first.
            .values(state=QUEUED, reason="held until now", priority=DeliveryRow.priority + 2000)
        ).rowcount

    def release_chat(self, chat_id: int, now: datetime, hold: str | None = None) -> int:
        """Queue what is held for a chat, for one reason or for any; the courier looks again at what must wait."""
        condition = DeliveryRow.hold == hold if hold else DeliveryRow.hold.is_not(None)
        return self._connection.execute(
            update(DeliveryRow)
            .where(DeliveryRow.state == HELD, DeliveryRow.chat_id == chat_id, condition)
            # From now on it could go out: it is counted as waiting since then.
            .values(state=QUEUED, reason="held until now", not_before=now)
        ).rowcount

    def supersede(self, delivery_ids: Sequence[int], now: datetime, reason: str) -> None:
        """Close deliveries whose alerts went into another one."""
        for part in batches(delivery_ids):
            count = self._end(SUPERSEDED, now, reason, DeliveryRow.id.in_(part))
            self._tally.add(SUPERSEDED, count)

    def sent(self, delivery: Delivery, now: datetime, message_id: str | None) -> bool:
        """Note that the message arrived; False when the claim was lost meanwhile."""
        return self._settle(delivery, SENT, settled_at=now, reason=SENT, platform_message_id=message_id)

    def retry(self, delivery: Delivery, reason: str, *, maybe_repeat: bool) -> bool:
        """Queue it again; when its chat is tried again is for `Chats.retry_at`."""
        return self._settle(delivery, QUEUED, reason=reason, maybe_repeat=maybe_repeat)

    def bury(self, delivery: Delivery, now: datetime, reason: str, *, untold: bool = False) -> bool:
        """Give up on it, for good; `untold`: the chat is to be told that something did not come."""
        return self._settle(delivery, DEAD, settled_at=now, reason=reason, untold=untold)

    def bury_chat(self, chat_id: int, now: datetime, reason: str, *, untold: bool = False) -> int:
        """Give up on all that waits for a chat; returns how many. `untold`: it is to be told of the alerts."""
        waiting = DeliveryRow.chat_id == chat_id, DeliveryRow.state.in_((HELD, QUEUED))
        count = self._end(DEAD, now, reason, *waiting, untold=DeliveryRow.kind == ALERTS if untold else False)
        self._tally.add(DEAD, count)
        return count

    def expire(self, now: datetime, chat_id: int | None = None) -> tuple[tuple[int, str], ...]:
        """Take out what was not sent in time, for one chat or for all; returns (chat, platform) of each."""
        whose = true() if chat_id is None else DeliveryRow.chat_id == chat_id
        rows = self._connection.execute(
            update(DeliveryRow)
            .where(DeliveryRow.state == QUEUED, DeliveryRow.expires_at <= now, whose)
            .values(state=EXPIRED, reason=NOT_IN_TIME, settled_at=now, untold=DeliveryRow.kind == ALERTS)
            .returning(DeliveryRow.chat_id, DeliveryRow.platform)
        ).all()
        if rows:
            self._tally.add(EXPIRED, len(rows))
        return tuple((chat_id, platform) for chat_id, platform in rows)

    def recover(self, now: datetime, lease: timedelta, *, but: Collection[int] = (), owner: str | None = None) -> int:
        """Queue again what was in flight when its sender died; it may have arrived. Returns how many.

        `but` are those that the caller is sending. With an `owner` all of his, who is known to be dead; else those
        whose lease is over, or ends later than any `lease` that is given now: the clock was set back.
        """
        is_over = (DeliveryRow.lease_until <= now) | (DeliveryRow.lease_until > now + lease)
        lost = is_over if owner is None else DeliveryRow.owner == owner
        return self._connection.execute(
            update(DeliveryRow)
            .where(DeliveryRow.state == IN_FLIGHT, lost, DeliveryRow.id.not_in(list(but)))
            .values(state=QUEUED, reason="outcome unknown", maybe_repeat=True, owner=None, lease_until=None)
        ).rowcount

    def owners(self) -> frozenset[str]:
        """Who has something in flight."""
        statement = select(DeliveryRow.owner).where(DeliveryRow.state == IN_FLIGHT).distinct()
        return frozenset(owner for owner in self._connection.execute(statement).scalars() if owner)

    def untold(self, chat_id: int) -> dict[str, int]:
        """Why alerts did not come → how many; those that the chat has not been told of."""
        rows = self._connection.execute(
            select(DeliveryRow.reason, func.count())
            .join(AlertRow, AlertRow.delivery_id == DeliveryRow.id)
            .where(DeliveryRow.chat_id == chat_id, DeliveryRow.state.in_((EXPIRED, DEAD)), DeliveryRow.untold)
            .group_by(DeliveryRow.reason)
            .order_by(DeliveryRow.reason)
        )
        return {reason: count for reason, count in rows}  # noqa: C416

    def told(self, chat_id: int) -> None:
        """The chat has been told of them."""
        self._connection.execute(
            update(DeliveryRow)
            .where(DeliveryRow.chat_id == chat_id, DeliveryRow.state.in_((EXPIRED, DEAD)), DeliveryRow.untold)
            .values(untold=False)
        )

    def counts(self) -> dict[str, int]:
        """Deliveries by state: those that are open now, and those that ever ended so."""
        rows = self._connection.execute(
            select(DeliveryRow.state, func.count()).where(DeliveryRow.state.in_(OPEN)).group_by(DeliveryRow.state)
        )
        ended = self._tally.counts()
        found = {state: count for state, count in rows} | {state: ended.get(state, 0) for state in FINAL}  # noqa: C416
        return {state: count for state, count in sorted(found.items()) if count}

    def health(self, now: datetime) -> Health:
        """The counts, and whether everything that was ever enqueued is among them."""
        # A chat that must wait, as its platform asked, is no fault of ours; nor is one that nobody is to be sent to.
        unused = select(PlatformRow.name).where(PlatformRow.state == UNUSED)
        waiting_since = case((DeliveryRow.hold.is_(None), DeliveryRow.created_at), else_=DeliveryRow.not_before)
        oldest = self._connection.execute(
            select(func.min(waiting_since))
            .join(ChatRow, ChatRow.id == DeliveryRow.chat_id)
            .where(
                DeliveryRow.state.in_((QUEUED, IN_FLIGHT)),
                func.coalesce(ChatRow.retry_at, 0) <= now,
                DeliveryRow.platform.not_in(unused),
            )
        ).scalar_one()
        return Health(self.counts(), self._tally.counts().get(ENQUEUED, 0), oldest)

    def prune(self, before: datetime) -> int:
        """Forget deliveries that ended before, with their alerts; returns how many."""
        old = select(DeliveryRow.id).where(DeliveryRow.state.in_(FINAL), DeliveryRow.settled_at < before)
        self._connection.execute(delete(AlertRow).where(AlertRow.delivery_id.in_(old)))
        used = select(AlertRow.finding_id).where(AlertRow.finding_id.is_not(None))
        count = self._connection.execute(
            delete(DeliveryRow).where(DeliveryRow.state.in_(FINAL), DeliveryRow.settled_at < before)
        ).rowcount
        if count:
            self._connection.execute(delete(FindingRow).where(FindingRow.id.not_in(used)))
        return count

    def _end(self, state: str, now: datetime, reason: str, *conditions: Any, untold: Any = False) -> int:
        return self._connection.execute(
            update(DeliveryRow).where(*conditions).values(state=state, reason=reason, settled_at=now, untold=untold)
        ).rowcount

    def _change(self, delivery_id: int, **values: Any) -> None:
        self._connection.execute(update(DeliveryRow).where(DeliveryRow.id == delivery_id).values(**values))

    def _settle(self, delivery: Delivery, state: str, **values: Any) -> bool:
        # The epoch fences: a sender that slept through its lease must not overwrite its successor's word.
        result = self._connection.execute(
            update(DeliveryRow)
            .where(
                DeliveryRow.id == delivery.id,
                DeliveryRow.epoch == delivery.epoch,
                DeliveryRow.state == IN_FLIGHT,
            )
            .values(state=state, owner=None, lease_until=None, **values)
        )
        if result.rowcount == 1 and state in FINAL:
            self._tally.add(state, 1)
        return result.rowcount == 1
