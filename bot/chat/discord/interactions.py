"""Slash commands, presses of buttons, choices of menus: each becomes a command line, and is answered.

All that a press needs stands in the button, so buttons outlive a restart.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.chat.discord import membership
from bot.chat.discord.answers import Reply
from bot.chat.discord.api import GONE
from bot.chat.discord.components import MENU, Press, Way, makes_ring, presses, read
from bot.chat.discord.dms import NoDmError
from bot.chat.discord.options import line_of
from bot.chat.discord.places import Interaction, Where, alone, asked_by, here, lacking, where
from bot.chat.discord.roles import with_role
from bot.chat.discord.session import Session
from bot.chat.discord.traffic import NOT_TAKEN, log_refusal
from bot.chat.discord.words import (
    CLOSED,
    NO_BUTTON,
    NO_COMMAND,
    NOT_WRITTEN,
    SLOW,
    in_dm_view,
    lacking_view,
    not_yours_view,
    refused_view,
)
from bot.chat.lines import changes, command_name, subscribes, topic_of
from bot.chat.turns import Turn
from bot.commands.base import ChatRef
from bot.errors import UserError
from bot.views.elements import Button, Tone, View
from bot.views.errors import our_fault_view
from bot.words import language_of, speaking, tr

log = logging.getLogger("tocsin.discord")

BEGINS = {"start"}  # beside what changes something: what it does is of a chat that must be there


class Interactions:
    """Answers people."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def on_command(self, interaction: Interaction) -> None:
        """A slash command was sent."""
        data: Any = interaction.data
        command = self._session.commands.get(data["name"])
        if command is None:
            await self._refuse(interaction, NO_COMMAND)
            return
        hidden = command.changes or command.personal
        try:
            line = line_of(command, with_role(command, data.get("options", ()), interaction))
        except UserError as error:
            await self._refuse(interaction, error.message, error.example or "/settings")
            return
        await self._answer(interaction, Press("", Way.RUN, line), (interaction.channel_id, interaction.user.id), hidden)

    async def on_press(self, interaction: Interaction) -> None:
        """A button was pressed, or something chosen of a menu."""
        data: Any = interaction.data
        name, values = data["custom_id"], data.get("values", ())
        press = read(f"{Way.RUN}:{values[0]}" if name == MENU and values else name)
        if press is None:
            await self._refuse(interaction, NO_BUTTON)
            return
        is_shared = where(interaction) is not Where.ALONE
        if press.way is Way.PUT and is_shared and asked_by(interaction) not in (None, interaction.user.id):
            press = replace(press, way=Way.RUN)  # what somebody else asked for stays as it is
        changed = interaction.message.id if press.way is Way.PUT and interaction.message else interaction.id
        await self._answer(interaction, press, changed, is_shared)

    async def _answer(self, interaction: Interaction, press: Press, waits_for: Hashable, hidden: bool) -> None:
        """Answer a line, after what was asked before of the same message, or by the same person in the same place."""
        hidden = hidden and where(interaction) is not Where.ALONE  # there nobody else reads it, and it stays
        with self._session.answers.turns.draw(waits_for) as turn:
            reply = await self._announced(interaction, press, turn, hidden=hidden)
            if press.way is not Way.PUT:
                turn.over()
            await self._session.answers.give(interaction, replace(reply, in_place=press.way is Way.PUT), turn.over)

    async def _announced(self, interaction: Interaction, press: Press, turn: Turn, *, hidden: bool) -> Reply:
        """The reply; one that takes long is announced first, for Discord waits three seconds."""
        work = asyncio.create_task(self._reply(interaction, press, turn))
        done, _ = await asyncio.wait({work}, timeout=self._session.patience)
        try:
            if not done and press.way is Way.PUT:
                await interaction.response.defer()
            elif not done:
                await interaction.response.defer(ephemeral=hidden, thinking=True)
        finally:
            reply = await work  # what was asked for is done, whether or not it can be told
        is_error = reply.view.tone is Tone.ERROR and where(interaction) is not Where.ALONE
        return replace(reply, hidden=hidden or is_error)

    async def _reply(self, interaction: Interaction, press: Press, turn: Turn) -> Reply:
        session, name = self._session, command_name(press.command, self._session.commands)
        await turn.come()
        try:
            ref = await self._ref(interaction, press, name)
            language = await session.language(ref)
            with speaking(language):
                return replace(await self._made(interaction, press, ref), language=language)
        except NoDmError as error:
            with speaking(language_of(interaction.locale.value)):
                return Reply(refused_view(error.message, press.command))
        except Exception:
            log.exception("answering on Discord failed")
            with speaking(language_of(interaction.locale.value)):
                return Reply(our_fault_view())

    async def _made(self, interaction: Interaction, press: Press, ref: ChatRef) -> Reply:
        session, line, commands = self._session, press.command, self._session.commands
        if ref.is_group and changes(line, commands):
            if not ref.is_admin:
                return Reply(not_yours_view(line, subscribes=subscribes(line, commands)), _in_dm)
            if makes_ring(line, commands) and (missing := lacking(interaction)):
                return Reply(lacking_view(missing, line))
        view = await session.ask(line, ref)
        if view is None:
            return Reply(refused_view(SLOW))
        elsewhere = where(interaction) is Where.ELSEWHERE
        if press.way is Way.DM or (elsewhere and subscribes(line, commands) and view.tone is not Tone.ERROR):
            return Reply(await self._in_dm(interaction, ref, view))
        return Reply(view, presses(topic_of(line, commands), commands, is_group=ref.is_group))

    async def _ref(self, interaction: Interaction, press: Press, name: str) -> ChatRef:
        """Whose chat a line is about: that of the place, or the one that the person has with the bot alone."""
        command = self._session.commands.get(name)
        of_person = press.way is Way.DM or (command is not None and command.alone)
        kind = where(interaction)
        if kind is Where.ALONE or (kind is Where.CHANNEL and not of_person):
            return here(interaction)
        user, dms = str(interaction.user.id), self._session.dms
        if of_person or changes(press.command, self._session.commands) or name in BEGINS:
            return alone(interaction, await dms.of(user))
        return alone(interaction, await dms.known(user) or f"user:{user}")

    async def _in_dm(self, interaction: Interaction, ref: ChatRef, view: View) -> View:
        """Write it where nobody else reads; returns what is said about that where it was pressed."""
        channel = interaction.client.get_partial_messageable(int(ref.address))
        try:
            await self._session.answers.write(channel, view)
        except NOT_TAKEN as error:
            log_refusal(error)
            if not isinstance(error, discord.HTTPException) or error.code not in GONE:
                return refused_view(NOT_WRITTEN)
            await asyncio.to_thread(membership.switch_off, self._session.storage, (ref.address,), error.text)
            return refused_view(CLOSED)
        return in_dm_view()

    async def _refuse(self, interaction: Interaction, title: str, line: str = "/help") -> None:
        with speaking(language_of(interaction.locale.value)):
            await self._session.answers.give(interaction, Reply(refused_view(title, line), hidden=True))


def _in_dm(button: Button) -> Sequence[Press]:
    return (Press(button.label, Way.DM, button.command, tr(" · in DM")),)
