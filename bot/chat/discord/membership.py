"""Channels that take nothing any more: switched off with their subscriptions kept, and somebody is told once.

Who made a subscription of the channel is told, in the conversation that they have with the bot already; none is begun
for that. Where there is none, the server's channel for notices of its system is. Else nobody can be told, and the log
says so. A closed conversation of a person alone is told to nobody: they closed it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import discord

from bot.chat.discord.answers import Answers
from bot.chat.discord.places import PLATFORM
from bot.chat.discord.traffic import NOT_TAKEN, log_refusal
from bot.chat.discord.words import gone_view, place_title
from bot.chat.seldom import Seldom
from bot.commands.chats import settings_of
from bot.views.elements import View
from bot.words import speaking
from storage import Storage, Transaction
from storage.chats import ACTIVE, Chat

log = logging.getLogger("tocsin.discord")

REMOVED = "Discord: the bot was removed from this server"
DELETED = "Discord: the channel was deleted"
MOST_TOLD = 3  # persons


@dataclass(frozen=True, slots=True)
class Place:
    """A channel, as people know it."""

    address: str
    channel: str = ""  # its name
    server: str = ""  # its name
    guild: discord.Guild | None = None  # in which the bot still is


@dataclass(frozen=True, slots=True)
class Loss:
    """A channel that is not told any more."""

    address: str
    why: str
    kept: int  # subscriptions
    alone: bool  # it was the conversation of one person
    tell: tuple[tuple[str, str], ...]  # conversations of those who made its subscriptions, and their languages


def switch_off(storage: Storage, addresses: Iterable[str], why: str) -> list[Loss]:
    """Stop telling channels; returns those that were on."""
    found = []
    with storage.write() as tx:
        for address in addresses:
            chat = tx.chats.find(PLATFORM, address)
            if chat is not None and chat.status == ACTIVE:
                tx.chats.switch_off(chat.id, why)
                found.append(_loss(tx, chat, why))
    return found


def loss_of(storage: Storage, address: str, why: str) -> Loss | None:
    """What is lost with a channel; None where it was never stored."""
    with storage.read() as tx:
        chat = tx.chats.find(PLATFORM, address)
        return None if chat is None else _loss(tx, chat, why)


def _loss(tx: Transaction, chat: Chat, why: str) -> Loss:
    made = tx.subscriptions.of_chat(chat.id)
    persons = [tx.people.find(owner) for owner in dict.fromkeys(one.owner for one in made)]
    chats = [tx.chats.by_id(one.chat_id) for one in persons if one is not None]
    alone = tx.people.has(chat.id)
    open_ones = [one for one in chats if one is not None and one.status == ACTIVE and one.platform == PLATFORM]
    tell = tuple((one.address, settings_of(one).spoken) for one in open_ones if one.id != chat.id)
    return Loss(chat.address, why, len(made), alone, tell)


@dataclass
class Losses:
    """Tells of channels that were lost."""

    client: discord.Client
    storage: Storage
    answers: Answers
    told: Seldom  # a removal and a refused message may come at once
    untold: deque[tuple[str, str]]  # channels and why, of which nobody can be told before the servers are known
    _telling: set[asyncio.Task[None]] = field(default_factory=set)

    def on_gone(self, address: str, why: str) -> None:
        """A message to a channel was refused for good; whoever sent it switches the channel off."""
        if not self.client.is_ready() and self.client.get_channel(int(address)) is None:
            self.untold.append((address, why))
            return
        task = asyncio.create_task(self._gone(address, why))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    def on_known(self) -> None:
        """All servers are known."""
        for _ in range(len(self.untold)):
            self.on_gone(*self.untold.popleft())

    async def on_removed(self, places: Sequence[Place], why: str) -> None:
        """Channels are no longer there."""
        known = {one.address: one for one in places}
        for loss in await asyncio.to_thread(switch_off, self.storage, known, why):
            await self._tell(loss, known[loss.address])

    async def close(self) -> None:
        """Wait for what is being told."""
        if self._telling:
            await asyncio.wait(self._telling)

    async def _gone(self, address: str, why: str) -> None:
        try:
            if (loss := await asyncio.to_thread(loss_of, self.storage, address, why)) is not None:
                await self._tell(loss, self._place(address))
        except Exception:
            log.exception("of a channel that was lost nobody could be told")

    def _place(self, address: str) -> Place:
        channel = self.client.get_channel(int(address))
        guild = getattr(channel, "guild", None)
        if guild is None:
            return Place(address)
        return Place(address, getattr(channel, "name", ""), guild.name, guild)

    async def _tell(self, loss: Loss, place: Place) -> None:
        if loss.alone or not loss.kept or not self.told.lets(loss.address):
            return
        told = False
        for address, language in loss.tell[:MOST_TOLD]:
            with speaking(language):
                view = gone_view(place_title(place.channel, place.server), loss.why, loss.kept)
                told |= await self._write(self.client.get_partial_messageable(int(address)), view)
        if told:
            return
        view = gone_view(place_title(place.channel, place.server), loss.why, loss.kept)
        notices = None if place.guild is None else place.guild.system_channel
        if notices is None or str(notices.id) == loss.address or not await self._write(notices, view):
            log.warning("channel %s is off (%s), and nobody could be told", loss.address, loss.why)

    async def _write(self, channel: discord.abc.Messageable, view: View) -> bool:
        try:
            await self.answers.write(channel, view)
        except NOT_TAKEN as error:
            log_refusal(error)
            return False
        return True
