"""Chats, subscriptions, episodes, and the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table


class ChatRow(Table):
    """A place where alerts go."""

    __tablename__ = "chat"
    __table_args__ = (UniqueConstraint("platform", "address"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str]
    address: Mapped[str]  # the platform's own id of the chat
    status: Mapped[str]  # active, off
    off_reason: Mapped[str | None]
    created_at: Mapped[datetime]


class SubscriptionRow(Table):
    """One chat's wish, owned by the person who made it. Deleting keeps the row, for its alerts' sake."""

    __tablename__ = "subscription"
    id: Mapped[int] = mapped_column(primary_key=True)
    chat_id: Mapped[int] = mapped_column(ForeignKey("chat.id"), index=True)
    owner: Mapped[str]
    signal: Mapped[str]
    wish: Mapped[dict[str, Any]]  # threshold, step, filters: bot.alerts.matching.Wish
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class EpisodeRow(Table):
    """The life of one coin or cluster above one subscription's threshold."""

    __tablename__ = "episode"
    __table_args__ = (UniqueConstraint("subscription_id", "key", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id", ondelete="CASCADE"))
    key: Mapped[str]  # base coin, or issuer CIK and side
    number: Mapped[int]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    state: Mapped[dict[str, Any]]  # bot.alerts.episodes.Episode


class DeliveryRow(Table):
    """One outgoing message: one chat, one or more alerts of one refresh. The outbox.

    queued → in_flight → sent | queued again (not_before) | expired | dead
    """

    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_due", "state", "priority", "not_before"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    dedup_key: Mapped[str] = mapped_column(unique=True)  # refresh slot and chat
    chat_id: Mapped[int] = mapped_column(ForeignKey("chat.id"), index=True)
    state: Mapped[str]
    reason: Mapped[str]  # why it is in this state
    priority: Mapped[int]  # lower goes first
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime]
    attempts: Mapped[int]
    epoch: Mapped[int]  # grows with each claim: a sender that lost its claim cannot write
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    in_flight_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    platform_message_id: Mapped[str | None]
    maybe_repeat: Mapped[bool]  # an earlier attempt may have arrived


class AlertRow(Table):
    """One change matched to one subscription; facts, not markup: the View is built at delivery."""

    __tablename__ = "alert"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)  # short, typed by people: /why ref
    dedup_key: Mapped[str] = mapped_column(unique=True)  # subscription, key, episode, kind, level
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id"), index=True)
    signal: Mapped[str]
    key: Mapped[str]
    episode: Mapped[int]  # number of the episode
    kind: Mapped[str]  # scoring.model.ChangeKind
    created_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
