"""People on Telegram, played: they write, edit, press buttons, block the bot, and take it into groups.

server.group("-100", admins={"7"})
sent = server.says("-100", "8", "/pump min=6")       # a message; returns its id
server.says("-100", "8", "/pump min=7", edits=sent)
server.presses(server.accepted[-1], "More", user="8")
server.blocks("42")
await server.fetched()                                # the bot has had all of it
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Set
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers.chat_police import Accepted

BOT = {"id": 110201543, "is_bot": True, "first_name": "tocsin", "username": "tocsin_bot"}
GROUP_ANONYMOUS_BOT = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
CHANNEL_BOT = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
ADMIN_RIGHTS = (
    "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
    "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
    "can_edit_stories", "can_delete_stories",
)  # fmt: skip


def person(user: str) -> dict[str, Any]:
    """A user."""
    return {"id": int(user), "is_bot": False, "first_name": f"Person {user}"}


def member(user: dict[str, Any], status: str) -> dict[str, Any]:
    """A user as a member of a chat."""
    found: dict[str, Any] = {"user": user, "status": status}
    if status == "administrator":
        return found | dict.fromkeys(ADMIN_RIGHTS, True)
    if status == "creator":
        return found | {"is_anonymous": False}
    return found | ({"until_date": 0} if status == "kicked" else {})


class People:
    """What people do becomes updates, which the bot fetches."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        self.updates: list[dict[str, Any]] = []
        self.offset = 0  # all below it are forgotten
        self.messages: dict[tuple[str, int], dict[str, Any]] = {}  # as they are now
        self.queries: set[str] = set()  # presses that may still be signed
        self.chats: dict[str, dict[str, Any]] = {}
        self.admins: dict[str, Set[str]] = {}
        self.languages: dict[str, str] = {}  # user → what their app speaks; of others it is not told
        self.numbers = itertools.count(1)  # of messages
        self._update_ids = itertools.count(1000)
        self._query_ids = itertools.count(1)
        self.last_update = 0
        self.news = asyncio.Event()

    def user(self, user: str) -> dict[str, Any]:
        """A user as updates tell it."""
        told = {"language_code": self.languages[user]} if user in self.languages else {}
        return person(user) | told

    def group(
        self, chat: str, *, admins: Set[str] = frozenset(), kind: str = "supergroup", forum: bool = False
    ) -> None:
        """A group, or a channel."""
        self.chats[chat] = {"id": int(chat), "type": kind, "title": f"Chat {chat}", "is_forum": forum}
        self.admins[chat] = admins

    def channel(self, chat: str, *, admins: Set[str] = frozenset()) -> None:
        """A channel of which the bot is an administrator."""
        self.group(chat, admins=admins, kind="channel")

    def chat_of(self, chat: str) -> dict[str, Any]:
        """A chat as updates tell it."""
        if chat in self.chats:
            return self.chats[chat]
        if not chat.removeprefix("-").isdecimal():
            return {"id": 1, "type": "channel", "title": chat}
        kind = "supergroup" if chat.startswith("-") else "private"
        return {"id": int(chat), "type": kind} | ({"title": chat} if kind != "private" else {"first_name": chat})

    def says(
        self,
        chat: str,
        user: str,
        text: str | None,
        *,
        topic: int | None = None,
        edits: int | None = None,
        ago: timedelta = timedelta(0),
        anonymous: bool = False,
        as_chat: str = "",
        **more: Any,
    ) -> int:
        """Somebody writes, or edits what they wrote; `as_chat`: in the name of a channel. Returns the message's id."""
        number = next(self.numbers) if edits is None else edits
        at = int((self.now() - ago).timestamp())
        message: dict[str, Any] = {"message_id": number, "date": at, "chat": self.chat_of(chat)} | more
        if text is not None:
            message["text"] = text
        is_channel = message["chat"]["type"] == "channel"
        if is_channel or anonymous:
            message["sender_chat"] = message["chat"]
        elif as_chat:
            message["sender_chat"] = self.chat_of(as_chat)
        if not is_channel:
            message.setdefault(
                "from", GROUP_ANONYMOUS_BOT if anonymous else CHANNEL_BOT if as_chat else self.user(user)
            )
        if topic is not None:
            message |= {"message_thread_id": topic, "is_topic_message": True}
        kind = "channel_post" if is_channel else "message"
        if edits is not None:
            message["edit_date"] = at
            kind = f"edited_{kind}"
        self.messages[chat, number] = message
        self.update(**{kind: message})
        return number

    def presses(
        self, message: Accepted, label: str, *, user: str = "", stale: bool = False, forgotten: bool = False
    ) -> str:
        """Somebody presses a button of a message as it is now; the id of the press.

        `stale`: so long ago that it can no longer be signed; `forgotten`: the message is too old to be told.
        """
        held = self.messages[message.chat, int(message.message_id)]
        buttons = [one for row in held["reply_markup"]["inline_keyboard"] for one in row]
        data = next(one["callback_data"] for one in buttons if label in one["text"])
        if forgotten:
            held = {"message_id": held["message_id"], "date": 0, "chat": held["chat"]}
        return self.presses_data(data, user or message.chat, message=held, stale=stale)

    def presses_data(self, data: str, user: str, *, message: dict[str, Any] | None, stale: bool = False) -> str:
        """A press of whatever a client sends."""
        query = str(next(self._query_ids))
        if not stale:
            self.queries.add(query)
        told = {"id": query, "from": self.user(user), "chat_instance": "1", "data": data}
        self.update(callback_query=told | ({"message": message} if message else {"inline_message_id": "x"}))
        return query

    def searches(self, user: str, text: str) -> str:
        """Somebody types the bot's name and a text in any chat; the id of the query."""
        query = str(next(self._query_ids))
        self.update(inline_query={"id": query, "from": self.user(user), "query": text, "offset": ""})
        return query

    def blocks(self, user: str) -> None:
        """A person blocks the bot."""
        self.membership(user, user, "member", "kicked")

    def unblocks(self, user: str) -> None:
        """A person takes that back."""
        self.membership(user, user, "kicked", "member")

    def adds(self, chat: str, user: str) -> None:
        """A member takes the bot into a group."""
        self.membership(chat, user, "left", "member")

    def removes(self, chat: str, user: str, status: str = "kicked") -> None:
        """A member removes the bot from a group."""
        self.membership(chat, user, "member", status)

    def membership(self, chat: str, user: str, before: str, after: str) -> None:
        """What the bot is in a chat changes."""
        changed = {"chat": self.chat_of(chat), "from": person(user), "date": int(self.now().timestamp())}
        states = {"old_chat_member": member(BOT, before), "new_chat_member": member(BOT, after)}
        self.update(my_chat_member=changed | states)

    def migrates(self, chat: str, to: str) -> None:
        """A group becomes a supergroup: both say so."""
        self.group(to)
        self.says(chat, "7", None, migrate_to_chat_id=int(to))
        self.says(to, "7", None, migrate_from_chat_id=int(chat))

    def update(self, **what: Any) -> int:
        """Anything; returns the update's id."""
        self.last_update = number = next(self._update_ids)
        self.updates.append({"update_id": number} | what)
        self.news.set()
        return number
