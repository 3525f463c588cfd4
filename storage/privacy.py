"""What is stored of a chat and of a person: given out, and deleted for good."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select

from storage.alerts import Alerts
from storage.batches import batches
from storage.outbox import OPEN, Outbox
from storage.people import People
from storage.tables import (
    AlertRow,
    ChatRow,
    DeliveryRow,
    EpisodeRow,
    FindingRow,
    LinkCodeRow,
    LinkGuessRow,
    MuteRow,
    PersonRow,
    SubscriptionRow,
)

FORGOTTEN = "it was forgotten, as its chat wished"
OURS = ("owner", "lease_until", "epoch")  # which of our processes sends a message: nothing of the person
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data: chats with all that is theirs, and single subscriptions of other chats."""

    chats: tuple[int, ...] = ()
    subscriptions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """How much is stored in a scope."""

    chats: int
    subscriptions: int  # deleted ones included
    episodes: int
    alerts: int
    deliveries: int
    mutes: int


class Privacy:
    """All that is known of somebody, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._outbox = Outbox(connection)

    def chats_of(self, platform: str, address: str) -> tuple[int, ...]:
        """The chat, and those that were moved there from an address of their own."""
        moved = f"it is now {address}"
        statement = select(ChatRow.id).where(
            ChatRow.platform == platform, or_(ChatRow.address == address, ChatRow.off_reason == moved)
        )
        return tuple(self._connection.execute(statement.order_by(ChatRow.id)).scalars())

    def owned(self, owners: Collection[str], platform: str) -> dict[int, int]:
        """Subscription → chat, of all that a person ever made on a platform, whatever of them is deleted."""
        statement = (
            select(SubscriptionRow.id, SubscriptionRow.chat_id)
            .join(ChatRow, ChatRow.id == SubscriptionRow.chat_id)
            .where(SubscriptionRow.owner.in_(list(owners)), ChatRow.platform == platform)
        )
        return {id_: chat_id for id_, chat_id in self._connection.execute(statement)}  # noqa: C416

    def stored(self, scope: Scope) -> Stored:
        """How much there is."""
        subscriptions = self._subscriptions(scope)
        count = self._count
        return Stored(
            chats=len(scope.chats),
            subscriptions=len(subscriptions),
            episodes=sum(count(EpisodeRow, EpisodeRow.subscription_id.in_(part)) for part in batches(subscriptions)),
            alerts=len(self._alerts(scope, subscriptions)),
            deliveries=count(DeliveryRow, DeliveryRow.chat_id.in_(scope.chats)),
            mutes=count(MuteRow, MuteRow.chat_id.in_(scope.chats)),
        )

    def export(self, scope: Scope) -> dict[str, Rows]:
        """Every row of the scope as plain data: table → rows, without the numbers that only join them."""
        subscriptions = self._subscriptions(scope)
        episodes = EpisodeRow.subscription_id
        fate = [DeliveryRow.state, DeliveryRow.reason, DeliveryRow.hold, DeliveryRow.not_before,
                DeliveryRow.settled_at, DeliveryRow.platform_message_id]  # fmt: skip
        alerts = (
            select(*_columns(AlertRow, "id", "dedup_key", "finding_id", "facts"), AlertRow.facts, *fate)
            .add_columns(FindingRow.facts.label("shared"))
            .join(DeliveryRow, DeliveryRow.id == AlertRow.delivery_id)
            .outerjoin(FindingRow, FindingRow.id == AlertRow.finding_id)
            .order_by(AlertRow.id)
        )
        return {
            "chats": self._rows(select(*_columns(ChatRow)), ChatRow.id, scope.chats),
            "persons": self._rows(select(*_columns(PersonRow)), PersonRow.chat_id, scope.chats),
            "link_codes": self._rows(select(*_columns(LinkCodeRow, "digest")), LinkCodeRow.owner, self._persons(scope)),
            "link_guesses": self._rows(select(*_columns(LinkGuessRow, "id")), LinkGuessRow.owner, self._persons(scope)),
            "mutes": self._rows(select(*_columns(MuteRow)), MuteRow.chat_id, scope.chats),
            "subscriptions": self._rows(select(*_columns(SubscriptionRow)), SubscriptionRow.id, subscriptions),
            "episodes": self._rows(select(*_columns(EpisodeRow, "id")), episodes, subscriptions),
            "alerts": [
                _with_shared(row) for row in self._rows(alerts, AlertRow.id, self._alerts(scope, subscriptions))
            ],
            "deliveries": self._rows(select(*_columns(DeliveryRow, *OURS)), DeliveryRow.chat_id, scope.chats),
        }

    def forget(self, scope: Scope, now: datetime) -> Stored:
        """Delete all of it; returns what there was. What waits is given up first, so that the sums stay right."""
        found = self.stored(scope)
        subscriptions = self._subscriptions(scope)
        alerts = self._alerts(scope, subscriptions)
        messages = self._deliveries(alerts)
        for chat_id in scope.chats:
            self._outbox.bury_chat(chat_id, now, FORGOTTEN)
            self._close(now, DeliveryRow.chat_id == chat_id)
        self._delete(AlertRow, AlertRow.id, alerts)
        # A message to another chat goes with the last of its alerts.
        filled = {id_ for part in batches(messages) for id_ in Alerts(self._connection).of_deliveries(part)}
        empty = [one for one in messages if one not in filled]
        for part in batches(empty):
            self._close(now, DeliveryRow.id.in_(part))
        self._delete(DeliveryRow, DeliveryRow.id, empty)
        self._delete(DeliveryRow, DeliveryRow.chat_id, scope.chats)
        self._delete(EpisodeRow, EpisodeRow.subscription_id, subscriptions)
        self._delete(SubscriptionRow, SubscriptionRow.id, subscriptions)
        self._delete(MuteRow, MuteRow.chat_id, scope.chats)
        self._forget_persons(self._persons(scope))
        self._delete(ChatRow, ChatRow.id, scope.chats)
        return found

    def _persons(self, scope: Scope) -> list[str]:
        """The persons who are alone with the bot in one of the chats."""
        found = select(PersonRow.owner).where(PersonRow.chat_id.in_(scope.chats)).order_by(PersonRow.owner)
        return list(self._connection.execute(found).scalars())

    def _forget_persons(self, owners: Sequence[str]) -> None:
        people = People(self._connection)
        for owner in owners:
            people.unlink(owner)
        for table, column in (
            (LinkCodeRow, LinkCodeRow.owner),
            (LinkGuessRow, LinkGuessRow.owner),
            (PersonRow, PersonRow.owner),
        ):
            self._delete(table, column, owners)

    def _subscriptions(self, scope: Scope) -> list[int]:
        own = select(SubscriptionRow.id).where(SubscriptionRow.chat_id.in_(scope.chats))
        return sorted({*self._connection.execute(own).scalars(), *scope.subscriptions})

    def _alerts(self, scope: Scope, subscriptions: Sequence[int]) -> list[int]:
        """The alerts to the chats, and those of the subscriptions wherever they went."""
        to_chats = select(AlertRow.id).join(DeliveryRow).where(DeliveryRow.chat_id.in_(scope.chats))
        found = set(self._connection.execute(to_chats).scalars())
        for part in batches(subscriptions):
            found.update(
                self._connection.execute(select(AlertRow.id).where(AlertRow.subscription_id.in_(part))).scalars()
            )
        return sorted(found)

    def _deliveries(self, alerts: Sequence[int]) -> list[int]:
        found: set[int] = set()
        for part in batches(alerts):
            found.update(self._connection.execute(select(AlertRow.delivery_id).where(AlertRow.id.in_(part))).scalars())
        return sorted(found)

    def _close(self, now: datetime, condition: ColumnElement[bool]) -> None:
        """Give up on what is open; a sender that has it in flight finds that it has lost its claim."""
        still = self._connection.execute(select(DeliveryRow.id).where(condition, DeliveryRow.state.in_(OPEN)))
        self._outbox.supersede(list(still.scalars()), now, FORGOTTEN)

    def _count(self, table: Any, condition: ColumnElement[bool]) -> int:
        return self._connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one()

    def _rows(self, statement: Any, column: Any, wanted: Sequence[int] | Sequence[str]) -> Rows:
        rows: Rows = []
        for part in batches(wanted):
            found = self._connection.execute(statement.where(column.in_(part)))
            rows += [{name: _plain(value) for name, value in row._mapping.items()} for row in found]
        return rows

    def _delete(self, table: Any, column: Any, wanted: Sequence[int] | Sequence[str]) -> None:
        for part in batches(wanted):
            self._connection.execute(delete(table).where(column.in_(part)))


def _columns(table: Any, *without: str) -> list[Any]:
    return [getattr(table, column.name) for column in table.__table__.columns if column.name not in without]


def _with_shared(row: Mapping[str, Any]) -> dict[str, Any]:
    """An alert with the facts that it shares with others put into its own."""
    plain = {name: value for name, value in row.items() if name != "shared"}
    return plain | {"facts": {**(row["shared"] or {}), **row["facts"]}}


def _plain(value: Any) -> Any:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
