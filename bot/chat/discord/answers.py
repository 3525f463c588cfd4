"""Answers to interactions: a View as messages and files, sent or put in the place of an earlier one."""

from __future__ import annotations

import io
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import discord

from bot.charts.painter import Painter, PictureError
from bot.chat.discord.components import Presses, runs
from bot.chat.discord.options import with_slashes
from bot.chat.discord.places import Interaction
from bot.chat.discord.render import render_pages, render_plain
from bot.chat.files import documents_of, file_of, without_documents
from bot.chat.texts import clean, cut
from bot.chat.turns import Turns
from bot.commands.base import Command
from bot.views.elements import Picture, Tone, View
from bot.words import ENGLISH, speaking

log = logging.getLogger("tocsin.discord")

NOBODY = discord.AllowedMentions.none()
CHART = "chart.png"
ALT_UNITS = 1024
INVALID_FORM = 50035
MOST_KNOWN = 2000  # messages
NONE: Mapping[str, Command] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reply:
    """A View, and how it is shown."""

    view: View
    of: Presses = runs  # what its buttons do
    hidden: bool = False  # only the person sees it
    language: str = ENGLISH  # of what stands on its buttons
    in_place: bool = False  # it takes the place of the message that was pressed, unless it tells of an error

    @property
    def replaces(self) -> bool:
        """Whether it takes the place of what was there."""
        return self.in_place and self.view.tone is not Tone.ERROR


class Answers:
    """Gives replies. What Discord refuses as it is written is sent as plain text."""

    def __init__(self, painter: Painter | None = None, commands: Mapping[str, Command] = NONE) -> None:
        self._painter = painter  # None: nobody paints here
        self._commands = commands  # by name and alias
        self.turns = Turns()  # of messages, by their ids, and of persons in their places
        self._shown: OrderedDict[int, int] = OrderedDict()  # message → interaction that it answers; the latest last

    async def give(self, interaction: Interaction, reply: Reply, shown: Callable[[], None] = lambda: None) -> None:
        """Answer an interaction, deferred or not. Raises discord.HTTPException.

        `shown` is called as soon as the text is there, for the picture takes longer.
        """
        reply = replace(reply, view=with_slashes(reply.view, self._commands))
        with speaking(reply.language):
            first, *more = render_pages(without_documents(reply.view), reply.of)
        try:
            message = await self._first(interaction, reply, first)
        except discord.HTTPException as error:
            if error.code != INVALID_FORM:
                raise
            log.warning("an answer was refused as it was written: %s", error.text)
            self._note(await self._first(interaction, reply, render_plain(reply.view)), interaction)
            return
        hidden = interaction.message.flags.ephemeral if reply.replaces and interaction.message else reply.hidden
        for body in more:
            await interaction.followup.send(**_message(body), ephemeral=hidden)
        self._note(message, interaction)
        shown()
        await self._picture(interaction, reply, first, message)

    async def write(self, channel: discord.abc.Messageable, view: View) -> None:
        """Write to a channel, unasked by an interaction. Raises discord.HTTPException."""
        bodies = render_pages(without_documents(with_slashes(view, self._commands)))
        for body in bodies:
            message = _message(body)
            if body is bodies[0] and (files := _files(view)):
                message["files"] = files
            await channel.send(**message)

    def _note(self, message: int, interaction: Interaction) -> None:
        """Keep what a message shows; ids of interactions grow, and one may be pressed before we know that it is out."""
        self._shown[message] = max(self._shown.get(message, 0), interaction.id)
        self._shown.move_to_end(message)
        if len(self._shown) > MOST_KNOWN:
            self._shown.popitem(last=False)

    async def _first(self, interaction: Interaction, reply: Reply, body: dict[str, Any]) -> int:
        """Show the first text; returns its message."""
        files, message = _files(reply.view), _message(body)
        more: dict[str, Any] = {"files": files} if files else {}
        if not interaction.response.is_done():
            if reply.replaces:
                told = await interaction.response.edit_message(**_replacing(body), attachments=files)
            else:
                told = await interaction.response.send_message(**message, **more, ephemeral=reply.hidden)
            return interaction.id if told is None or told.message_id is None else told.message_id
        if reply.in_place and not reply.replaces:
            followed = await interaction.followup.send(**message, **more, ephemeral=reply.hidden, wait=True)
            return followed.id
        return (await interaction.edit_original_response(**_replacing(body), attachments=files)).id

    async def _picture(self, interaction: Interaction, reply: Reply, body: dict[str, Any], message: int) -> None:
        """Put the picture under the text that is there already: nobody waits for a painter to read a number.

        Where the message shows something else by then, the picture is none of it.
        """
        picture = next((one for one in reply.view.body if isinstance(one, Picture)), None)
        if picture is None or self._painter is None or (reply.in_place and not reply.replaces):
            return
        try:
            painted = await self._painter.picture(picture.chart, picture.theme)
        except PictureError as error:
            log.warning("an answer goes out without its picture: %s", error)
            return
        chart = discord.File(io.BytesIO(painted), CHART, description=cut(clean(picture.alt), ALT_UNITS))
        embeds = [discord.Embed.from_dict(one) for one in body.get("embeds", [])]
        for embed in embeds[:1]:
            embed.set_image(url=f"attachment://{CHART}")
        with self.turns.draw(message) as turn:
            await turn.come()
            if self._shown.get(message) == interaction.id:
                await interaction.edit_original_response(embeds=embeds, attachments=[*_files(reply.view), chart])


def view_of(components: Sequence[dict[str, Any]]) -> discord.ui.View:
    """The components as the library takes them. It must not wait for presses: whoever presses is answered anyway."""
    view = discord.ui.View(timeout=None)
    for row, line in enumerate(components):
        for one in line["components"]:
            view.add_item(_item(one, row))
    view.stop()
    return view


def _item(one: dict[str, Any], row: int) -> discord.ui.Item[discord.ui.View]:
    if one["type"] == discord.ComponentType.button.value:
        style = discord.ButtonStyle(one["style"])
        return discord.ui.Button(style=style, label=one["label"], custom_id=one["custom_id"], row=row)
    options = [discord.SelectOption(**option) for option in one["options"]]
    return discord.ui.Select(custom_id=one["custom_id"], placeholder=one["placeholder"], options=options, row=row)


def _message(body: dict[str, Any]) -> dict[str, Any]:
    """A body as the library takes a new message."""
    found: dict[str, Any] = {"content": body["content"] or None, "allowed_mentions": NOBODY}
    if "embeds" in body:
        found["embeds"] = [discord.Embed.from_dict(one) for one in body["embeds"]]
    if "components" in body:
        found["view"] = view_of(body["components"])
    return found


def _replacing(body: dict[str, Any]) -> dict[str, Any]:
    """A body as the library takes what replaces a message: all that was there goes."""
    return {"embeds": [], "view": None, **_message(body)}


def _files(view: View) -> list[discord.File]:
    found = [file_of(one) for one in documents_of(view)]
    return [discord.File(io.BytesIO(content), name) for name, content in found]
