"""The refreshes of a running bot: one after the other, and what follows from each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.background import Background
from bot.clock import Clock, SimulatedClock
from bot.errors import UserError
from bot.feeds.recording import RecordingTransport
from bot.feeds.tape_state import write_state
from bot.heartbeat import Heartbeat, health_line
from bot.refresh import OversleptError, Refreshed, RefreshOptions, SlotTakenError, refresh
from bot.signals import coin_fundings
from bot.sources import Sources
from storage import Storage
from storage.outbox import Health

log = logging.getLogger("tocsin.cycle")


@dataclass(frozen=True, slots=True)
class Follow:
    """What follows from a refresh."""

    wake: Callable[[], None]  # the courier: there may be something to deliver
    background: Background
    recorder: RecordingTransport | None = None
    heartbeat: Heartbeat | None = None
    fault: Callable[[], str] = str  # why nothing is sent; empty while nothing hinders it


class Cycle:
    """One refresh after the other, and what follows from each: delivery, history, a recording."""

    def __init__(
        self, storage: Storage, sources: Sources, clock: Clock, options: RefreshOptions, follow: Follow
    ) -> None:
        self._storage = storage
        self._sources = sources
        self._clock = clock
        self._options = options
        self._follow = follow
        self._has_begun = False

    async def next(self) -> None:
        """The refresh at a time of the schedule."""
        if isinstance(self._clock, SimulatedClock):
            self._clock.advance(timedelta(minutes=self._options.minutes))
        await self.run()

    async def run(self) -> Refreshed | None:
        """The refresh of now, and what it found; None when another process runs it."""
        now, done = self._clock.now(), None
        try:
            if self._follow.recorder is None:
                done = await self._refresh(now)
            else:
                done = await self._run_recorded(self._follow.recorder, now)
        except OversleptError as error:
            log.warning("%s", error)
            return await self.run()
        except SlotTakenError as error:
            log.warning("%s", error)
        self._follow.wake()
        if done is not None:
            await self._tell_health()
        await self._follow.background.after_refresh()
        return done

    async def _refresh(self, now: datetime) -> Refreshed:
        return await refresh(self._storage, self._sources.feeds, now, self._options, self._clock.now)

    async def _tell_health(self) -> None:
        now, fault = self._clock.now(), self._follow.fault()
        health = await asyncio.to_thread(self._health, now)
        log.info("refresh of %s done; outbox: %s", f"{now:%Y-%m-%d %H:%M}", health_line(health, fault, now))
        if self._follow.heartbeat is not None:
            await self._follow.heartbeat.beat(health, fault, now)

    def _health(self, now: datetime) -> Health:
        with self._storage.read() as tx:
            return tx.outbox.health(now)

    async def _run_recorded(self, recorder: RecordingTransport, now: datetime) -> Refreshed:
        """The refresh, whether it can be recorded or not. Raises UserError where the first one cannot."""
        try:
            part = recorder.begin(now)
        except UserError as error:
            if not self._has_begun:
                raise
            log.error("not recorded: %s", error)
            return await self._refresh(now)
        try:
            if not self._has_begun:
                await asyncio.to_thread(self._write_state, part, now)
            done = await self._refresh(now)
        except (SlotTakenError, asyncio.CancelledError):
            await recorder.discard()
            raise
        except Exception:
            # The very folder that a bug report needs.
            await self._commit(recorder)
            raise
        self._has_begun |= await self._commit(recorder)
        return done

    async def _commit(self, recorder: RecordingTransport) -> bool:
        try:
            folder = await recorder.commit(*self._follow.background.taken())
        except UserError as error:
            log.error("not recorded: %s", error)
            return False
        log.info("recorded %s", folder)
        return True

    def _write_state(self, part: Path, now: datetime) -> None:
        scoring = self._options.scoring
        with self._storage.read() as tx:
            # A streak that may fill the days that are read is followed further back, in a refresh to come too.
            streaks = {coin: found.streak for coin, found in coin_fundings(tx, now, scoring).items()}
            deeper = [coin for coin, streak in streaks.items() if streak >= scoring.lookback_days / 2]
            write_state(part, tx, now, scoring.lookback_days, deeper)
