"""Chats, subscriptions, episodes, and the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import WITHOUT_ROWID, Table

_QUEUED, _HELD, _FLYING = text("state = 'queued'"), text("state = 'held'"), text("state = 'in_flight'")
_STANDING = text("closed_at IS NULL")


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
    settings: Mapped[dict[str, Any]] = mapped_column(server_default="{}")  # bot.alerts.quiet.ChatSettings
    muted_until: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]  # after a failed send, or as the platform asked: nothing goes there before


class MuteRow(Table):
    """A coin or company that a chat does not want to hear of for a time."""

    __tablename__ = "mute"
    __table_args__ = (WITHOUT_ROWID,)
    chat_id: Mapped[int] = mapped_column(ForeignKey("chat.id"), primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(primary_key=True)  # base coin or ticker
    until: Mapped[datetime]


class PlatformRow(Table):
    """How sending to a platform stands."""

    __tablename__ = "platform"
    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]  # up, down, refused, not used
    detail: Mapped[str]
    since: Mapped[datetime]


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
    """The life of one coin or cluster above one subscription's threshold.

    Written only when something is decided: a refresh that finds a million episodes as they were writes none.
    """

    __tablename__ = "episode"
    __table_args__ = (
        UniqueConstraint("subscription_id", "key", "number"),
        # It holds all that a refresh reads of an episode: a million of them lie scattered over the table.
        Index("ix_episode_standing", "key", "subscription_id", "number", "opened_at", "told", "told_value", "below",
              "slot", sqlite_where=_STANDING, postgresql_where=_STANDING),
        Index("ix_episode_closed_slot", "slot", sqlite_where=text("closed_at IS NOT NULL"),
              postgresql_where=text("closed_at IS NOT NULL")),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id", ondelete="CASCADE"))
    key: Mapped[str]  # base coin, or issuer CIK and side
    number: Mapped[int] = mapped_column(BigInteger)  # grows from one episode to the next
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    told: Mapped[float]  # the highest level told: score, or number of insiders
    told_value: Mapped[float]  # clusters: USD when last told
    below: Mapped[int]  # refreshes in a row that found it down
    slot: Mapped[int] = mapped_column(BigInteger)  # the last refresh that decided something


class FindingRow(Table):
    """What a refresh found of one coin or cluster, once for all the alerts that tell of it."""

    __tablename__ = "finding"
    id: Mapped[int] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(BigInteger)
    facts: Mapped[dict[str, Any]]


class DeliveryRow(Table):
    """One outgoing message: one chat, one or more alerts. The outbox.

    held → queued → in_flight → sent | queued again | expired | superseded (its alerts went with another) | dead
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_queued", "platform", "priority", "id", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_delivery_held", "not_before", sqlite_where=_HELD, postgresql_where=_HELD),
        Index("ix_delivery_in_flight", "lease_until", sqlite_where=_FLYING, postgresql_where=_FLYING),
        Index("ix_delivery_chat_state", "chat_id", "state"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    dedup_key: Mapped[str] = mapped_column(unique=True)  # refresh slot and chat
    chat_id: Mapped[int] = mapped_column(ForeignKey("chat.id"))
    platform: Mapped[str]
    kind: Mapped[str]  # alerts, notice, sample
    state: Mapped[str]
    reason: Mapped[str]  # why it is in this state
    hold: Mapped[str | None]  # why it waits, or waited: quiet, muted, cap, daily
    priority: Mapped[int]  # lower goes first
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime]
    attempts: Mapped[int]
    epoch: Mapped[int]  # grows with each claim: a sender that lost its claim cannot write
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    in_flight_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]  # when it was sent, or given up
    platform_message_id: Mapped[str | None]
    maybe_repeat: Mapped[bool]  # an earlier attempt may have arrived
    untold: Mapped[bool]  # expired or dead, and the chat has not been told yet


class AlertRow(Table):
    """One change matched to one subscription; facts, not markup: the View is built at delivery."""

    __tablename__ = "alert"
    __table_args__ = (Index("ix_alert_thread", "subscription_id", "key", "episode"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)  # short, typed by people: /why ref
    dedup_key: Mapped[str] = mapped_column(unique=True)  # subscription, key, episode, kind, level
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True)
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("subscription.id"))  # None: a sample
    finding_id: Mapped[int | None] = mapped_column(ForeignKey("finding.id"))
    signal: Mapped[str]
    key: Mapped[str]
    episode: Mapped[int] = mapped_column(BigInteger)  # number of the episode
    kind: Mapped[str]  # scoring.model.ChangeKind
    created_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]  # what only this subscription makes of the finding


class TallyRow(Table):
    """How many deliveries were ever enqueued, and how many ended in each way; counted as it happens.

    Kept apart from the rows themselves, so that the sum is a check of them, and outlives them.
    """

    __tablename__ = "tally"
    name: Mapped[str] = mapped_column(primary_key=True)  # enqueued, or a final state
    count: Mapped[int] = mapped_column(BigInteger)
