"""The bot that listens on Telegram: it fetches what people write, or has it brought, and lives through what fails."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import quote, urlsplit

from telegram import CallbackQuery, Update
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatMemberHandler,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.alerts.limiter import Limiter
from bot.charts.painter import Painter
from bot.chat.lines import by_name
from bot.chat.telegram.answers import Reply, is_nobody_there
from bot.chat.telegram.bringing import Bringing
from bot.chat.telegram.buttons import Presses
from bot.chat.telegram.fetching import CarefulRequest
from bot.chat.telegram.inline import Inline
from bot.chat.telegram.menus import put_menus
from bot.chat.telegram.pacing import Pacer, seconds_of
from bot.chat.telegram.places import Place, author_of, place_of, presser_of, ref_of
from bot.chat.telegram.redaction import TelegramRedaction
from bot.chat.telegram.session import Session
from bot.chat.telegram.updates import Messages
from bot.chat.telegram.words import NO_WEBHOOK, REFUSED, TAKEN
from bot.clock import Clock, SystemClock
from bot.commands.base import Ask, Command
from bot.feeds.faults import shown
from bot.settings import TelegramSettings
from bot.views.elements import View
from bot.views.errors import our_fault_view
from bot.words import ENGLISH, speaking
from storage import Storage

log = logging.getLogger("tocsin.telegram")

ALLOWED = (
    Update.MESSAGE,
    Update.EDITED_MESSAGE,
    Update.CHANNEL_POST,
    Update.EDITED_CHANNEL_POST,
    Update.CALLBACK_QUERY,
    Update.INLINE_QUERY,
    Update.MY_CHAT_MEMBER,
)
LONG_POLL = 50  # seconds
AGAIN_AFTER_FAULT = 180.0  # seconds
LONGEST_BACKOFF = 60.0
WEBHOOK_LOOK = 300.0  # seconds between two looks at whether the webhook is ours still
STOP_SECONDS = 10.0  # answers under way at the end are waited for so long
POOL = 64  # connections

App: TypeAlias = Application[Any, Any, Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class TelegramOptions:
    """What the bot offers, and its clock."""

    commands: Sequence[Command]
    coins: Callable[[], Sequence[str]] = tuple  # all tickers; called in a thread
    painter: Painter | None = None  # None: answers have no pictures
    clock: Clock = field(default_factory=SystemClock)  # of real time, also where the market is simulated


class TelegramChat:
    """One bot on Telegram. `run` listens for ever; alerts are sent by TelegramSender, at the same pace."""

    def __init__(
        self, settings: TelegramSettings, ask: Ask, storage: Storage, limiter: Limiter, options: TelegramOptions
    ) -> None:
        # Else PTB warns of each RetryAfter that it makes, whose seconds will be a timedelta one day.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._settings = settings
        self._ask = ask
        self._storage = storage
        self._limiter = limiter
        self._options = options
        self._clock = options.clock
        self._token = settings.token.get_secret_value()
        self._redaction = TelegramRedaction(self._token)
        self._redaction.install()
        self._session: Session | None = None
        self._failures = 0
        self._offset: int | None = None
        self.fault = ""  # why nobody is answered, in a sentence; empty while people are

    async def run(self) -> None:
        """Listen for ever. Whatever fails is said and tried again."""
        while True:
            pause = LONGEST_BACKOFF
            try:
                await self._listen()
            except InvalidToken:
                pause = self._stopped(REFUSED)
            except Conflict:
                pause = self._stopped(TAKEN)
            except BadRequest as error:  # whatever else is asked here, Telegram finds nothing wrong with
                pause = self._stopped(NO_WEBHOOK.format(why=self._shown(error)))
            except TelegramError as error:
                pause = self._failed(error)
            except OSError as error:
                where = f"{self._settings.webhook_listen}:{self._settings.webhook_port}"
                pause = self._stopped(f"nothing can be brought to {where} from Telegram: {error.strerror or error}")
            except Exception:
                log.exception("listening to Telegram failed; it begins again in a moment")
            await self._clock.sleep(pause)

    async def tell(self, address: str, view: View) -> None:
        """Write to a chat that somebody has with the bot alone; where that fails, the log says why."""
        if self._session is None:
            log.warning("a chat is not told: %s", view.title)
            return
        try:
            await self._session.answers.say(Place.at(address), view, Reply())
        except TelegramError as error:
            log.warning("a chat could not be told: %s", self._shown(error))

    async def close(self) -> None:
        """Let go of what is held."""
        self._redaction.remove()

    async def _listen(self) -> None:
        app = self._application()
        is_orderly = False
        try:
            await app.initialize()
            await self._menus(app)
            await app.start()
            if self._settings.webhook_url:
                await self._be_brought(app)
            else:
                await app.bot.delete_webhook()
                await self._fetch(app)
        except asyncio.CancelledError:
            is_orderly = True
            raise
        finally:
            ending = asyncio.ensure_future(self._wind_up(app, acknowledge=is_orderly))
            try:
                await asyncio.shield(ending)
            except asyncio.CancelledError:  # told to stop while it ends by itself
                await ending
                raise
            self._session = None

    def _application(self) -> App:
        settings, timeout = self._settings, self._settings.timeout_seconds
        base = f"{settings.base_url.rstrip('/')}/bot{quote(self._token, safe=':')}"
        fetching = CarefulRequest(1, read_timeout=timeout, write_timeout=timeout, connect_timeout=timeout)
        app = (
            ApplicationBuilder()
            .token(self._token)
            .base_url(lambda _: base)
            .rate_limiter(Pacer(self._limiter, self._clock))
            .job_queue(None)
            .concurrent_updates(True)
            .connection_pool_size(POOL)
            .pool_timeout(timeout)
            .connect_timeout(timeout)
            .read_timeout(timeout)
            .write_timeout(timeout)
            .get_updates_request(fetching)
            .build()
        )
        options = self._options
        commands = by_name(options.commands)
        session = Session(app.bot, self._ask, commands, options.coins, self._storage, self._clock, options.painter)
        messages, presses, inline = Messages(session), Presses(session), Inline(session)
        app.add_handler(CallbackQueryHandler(presses.on_press))
        app.add_handler(InlineQueryHandler(inline.on_query))
        app.add_handler(ChatMemberHandler(messages.on_membership, ChatMemberHandler.MY_CHAT_MEMBER))
        app.add_handler(MessageHandler(filters.ALL, messages.on_message))
        app.add_error_handler(self._on_error)
        self._session = session
        return app

    async def _menus(self, app: App) -> None:
        try:
            await put_menus(app.bot, self._options.commands)
        except TelegramError as error:  # a refused token shows soon enough
            log.warning("the menu of commands stays as it was: %s", error)

    async def _fetch(self, app: App) -> None:
        """Ask for updates until that fails for good."""
        while True:
            try:
                found = await self._updates(app, LONG_POLL)
            except (InvalidToken, Conflict):
                raise
            except TelegramError as error:
                await self._clock.sleep(self._failed(error))
                continue
            self._works()
            for update in found:
                self._offset = update.update_id + 1
                await app.update_queue.put(update)

    async def _updates(self, app: App, seconds: int) -> Sequence[Update]:
        return await app.bot.get_updates(offset=self._offset, timeout=seconds, allowed_updates=ALLOWED)  # type: ignore[no-any-return]

    async def _be_brought(self, app: App) -> None:
        """Have updates brought, and look now and then whether they still are."""
        settings = self._settings
        door = _door(settings.webhook_listen, settings.webhook_port)
        bringing = Bringing(app.bot, app.update_queue, urlsplit(settings.webhook_url).path)
        bringing.open(door)
        try:
            await app.bot.set_webhook(settings.webhook_url, secret_token=bringing.secret, allowed_updates=ALLOWED)
            while True:
                self._works()
                await self._clock.sleep(WEBHOOK_LOOK)
                if (await app.bot.get_webhook_info()).url != settings.webhook_url:
                    raise Conflict("the webhook is another one now")
        finally:
            await bringing.close()

    async def _wind_up(self, app: App, *, acknowledge: bool) -> None:
        """End in order: nothing new, then what is under way, then the word that all of it was had."""
        with contextlib.suppress(TelegramError, TimeoutError, RuntimeError):
            async with asyncio.timeout(STOP_SECONDS):
                if app.running:
                    await app.stop()
                    if acknowledge and self._offset is not None and not self._settings.webhook_url:
                        await self._updates(app, 0)
        with contextlib.suppress(TelegramError, RuntimeError):
            await app.shutdown()
            await app.bot.shutdown()

    async def _on_error(self, update: object, context: Any) -> None:
        """A handler failed: the person is told, and the log why."""
        error = context.error
        if isinstance(error, TelegramError):
            level = logging.INFO if is_nobody_there(error) else logging.WARNING
            log.log(level, "an answer could not be given: %s", self._shown(error))
            return
        log.error("answering on Telegram failed", exc_info=error)
        query = update.callback_query if isinstance(update, Update) else None
        message = query.message if query else update.effective_message if isinstance(update, Update) else None
        if message is None or self._session is None:
            return
        try:
            with speaking(await self._language(message, query)):
                view = our_fault_view()
            await self._session.answers.say(place_of(message), view, Reply())
        except TelegramError as failed:
            log.warning("not even that could be said: %s", self._shown(failed))

    async def _language(self, message: Any, query: CallbackQuery | None) -> str:
        author = presser_of(query) if query else author_of(message)
        if author is None or self._session is None:
            return ENGLISH
        return await self._session.language(ref_of(message, author, is_admin=False))

    def _works(self) -> None:
        if self.fault or self._failures:
            log.warning("Telegram is listened to again")
        self.fault, self._failures = "", 0

    def _stopped(self, fault: str) -> float:
        """Say once why nobody is answered; returns how long to wait."""
        if fault != self.fault:
            log.error("%s; it is tried again every %.0f minutes", fault, AGAIN_AFTER_FAULT / 60)
        self.fault = fault
        return AGAIN_AFTER_FAULT

    def _failed(self, error: Exception) -> float:
        """Say once that Telegram does not answer; returns how long to wait."""
        if isinstance(error, RetryAfter):
            return seconds_of(error)
        if not self._failures:
            log.warning("Telegram does not answer, and is asked again: %s", self._shown(error))
        self._failures += 1
        return float(min(LONGEST_BACKOFF, 2 ** min(self._failures - 1, 10)))

    def _shown(self, error: Exception) -> str:
        return shown(str(error) or type(error).__name__, self._redaction.secrets)


def _door(listen: str, port: int) -> socket.socket:
    """A socket that listens; tornado would leave one behind where the port is taken."""
    family = socket.AF_INET6 if ":" in listen else socket.AF_INET
    door = socket.create_server((listen, port), family=family)
    door.setblocking(False)
    return door
