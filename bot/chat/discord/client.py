"""The bot that listens on Discord, and lives through what fails."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp
import discord

from bot.alerts.limiter import Limiter
from bot.charts.painter import Painter
from bot.chat.directory import Directory
from bot.chat.discord.answers import Answers
from bot.chat.discord.completion import on_autocomplete
from bot.chat.discord.dms import DirectMessages
from bot.chat.discord.gateway import Gateway, Hears, point_at
from bot.chat.discord.interactions import Interactions
from bot.chat.discord.membership import Losses
from bot.chat.discord.places import Interaction
from bot.chat.discord.redaction import DiscordRedaction
from bot.chat.discord.send import DiscordSender
from bot.chat.discord.session import Session
from bot.chat.discord.sync import SlashCommands
from bot.chat.discord.traffic import INVALID_SECONDS, NOT_TAKEN, HeldBackError, log_refusal, watched
from bot.chat.discord.words import HELD_BACK, REFUSED, UNREACHED
from bot.chat.lines import by_name
from bot.chat.seldom import Seldom
from bot.clock import Clock, SystemClock
from bot.commands.base import Ask, Command
from bot.feeds.faults import shown
from bot.settings import DiscordSettings
from bot.views.elements import View
from storage import Storage

log = logging.getLogger("tocsin.discord")

# Each beginning is a session, of which Discord allows 1,000 a day; beyond them it resets the token.
FIRST_BACKOFF, LONGEST_BACKOFF = 5.0, 300.0
AGAIN_AFTER_FAULT = 300.0  # seconds
DOWN_SECONDS = 60.0  # so long a shard may be without connection before anybody is told
STOP_SECONDS = 10.0  # answers under way at the end are waited for so long
PATIENCE = 1.5  # of the three seconds that Discord waits for the first sign
TOLD_SECONDS = 60.0
MOST_UNTOLD = 1000  # channels
REFUSED_CODE = 4004  # authentication failed
NEVER_CONNECTED = -1  # no shard's number


@dataclass(frozen=True, slots=True)
class DiscordOptions:
    """What the bot offers, and its clock."""

    commands: Sequence[Command]
    painter: Painter | None = None  # None: answers have no pictures
    clock: Clock = field(default_factory=SystemClock)  # of real time, also where the market is simulated
    patience: float = PATIENCE  # seconds after which an answer that is not there yet is announced


class DiscordChat:
    """One bot on Discord. `run` listens for ever; alerts are sent by DiscordSender, at the same pace."""

    def __init__(
        self,
        settings: DiscordSettings,
        ask: Ask,
        storage: Storage,
        limiter: Limiter,
        sender: DiscordSender,
        options: DiscordOptions,
    ) -> None:
        self._settings = settings
        self._ask = ask
        self._storage = storage
        self._limiter = limiter
        self._sender = sender
        self._options = options
        self._clock = options.clock
        self._token = settings.token.get_secret_value()
        self._redaction = DiscordRedaction(self._token)
        self._redaction.install()
        self._failures = 0
        self._stopped_by = ""
        self._client: Gateway | None = None  # while it listens
        self._down: dict[int, float] = {}  # shards without a connection, and since when
        self._untold: deque[tuple[str, str]] = deque(maxlen=MOST_UNTOLD)  # channels that were lost, and why
        self._sender.on_gone = self._lost
        # Discord counts new conversations also where the bot has logged in again meanwhile.
        self._dms = DirectMessages(sender.api, storage, limiter, options.clock)

    @property
    def fault(self) -> str:
        """Why nobody is answered, in a sentence; empty while people are."""
        if self._stopped_by:
            return self._stopped_by
        if self._sender.api.refusals.are_too_many:
            return HELD_BACK
        since = min(self._down.values(), default=self._clock.monotonic())
        return UNREACHED if self._clock.monotonic() - since > DOWN_SECONDS else ""

    async def run(self) -> None:
        """Listen for ever. Whatever fails is said and tried again."""
        while True:
            pause = LONGEST_BACKOFF
            try:
                await self._listen()
                pause = FIRST_BACKOFF
            except discord.LoginFailure:
                pause = self._stopped(REFUSED)
            except discord.ConnectionClosed as error:
                pause = self._stopped(REFUSED) if error.code == REFUSED_CODE else self._failed(error)
            except HeldBackError:
                pause = self._stopped(HELD_BACK, INVALID_SECONDS)
            except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
                pause = self._failed(error)
            except Exception:
                log.exception("listening to Discord failed; it begins again in a moment")
            await self._clock.sleep(pause)

    async def tell(self, address: str, view: View) -> None:
        """Write to a chat that somebody has with the bot alone; where that fails, the log says why."""
        if self._client is None:
            log.warning("a chat is not told: %s", view.title)
            return
        try:
            await Answers().write(self._client.get_partial_messageable(int(address)), view)
        except NOT_TAKEN as error:
            log_refusal(error)

    async def close(self) -> None:
        """Let go of what is held."""
        self._redaction.remove()

    async def _listen(self) -> None:
        point_at(self._settings.base_url)
        self._down = {NEVER_CONNECTED: self._clock.monotonic()}
        directory = Directory(self._storage, self._clock)
        commands = by_name(self._options.commands)
        answers = Answers(self._options.painter, commands)
        session = Session(
            ask=self._ask,
            commands=commands,
            storage=self._storage,
            clock=self._clock,
            answers=answers,
            directory=directory,
            dms=self._dms,
            patience=self._options.patience,
        )
        client, slashes = self._opened(session)
        self._client = client
        losses = Losses(client, self._storage, answers, Seldom(TOLD_SECONDS, self._clock), self._untold)
        client.on_lost, client.on_known = losses.on_removed, losses.on_known
        self._sender.on_gone = losses.on_gone
        try:
            async with client:
                try:
                    await client.start(self._token)
                finally:
                    # What is under way is finished, also where it is told to stop meanwhile.
                    self._sender.on_gone = self._lost
                    await asyncio.shield(_wound_up(client, slashes, losses, directory))
        finally:
            self._down, self._client = {}, None

    def _opened(self, session: Session) -> tuple[Gateway, SlashCommands]:
        interactions = Interactions(session)

        async def opened() -> None:
            await session.directory.open()
            await commands.begin()

        async def heard(interaction: Interaction) -> None:
            try:
                match interaction.type:
                    case discord.InteractionType.application_command:
                        await interactions.on_command(interaction)
                    case discord.InteractionType.component:
                        await interactions.on_press(interaction)
                    case discord.InteractionType.autocomplete:
                        await on_autocomplete(interaction, session)
            except NOT_TAKEN as error:
                log_refusal(error)

        trace = watched(self._sender.api.refusals, self._limiter, self._clock)
        client = Gateway(Hears(opened, heard, self._shard), trace, self._clock)
        commands = SlashCommands(client, self._storage, self._options.commands, self._clock)
        return client, commands

    def _lost(self, address: str, why: str) -> None:
        """A channel takes nothing any more, and nobody can be told before the bot is connected."""
        self._untold.append((address, why))

    def _shard(self, shard_id: int, is_connected: bool) -> None:
        if not is_connected:
            self._down.setdefault(shard_id, self._clock.monotonic())
            return
        if self._stopped_by or self._failures:
            log.warning("Discord is listened to again")
        self._stopped_by, self._failures = "", 0
        self._down.pop(NEVER_CONNECTED, None)
        self._down.pop(shard_id, None)

    def _stopped(self, fault: str, pause: float = AGAIN_AFTER_FAULT) -> float:
        """Say once why nobody is answered; returns how long to wait."""
        if fault != self._stopped_by:
            log.error("%s; it is tried again every %.0f minutes", fault, pause / 60)
        self._stopped_by = fault
        return pause

    def _failed(self, error: Exception) -> float:
        """Say once that Discord does not answer; returns how long to wait."""
        if not self._failures:
            told = shown(str(error) or type(error).__name__, self._redaction.secrets)
            log.warning("Discord does not answer, and is asked again: %s", told)
        self._failures += 1
        if self._failures > 1:
            self._stopped_by = UNREACHED
        return float(min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** min(self._failures - 1, 10)))


async def _wound_up(client: Gateway, commands: SlashCommands, losses: Losses, directory: Directory) -> None:
    await client.finished(STOP_SECONDS)
    for one in (commands, losses, directory):
        await one.close()
