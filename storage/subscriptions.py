"""Chats, what they wish to hear, and the episodes of what they heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from storage import bulk
from storage.tables import ChatRow, EpisodeRow, SubscriptionRow

ACTIVE, OFF = "active", "off"


@dataclass(frozen=True, slots=True)
class Chat:
    """A place where alerts go."""

    id: int
    platform: str
    address: str  # the platform's own id
    status: str  # active, off
    off_reason: str | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """One chat's wish; `wish` is bot.alerts.matching.Wish as plain data."""

    id: int
    chat_id: int
    owner: str
    signal: str
    wish: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredEpisode:
    """An episode of one subscription; `state` is bot.alerts.episodes.Episode as plain data."""

    subscription_id: int
    key: str
    number: int
    opened_at: datetime
    closed_at: datetime | None
    state: Mapping[str, Any]


_SUBSCRIPTION = (
    SubscriptionRow.id,
    SubscriptionRow.chat_id,
    SubscriptionRow.owner,
    SubscriptionRow.signal,
    SubscriptionRow.wish,
    SubscriptionRow.created_at,
)
_CHAT = (ChatRow.id, ChatRow.platform, ChatRow.address, ChatRow.status, ChatRow.off_reason)


class Subscriptions:
    """Chats, subscriptions and episodes, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def chat(self, platform: str, address: str) -> Chat | None:
        """The chat, if it was ever seen."""
        return self._chat(ChatRow.platform == platform, ChatRow.address == address)

    def chat_by_id(self, chat_id: int) -> Chat | None:
        """The chat with that id."""
        return self._chat(ChatRow.id == chat_id)

    def put_chat(self, platform: str, address: str, now: datetime) -> Chat:
        """The chat, stored and active."""
        self._connection.execute(
            bulk.insert(self._connection, ChatRow)
            .values(platform=platform, address=address, status=ACTIVE, created_at=now)
            .on_conflict_do_update(index_elements=["platform", "address"], set_={"status": ACTIVE, "off_reason": None})
        )
        chat = self.chat(platform, address)
        if chat is None:
            raise LookupError(f"the chat {platform}:{address} vanished inside its own transaction")
        return chat

    def switch_chat_off(self, chat_id: int, reason: str) -> None:
        """Stop sending to a chat that is gone; its subscriptions stay."""
        self._connection.execute(update(ChatRow).where(ChatRow.id == chat_id).values(status=OFF, off_reason=reason))

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

    def delete(self, subscription_id: int, now: datetime) -> None:
        """End a subscription and its open episodes."""
        self._connection.execute(
            update(SubscriptionRow).where(SubscriptionRow.id == subscription_id).values(deleted_at=now)
        )
        self.end_episodes(subscription_id, now)

    def end_episodes(self, subscription_id: int, now: datetime) -> None:
        """Close the open episodes of a subscription."""
        self._connection.execute(
            update(EpisodeRow)
            .where(EpisodeRow.subscription_id == subscription_id, EpisodeRow.closed_at.is_(None))
            .values(closed_at=now)
        )

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

    def episodes(self, subscription_ids: Iterable[int] | None = None) -> tuple[StoredEpisode, ...]:
        """The newest episode of every subscription and key, open or closed.

        Closed ones are needed too: the next episode continues their numbers.
        """
        statement = select(
            EpisodeRow.subscription_id,
            EpisodeRow.key,
            EpisodeRow.number,
            EpisodeRow.opened_at,
            EpisodeRow.closed_at,
            EpisodeRow.state,
        ).order_by(EpisodeRow.subscription_id, EpisodeRow.key, EpisodeRow.number)
        if subscription_ids is not None:
            statement = statement.where(EpisodeRow.subscription_id.in_(list(subscription_ids)))
        newest = {(row.subscription_id, row.key): row for row in self._connection.execute(statement)}
        return tuple(StoredEpisode(*row) for row in newest.values())

    def put_episodes(self, episodes: Iterable[StoredEpisode]) -> None:
        """Store episodes as they are now."""
        names = ("subscription_id", "key", "number", "opened_at", "closed_at", "state")
        rows = [{name: getattr(episode, name) for name in names} for episode in episodes]
        if not rows:
            return
        statement = bulk.insert(self._connection, EpisodeRow)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["subscription_id", "key", "number"],
                set_={"closed_at": statement.excluded.closed_at, "state": statement.excluded.state},
            ),
            rows,
        )

    def _chat(self, *conditions: Any) -> Chat | None:
        row = self._connection.execute(select(*_CHAT).where(*conditions)).one_or_none()
        return None if row is None else Chat(*row)
