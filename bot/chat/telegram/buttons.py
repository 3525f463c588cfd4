"""Presses of buttons. All that a press needs stands in the button and its message, so buttons outlive a restart."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from telegram import CallbackQuery, Chat, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatType
from telegram.error import BadRequest, TelegramError

from bot.chat.lines import changes, command_name, subscribes, topic_of
from bot.chat.telegram.answers import Reply
from bot.chat.telegram.carried import line_in
from bot.chat.telegram.places import is_group, place_of, presser_of, ref_of
from bot.chat.telegram.session import Session
from bot.chat.telegram.words import ELSEWHERE, GONE, IS_SUBSCRIBED, NOT_ASKED, NOT_IN_CHANNELS, NOT_YOURS, SUBSCRIBED
from bot.chat.turns import Turn, Turns
from bot.commands.alert import HAS_IT
from bot.views.elements import Tone, View
from bot.words import speaking, tr

log = logging.getLogger("tocsin.telegram")

DONE = "!subscribed"  # the data of a button that has been pressed, and no command
ITS_OWN = {"forget"}  # what these do is about the person, so only who asked for a message presses its buttons
STALE = ("query is too old", "query id is invalid")


@dataclass(frozen=True, slots=True)
class Press:
    """A press of a button."""

    query: CallbackQuery
    message: Any
    data: str  # a command line, or its name; without a slash where the answer takes the place of the message
    line: str  # the command line

    @property
    def in_place(self) -> bool:
        """Whether the answer takes the place of the message."""
        return not self.data.startswith("/")

    @property
    def line_before(self) -> tuple[int, int, str]:
        """What it waits in line for: the message that it changes; of others only the same one again waits."""
        return self.message.chat.id, self.message.message_id, "" if self.in_place else self.data


class Presses:
    """Answers presses: with a sign at once, and then as if the command of the button had been typed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._turns = Turns()

    async def on_press(self, update: Update, _: Any) -> None:
        """A button was pressed."""
        query = update.callback_query
        if query is None:
            return
        if query.message is None or not query.data:
            with speaking(await self._session.language_of(query.from_user)):
                await self._sign(query, tr(ELSEWHERE), alert=True)
            return
        press = Press(query, query.message, query.data, line_in(query.message, query.data) or "")
        if self._turns.is_full(press.line_before):
            return
        with self._turns.draw(press.line_before) as turn:
            ref = ref_of(press.message, presser_of(query), is_admin=False)
            with speaking(await self._session.language(ref)):
                await self._press(press, turn)

    async def _press(self, press: Press, turn: Turn) -> None:
        if press.data == DONE:
            await self._sign(press.query, tr(IS_SUBSCRIBED))
            return
        refusal = await self._refusal(press.query, press.message, press.line)
        if not await self._sign(press.query, refusal, alert=bool(refusal)) or refusal:
            return
        if await turn.come() != press.data:  # else it was pressed twice, before the answer was there
            await self._answer(press, turn)

    async def _refusal(self, query: CallbackQuery, message: Any, line: str) -> str:
        """Why a person may not press a button; empty where they may."""
        chat: Chat = message.chat
        if not line or (chat.is_forum and not message.is_accessible):  # nobody tells of which topic it was
            return tr(GONE)
        if not is_group(chat):
            return ""
        if command_name(line, self._session.commands) in ITS_OWN and not _asked_by(message, query.from_user.id):
            return tr(NOT_ASKED)
        in_channel = chat.type == ChatType.CHANNEL  # whoever reads it would make the bot write in it
        if not changes(line, self._session.commands) and not in_channel:
            return ""
        if await self._session.members.is_admin(chat, str(query.from_user.id)):
            return ""
        return tr(NOT_IN_CHANNELS if in_channel else NOT_YOURS)

    async def _sign(self, query: CallbackQuery, text: str = "", *, alert: bool = False) -> bool:
        """Tell the person that the press was noticed; False where it was made too long ago to be meant still."""
        try:
            await query.answer(text or None, show_alert=alert)
        except BadRequest as error:
            if any(words in str(error).lower() for words in STALE):
                return False
            log.warning("a press could not be signed: %s", error)
        except TelegramError as error:
            log.warning("a press could not be signed: %s", error)
        return True

    async def _answer(self, press: Press, turn: Turn) -> None:
        session, message, line = self._session, press.message, press.line
        place, topic = place_of(message), topic_of(line, session.commands)
        ref = await session.members.ref(message, presser_of(press.query))
        view = await session.ask(line, ref)
        turn.did = press.data
        if view is None:
            return
        if (
            not press.in_place
            and subscribes(line, session.commands)
            and isinstance(message, Message)
            and _is_subscribed(view)
        ):
            if (markup := _with_sign(message, press.data)) is not None:
                await session.answers.put_buttons(place, message.message_id, markup)
            if view.tone is Tone.ERROR:
                return  # subscribed by an earlier press, and told so then
        shows_it = press.in_place and view.tone is not Tone.ERROR
        if not shows_it or not await session.answers.replace(place, message.message_id, view, topic, turn.over):
            await session.answers.say(place, view, Reply(topic, message.message_id))


def _asked_by(message: Any, user: int) -> bool:
    """Whether a message answers that person; answers in groups are replies."""
    asked = message.reply_to_message if isinstance(message, Message) else None
    return asked is not None and asked.from_user is not None and asked.from_user.id == user


def _is_subscribed(view: View) -> bool:
    return view.tone is not Tone.ERROR or view.data.get("about") == HAS_IT


def _with_sign(message: Message, data: str) -> InlineKeyboardMarkup | None:
    """The buttons of a message, of which the one that subscribed says so."""
    if message.reply_markup is None:
        return None
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(tr(SUBSCRIBED), callback_data=DONE) if one.callback_data == data else one
                for one in row
            ]
            for row in message.reply_markup.inline_keyboard
        ]
    )
