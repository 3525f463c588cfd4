"""The wiring: whoever asks much takes nothing from delivery and the refresh."""

from __future__ import annotations

import asyncio
import threading

from bot.app import CONSOLE, App
from bot.clock import FixedClock
from bot.commands.base import ChatRef
from bot.config import Config
from bot.refresh import RefreshOptions
from bot.settings import AlertSettings, ScoringSettings
from bot.views.elements import View
from storage import Storage
from tests.builders_storage import NOW

MANY = 100


class SlowApp(App):
    """Each answer takes until somebody lets it go."""

    go = threading.Event()

    def answer(self, line: str, chat: ChatRef = CONSOLE) -> View:
        self.go.wait()
        return View(line)


def test_slow_answers_leave_the_threads_of_the_loop_to_others(storage: Storage) -> None:
    app = SlowApp(Config(), FixedClock(NOW), storage, RefreshOptions("me", ScoringSettings(), AlertSettings(), 30))

    async def run() -> list[View | None]:
        people = [ChatRef("telegram", str(one), str(one)) for one in range(MANY)]
        asking = [asyncio.create_task(app.ask("/clusters", one)) for one in people]
        try:
            async with asyncio.timeout(20):
                await asyncio.sleep(0)  # all of them have asked
                assert await asyncio.to_thread(lambda: "delivered") == "delivered"
        finally:
            app.go.set()
        return await asyncio.gather(*asking)

    try:
        answers = asyncio.run(run())
    finally:
        app.close()
    assert [one.title for one in answers if one is not None] == ["/clusters"] * MANY
