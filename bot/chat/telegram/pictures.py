"""Pictures behind the texts that they belong to, replaced or deleted where the text shows another View.

Which picture stands behind which text is known as long as the bot runs, for the last texts. Of an earlier one the
picture stays as it is, and a new View of its text brings a picture of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from telegram import Bot, InputFile, InputMediaPhoto
from telegram.error import BadRequest, TelegramError

from bot.charts.painter import Painter, PictureError
from bot.chat.telegram.pacing import UNCHANGED, patiently
from bot.chat.telegram.places import Place
from bot.chat.telegram.render import unlinked
from bot.chat.texts import cut
from bot.clock import Clock
from bot.views.elements import Picture, View

log = logging.getLogger("tocsin.telegram")

CAPTION_UNITS = 1024
NAME = "chart.png"
MOST_KNOWN = 2000  # texts


@dataclass
class Behind:
    """What stands behind a text."""

    shown: list[tuple[int, bytes]] = field(default_factory=list)  # message, and the mark of its picture
    turn: int = 0  # grows with each View that the text shows
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pictures:
    """The pictures of a bot's answers."""

    def __init__(self, bot: Bot, clock: Clock, painter: Painter | None) -> None:
        self._bot = bot
        self._clock = clock
        self._painter = painter  # None: nobody paints here
        self._behind: OrderedDict[tuple[int, int], Behind] = OrderedDict()

    def turn(self, place: Place, texts: Sequence[int]) -> int:
        """To be taken before some texts, which are one answer, show a View: the pictures of the latest one count."""
        behind = self._of(place, texts)
        behind.turn += 1
        return behind.turn

    async def follow(self, place: Place, texts: Sequence[int], view: View, turn: int) -> None:
        """Let what stands behind the texts be the pictures of the View that they show.

        Nobody waits for a painter to read a number: the texts are there already.
        """
        if self._painter is None:
            return
        behind = self._of(place, texts)
        async with behind.lock:
            painted = await self._painted(self._painter, view) if turn == behind.turn else []
            if turn != behind.turn:
                return  # another View since, whose pictures come next
            try:
                await self._show(place, behind, painted)
            except TelegramError as error:  # such as a group that takes no photos; the text is there, and says it too
                log.warning("an answer goes out without its picture: %s", error)

    async def _show(self, place: Place, behind: Behind, painted: Sequence[tuple[str, bytes]]) -> None:
        """Put pictures behind a text. What could not be changed or deleted is still known to stand there."""
        old, behind.shown = behind.shown, []
        try:
            for caption, png in painted:
                mark = sha256(png + caption.encode("utf-8", "replace")).digest()
                before, shown = old[0] if old else (None, b"")
                if before is None or shown != mark:
                    before = await self._put(place, caption, png, before)
                behind.shown.append((before, mark))
                old = old[1:]
            for message, _ in old:
                await self._delete(place, message)
            old = []
        finally:
            behind.shown += old

    def _of(self, place: Place, texts: Sequence[int]) -> Behind:
        keys = [(place.chat, text) for text in texts]
        behind = next((self._behind[key] for key in keys if key in self._behind), Behind())
        for key in keys:
            self._behind[key] = behind
            self._behind.move_to_end(key)
        while len(self._behind) > MOST_KNOWN:
            self._behind.popitem(last=False)
        return behind

    async def _painted(self, painter: Painter, view: View) -> list[tuple[str, bytes]]:
        """The pictures of a View, each with its caption."""
        painted = []
        for one in view.body:
            if isinstance(one, Picture):
                try:
                    png = await painter.picture(one.chart, one.theme)
                except PictureError as error:
                    log.warning("an answer goes out without its picture: %s", error)
                else:
                    painted.append((cut(unlinked(one.alt), CAPTION_UNITS), png))
        return painted

    async def _put(self, place: Place, caption: str, png: bytes, before: int | None) -> int:
        """Show a picture, where there is one before in its place; returns its message."""
        if before is not None:
            if await self._replace(place, before, png, caption):
                return before
            await self._delete(place, before)
        sent = await patiently(
            self._clock,
            lambda: self._bot.send_photo(
                place.chat, InputFile(png, filename=NAME), caption=caption, message_thread_id=place.topic
            ),
        )
        return sent.message_id

    async def _replace(self, place: Place, message: int, png: bytes, caption: str) -> bool:
        """Show another picture in a message; False where it takes none, for somebody has deleted it."""
        media = InputMediaPhoto(png, caption=caption, filename=NAME)
        try:
            await patiently(self._clock, lambda: self._bot.edit_message_media(media, place.chat, message))
        except BadRequest as error:
            return UNCHANGED in str(error).lower()
        return True

    async def _delete(self, place: Place, message: int) -> None:
        try:
            await self._bot.delete_message(place.chat, message)
        except TelegramError as error:
            log.info("a picture could not be deleted: %s", error)
