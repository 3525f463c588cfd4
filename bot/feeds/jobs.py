"""What the background jobs that read the past have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


async def until_idle(run: Callable[[], Coroutine[Any, Any, None]], idle: asyncio.Event) -> None:
    """Run a job that never ends until it says that it is idle. Raises what the job raises."""
    running = asyncio.create_task(run())
    waiting = asyncio.create_task(idle.wait())
    try:
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
    finally:
        for task in (running, waiting):
            task.cancel()
        await asyncio.gather(running, waiting, return_exceptions=True)
