"""Alerts: one change matched to one subscription, each found again by its #ref."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select, tuple_

from storage.batches import batches
from storage.tables import AlertRow, DeliveryRow, EpisodeRow, FindingRow, SubscriptionRow

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that looks like something else
# Short while few were made. Refs of six letters are left out: an earlier version made those from hashes.
LENGTHS = (5, 7)


@dataclass(frozen=True, slots=True)
class NewAlert:
    """One change matched to one subscription, to be told."""

    dedup_key: str
    subscription_id: int | None  # None: a sample
    signal: str
    key: str
    episode: int
    kind: str
    facts: Mapping[str, Any]  # what only this subscription makes of it
    finding: int | None = None  # which of the findings that are queued with it; None: all is in `facts`


@dataclass(frozen=True, slots=True)
class Alert:
    """A stored alert."""

    ref: str
    subscription_id: int | None
    signal: str
    key: str
    episode: int
    kind: str
    created_at: datetime
    facts: Mapping[str, Any]  # the finding's and its own


@dataclass(frozen=True, slots=True)
class Told:
    """An alert, and what became of it."""

    alert: Alert
    state: str  # of its delivery
    reason: str
    hold: str | None
    not_before: datetime
    settled_at: datetime | None


_ALERT = (
    AlertRow.ref,
    AlertRow.subscription_id,
    AlertRow.signal,
    AlertRow.key,
    AlertRow.episode,
    AlertRow.kind,
    AlertRow.created_at,
    AlertRow.facts,
    FindingRow.facts,
)
_SPAN = (EpisodeRow.opened_at, EpisodeRow.closed_at)
_FATE = (
    DeliveryRow.state,
    DeliveryRow.reason,
    DeliveryRow.hold,
    DeliveryRow.not_before,
    DeliveryRow.settled_at,
)


def ref_of(number: int) -> str:
    """The #ref of the alert with that number: short, and no two alike.

    >>> [ref_of(number) for number in (1, 2, 3)]
    ['6nr8h', 'ajfez', 'eepm8']
    """
    space = len(LETTERS) ** LENGTHS[0]
    length = LENGTHS[0] if number < space else LENGTHS[1]
    # Multiplying by a number without a common factor scatters neighbours and stays one to one.
    value = number * 4_178_819 % len(LETTERS) ** length
    letters = ""
    for _ in range(length):
        value, place = divmod(value, len(LETTERS))
        letters = LETTERS[place] + letters
    return letters


class Alerts:
    """Alerts and their fate, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_deliveries(self, delivery_ids: Sequence[int]) -> dict[int, tuple[Alert, ...]]:
        """Delivery → its alerts, in the order in which they were queued."""
        found: dict[int, list[Alert]] = {}
        for part in batches(delivery_ids):
            statement = _joined(select(AlertRow.delivery_id, *_ALERT)).where(AlertRow.delivery_id.in_(part))
            for delivery_id, *row in self._connection.execute(statement.order_by(AlertRow.id)):
                found.setdefault(delivery_id, []).append(_alert(row))
        return {delivery_id: tuple(alerts) for delivery_id, alerts in found.items()}

    def by_ref(self, ref: str, chat_ids: Sequence[int]) -> Told | None:
        """The alert with that #ref, if it was for one of these chats."""
        found = self._told(AlertRow.ref == ref, DeliveryRow.chat_id.in_(chat_ids))
        return found[0] if found else None

    def since(self, chat_id: int, since: datetime, limit: int) -> tuple[Told, ...]:
        """What rang for a chat since a time, sent or not, newest first."""
        return self._told(DeliveryRow.chat_id == chat_id, AlertRow.created_at >= since, limit=limit)

    def in_message(self, ref: str, chat_id: int) -> tuple[Told, ...]:
        """All alerts of the message in which the one with that #ref came."""
        message = select(AlertRow.delivery_id).where(AlertRow.ref == ref).scalar_subquery()
        return self._told(DeliveryRow.chat_id == chat_id, AlertRow.delivery_id == message)

    def sent_since(self, chat_id: int, since: datetime) -> int:
        """How many alerts a chat has been sent since a time."""
        return self._connection.execute(
            select(func.count())
            .select_from(AlertRow)
            .join(DeliveryRow, DeliveryRow.id == AlertRow.delivery_id)
            .where(
                DeliveryRow.chat_id == chat_id,
                DeliveryRow.state == "sent",
                DeliveryRow.kind == "alerts",
                DeliveryRow.settled_at >= since,
            )
        ).scalar_one()

    def first_message(self, alert: Alert, chat_id: int) -> str | None:
        """The platform's id of the message that first told a chat of the alert's episode; None when none did."""
        if alert.subscription_id is None:
            return None
        return self._connection.execute(
            select(DeliveryRow.platform_message_id)
            .join(AlertRow, AlertRow.delivery_id == DeliveryRow.id)
            .where(
                AlertRow.subscription_id == alert.subscription_id,
                AlertRow.key == alert.key,
                AlertRow.episode == alert.episode,
                # Where a subscription rang before it was moved, a message of that number is another one.
                DeliveryRow.chat_id == chat_id,
                DeliveryRow.platform_message_id.is_not(None),
            )
            .order_by(AlertRow.id)
            .limit(1)
        ).scalar_one_or_none()

    def over(self, alerts: Sequence[Alert]) -> frozenset[str]:
        """The #refs of those whose episode has ended, and was not begun anew by a change of its subscription.

        What became of the coins of a subscription that is deleted nobody knows.
        """
        stories: dict[tuple[int | None, str], list[Any]] = {}
        for part in batches(sorted({(one.subscription_id, one.key) for one in alerts if one.subscription_id})):
            rows = self._connection.execute(
                select(EpisodeRow.subscription_id, EpisodeRow.key, EpisodeRow.number, *_SPAN)
                .join(SubscriptionRow, SubscriptionRow.id == EpisodeRow.subscription_id)
                .where(
                    tuple_(EpisodeRow.subscription_id, EpisodeRow.key).in_(part), SubscriptionRow.deleted_at.is_(None)
                )
                .order_by(EpisodeRow.number)
            )
            for row in rows:
                stories.setdefault((row.subscription_id, row.key), []).append(row)
        return frozenset(
            one.ref for one in alerts if _is_over(one.episode, stories.get((one.subscription_id, one.key), ()))
        )

    def _told(self, *conditions: Any, limit: int | None = None) -> tuple[Told, ...]:
        statement = _joined(select(*_FATE, *_ALERT)).join(DeliveryRow, DeliveryRow.id == AlertRow.delivery_id)
        statement = statement.where(*conditions).order_by(AlertRow.id.desc()).limit(limit)
        width = len(_FATE)
        return tuple(Told(_alert(row[width:]), *row[:width]) for row in self._connection.execute(statement))


def _joined(statement: Select[Any]) -> Select[Any]:
    return statement.select_from(AlertRow).outerjoin(FindingRow, FindingRow.id == AlertRow.finding_id)


def _alert(row: Sequence[Any]) -> Alert:
    ref, subscription_id, signal, key, episode, kind, created_at, own, shared = row
    facts = {**(shared or {}), **own}
    return Alert(ref, subscription_id, signal, key, episode, kind, created_at, facts)


def _is_over(number: int, episodes: Sequence[Any]) -> bool:
    """Whether the one of these episodes, oldest first, has ended."""
    closed_at = None
    for one in episodes:
        # A change of the subscription ends an episode and begins the next at the same moment.
        if one.number == number or (closed_at is not None and one.opened_at == closed_at):
            closed_at = one.closed_at
    return closed_at is not None
