"""The library's client, with what it hears given on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.chat.discord.membership import DELETED, REMOVED, Place
from bot.chat.discord.places import Interaction
from bot.clock import Clock

log = logging.getLogger("tocsin.discord")

IDENTIFY_SECONDS = 5.0
CONNECT_SECONDS = 60.0  # for one shard
GUILDS_SECONDS = 2.0  # so long after the last server that Discord tells of, all are known


@dataclass(frozen=True, slots=True)
class Hears:
    """What becomes of what is heard."""

    opened: Callable[[], Awaitable[None]]  # logged in, and not connected yet
    interaction: Callable[[Interaction], Awaitable[None]]
    shard: Callable[[int, bool], None]  # a shard is connected, or is not


Lost = Callable[[Sequence[Place], str], Awaitable[None]]  # which, and why


class Gateway(discord.AutoShardedClient):
    """Listens to what needs no privileged intent, and keeps little of it."""

    def __init__(self, hears: Hears, trace: aiohttp.TraceConfig, clock: Clock) -> None:
        # It would warn at each beginning of what only calls need.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            http_trace=trace,
            shard_connect_timeout=CONNECT_SECONDS,
            guild_ready_timeout=GUILDS_SECONDS,
        )
        self._hears = hears
        self._clock = clock
        self.on_lost: Lost | None = None  # channels are no longer there
        self.on_known: Callable[[], None] | None = None  # all servers are known
        self._under_way: set[asyncio.Task[Any]] = set()

    async def setup_hook(self) -> None:
        """Logged in, and not connected yet."""
        await self._hears.opened()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Discord takes one session in five seconds."""
        if not initial:
            await self._clock.sleep(IDENTIFY_SECONDS)

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect where Discord says, and after a lost session again there; the library has one address of its own."""
        DiscordWebSocket.DEFAULT_GATEWAY = gateway
        await super().launch_shard(gateway, shard_id, initial=initial)

    async def on_interaction(self, interaction: Interaction) -> None:
        """Somebody sent a command, pressed a button, or types."""
        task = asyncio.current_task()
        if task is not None:
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        await self._hears.interaction(interaction)

    async def finished(self, seconds: float) -> None:
        """Wait for the answers under way, and for those that are asked for meanwhile."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._under_way:
                    await asyncio.wait(self._under_way)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed from a server, or the server is no more."""
        channels = (*guild.channels, *guild.threads)
        await self._lost([Place(str(one.id), one.name, guild.name) for one in channels], REMOVED)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was deleted."""
        place = Place(str(channel.id), channel.name, channel.guild.name, channel.guild)
        await self._lost([place], DELETED)

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """A thread, or a post of a forum, was deleted."""
        guild, thread = self.get_guild(payload.guild_id), payload.thread
        names = ("" if thread is None else thread.name, "" if guild is None else guild.name)
        await self._lost([Place(str(payload.thread_id), *names, guild)], DELETED)

    async def _lost(self, places: Sequence[Place], why: str) -> None:
        if self.on_lost is not None:
            await self.on_lost(places, why)

    async def on_ready(self) -> None:
        """All servers are known."""
        if self.on_known is not None:
            self.on_known()

    async def on_shard_connect(self, shard_id: int) -> None:
        """A shard is connected."""
        self._hears.shard(shard_id, True)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """A shard is connected again, and has missed nothing."""
        self._hears.shard(shard_id, True)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """A shard is not connected; the library connects it again."""
        self._hears.shard(shard_id, False)

    async def on_error(self, event_method: str, /, *_args: Any, **_kwargs: Any) -> None:
        """A handler failed."""
        log.exception("handling %s of Discord failed", event_method)


def point_at(base_url: str) -> None:
    """Let the library ask another address than Discord's own.

    It knows one for the whole process, in a class: two bots at two addresses cannot be in one process.
    """
    Route.BASE = base_url.rstrip("/")
