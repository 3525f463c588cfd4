"""Pictures for whoever asks: painted in one process of their own, each once, kept as long as there is room."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
import sys
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.charts.model import Chart, Theme
from bot.charts.wire import FAILED, LENGTH
from bot.clock import Clock
from bot.errors import TocsinError

log = logging.getLogger("tocsin.charts")

ROOT = Path(__file__).resolve().parents[2]
WORKER = (sys.executable, "-m", "bot.charts.worker")
LIMIT = 20.0  # seconds for one picture, the start of the process included
IDLE = 60.0  # seconds without work after which the process ends: matplotlib takes 100 MB
ROOM = 64 * 1024 * 1024  # bytes of pictures that are kept
LARGEST = 10 * 1024 * 1024  # bytes of a picture; more is no picture of ours, nor taken by Telegram
PATIENCE = 2.0  # seconds for the process to end by itself

Key = tuple[Chart, Theme]


class PictureError(TocsinError):
    """There is no picture; the text that it would stand beside goes out without it."""


@dataclass(frozen=True, slots=True)
class PainterOptions:
    """What a painter does; tests have others."""

    worker: Sequence[str] = WORKER
    limit: float = LIMIT  # seconds
    idle: float = IDLE  # seconds
    room: int = ROOM  # bytes


@dataclass
class Painter:
    """The pictures, and the process that paints them, which is started when it is needed and ends soon after."""

    clock: Clock
    options: PainterOptions = field(default_factory=PainterOptions)

    def __post_init__(self) -> None:
        self._kept: OrderedDict[Key, bytes] = OrderedDict()  # the one that was asked for last comes last
        self._size = 0  # bytes, of all that are kept
        self._asked: dict[Key, asyncio.Task[bytes]] = {}
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether there is a process now."""
        return self._process is not None and self._process.returncode is None

    async def picture(self, chart: Chart, theme: Theme) -> bytes:
        """The picture as a PNG. Raises PictureError. Whoever asks for the same at the same time waits for the same."""
        key = (chart, theme)
        if (found := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return found
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(self._paint(key))
            task.add_done_callback(lambda done: self._done(key, done))
        try:
            return await asyncio.shield(task)  # one who leaves does not take it from the others
        except asyncio.CancelledError:
            asking = asyncio.current_task()
            if task.cancelled() and asking is not None and not asking.cancelling():
                raise PictureError("the bot is ending") from None
            raise

    async def close(self) -> None:
        """End the process, and what is being painted with it."""
        tasks = [*self._asked.values(), *([self._ending] if self._ending else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._end()

    def _done(self, key: Key, task: asyncio.Task[bytes]) -> None:
        del self._asked[key]
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.warning("no picture of %s: %s", key[0].title, error)  # also where nobody waits for it any more

    async def _paint(self, key: Key) -> bytes:
        async with self._turn:
            if self._ending is not None:
                self._ending.cancel()
            try:
                async with asyncio.timeout(self.options.limit):
                    answer = await self._ask(pickle.dumps(key))
            except TimeoutError:
                await self._kill()
                raise PictureError(f"it took more than {self.options.limit:g} s") from None
            except (OSError, EOFError, ValueError) as error:
                await self._kill()
                raise PictureError(f"the process that paints failed: {error or type(error).__name__}") from error
            except asyncio.CancelledError:
                await self._kill()  # what it answers now would be taken for the answer to the next
                raise
            self._ending = asyncio.create_task(self._end_when_idle())
        if answer[:1] == FAILED:
            raise PictureError(answer[1:].decode("utf-8", "replace"))
        self._keep(key, answer[1:])
        return answer[1:]

    async def _ask(self, message: bytes) -> bytes:
        process = await self._running()
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(LENGTH.pack(len(message)) + message)
        await process.stdin.drain()
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        if not 0 < length <= LARGEST:
            raise ValueError(f"an answer of {length} bytes")
        return await process.stdout.readexactly(length)

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            paths = [str(ROOT), *([os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else [])]
            self._process = await asyncio.create_subprocess_exec(
                *self.options.worker,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                start_new_session=True,  # Ctrl-C in the terminal is for the bot
            )
        return self._process

    def _keep(self, key: Key, picture: bytes) -> None:
        self._kept[key] = picture
        self._size += len(picture)
        while self._size > self.options.room:
            _, oldest = self._kept.popitem(last=False)
            self._size -= len(oldest)

    async def _end_when_idle(self) -> None:
        await self.clock.sleep(self.options.idle)
        async with self._turn:
            await self._end()

    async def _end(self) -> None:
        """Let the process end by itself, as it does when nobody can ask it any more."""
        if self._process is None:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), PATIENCE)
        await self._kill()

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
