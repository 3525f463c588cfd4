"""What is offered while somebody types an option: names from memory, within a moment."""

from __future__ import annotations

from typing import Any

import discord

from bot.chat.discord.options import focused
from bot.chat.discord.places import Interaction
from bot.chat.discord.roles import offered
from bot.chat.discord.session import Session
from bot.chat.texts import clean, cut
from bot.commands.base import Kind, Param
from bot.feeds import sectors

MOST = 25
UNITS = 100
SIGNS = ("+", "-")  # of what is put into a list, and taken out of it


async def on_autocomplete(interaction: Interaction, session: Session) -> None:
    """Somebody types; each further letter asks again."""
    data: Any = interaction.data
    command = session.commands.get(data["name"])
    name, text = focused(data.get("options", ()))
    param = next((one for one in command.params if one.name == name), None) if command else None
    found = [] if param is None else _offers(param, text, session, interaction.guild)
    choices = [discord.app_commands.Choice(name=label, value=value) for label, value in found[:MOST]]
    await interaction.response.autocomplete(choices)


def _offers(param: Param, text: str, session: Session, guild: discord.Guild | None) -> list[tuple[str, str]]:
    """(what is shown, what it means)."""
    if Kind.ROLE in param.offered:
        found = [(f"@{one.name}", str(one.id)) for one in offered(text, guild)]
        return [("off", "off"), *((cut(clean(label), UNITS), value) for label, value in found)]
    if param.kind is Kind.CHOICE:
        wanted = text.casefold()
        return [(cut(one, UNITS), one) for one in sectors.industries() if wanted in one.casefold()]
    begun, last = _parts(text) if param.kind is Kind.TEXT else ("", text)
    names = session.directory.find(param.offered, last, MOST)
    offers = [(cut(clean(begun + one.label), UNITS), begun + one.ticker) for one in names]
    return [(label, value) for label, value in offers if label and len(value) <= UNITS]


def _parts(text: str) -> tuple[str, str]:
    """(the names before the last comma and the sign behind it, with both; what is being typed behind that)."""
    before, comma, last = text.rpartition(",")
    name = last.strip()
    sign = name[:1] if name[:1] in SIGNS else ""
    return before.replace(" ", "") + comma + sign, name.removeprefix(sign).strip()
