"""Messages: commands are answered, once each; of chats that move, come and go the storage is told."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from telegram import ChatMember, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from bot.chat.lines import command_name, subscribes, topic_of
from bot.chat.telegram import membership
from bot.chat.telegram.answers import Reply
from bot.chat.telegram.lines import is_to_another_bot, line_of, offers_of, payload_of
from bot.chat.telegram.places import PLATFORM, Author, Place, author_of, is_group, place_of, ref_of
from bot.chat.telegram.session import Session
from bot.chat.telegram.words import hint_view, late_view, offered_view, replaced_view, welcome_view
from bot.chat.turns import Turn, Turns
from bot.commands.base import ChatRef
from bot.views.elements import View
from bot.words import speaking

log = logging.getLogger("tocsin.telegram")

TOO_OLD = timedelta(minutes=10)
MOST_CHANGING = 1000  # chats that came or went lately
MOST_ANSWERED = 1000  # messages whose edits are noticed
ABSENT = (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)


@dataclass
class Answered:
    """A command and the messages that answer it."""

    line: str = ""
    ids: list[int] = field(default_factory=list)
    made: int | None = None  # the subscription that it made
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Messages:
    """What people write, and what becomes of chats."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._answered: OrderedDict[tuple[int, int], Answered] = OrderedDict()
        self._changing: dict[int, asyncio.Lock] = {}  # chats that come or go, or did
        self._turns = Turns()  # of persons, in each chat

    async def on_message(self, update: Update, _: Any) -> None:
        """A message, a channel's post, or the edit of a message."""
        message = update.effective_message
        if message is None or await self._has_moved(message):
            return
        author = author_of(message)
        if author is None or message.text is None:
            return
        session, in_group = self._session, is_group(message.chat)
        line = line_of(message.text, session.bot.username, session.commands, is_group=in_group)
        if line is not None:
            person = message.chat.id, author.user
            if self._turns.is_full(person):
                return
            with self._turns.draw(person) as turn:
                await self._command(message, author, line, turn)
        elif not in_group and update.edited_message is None:
            await self._hint(message, author)

    async def on_membership(self, update: Update, _: Any) -> None:
        """The bot was blocked or removed, or added."""
        changed = update.my_chat_member
        if changed is None:
            return
        async with self._changes_of(changed.chat.id):
            await self._change(changed)

    def _changes_of(self, chat: int) -> asyncio.Lock:
        """Updates are handled side by side; of a chat that goes and comes back the end must not be stored last."""
        if len(self._changing) >= MOST_CHANGING:
            self._changing = {one: lock for one, lock in self._changing.items() if lock.locked()}
        return self._changing.setdefault(chat, asyncio.Lock())

    async def _change(self, changed: ChatMemberUpdated) -> None:
        chat, storage = changed.chat, self._session.storage
        if _is_absent(changed.new_chat_member):
            reason = membership.BLOCKED if chat.type == ChatType.PRIVATE else membership.REMOVED
            await asyncio.to_thread(membership.switch_off, storage, str(chat.id), reason)
        elif _was_added(changed) and chat.type in (ChatType.GROUP, ChatType.SUPERGROUP):
            is_off = await asyncio.to_thread(membership.is_off, storage, str(chat.id))
            if is_off is not False:  # a group that is known and on has only become a supergroup
                ref = ChatRef(PLATFORM, str(chat.id), str(changed.from_user.id), is_group=True)
                with speaking(await self._session.language(ref)):
                    view = welcome_view(was_off=bool(is_off))
                await self._session.answers.say(Place(chat.id), view, Reply("start"))

    async def _has_moved(self, message: Message) -> bool:
        """Whether a message says that its group is a supergroup now."""
        if message.migrate_to_chat_id is not None:
            before, after = message.chat.id, message.migrate_to_chat_id
        elif message.migrate_from_chat_id is not None:
            before, after = message.migrate_from_chat_id, message.chat.id
        else:
            return False
        session = self._session
        async with self._changes_of(after), self._changes_of(before):
            await asyncio.to_thread(membership.move, session.storage, str(before), str(after), session.clock.now())
        return True

    async def _command(self, message: Message, author: Author, line: str, turn: Turn) -> None:
        is_edit = message.edit_date is not None
        key = (message.chat.id, message.message_id)
        if not is_edit and key in self._answered:
            return  # it was fetched twice
        age = self._session.clock.now() - (message.edit_date or message.date)
        if age > TOO_OLD:
            if self._session.lates.lets(message.chat.id):
                with speaking(await self._session.language(ref_of(message, author, is_admin=False))):
                    view = late_view(age)
                await self._session.answers.say(place_of(message), view, _reply_to(message, line, self._session))
            return
        if (change := self._changing.get(message.chat.id)) is not None:
            async with change:
                pass
        await turn.come()  # a telephone that was offline sends all at once: /mute, and then /unmute
        answered = self._remembered(key)
        async with answered.lock:  # an edit waits for the answer to what was there before
            if answered.line == line:
                return
            answered.line = line
            ref = await self._session.members.ref(message, author)
            answer = await self._view(line, ref)
            if answer is not None:
                answer = await self._with_one(answered, answer, ref)
            turn.over()
            if answer is not None:
                answered.ids = await self._say(message, line, answer, answered.ids)

    async def _with_one(self, answered: Answered, answer: View, ref: ChatRef) -> View:
        """Delete what a command made before it was edited, if it has made another: one message, one subscription."""
        made = answer.data.get("subscription") if subscribes(answered.line, self._session.commands) else None
        if not isinstance(made, int):
            return answer
        before, answered.made = answered.made, made
        if before is None:
            return answer
        await self._session.ask(f"/alert off {before}", ref)
        with speaking(await self._session.language(ref)):
            return replaced_view(answer, before)

    async def _say(self, message: Message, line: str, view: View, earlier: list[int]) -> list[int]:
        """Answer a message, in the place of what answered it before it was edited."""
        session, place = self._session, place_of(message)
        topic = topic_of(line, session.commands)
        if earlier and (texts := await session.answers.replace(place, earlier[0], view, topic)):
            await session.answers.take_back(place, earlier[1:])
            return texts
        return await session.answers.say(place, view, _reply_to(message, line, session))

    async def _view(self, line: str, ref: ChatRef) -> View | None:
        session = self._session
        payload = payload_of(line)
        view = await session.ask("/start" if payload else line, ref)
        if ref.is_group and command_name(line, session.commands) == "start":
            await self._start_topics(ref)
        if not payload:
            return view
        coins = await asyncio.to_thread(session.coins)
        with speaking(await session.language(ref)):
            offers = offers_of(payload, coins)
            return offered_view(view, offers) if view is not None and offers else view

    async def _start_topics(self, ref: ChatRef) -> None:
        """Turn on, with one topic, all of a group that went off when it removed the bot."""
        group = ref.address.partition(":")[0]
        for address in await asyncio.to_thread(membership.away_from, self._session.storage, group):
            await self._session.ask("/start", replace(ref, address=address))

    async def _hint(self, message: Message, author: Author) -> None:
        session = self._session
        if message.text is None or is_to_another_bot(message.text, session.bot.username):
            return
        if session.hints.lets(message.chat.id):
            with speaking(await session.language(ref_of(message, author, is_admin=False))):
                view = hint_view()
            await session.answers.say(place_of(message), view, Reply())

    def _remembered(self, key: tuple[int, int]) -> Answered:
        answered = self._answered.setdefault(key, Answered())
        if len(self._answered) > MOST_ANSWERED:
            self._answered.popitem(last=False)
        return answered


def _reply_to(message: Message, line: str, session: Session) -> Reply:
    """In a group it is a reply, so that it is seen whom it answers; so it is to an edit, which may stand far above.

    An edit is answered in a new message where what answered it before is not known: the bot has started since.
    """
    to = message.message_id if is_group(message.chat) or message.edit_date is not None else None
    return Reply(topic_of(line, session.commands), to)


def _is_absent(member: ChatMember) -> bool:
    return member.status in ABSENT


def _was_added(changed: ChatMemberUpdated) -> bool:
    return _is_absent(changed.old_chat_member) and not _is_absent(changed.new_chat_member)
