"""Jobs run when the wall clock says so, also after the machine has slept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.base import BaseTrigger

from bot.schedule import Schedule


class AfterSleep(BaseTrigger):
    """Fires in an hour; the machine sleeps over it, which no timer notices."""

    def __init__(self) -> None:
        self.asked = 0

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        self.asked += 1
        return now + timedelta(hours=1)


def test_a_run_that_was_slept_over_comes_at_the_next_look_at_the_clock() -> None:
    ran: list[str] = []
    woken = asyncio.Event()

    async def job() -> None:
        ran.append("refresh")
        woken.set()

    async def main() -> None:
        looks: asyncio.Queue[None] = asyncio.Queue()

        async def sleep(_seconds: float) -> None:
            await looks.get()

        schedule = Schedule(sleep)
        schedule.add("refresh", job, AfterSleep())
        schedule.start()
        # It has slept: the time has passed and no timer has noticed.
        store = schedule._scheduler._jobstores["default"]
        (planned,) = store.get_all_jobs()
        planned._modify(next_run_time=datetime.now(UTC) - timedelta(hours=2))
        store.update_job(planned)
        await asyncio.sleep(0)
        assert ran == []
        looks.put_nowait(None)
        await asyncio.wait_for(woken.wait(), 10)
        schedule.stop()

    asyncio.run(main())
    assert ran == ["refresh"]
