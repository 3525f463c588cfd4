"""Roles of a server, as people choose them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import discord

from bot.chat.discord.words import ROLES_IN_SERVERS, UNKNOWN_ROLE
from bot.commands.base import Command, Kind
from bot.commands.values import OFF
from bot.errors import UserError


def with_role(
    command: Command, options: Iterable[Mapping[str, Any]], guild: discord.Guild | None
) -> list[Mapping[str, Any]]:
    """The options, with the ids of roles in the place of their names. Raises UserError."""
    roles = {param.name for param in command.params if param.kind is Kind.ROLE}
    return [one | {"value": _role(one["value"], guild)} if one["name"] in roles else one for one in map(dict, options)]


def offered(text: str, guild: discord.Guild | None) -> list[discord.Role]:
    """The roles that a text may mean, the highest first; @everyone is none of them."""
    if guild is None:
        return []
    wanted = text.casefold().lstrip("@")
    return [one for one in reversed(guild.roles) if not one.is_default() and wanted in one.name.casefold()]


def _role(text: str, guild: discord.Guild | None) -> str:
    typed = str(text).strip()
    if typed.casefold() in OFF:
        return "off"
    if guild is None:
        raise UserError(ROLES_IN_SERVERS, "/settings")
    known = {str(one.id): one for one in guild.roles if not one.is_default()}
    named = [one for one in known.values() if one.name.casefold() == typed.casefold().lstrip("@")]
    number = typed.removeprefix("<@&").removesuffix(">")
    if number in known:
        return number
    if len(named) == 1:
        return str(named[0].id)
    raise UserError(UNKNOWN_ROLE, "/settings mention=off")
