"""Slash commands are written to Discord only where they changed: it takes 200 new ones a day."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import discord

from bot.chat.discord.definitions import definitions, fingerprint
from bot.chat.discord.traffic import NOT_TAKEN
from bot.commands.base import Command
from storage import Storage

log = logging.getLogger("tocsin.discord")


async def put_commands(client: discord.Client, storage: Storage, commands: Sequence[Command]) -> None:
    """Let Discord know exactly these commands. Where it takes none, those that it knows stay."""
    if client.application_id is None:
        raise AssertionError("known since the login")
    defined = definitions(commands)
    note, current = f"discord commands of {client.application_id}", fingerprint(defined)
    if await asyncio.to_thread(_read, storage, note) == current:
        return
    try:
        await client.http.bulk_upsert_global_commands(client.application_id, payload=defined)
    except NOT_TAKEN as error:
        log.warning("the slash commands stay as they were: %s", error)
        return
    await asyncio.to_thread(_write, storage, note, current)
    log.info("the slash commands are new: %d", len(defined))


def _read(storage: Storage, name: str) -> str | None:
    with storage.read() as tx:
        return tx.notes.get(name)


def _write(storage: Storage, name: str, value: str) -> None:
    with storage.write() as tx:
        tx.notes.put(name, value)
