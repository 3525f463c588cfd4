"""Roles of a server, as people choose them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import discord

from bot.chat.discord.places import Interaction
from bot.chat.discord.words import MUTE_ROLE, ROLES_IN_SERVERS, UNKNOWN_ROLE
from bot.commands.base import Command, Kind
from bot.commands.values import OFF
from bot.errors import UserError


def with_role(
    command: Command, options: Iterable[Mapping[str, Any]], interaction: Interaction
) -> list[Mapping[str, Any]]:
    """The options, with the ids of roles in the place of their names. Raises UserError."""
    roles = {param.name for param in command.params if param.kind is Kind.ROLE}
    return [
        one | {"value": _role(one["value"], interaction)} if one["name"] in roles else one for one in map(dict, options)
    ]


def offered(text: str, guild: discord.Guild | None) -> list[discord.Role]:
    """The roles that a text may mean, the highest first; @everyone is none of them."""
    if guild is None:
        return []
    wanted = text.casefold().lstrip("@")
    return [one for one in reversed(guild.roles) if not one.is_default() and wanted in one.name.casefold()]


def _role(text: str, interaction: Interaction) -> str:
    typed, guild = str(text).strip(), interaction.guild
    if typed.casefold() in OFF:
        return "off"
    if guild is None:
        raise UserError(ROLES_IN_SERVERS, "/settings")
    role = _named(typed, guild)
    if role is None:
        raise UserError(UNKNOWN_ROLE, "/settings mention=off")
    may = interaction.app_permissions
    if not (role.mentionable or may.mention_everyone or may.administrator):
        raise UserError(MUTE_ROLE, f"/settings mention={role.id}")
    return str(role.id)


def _named(typed: str, guild: discord.Guild) -> discord.Role | None:
    """The role of this id, or the only one of this name."""
    known = {str(one.id): one for one in guild.roles if not one.is_default()}
    number = typed.removeprefix("<@&").removesuffix(">")
    named = [one for one in known.values() if one.name.casefold() == typed.casefold().lstrip("@")]
    return known.get(number) or (named[0] if len(named) == 1 else None)
