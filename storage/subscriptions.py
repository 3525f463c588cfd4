"""What chats wish to hear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, cast, select, update

from storage import bulk
from storage.chats import ACTIVE
from storage.episodes import Episodes
from storage.tables import ChatRow, SubscriptionRow


@dataclass(frozen=True, slots=True)
class Subscription:
    """One chat's wish; `wish` is bot.alerts.matching.Wish as plain data."""

    id: int
    chat_id: int
    owner: str
    signal: str
    wish: Mapping[str, Any]
    created_at: datetime


MOST_ID = 2**63 - 1  # that a database holds
StoredWish = tuple[int, int, str]  # subscription, chat, and its wish as JSON text

_SUBSCRIPTION = (
    SubscriptionRow.id,
    SubscriptionRow.chat_id,
    SubscriptionRow.owner,
    SubscriptionRow.signal,
    SubscriptionRow.wish,
    SubscriptionRow.created_at,
)


class Subscriptions:
    """Subscriptions, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, chat_id: int, owner: str, signal: str, wish: Mapping[str, Any], now: datetime) -> Subscription:
        """Store a new subscription."""
        result = self._connection.execute(
            bulk.insert(self._connection, SubscriptionRow)
            .values(chat_id=chat_id, owner=owner, signal=signal, wish=dict(wish), created_at=now)
            .returning(SubscriptionRow.id)
        )
        return Subscription(result.scalar_one(), chat_id, owner, signal, wish, now)

    def change(self, subscription_id: int, wish: Mapping[str, Any]) -> None:
        """Give a subscription another wish."""
        self._connection.execute(
            update(SubscriptionRow).where(SubscriptionRow.id == subscription_id).values(wish=dict(wish))
        )

    def move(self, subscription_id: int, chat_id: int) -> None:
        """Let a subscription ring in another chat; what waits already stays where it is."""
        self._connection.execute(
            update(SubscriptionRow).where(SubscriptionRow.id == subscription_id).values(chat_id=chat_id)
        )

    def delete(self, subscription_id: int, now: datetime) -> None:
        """End a subscription and its open episodes."""
        self._connection.execute(
            update(SubscriptionRow).where(SubscriptionRow.id == subscription_id).values(deleted_at=now)
        )
        Episodes(self._connection).end(subscription_id, now)

    def by_id(self, subscription_id: int) -> Subscription | None:
        """The subscription, living or deleted."""
        if subscription_id > MOST_ID:
            return None
        statement = select(*_SUBSCRIPTION).where(SubscriptionRow.id == subscription_id)
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else Subscription(*row)

    def of_owner(self, owner: str) -> tuple[Subscription, ...]:
        """The living subscriptions that a person made, wherever they ring; `owner` names platform and person."""
        rows = self._connection.execute(
            select(*_SUBSCRIPTION)
            .where(SubscriptionRow.owner == owner, SubscriptionRow.deleted_at.is_(None))
            .order_by(SubscriptionRow.id)
        )
        return tuple(Subscription(*row) for row in rows)

    def of_chat(self, chat_id: int) -> tuple[Subscription, ...]:
        """The living subscriptions of a chat, oldest first."""
        rows = self._connection.execute(
            select(*_SUBSCRIPTION)
            .where(SubscriptionRow.chat_id == chat_id, SubscriptionRow.deleted_at.is_(None))
            .order_by(SubscriptionRow.id)
        )
        return tuple(Subscription(*row) for row in rows)

    def active(self) -> tuple[Subscription, ...]:
        """The living subscriptions of all chats that are on."""
        rows = self._connection.execute(
            select(*_SUBSCRIPTION)
            .join(ChatRow, ChatRow.id == SubscriptionRow.chat_id)
            .where(SubscriptionRow.deleted_at.is_(None), ChatRow.status == ACTIVE)
            .order_by(SubscriptionRow.id)
        )
        return tuple(Subscription(*row) for row in rows)

    def active_wishes(self) -> list[StoredWish]:
        """The same, oldest first, for whoever needs all of them at once: not decoded, since many wish the same."""
        statement = (
            select(SubscriptionRow.id, SubscriptionRow.chat_id, cast(SubscriptionRow.wish, Text))
            .join(ChatRow, ChatRow.id == SubscriptionRow.chat_id)
            .where(SubscriptionRow.deleted_at.is_(None), ChatRow.status == ACTIVE)
            .order_by(SubscriptionRow.id)
        )
        # From the driver: of a hundred thousand rows half of the time goes into wrapping each.
        cursor = self._connection.execute(statement).cursor
        return [] if cursor is None else list(cursor.fetchall())
