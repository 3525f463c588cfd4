"""Which job runs when. A job that raises is logged, never lost: the next one runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

log = logging.getLogger("tocsin.schedule")

TICK_SECONDS = 20.0

Job = Callable[[], Awaitable[None]]


def every_minutes(minutes: int) -> BaseTrigger:
    """At every multiple of `minutes` past midnight UTC: a divisor of a day, so that slots and runs agree."""
    if minutes < 60:
        return CronTrigger(minute=f"*/{minutes}", timezone="UTC")
    return CronTrigger(hour=f"*/{minutes // 60}", minute=0, timezone="UTC")


def every_seconds(seconds: float) -> BaseTrigger:
    """Again and again, that many real seconds apart."""
    return IntervalTrigger(seconds=seconds)


class Schedule:
    """The jobs of the process; started and stopped with it.

    A timer of the event loop stands still while the machine sleeps, so a job would come as late as it slept. The
    wall clock is therefore looked at every few seconds; a run that was missed comes once, and at once.
    """

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._ticking: asyncio.Task[None] | None = None
        # Misfires: the default drops a run silently when the loop was busy for a second; here a late run
        # still runs, several late ones run once, and no job overlaps itself.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        logging.getLogger("apscheduler").setLevel(logging.ERROR)

    def add(self, name: str, job: Job, trigger: BaseTrigger) -> None:
        """Run `job` whenever the trigger fires."""
        self._scheduler.add_job(_guarded, trigger, args=(name, job), id=name)

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._scheduler.start()
        self._ticking = asyncio.get_running_loop().create_task(self._tick())

    def stop(self) -> None:
        """Fire no more jobs. Running ones are the caller's to wait for: the scheduler would cancel them."""
        self._scheduler.pause()
        if self._ticking is not None:
            self._ticking.cancel()

    async def _tick(self) -> None:
        while True:
            await self._sleep(TICK_SECONDS)
            self._scheduler.wakeup()


async def _guarded(name: str, job: Job) -> None:
    try:
        await job()
    except asyncio.CancelledError:
        # The process ends. What a refresh had written is whole or undone; apscheduler would call it a failure.
        log.debug("the job %s was stopped", name)
    except Exception:
        log.exception("the job %s failed; it runs again at its next time", name)
