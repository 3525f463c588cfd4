"""What is stored of chats that Telegram says are gone, or have moved."""

from __future__ import annotations

from datetime import datetime

from bot.chat.telegram.places import PLATFORM
from storage import Storage
from storage.chats import ACTIVE

BLOCKED = "Telegram: the bot was blocked by the user"
REMOVED = "Telegram: the bot was removed from this chat"
AWAY = (REMOVED, "bot was kicked", "bot is not a member")  # or a message was refused before the removal was told


def switch_off(storage: Storage, address: str, reason: str) -> None:
    """Stop telling a chat and its topics; their subscriptions stay."""
    with storage.write() as tx:
        for chat in tx.chats.under(PLATFORM, address):
            if chat.status == ACTIVE:
                tx.chats.switch_off(chat.id, reason)


def is_off(storage: Storage, address: str) -> bool | None:
    """Whether a chat or a topic of it is off; None where nothing of it was ever seen."""
    with storage.read() as tx:
        found = tx.chats.under(PLATFORM, address)
    return any(one.status != ACTIVE for one in found) if found else None


def away_from(storage: Storage, address: str) -> tuple[str, ...]:
    """The addresses of a group and its topics that are off because the bot was removed from the group."""
    with storage.read() as tx:
        return tuple(
            one.address
            for one in tx.chats.under(PLATFORM, address)
            if one.status != ACTIVE and any(words in (one.off_reason or "") for words in AWAY)
        )


def move(storage: Storage, before: str, after: str, now: datetime) -> None:
    """A group has become a supergroup: it and its topics have another address."""
    with storage.write() as tx:
        moved = tx.chats.find(PLATFORM, before)
        for chat in tx.chats.under(PLATFORM, before):
            _, colon, topic = chat.address.partition(":")
            if colon and chat.status == ACTIVE:
                tx.chats.move(chat.id, f"{after}:{topic}")
        if moved is None:
            return
        tx.chats.move(moved.id, after)
        # The end of the old group may have been told first, as if we had been removed.
        if moved.off_reason == REMOVED:
            tx.chats.put(PLATFORM, after, now)
