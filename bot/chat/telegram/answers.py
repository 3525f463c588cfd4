"""Answers to people: a View as messages and files, sent or put in the place of an earlier one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bot.charts.painter import Painter
from bot.chat.files import documents_of, file_of
from bot.chat.lines import topic_of
from bot.chat.telegram.carried import data_of, lines_of, with_lines
from bot.chat.telegram.pacing import UNCHANGED, patiently
from bot.chat.telegram.pictures import Pictures
from bot.chat.telegram.places import Place
from bot.chat.telegram.render import Entity, Rendered, keyboard
from bot.chat.telegram.splitting import pages_of
from bot.clock import Clock
from bot.commands.base import Command
from bot.views.elements import Document, View

log = logging.getLogger("tocsin.telegram")

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
ABOUT_THE_TEXT = ("entit", "too long", "text is empty", "button", "reply_markup", "keyboard", "utf-8")


@dataclass(frozen=True, slots=True)
class Reply:
    """What an answer belongs to."""

    topic: str = ""  # what its command is about: buttons of the same topic change the message in place
    to: int | None = None  # the message that it is a reply to


def markup_of(view: View, page: Rendered, topic: str, commands: Mapping[str, Command]) -> InlineKeyboardMarkup | None:
    """The buttons under a page of a View.

    One without a slash changes the message that it stands under; the others send another one.
    """
    lines = lines_of(*page)
    rows = [
        [InlineKeyboardButton(one["text"], callback_data=one["callback_data"]) for one in row]
        for row in keyboard(view, lambda line: data_of(_data(line, topic, commands), lines))
    ]
    return InlineKeyboardMarkup(rows) if rows else None


def entities_of(entities: Sequence[Entity]) -> list[MessageEntity]:
    """The entities as PTB takes them."""
    return [MessageEntity(str(one["type"]), int(one["offset"]), int(one["length"]), url=_url(one)) for one in entities]


def _url(entity: Entity) -> str | None:
    return str(entity["url"]) if "url" in entity else None


def _data(line: str, topic: str, commands: Mapping[str, Command]) -> str:
    return line.removeprefix("/") if topic and topic_of(line, commands) == topic else line


class Answers:
    """Sends Views. What Telegram refuses as it is written is sent as plain text; what did not arrive, again."""

    def __init__(self, bot: Bot, clock: Clock, commands: Mapping[str, Command], painter: Painter | None = None) -> None:
        self._bot = bot
        self._clock = clock
        self._commands = commands
        self._pictures = Pictures(bot, clock, painter)

    async def say(self, place: Place, view: View, reply: Reply) -> list[int]:
        """Send a View with its files and pictures; returns the messages of texts and files. Raises TelegramError."""
        view = with_lines(view)
        sent, place = await self._pages(place, view, pages_of(view), reply)
        texts = (sent[0], sent[-1])  # an edit of the command changes the first one, a button the last
        turn = self._pictures.turn(place, texts)
        return sent + await self._behind(place, texts, view, turn)

    async def replace(
        self, place: Place, message_id: int, view: View, topic: str, shown: Callable[[], None] = lambda: None
    ) -> list[int]:
        """Show a View in an earlier message, and what that cannot hold in new ones; returns the messages.

        There are none where the message takes nothing any more. `shown` is called as soon as the text is there, for the
        pictures take longer.
        """
        view = with_lines(view)
        first, *rest = pages_of(view)
        markup = None if rest else markup_of(view, first, topic, self._commands)
        texts = [message_id]
        turn = self._pictures.turn(place, texts)
        if not await self._edit(place, message_id, first, markup):
            return []
        if rest:
            sent, place = await self._pages(place, view, rest, Reply(topic))
            texts += sent
            turn = self._pictures.turn(place, (texts[0], texts[-1]))
        shown()
        return texts + await self._behind(place, (texts[0], texts[-1]), view, turn)

    async def _behind(self, place: Place, texts: Sequence[int], view: View, turn: int) -> list[int]:
        """Send the files of a View, and let its pictures follow the texts; returns the messages of the files."""
        files = [(await self._file(place, document)).message_id for document in documents_of(view)]
        await self._pictures.follow(place, texts, view, turn)
        return files

    async def _edit(self, place: Place, message_id: int, page: Rendered, markup: InlineKeyboardMarkup | None) -> bool:
        """Put a text into a message; False where it takes none."""
        text, entities = page

        async def edit(entities: Sequence[Entity]) -> object:
            return await self._bot.edit_message_text(
                text,
                place.chat,
                message_id,
                entities=entities_of(entities),
                reply_markup=markup,
                link_preview_options=NO_PREVIEW,
            )

        try:
            try:
                await patiently(self._clock, lambda: edit(entities))
            except BadRequest as error:
                if not _is_about_the_text(error):
                    raise
                await edit([])
        except ChatMigrated:  # the messages of a group that has moved stay behind
            return False
        except BadRequest as error:
            return UNCHANGED in str(error).lower()
        return True

    async def put_buttons(self, place: Place, message_id: int, markup: InlineKeyboardMarkup) -> None:
        """Change the buttons of a message; where that fails they stay as they were."""
        try:
            await self._bot.edit_message_reply_markup(place.chat, message_id, reply_markup=markup)
        except TelegramError as error:
            if UNCHANGED not in str(error).lower():
                log.warning("the buttons of a message stay as they were: %s", error)

    async def take_back(self, place: Place, message_ids: Sequence[int]) -> None:
        """Delete what an answer has no longer."""
        for message_id in message_ids:
            try:
                await self._bot.delete_message(place.chat, message_id)
            except TelegramError as error:
                log.warning("a message could not be deleted: %s", error)

    async def _pages(
        self, place: Place, view: View, pages: Sequence[Rendered], reply: Reply
    ) -> tuple[list[int], Place]:
        """Send the texts of a View, its buttons under the last; returns the messages, and where they stand."""
        sent: list[int] = []
        for at, page in enumerate(pages, 1):
            markup = markup_of(view, page, reply.topic, self._commands) if at == len(pages) else None
            message, place = await self._page(place, page, markup, reply.to if at == 1 else None)
            sent.append(message.message_id)
        return sent, place

    async def _page(
        self, place: Place, page: Rendered, markup: InlineKeyboardMarkup | None, reply_to: int | None
    ) -> tuple[Message, Place]:
        reply = None if reply_to is None else ReplyParameters(reply_to, allow_sending_without_reply=True)

        async def send(where: Place, *, plain: bool = False) -> Message:
            text, entities = page
            return await self._bot.send_message(
                where.chat,
                text,
                entities=None if plain else entities_of(entities),
                reply_markup=None if plain else markup,
                reply_parameters=reply if where == place else None,
                message_thread_id=where.topic,
                link_preview_options=NO_PREVIEW,
            )

        try:
            return await patiently(self._clock, lambda: send(place)), place
        except ChatMigrated as error:
            moved = Place(error.new_chat_id)
            return await send(moved), moved
        except BadRequest as error:
            if not _is_about_the_text(error):
                raise
            log.warning("an answer was refused as it was written: %s", error)
            return await send(place, plain=True), place

    async def _file(self, place: Place, document: Document) -> Message:
        name, content = file_of(document)
        return await patiently(
            self._clock,
            lambda: self._bot.send_document(
                place.chat, InputFile(content, filename=name), message_thread_id=place.topic, filename=name
            ),
        )


def is_nobody_there(error: TelegramError) -> bool:
    """Whether an answer failed for there is nobody to take it."""
    return isinstance(error, Forbidden) or "chat not found" in str(error).lower()


def _is_about_the_text(error: BadRequest) -> bool:
    return any(words in str(error).lower() for words in ABOUT_THE_TEXT)
