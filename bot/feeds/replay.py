"""Runs the feeds on a recording: a transport that answers from it, and a clock that stands where it was made."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import httpx
from pydantic import JsonValue

from bot.clock import FixedClock
from bot.errors import UserError
from bot.feeds.masking import is_secret
from bot.feeds.tape import RAISED, Answer, Asked, Failure, Folder, Tape, asked_of

FASTEST = 0.0  # the speed that waits for nothing
_UNIX_TIME = re.compile(r"(\d{10}|\d{13})")  # in seconds or milliseconds, this side of the year 2286
_Key = tuple[str, str, str]


class ReplayClock(FixedClock):
    """Stands at the instant of the refresh that is replayed."""


class ReplayTransport(httpx.AsyncBaseTransport):
    """Answers what was recorded of one refresh, byte for byte, with its failures.

    Requests are the same when method, path, parameters and body are; times in them may differ where nothing fits
    exactly, keys are not compared, and another host serves where the recorded one does not fit. Several answers to
    the same request come in their order, then the last one again. Raises httpx.ConnectError for what was not
    recorded, and UserError where the recording is damaged.
    """

    def __init__(self, folder: Folder) -> None:
        self.use(folder)

    def use(self, folder: Folder) -> None:
        """Answer from this refresh from now on. Raises UserError."""
        self._folder = folder
        self._answers = folder.answers()
        self._given: set[int] = set()
        self._exact = _positions(self._answers, timeless=False)
        self._timeless = _positions(self._answers, timeless=True)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The recorded answer, or the failure in its place."""
        await request.aread()
        answer = self._next(asked_of(request))
        if answer.status is None:
            raise _failure(answer, request)
        stream = _RecordedStream(self._folder, answer, request)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream)

    def _next(self, asked: Asked) -> Answer:
        exact = self._exact.get(_key(asked, timeless=False), [])
        timeless = self._timeless.get(_key(asked, timeless=True), [])
        for host_matters in (True, False):
            for positions in (exact, timeless):
                found = self._at_place(asked, positions, host_matters=host_matters)
                if found:
                    position = next((i for i in found if i not in self._given), found[-1])
                    self._given.add(position)
                    return self._answers[position]
        when = f"{self._folder.now:%Y-%m-%d %H:%M} UTC"
        raise httpx.ConnectError(f"not in this recording of {when}: {asked.method} {asked.host}{asked.path}")

    def _at_place(self, asked: Asked, positions: Sequence[int], *, host_matters: bool) -> list[int]:
        """Those asked at the same host and path; or at any one place whose path is the same, a prefix aside."""
        if host_matters:
            here = (asked.host, asked.path)
            return [i for i in positions if (self._answers[i].asked.host, self._answers[i].asked.path) == here]
        places: dict[tuple[str, str], list[int]] = defaultdict(list)
        for i in positions:
            there = self._answers[i].asked
            if there.path.endswith(asked.path) or asked.path.endswith(there.path):
                places[there.host, there.path].append(i)
        # Of two places nobody knows which is meant, and a wrong answer is worse than none.
        return next(iter(places.values())) if len(places) == 1 else []


class _RecordedStream(httpx.AsyncByteStream):
    def __init__(self, folder: Folder, answer: Answer, request: httpx.Request) -> None:
        self._folder = folder
        self._answer = answer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._folder.body(self._answer):
            yield chunk
        if self._answer.error is not None:
            raise _failure(self._answer, self._request)


async def play(
    tape: Tape,
    transport: ReplayTransport,
    clock: ReplayClock,
    speed: float = FASTEST,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Folder]:
    """Each refresh in turn, with transport and clock set to it, after waiting as long as `speed` says.

    `speed`: recorded seconds per real second. Raises UserError where a folder is damaged.
    """
    for folder, wait in zip(tape.folders, (0.0, *waits(tape.instants, speed)), strict=True):
        await sleep(wait)
        transport.use(folder)
        clock.instant = folder.now
        yield folder


def waits(instants: Sequence[datetime], speed: float) -> tuple[float, ...]:
    """Real seconds between refreshes, one fewer than there are instants; `speed` in recorded seconds per real one.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    >>> waits([noon, noon + timedelta(minutes=30), noon + timedelta(hours=1)], speed=600)
    (3.0, 3.0)
    >>> waits([noon, noon + timedelta(minutes=30)], FASTEST)
    (0.0,)
    """
    gaps = (max(timedelta(0), later - earlier) for earlier, later in pairwise(instants))
    return tuple(gap.total_seconds() / speed if speed > 0 else 0.0 for gap in gaps)


def parse_speed(text: str) -> float:
    """A speed as a person types it: "600", "1x", "max". Raises UserError.

    >>> parse_speed("600"), parse_speed("1.5x"), parse_speed("max")
    (600.0, 1.5, 0.0)
    """
    if text.strip().lower() == "max":
        return FASTEST
    try:
        speed = float(text.strip().lower().removesuffix("x"))
    except ValueError:
        speed = math.nan
    if not (speed >= 0 and math.isfinite(speed)):
        raise UserError(f"speed {text!r} is no number of recorded seconds per real second, nor max", "--speed 600")
    return speed


def _positions(answers: Sequence[Answer], *, timeless: bool) -> dict[_Key, list[int]]:
    found: dict[_Key, list[int]] = defaultdict(list)
    for position, answer in enumerate(answers):
        found[_key(answer.asked, timeless=timeless)].append(position)
    return dict(found)


def _key(asked: Asked, *, timeless: bool) -> _Key:
    """What makes two requests the same, their place aside; with a key or without, and with whose, is no matter."""
    params = sorted((name, value) for name, value in asked.params if not is_secret(name))
    if timeless:
        params = [(name, "time" if _UNIX_TIME.fullmatch(value) else value) for name, value in params]
    return asked.method, json.dumps(params), json.dumps(_comparable(asked.body, timeless=timeless), sort_keys=True)


def _comparable(value: JsonValue, *, timeless: bool) -> JsonValue:
    if isinstance(value, dict):
        return {name: _comparable(one, timeless=timeless) for name, one in value.items() if not is_secret(name)}
    if isinstance(value, list):
        return [_comparable(one, timeless=timeless) for one in value]
    is_number = isinstance(value, str | int | float) and not isinstance(value, bool)
    return "time" if timeless and is_number and _UNIX_TIME.fullmatch(str(value)) else value


def _failure(answer: Answer, request: httpx.Request) -> httpx.TransportError:
    kind = answer.error or Failure.GIVEN_UP
    return RAISED[kind](f"as recorded: {kind}", request=request)
