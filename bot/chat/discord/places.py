"""Where an interaction stands, and who began it."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeAlias

import discord

from bot.chat.discord.words import IN_THREADS, NEEDED
from bot.commands.base import ChatRef

PLATFORM = "discord"
Interaction: TypeAlias = "discord.Interaction[Any]"


class Where(StrEnum):
    """What kind of place it is."""

    CHANNEL = "channel"  # of a server of which the bot is a member; threads and posts of a forum too
    ALONE = "alone"  # the direct messages of a person and the bot
    ELSEWHERE = "elsewhere"  # where the bot may only answer: its person brought it along


def where(interaction: Interaction) -> Where:
    """The kind of place."""
    if interaction.guild_id is not None:
        is_member = interaction.client.get_guild(interaction.guild_id) is not None
        return Where.CHANNEL if is_member else Where.ELSEWHERE
    is_foreign = interaction.context.private_channel and not interaction.context.dm_channel
    is_dm = isinstance(interaction.channel, discord.DMChannel)
    return Where.ALONE if is_dm and not is_foreign else Where.ELSEWHERE


def here(interaction: Interaction) -> ChatRef:
    """The chat of the place, for its person. Manage Server makes an administrator of what a channel is told."""
    address = str(interaction.channel_id)
    if where(interaction) is not Where.CHANNEL:
        return alone(interaction, address)
    may = interaction.permissions
    return replace(alone(interaction, address), is_group=True, is_admin=may.manage_guild or may.administrator)


def alone(interaction: Interaction, address: str) -> ChatRef:
    """A chat that the person of an interaction has with the bot alone."""
    return ChatRef(PLATFORM, address, str(interaction.user.id), language=interaction.locale.value)


def lacking(interaction: Interaction) -> tuple[str, ...]:
    """What the bot may not do in a channel and must, to tell it anything; by the names in Discord's settings."""
    may = interaction.app_permissions
    if may.administrator:
        return ()
    in_thread = isinstance(interaction.channel, discord.Thread)
    needed = {name: title for name, title in NEEDED.items() if not (in_thread and name == "send_messages")}
    if in_thread:
        needed["send_messages_in_threads"] = IN_THREADS
    return tuple(title for name, title in needed.items() if not getattr(may, name))


def asked_by(interaction: Interaction) -> int | None:
    """Who asked for the message that was pressed; None where nobody did, as of an alert."""
    message = interaction.message
    made = None if message is None else message.interaction_metadata
    return None if made is None else made.user.id
