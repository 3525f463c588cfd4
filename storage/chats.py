"""Chats: where alerts go, how they wish to be told, and what they do not wish to hear for a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from storage import bulk
from storage.tables import ChatRow, DeliveryRow, MuteRow, PlatformRow, SubscriptionRow

ACTIVE, OFF = "active", "off"
UP, DOWN, REFUSED, UNUSED = "up", "down", "refused", "not used"


@dataclass(frozen=True, slots=True)
class Chat:
    """A place where alerts go."""

    id: int
    platform: str
    address: str  # the platform's own id
    status: str  # active, off
    off_reason: str | None
    settings: Mapping[str, Any] = field(default_factory=dict)  # bot.alerts.quiet.ChatSettings as plain data
    muted_until: datetime | None = None
    retry_at: datetime | None = None  # nothing is sent there before


@dataclass(frozen=True, slots=True)
class PlatformState:
    """How sending to a platform stands."""

    name: str
    state: str  # up, down (does not answer), refused (our token), not used (the config does not name it)
    detail: str
    since: datetime


_CHAT = (
    ChatRow.id,
    ChatRow.platform,
    ChatRow.address,
    ChatRow.status,
    ChatRow.off_reason,
    ChatRow.settings,
    ChatRow.muted_until,
    ChatRow.retry_at,
)


class Chats:
    """Chats, their mutes, and the state of the platforms, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, platform: str, address: str) -> Chat | None:
        """The chat, if it was ever seen."""
        return self._chat(ChatRow.platform == platform, ChatRow.address == address)

    def under(self, platform: str, address: str) -> tuple[Chat, ...]:
        """The chats whose address is this, or begins with it and a colon: a group and its topics."""
        within = or_(ChatRow.address == address, ChatRow.address.startswith(f"{address}:", autoescape=True))
        rows = self._connection.execute(select(*_CHAT).where(ChatRow.platform == platform, within).order_by(ChatRow.id))
        return tuple(Chat(*row) for row in rows)

    def by_id(self, chat_id: int) -> Chat | None:
        """The chat with that id."""
        return self._chat(ChatRow.id == chat_id)

    def active(self) -> dict[int, Chat]:
        """All chats that are on, by id."""
        rows = self._connection.execute(select(*_CHAT).where(ChatRow.status == ACTIVE))
        return {row.id: Chat(*row) for row in rows}

    def put(self, platform: str, address: str, now: datetime) -> Chat:
        """The chat, stored and active."""
        self._connection.execute(
            bulk.insert(self._connection, ChatRow)
            .values(platform=platform, address=address, status=ACTIVE, created_at=now, settings={})
            .on_conflict_do_update(index_elements=["platform", "address"], set_={"status": ACTIVE, "off_reason": None})
        )
        chat = self.find(platform, address)
        if chat is None:
            raise LookupError(f"the chat {platform}:{address} vanished inside its own transaction")
        return chat

    def switch_off(self, chat_id: int, reason: str) -> None:
        """Stop sending to a chat that is gone; its subscriptions stay."""
        self._change(chat_id, status=OFF, off_reason=reason)

    def move(self, chat_id: int, address: str) -> None:
        """Give a chat its new address.

        Where another chat has that already, it takes over all that waits and rings, is told what was lost, and is told
        it as the old one wished where it has said nothing itself.
        """
        chat = self.by_id(chat_id)
        if chat is None or chat.address == address:
            return
        other = self.find(chat.platform, address)
        if other is None:
            self._change(chat_id, address=address)
            # Messages are numbered anew there: a reply to an old number would be to somebody else's words.
            sent = update(DeliveryRow).where(DeliveryRow.chat_id == chat_id)
            self._connection.execute(sent.values(platform_message_id=None))
            return
        owned = update(SubscriptionRow).where(SubscriptionRow.chat_id == chat_id)
        self._connection.execute(owned.values(chat_id=other.id))
        open_ones = DeliveryRow.state.in_(("held", "queued")) | DeliveryRow.untold
        waiting = update(DeliveryRow).where(DeliveryRow.chat_id == chat_id, open_ones)
        self._connection.execute(waiting.values(chat_id=other.id))
        self._unite_wishes(chat, other)
        self.switch_off(chat_id, f"it is now {address}")

    def _unite_wishes(self, old: Chat, new: Chat) -> None:
        until = max((one for one in (old.muted_until, new.muted_until) if one is not None), default=None)
        self._change(new.id, settings={**old.settings, **new.settings}, muted_until=until)
        there = select(MuteRow.name).where(MuteRow.chat_id == new.id)
        muted = update(MuteRow).where(MuteRow.chat_id == old.id, MuteRow.name.not_in(there))
        self._connection.execute(muted.values(chat_id=new.id))

    def retry_at(self, chat_id: int, at: datetime | None) -> None:
        """Send nothing there before."""
        self._change(chat_id, retry_at=at)

    def settle(self, chat_id: int, settings: Mapping[str, Any]) -> None:
        """Store how a chat wishes to be told."""
        self._change(chat_id, settings=dict(settings))

    def mute(self, chat_id: int, until: datetime | None) -> None:
        """Tell a chat nothing before; None: tell it again."""
        self._change(chat_id, muted_until=until)

    def mute_name(self, chat_id: int, name: str, until: datetime) -> None:
        """Tell a chat nothing of one coin or company before."""
        self._connection.execute(
            bulk.insert(self._connection, MuteRow)
            .values(chat_id=chat_id, name=name, until=until)
            .on_conflict_do_update(index_elements=["chat_id", "name"], set_={"until": until})
        )

    def unmute_name(self, chat_id: int, name: str) -> bool:
        """Tell it of that one again; False when it was not muted."""
        gone = delete(MuteRow).where(MuteRow.chat_id == chat_id, MuteRow.name == name)
        return self._connection.execute(gone).rowcount == 1

    def mutes(self, chat_id: int, now: datetime) -> dict[str, datetime]:
        """Coin or ticker → until when the chat does not wish to hear of it."""
        rows = self._connection.execute(
            select(MuteRow.name, MuteRow.until).where(MuteRow.chat_id == chat_id, MuteRow.until > now)
        )
        return {name: until for name, until in rows}  # noqa: C416

    def all_mutes(self, now: datetime) -> dict[int, dict[str, datetime]]:
        """The same for every chat that has any."""
        found: dict[int, dict[str, datetime]] = {}
        for chat_id, name, until in self._connection.execute(
            select(MuteRow.chat_id, MuteRow.name, MuteRow.until).where(MuteRow.until > now)
        ):
            found.setdefault(chat_id, {})[name] = until
        return found

    def put_platform(self, name: str, state: str, detail: str, now: datetime) -> None:
        """Note how sending to a platform stands; `since` stays while the state does."""
        before = {one.name: one for one in self.platforms()}.get(name)
        since = before.since if before is not None and before.state == state else now
        values = {"state": state, "detail": detail, "since": since}
        self._connection.execute(
            bulk.insert(self._connection, PlatformRow)
            .values(name=name, **values)
            .on_conflict_do_update(index_elements=["name"], set_=values)
        )

    def use_only(self, names: Collection[str], now: datetime) -> None:
        """Note that no other platform is sent to: what waits for one waits until it is in use, or expires."""
        known = {one.name for one in self.platforms()}
        seen = known | set(self._connection.execute(select(ChatRow.platform).distinct()).scalars())
        for name in sorted(seen - set(names)):
            self.put_platform(name, UNUSED, "it is not in the config", now)

    def use(self, name: str, now: datetime) -> None:
        """Note that a platform is sent to, by this process or by another one with another config."""
        unused = (PlatformRow.name == name, PlatformRow.state == UNUSED)
        self._connection.execute(update(PlatformRow).where(*unused).values(state=UP, detail="", since=now))

    def platforms(self) -> tuple[PlatformState, ...]:
        """The platforms that were ever sent to."""
        columns = (PlatformRow.name, PlatformRow.state, PlatformRow.detail, PlatformRow.since)
        return tuple(PlatformState(*row) for row in self._connection.execute(select(*columns).order_by(columns[0])))

    def _change(self, chat_id: int, **values: Any) -> None:
        self._connection.execute(update(ChatRow).where(ChatRow.id == chat_id).values(**values))

    def _chat(self, *conditions: Any) -> Chat | None:
        row = self._connection.execute(select(*_CHAT).where(*conditions)).one_or_none()
        return None if row is None else Chat(*row)
