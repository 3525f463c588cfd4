"""Where a message stands, and who wrote it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from telegram import Bot, CallbackQuery, Chat, Message
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError

from bot.clock import Clock
from bot.commands.base import ChatRef

KNOWN_SECONDS = 300.0  # so long we believe what we know of a member
MOST_KNOWN = 10_000
PLATFORM = "telegram"


@dataclass(frozen=True, slots=True)
class Place:
    """A chat, or a topic of it."""

    chat: int
    topic: int | None = None

    @classmethod
    def at(cls, address: str) -> Place:
        """The place of an address."""
        chat, _, topic = address.partition(":")
        return cls(int(chat), int(topic) if topic else None)

    @property
    def address(self) -> str:
        """As it is stored: "chat", or "chat:topic"."""
        return str(self.chat) if self.topic is None else f"{self.chat}:{self.topic}"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message."""

    user: str
    is_admin: bool | None  # None: to be asked
    language: str = ""  # of the person's app, as Telegram tells it


def is_group(chat: Chat) -> bool:
    """Whether others are told as well: a group, or a channel."""
    return chat.type != ChatType.PRIVATE


def place_of(message: Any) -> Place:
    """Where a message stands; of one that is too old to be known, its chat."""
    topic = message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None
    return Place(message.chat.id, topic)


def author_of(message: Message) -> Author | None:
    """Who wrote a message; None where nobody did who may ask: another bot, or a copy of a channel's post."""
    chat, sender = message.chat, message.sender_chat
    if message.is_automatic_forward or message.via_bot is not None:
        return None
    if chat.type == ChatType.CHANNEL or (sender is not None and sender.id == chat.id):
        # Administrators who stay anonymous have one name on all of Telegram: they are known as their group.
        return Author(str(chat.id), is_admin=True)
    if sender is not None:
        return Author(str(sender.id), is_admin=False)
    if message.from_user is None or message.from_user.is_bot:
        return None
    language = message.from_user.language_code or ""
    return Author(str(message.from_user.id), is_admin=None if is_group(chat) else True, language=language)


def presser_of(query: CallbackQuery) -> Author:
    """Who pressed a button."""
    return Author(str(query.from_user.id), is_admin=None, language=query.from_user.language_code or "")


def ref_of(message: Any, author: Author, *, is_admin: bool) -> ChatRef:
    """The chat of a message, for an author."""
    place, in_group = place_of(message).address, is_group(message.chat)
    return ChatRef(PLATFORM, place, author.user, in_group, is_admin, author.language)


@dataclass
class Members:
    """Who administers what, as Telegram says; believed for some minutes."""

    bot: Bot
    clock: Clock
    _known: OrderedDict[tuple[int, str], tuple[float, bool]] = field(default_factory=OrderedDict)

    async def ref(self, message: Any, author: Author) -> ChatRef:
        """The chat of a message, for an author."""
        chat: Chat = message.chat
        is_admin = await self.is_admin(chat, author.user) if author.is_admin is None else author.is_admin
        return ref_of(message, author, is_admin=is_admin)

    async def is_admin(self, chat: Chat, user: str) -> bool:
        """Whether a user may change what a chat is told; not where Telegram does not say."""
        if not is_group(chat):
            return True
        key, now = (chat.id, user), self.clock.monotonic()
        until, known = self._known.get(key, (now, False))
        if until > now:
            return known
        try:
            member = await self.bot.get_chat_member(chat.id, int(user))
        except TelegramError:
            return False
        found = member.status in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)
        self._known[key] = (now + KNOWN_SECONDS, found)
        self._known.move_to_end(key)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return found
