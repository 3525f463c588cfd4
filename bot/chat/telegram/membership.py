"""What is stored of chats that Telegram says are gone, or have moved."""

from __future__ import annotations

from datetime import datetime

from storage import Storage
from storage.chats import ACTIVE

PLATFORM = "telegram"
BLOCKED = "Telegram: the bot was blocked by the user"
REMOVED = "Telegram: the bot was removed from this chat"


def switch_off(storage: Storage, address: str, reason: str) -> None:
    """Stop telling a chat and its topics; their subscriptions stay."""
    with storage.write() as tx:
        for chat in tx.chats.active().values():
            if chat.platform == PLATFORM and chat.address.partition(":")[0] == address:
                tx.chats.switch_off(chat.id, reason)


def is_off(storage: Storage, address: str) -> bool | None:
    """Whether a chat is off; None where it was never seen."""
    with storage.read() as tx:
        chat = tx.chats.find(PLATFORM, address)
    return None if chat is None else chat.status != ACTIVE


def move(storage: Storage, before: str, after: str, now: datetime) -> None:
    """A group has become a supergroup: it and its topics have another address."""
    with storage.write() as tx:
        moved = tx.chats.find(PLATFORM, before)
        for chat in tx.chats.active().values():
            group, colon, topic = chat.address.partition(":")
            if chat.platform == PLATFORM and group == before and colon:
                tx.chats.move(chat.id, f"{after}:{topic}")
        if moved is None:
            return
        tx.chats.move(moved.id, after)
        # The end of the old group may have been told first, as if we had been removed.
        if moved.off_reason == REMOVED:
            tx.chats.put(PLATFORM, after, now)
