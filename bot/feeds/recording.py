"""Keeps what the feeds are answered: a transport that copies every answer to disk while it passes."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

import httpx
import polars as pl

from bot.errors import UserError
from bot.feeds.masking import SHORTEST
from bot.feeds.packing import finish_folder, pack_body
from bot.feeds.tape import CANDLES, RAISED, SETTLEMENTS, Answer, Asked, Failure, asked_of, folder_name, kept_headers

PART = ".part"  # ends the name of a folder that is still being written

_EXAMPLE = "tocsin record recordings-2"


class RecordingTransport(httpx.AsyncBaseTransport):
    """Passes requests on to another transport; what is asked and answered in a refresh goes into a folder.

    A refresh is what runs in the context of `begin`, and in the tasks started there, up to `commit` or `discard`;
    what other tasks ask meanwhile (a backfill) passes unrecorded. One process at a time records into a folder.
    `secrets`: values that must not be on the tape wherever they stand; `masking.py` knows the usual names of others.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        path: Path,
        *,
        secrets: Collection[str] = (),
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._inner = inner
        self._secrets = frozenset(secret for secret in secrets if len(secret) >= SHORTEST)
        self._timer = timer
        self._part: _Part | None = None

    def begin(self, now: datetime) -> Path:
        """Start the refresh of `now`; returns its unfinished folder, for tables that belong into it too.

        What was begun and never finished is dropped. Raises UserError when the folder cannot be written, or has
        this refresh already.
        """
        self._drop()
        final = self.path / folder_name(now)
        if final.exists():
            raise UserError(f"{final}: recorded already; record into another folder", _EXAMPLE)
        folder = self.path / f".{final.name}{PART}"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for left in self.path.glob(f".*{PART}"):  # by a process that was killed
                shutil.rmtree(left)
            folder.mkdir()
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._part = _Part(folder, final, now)
        _refresh.set(self._part)
        return folder

    async def commit(self, settlements: pl.DataFrame | None = None, candles: pl.DataFrame | None = None) -> Path:
        """Finish the refresh; its folder appears whole, or not at all. Returns the folder.

        `settlements` (SETTLEMENT_SCHEMA) and `candles` (PRICE_SCHEMA): what background jobs have stored since the
        last folder. Raises UserError when something could not be written; all of the refresh is dropped then.
        """
        part, self._part = self._part, None
        if part is None:
            raise RuntimeError("commit without begin")
        part.close()
        try:
            if part.fault is not None:
                raise part.fault
            tables = {SETTLEMENTS: settlements, CANDLES: candles}
            await asyncio.to_thread(_finish, part, tables, self._secrets)
        except OSError as error:
            # Never on cancellation: the thread goes on, and the folder it renames must not be emptied meanwhile.
            shutil.rmtree(part.folder, ignore_errors=True)
            raise _unwritable(part.final, error) from error
        return part.final

    async def discard(self) -> None:
        """Forget what was recorded since `begin`."""
        self._drop()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The other transport's answer, copied if this is part of the refresh."""
        part = self._part
        if part is None or _refresh.get() is not part:
            return await self._inner.handle_async_request(request)
        await request.aread()
        copy = part.open(asked_of(request, self._secrets), self._timer)
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException as error:
            copy.end(_failure(error))
            raise
        copy.status = response.status_code
        copy.headers = kept_headers(response.headers, self._secrets)
        stream = _CopiedStream(cast(httpx.AsyncByteStream, response.stream), copy)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Drop an unfinished refresh and close the other transport."""
        self._drop()
        await self._inner.aclose()

    def _drop(self) -> None:
        part, self._part = self._part, None
        if part is not None:
            part.close()
            shutil.rmtree(part.folder, ignore_errors=True)  # what is left is swept by the next `begin`


class _Copy:
    """The copy of one answer: what is known of it, and the file into which its body flows."""

    def __init__(self, part: _Part, asked: Asked, path: Path, timer: Callable[[], float]) -> None:
        self.asked = asked
        self.path = path
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.size = 0  # bytes
        self.elapsed: float | None = None  # seconds; None: not ended yet
        self.error: Failure | None = None
        self._part = part
        self._timer = timer
        self._begun = timer()
        self._file: BinaryIO | None = None

    def write(self, chunk: bytes) -> None:
        """Add a piece of the body. A full disk ends the recording, never the refresh that is recorded."""
        if self.elapsed is not None or not chunk or self._part.fault is not None:
            return
        try:
            if self._file is None:
                self._file = self.path.open("wb")
            self._file.write(chunk)
        except OSError as error:
            self._part.fault = error
        self.size += len(chunk)

    def end(self, error: Failure | None) -> None:
        """Note how it ended; only the first end counts."""
        if self.elapsed is not None:
            return
        self.elapsed = max(0.0, self._timer() - self._begun)
        self.error = error
        try:
            if self._file is not None:
                self._file.close()  # writes what was held back, and so may find the disk full
        except OSError as fault:
            self._part.fault = fault

    def packed(self, secrets: Collection[str]) -> Answer:
        """The whole answer, its body packed."""
        file = pack_body(self.path, self.headers.get("content-encoding"), secrets) if self.size else None
        return Answer(
            asked=self.asked,
            status=self.status,
            headers=self.headers,
            file=file,
            size=0 if file is None else self.size,
            elapsed=round(self.elapsed or 0.0, 3),
            error=self.error,
        )


@dataclass
class _Part:
    """A refresh that is being recorded."""

    folder: Path
    final: Path  # what the folder is called when it is whole
    now: datetime
    copies: list[_Copy] = field(default_factory=list)  # in the order in which they were asked for
    fault: OSError | None = None

    def open(self, asked: Asked, timer: Callable[[], float]) -> _Copy:
        copy = _Copy(self, asked, self.folder / f"{len(self.copies)}.body", timer)
        self.copies.append(copy)
        return copy

    def close(self) -> None:
        for copy in self.copies:
            copy.end(Failure.GIVEN_UP)  # nobody waits for what has not ended by now


_refresh: ContextVar[_Part | None] = ContextVar("recorded_refresh", default=None)


class _CopiedStream(httpx.AsyncByteStream):
    """A body that passes unchanged, and is copied."""

    def __init__(self, stream: httpx.AsyncByteStream, copy: _Copy) -> None:
        self._stream = stream
        self._copy = copy

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                self._copy.write(chunk)
                yield chunk
        except BaseException as error:
            self._copy.end(_failure(error))
            raise
        self._copy.end(None)

    async def aclose(self) -> None:
        self._copy.end(Failure.GIVEN_UP)
        await self._stream.aclose()


def _finish(part: _Part, tables: Mapping[str, pl.DataFrame | None], secrets: Collection[str]) -> None:
    answers = tuple(copy.packed(secrets) for copy in part.copies)
    for name, table in tables.items():
        if table is not None and not table.is_empty():
            table.write_parquet(part.folder / name, compression="zstd")
    finish_folder(part.folder, part.final, part.now, answers)


def _failure(error: BaseException) -> Failure:
    kinds = (kind for kind, raised in RAISED.items() if isinstance(error, raised))
    return next(kinds, Failure.GIVEN_UP)


def _unwritable(path: Path, error: OSError) -> UserError:
    return UserError(f"{path}: cannot be written: {error.strerror or error}; name a folder that can be")
