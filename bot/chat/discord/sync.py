"""Slash commands are written to Discord only where they changed: it takes 200 new ones a day."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import discord

from bot.chat.discord.definitions import definitions, fingerprint
from bot.chat.discord.traffic import NOT_TAKEN
from bot.clock import Clock
from bot.commands.base import Command
from storage import Storage

log = logging.getLogger("tocsin.discord")

FIRST_SECONDS = 10.0  # after which people are answered, written or not: Discord may ask to wait for hours
AGAIN_SECONDS = 300.0


class SlashCommands:
    """Lets Discord know exactly our commands. As long as it takes none, those that it knows stay."""

    def __init__(self, client: discord.Client, storage: Storage, commands: Sequence[Command], clock: Clock) -> None:
        self._client = client
        self._storage = storage
        self._defined = definitions(commands)
        self._clock = clock
        self._said = ""  # why they were not taken
        self._later: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Write them where they changed. What takes long, or fails, goes on while people are answered."""
        first = asyncio.create_task(self._put())
        self._later = asyncio.create_task(self._until_taken(first))
        await asyncio.wait({first}, timeout=FIRST_SECONDS)

    async def close(self) -> None:
        """Try no more."""
        if self._later is not None:
            self._later.cancel()
            await asyncio.gather(self._later, return_exceptions=True)

    async def _until_taken(self, attempt: asyncio.Task[bool]) -> None:
        try:
            while not await attempt:
                await self._clock.sleep(AGAIN_SECONDS)
                attempt = asyncio.create_task(self._put())
        except Exception:
            log.exception("the slash commands stay as they were")

    async def _put(self) -> bool:
        """Whether Discord knows them now."""
        application = self._client.application_id
        if application is None:
            raise AssertionError("known since the login")
        note, current = f"discord commands of {application}", fingerprint(self._defined)
        if await asyncio.to_thread(_read, self._storage, note) == current:
            return True
        try:
            await self._client.http.bulk_upsert_global_commands(application, payload=self._defined)
        except NOT_TAKEN as error:
            if self._said != str(error):
                log.warning("the slash commands stay as they were, and are written again later: %s", error)
            self._said = str(error)
            return False
        await asyncio.to_thread(_write, self._storage, note, current)
        log.info("the slash commands are new: %d", len(self._defined))
        return True


def _read(storage: Storage, name: str) -> str | None:
    with storage.read() as tx:
        return tx.notes.get(name)


def _write(storage: Storage, name: str, value: str) -> None:
    with storage.write() as tx:
        tx.notes.put(name, value)
