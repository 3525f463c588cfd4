"""The wiring and the lifecycle: the only module that builds things."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import make_url

from bot.alerts.delivery import Courier, CourierOptions
from bot.alerts.matching import Wish
from bot.alerts.outgoing import Sender
from bot.alerts.standing import Moment, open_standing
from bot.background import Background
from bot.charts.painter import Painter
from bot.chat.console.client import ConsoleChat
from bot.clock import Clock, FixedClock, SimulatedClock, SystemClock
from bot.commands import COMMANDS
from bot.commands.answer import answer
from bot.commands.base import ChatRef
from bot.commands.chats import language_here
from bot.commands.door import Door
from bot.config import Config
from bot.cycle import Cycle, Follow
from bot.errors import UserError
from bot.feeds.recording import RecordingTransport
from bot.feeds.replay import ReplayClock, ReplayTransport, play
from bot.feeds.tape import Folder, Tape
from bot.feeds.tape_state import has_state, load_backfill, load_state
from bot.heartbeat import Heartbeat
from bot.logs import log_to_stderr
from bot.owner import is_gone, owner_name
from bot.platforms import Answering, Closes, Listener, open_listeners, open_senders
from bot.refresh import Refreshed, RefreshOptions, refresh
from bot.schedule import Schedule, every_minutes, every_seconds
from bot.signals import KnownClusters
from bot.sources import Sources, open_sources
from bot.views.banner import banner_view, replay_view, replayed_view, started_view
from bot.views.elements import View
from bot.views.refreshed import refreshed_view
from scoring.model import Signal
from storage import Storage, open_storage

log = logging.getLogger("tocsin.app")

CONSOLE = ChatRef(platform="console", address="local", user="owner")
REFRESH = "refresh"
ANSWERED_AT_ONCE = 4


@dataclass
class App:
    """Everything that runs, built once."""

    config: Config
    clock: Clock
    storage: Storage
    options: RefreshOptions
    _wake: Callable[[], object] = int  # delivery looks at once
    _fault: Callable[[], str] = str  # why nothing can be sent; empty while nothing hinders it
    _listeners: Mapping[str, Listener] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._door = Door(self.answer, language=lambda chat: language_here(self.storage, chat))
        self._telling: set[asyncio.Task[None]] = set()
        # Threads of their own: however many ask at once, delivery and the refresh have those of the event loop.
        self._threads = ThreadPoolExecutor(ANSWERED_AT_ONCE, thread_name_prefix="answer")

    async def ask(self, line: str, chat: ChatRef = CONSOLE) -> View | None:
        """Answer one line; None where somebody asks so much that silence is the answer."""
        loop = asyncio.get_running_loop()
        door, now = self._door.ask, time.monotonic()
        view = await loop.run_in_executor(self._threads, copy_context().run, door, line, chat, now)
        self._wake()  # /test, /unmute and the like have something to deliver
        for one in () if view is None else view.elsewhere:
            if (listener := self._listeners.get(one.platform)) is not None:
                task = asyncio.create_task(listener.tell(one.address, one.view))
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)
        return view

    def close(self) -> None:
        """Let the answers that are being made end; none is begun."""
        self._threads.shutdown(cancel_futures=True)

    def answer(self, line: str, chat: ChatRef = CONSOLE) -> View:
        """Answer it, however often it was asked, in the calling thread."""
        return answer(
            line,
            chat=chat,
            now=self.clock.now(),
            storage=self.storage,
            scoring=self.config.scoring,
            alerts=self.config.alerts,
            feeds=self.config.feeds,
            edgar=self.config.edgar,
            fault=self._fault(),
        )

    async def refresh(self) -> Refreshed:
        """Run the refresh of now, and let go of the sources."""
        sources = self.open_sources()
        try:
            return await refresh(self.storage, sources.feeds, self.clock.now(), self.options)
        finally:
            await sources.close()

    async def run(self, recorder: RecordingTransport | None = None) -> None:
        """Refresh, deliver and answer until the person leaves or the process is told to stop."""
        log_to_stderr(self.config.log.level, self.secrets())
        sources = self.open_sources(recorder)
        background = Background(self.storage, sources, self.clock, self.config)
        background.keeps = recorder is not None
        console = self._console(background)
        senders: dict[str, Sender] = {CONSOLE.platform: console, **open_senders(self.config)}
        courier = self._courier(senders)
        painter = Painter(SystemClock())
        answering = Answering(self.ask, COMMANDS, self._coins, self.storage, painter)
        self._listeners = listeners = open_listeners(self.config, answering, courier.limiters, senders)
        self._wake = courier.wake
        self._fault = lambda: "; ".join(
            fault for fault in (courier.fault, *(one.fault for one in listeners.values())) if fault
        )
        await asyncio.to_thread(self._use_only, senders)
        heartbeat = Heartbeat(self.config.heartbeat)
        schedule = Schedule()
        console.show(banner_view(self.config, COMMANDS))
        follow = Follow(courier.wake, background, recorder, heartbeat, lambda: courier.fault)
        cycle = Cycle(self.storage, sources, self.clock, self.options, follow)
        stay = console.run if self.config.console.enabled else asyncio.Event().wait

        async def live() -> None:
            if (done := await self._first_refresh(cycle)) is not None and done.reports and not self.config.simulated:
                console.show(started_view(done, background.progress_line()))
            simulated = isinstance(self.clock, SimulatedClock)
            every = self.config.schedule.refresh_minutes
            trigger = every_seconds(self.config.simulation.cycle_seconds) if simulated else every_minutes(every)
            schedule.add(REFRESH, cycle.next, trigger)
            schedule.start()
            try:
                await _until_any_ends(courier.run, background.run, stay)
            finally:
                schedule.stop()

        try:
            # People are answered during the first refresh, and it can be told to stop in its midst.
            await _until_any_ends(live, *(one.run for one in listeners.values()))
        finally:
            await courier.stop()
            opened: tuple[Closes, ...] = (*listeners.values(), painter, sources, heartbeat, *senders.values())
            for one in opened:
                await one.close()

    async def replay(self, tape: Tape, speed: float) -> None:
        """Run on a recording instead of the network: the clock stands where each refresh was made."""
        log_to_stderr(self.config.log.level, self.secrets())
        transport, clock = ReplayTransport(tape.folders[0]), ReplayClock(tape.folders[0].now)
        replaying = replace(self, clock=clock)
        sources = open_sources(self.config, clock, self.storage, transport=transport, sleep=lambda _: asyncio.sleep(0))
        console = replaying._console(None)
        courier = replaying._courier({CONSOLE.platform: console})
        console.show(replay_view(tape.path, tape.instants, speed))

        async def play_all() -> None:
            async for folder in play(tape, transport, clock, speed):
                await asyncio.to_thread(replaying._load, folder)
                done = await refresh(self.storage, sources.feeds, folder.now, self.options)
                await asyncio.to_thread(replaying._subscribe_once)
                console.show(refreshed_view(done))
                await courier.drain()
            console.show(replayed_view(len(tape.folders)))
            if console.interactive:
                await asyncio.Event().wait()

        try:
            await _until_any_ends(play_all, *([console.run] if console.interactive else []))
        finally:
            await sources.close()

    def open_sources(self, transport: httpx.AsyncBaseTransport | None = None) -> Sources:
        """The sources of the config; none for a time that is not now, for nobody can be asked about then."""
        if isinstance(self.clock, FixedClock) and not isinstance(self.clock, SimulatedClock):
            return Sources()
        return open_sources(self.config, self.clock, self.storage, transport=transport)

    def _use_only(self, platforms: Collection[str]) -> None:
        with self.storage.write() as tx:
            tx.chats.use_only(platforms, self.clock.now())

    def _courier(self, senders: Mapping[str, Sender]) -> Courier:
        expire = timedelta(minutes=self.config.alerts.expire_minutes)
        return Courier(self.storage, senders, self.clock, CourierOptions(self.options.owner, expire, is_gone))

    def secrets(self) -> tuple[str, ...]:
        """Every configured key, so that a recording and the log can leave it out."""
        config = self.config
        keys = (
            config.prices.key,
            config.sharpe.key,
            config.finradar.key,
            config.finradar.token,
            config.telegram.token,
            config.discord.token,
            config.heartbeat.url,
        )
        secrets = (*(key.get_secret_value() for key in keys), config.edgar.email)
        return tuple(secret for secret in secrets if secret)

    async def _first_refresh(self, cycle: Cycle) -> Refreshed | None:
        done = None
        try:
            done = await cycle.run()
        except UserError:  # its recording cannot be written: whoever began it is there to read that
            raise
        except Exception:
            log.exception("the first refresh failed; it runs again at its next time")
        if self.config.simulated:
            await asyncio.to_thread(self._subscribe_once)
        return done

    def _console(self, background: Background | None) -> ConsoleChat:
        def toolbar() -> str:
            progress = background.progress_line() if background is not None else ""
            return " · ".join(part for part in (self._toolbar(), progress) if part)

        return ConsoleChat(
            self.ask, commands=COMMANDS, coins=self._coins, toolbar=toolbar, history=self._history_file()
        )

    def _load(self, folder: Folder) -> None:
        with self.storage.write() as tx:
            if has_state(folder):
                load_state(tx, folder)
            load_backfill(tx, folder)

    def _subscribe_once(self) -> None:
        """In the simulation the console is subscribed to everything, so that a new person hears the bell."""
        now = self.clock.now()
        with self.storage.write() as tx:
            if tx.chats.find(CONSOLE.platform, CONSOLE.address) is not None:
                return
            chat = tx.chats.put(CONSOLE.platform, CONSOLE.address, now)
            defaults = self.config.alerts
            moment = Moment(tx, now, defaults, self.config.scoring)
            for wish in (
                Wish(Signal.PUMP, defaults.pump_min, defaults.step, resolve=True),
                Wish(Signal.SELLING, defaults.selling_min, defaults.step, resolve=True),
                Wish(Signal.CLUSTERS, defaults.clusters_min_insiders, defaults.step),
            ):
                made = tx.subscriptions.add(chat.id, CONSOLE.owner, wish.signal.value, wish.to_json(), now)
                open_standing(moment, made.id, wish)

    def _coins(self) -> tuple[str, ...]:
        with self.storage.read() as tx:
            return tx.pairs.base_coins()

    def _toolbar(self) -> str:
        market = "simulated market" if self.config.simulated else f"funding: {self.config.feeds.funding}"
        return f" tocsin · {market} · {self.clock.now():%Y-%m-%d %H:%M} UTC · /help · Ctrl-D ends "

    def _history_file(self) -> Path | None:
        url = make_url(self.config.database.url)
        if url.get_backend_name() != "sqlite" or not url.database:
            return None
        return Path(url.database).parent / "console_history"


@contextlib.contextmanager
def open_app(config: Config, at: datetime | None = None) -> Iterator[App]:
    """Build everything for a config; `at` is the clock of refresh and ask. Raises DatabaseUnusableError."""
    storage = open_storage(config.database.url)
    try:
        options = RefreshOptions(
            owner=owner_name(),
            scoring=config.scoring,
            alerts=config.alerts,
            minutes=config.schedule.refresh_minutes,
            is_gone=is_gone,
            made_up=config.simulated,
            hosted=config.feeds.funding == "sharpe",
            hosted_clusters=config.feeds.insiders == "finradar",
            slugs=config.prices.slugs,
            clusters=KnownClusters(),
        )
        app = App(config, _clock(config, storage, at), storage, options)
        try:
            yield app
        finally:
            app.close()
    finally:
        storage.close()


def _clock(config: Config, storage: Storage, at: datetime | None) -> Clock:
    if at is not None:
        return FixedClock(at.astimezone(UTC))
    if not config.simulated:
        return SystemClock()
    with storage.read() as tx:
        last = tx.refreshes.last()
    # A restart goes on where the story stood; going back would swallow or repeat alerts.
    return SimulatedClock(config.simulation.start if last is None else max(last.at, config.simulation.start))


async def _until_any_ends(*jobs: object) -> None:
    """Run until one of the jobs ends, or SIGTERM or SIGINT comes; then end the others."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers in its loop
            loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.ensure_future(job()) for job in (*jobs, stop.wait)]  # type: ignore[operator]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
