"""Inline mode: @bot PEPE in any chat offers the cards of coins."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from typing import Any

from telegram import InlineQueryResultArticle, InputTextMessageContent, Update, User
from telegram.error import BadRequest

from bot.chat.telegram.answers import NO_PREVIEW, entities_of
from bot.chat.telegram.places import PLATFORM
from bot.chat.telegram.render import render
from bot.chat.telegram.session import Session
from bot.chat.texts import clean, cut
from bot.commands.base import ChatRef
from bot.views.elements import Text, Tone, View
from bot.views.errors import TOO_MANY
from bot.words import language_of

log = logging.getLogger("tocsin.telegram")

MOST = 5
CACHE_SECONDS = 30
MOST_KEPT = 500  # cards
# A name of a coin; anything else is no question to us.
NAME = re.compile(r"^(?:/?coin\s+)?\$?(?P<name>\w[\w .-]{0,39})$", re.IGNORECASE)
TITLE_UNITS, DESCRIPTION_UNITS = 64, 128


def matching(name: str, coins: Sequence[str]) -> list[str]:
    """The coins that a name may mean, the likeliest first."""
    upper = name.upper()
    found = [one for one in coins if upper in one.upper()]
    ranked = sorted((one.upper() != upper, not one.upper().startswith(upper), len(one), one) for one in found)
    return [one for *_, one in ranked[:MOST]]


class Inline:
    """Answers inline queries."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cards: dict[tuple[str, str], tuple[float, View]] = {}  # coin and language → until when, and the card

    async def on_query(self, update: Update, _: Any) -> None:
        """Somebody types the bot's name and some letters; each further letter asks again."""
        query = update.inline_query
        if query is None:
            return
        found = NAME.match(query.query.strip())
        views = await self._cards_of(found["name"].strip(), query.from_user) if found else []
        cards = [view for view in views if view is not None]
        lasts = CACHE_SECONDS if len(cards) == len(views) else 0  # who asked too much may ask the same again soon
        try:
            await query.answer(
                [_article(at, view) for at, view in enumerate(cards)], cache_time=lasts, is_personal=True
            )
        except BadRequest as error:
            log.info("an inline query was not answered in time, or not well: %s", error)

    async def _cards_of(self, name: str, user: User) -> list[View | None]:
        """The cards of the coins that a name may mean; None for one that cannot be given now."""
        coins = matching(name, await asyncio.to_thread(self._session.coins))
        # Each letter typed must not use up what the person may ask in chats, so it is counted apart.
        asker = f"inline:{user.id}"
        ref = ChatRef(PLATFORM, asker, asker, language=await self._session.language_of(user))
        found = [await self._card(coin, ref) for coin in coins or [name]]
        return [view for view in found if view is None or view.tone is not Tone.ERROR]

    async def _card(self, coin: str, ref: ChatRef) -> View | None:
        now = self._session.clock.monotonic()
        key = (coin, language_of(ref.language))
        until, kept = self._cards.get(key, (now, None))
        if kept is not None and until > now:
            return kept
        view = await self._session.ask(f"/coin {coin}", ref)
        if view is None or view.data.get("error") == TOO_MANY:
            return None
        if view.tone is Tone.ERROR:
            return view
        if len(self._cards) >= MOST_KEPT:
            self._cards.clear()
        self._cards[key] = (now + CACHE_SECONDS, view)
        return view


def _article(at: int, view: View) -> InlineQueryResultArticle:
    text, entities = render(view)
    description = " · ".join(clean(one.text) for one in view.body if isinstance(one, Text))
    return InlineQueryResultArticle(
        id=str(at),
        title=cut(clean(view.title), TITLE_UNITS) or "…",
        description=cut(description, DESCRIPTION_UNITS),
        input_message_content=InputTextMessageContent(
            text, entities=entities_of(entities), link_preview_options=NO_PREVIEW
        ),
    )
