"""Conversations with persons alone: known, or begun because the person asked for it, and then few at a time.

Discord quarantines bots that write to many people: https://discord.com/developers/docs/resources/user#create-dm
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field

from bot.alerts.limiter import Limiter, Limits, Window
from bot.chat.discord.api import WAIT_LONG, Api
from bot.chat.discord.places import PLATFORM
from bot.chat.discord.words import NO_DM, TOO_MANY_DMS
from bot.chat.pacing import turn
from bot.clock import Clock
from bot.errors import Failure, SendError, UserError
from storage import Storage

log = logging.getLogger("tocsin.discord")

# Discord tells no number; this is so few that nobody takes it for spam.
NEW_ONES = Limits(total=Window(10, 600.0), least_gap=1.0)
MOST_KNOWN = 10_000


class NoDmError(UserError):
    """A conversation cannot be begun; the text says what the person can do."""


@dataclass
class DirectMessages:
    """The channels that persons have with the bot alone."""

    api: Api
    storage: Storage
    limiter: Limiter  # of all that is asked
    clock: Clock
    new: Limiter = field(default_factory=lambda: Limiter(NEW_ONES))
    _known: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _beginning: asyncio.Lock = field(default_factory=asyncio.Lock)  # one at a time, so nobody's is begun twice

    async def known(self, user: str) -> str | None:
        """The channel, if there is one already."""
        if user not in self._known:
            address = await asyncio.to_thread(_stored, self.storage, user)
            if address is None:
                return None
            self._keep(user, address)
        return self._known[user]

    async def of(self, user: str) -> str:
        """The channel, begun where there is none. Raises NoDmError."""
        if (address := await self.known(user)) is not None:
            return address
        async with self._beginning:
            if user not in self._known:
                self._keep(user, await self._begun(user))
            return self._known[user]

    async def _begun(self, user: str) -> str:
        pause = self.new.free_at() - self.clock.monotonic()
        if pause > NEW_ONES.least_gap:
            raise NoDmError(TOO_MANY_DMS)
        if pause > 0:
            await self.clock.sleep(pause)
        if await turn(self.limiter, self.clock, None):
            raise NoDmError(TOO_MANY_DMS)
        self.new.passed(None, self.clock.monotonic())
        try:
            return await self.api.open_dm(user)
        except SendError as error:
            log.warning("a conversation could not be begun: %s", error)
            if error.failure is not Failure.LIMITED:
                raise NoDmError(NO_DM) from None
            self.new.refused("", error.retry_after or WAIT_LONG, self.clock.monotonic(), everywhere=True)
            raise NoDmError(TOO_MANY_DMS) from None

    def _keep(self, user: str, address: str) -> None:
        self._known[user] = address
        self._known.move_to_end(user)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)


def _stored(storage: Storage, user: str) -> str | None:
    with storage.read() as tx:
        person = tx.people.find(f"{PLATFORM}:{user}")
        chat = None if person is None else tx.chats.by_id(person.chat_id)
    return None if chat is None else chat.address
