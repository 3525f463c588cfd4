"""What the servers of chat platforms share: scripted faults, the police of their limits, and what they accepted.

    async with Telegram() as server:                        # or Discord()
        server.fault("42", Fault.LIMITED, seconds=3)        # the next message to chat 42 is refused so
        server.fault(None, Fault.ERROR, times=2, status=502)  # the next two messages, to whichever chat
        server.fault(None, Fault.DOWN, times=None)          # every request, until `server.lift()`
        ... let a bot send to server.url with server.token ...
        await server.until(2)                               # that many messages were accepted
        assert [one.text for one in server.accepted] == [...] and server.violations == 0

The sockets are real, so the bot may be in another process, and may be killed at any moment: a message is recorded
before its answer begins, and one that was not read whole is not recorded.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from aiohttp import web

from tests.servers.port import served

Clock = Callable[[], float]


class Fault(StrEnum):
    """What goes wrong."""

    # Of the connection. The first two come before the request is read: certainly unsent.
    CLOSE_BEFORE_READ = "close before read"
    DOWN = "down"  # 502 for every request, also for those that only ask
    ACCEPT_THEN_RESET = "accept then reset"  # taken, and no byte of an answer
    HALF_CLOSE = "half close"  # taken, and half an answer
    SLOW = "slow"  # taken, and the answer comes after `seconds`; None: never
    # Of the platform.
    ERROR = "error"  # `status`, 500 by itself; with accepts=True the message was taken nevertheless
    LIMITED = "limited"  # 429 with `seconds` to wait
    REFUSED = "refused"  # `status`, 400 by itself, with the platform's `text` (and `code`)
    # Of a chat.
    BLOCKED = "blocked"
    KICKED = "kicked"
    DELETED = "deleted"
    MIGRATED = "migrated"  # it has the id `to` now
    # Of the bot.
    REVOKED = "revoked"  # its token is no longer valid, for whatever it asks, until it is lifted


BEFORE_READING = (Fault.CLOSE_BEFORE_READ, Fault.DOWN)
LONGEST_WINDOW = 50  # messages
OF_EVERY_REQUEST = (Fault.DOWN, Fault.REVOKED)


@dataclass
class Script:
    """One fault, for so many messages."""

    fault: Fault
    chat: str | None = None  # None: whichever
    times: int | None = 1  # None: until it is lifted
    seconds: float | None = None
    status: int | None = None
    text: str = ""
    code: int = 0
    to: str = ""
    scope: str = "user"  # Discord, of a 429: user, global, shared
    accepts: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that the platform took."""

    chat: str
    text: str  # all that is to be read in it
    body: Mapping[str, Any]
    at: float  # by the server's clock
    message_id: str
    nonce: str | None = None


@dataclass
class Police:
    """Counts what passed in sliding windows of (count, seconds)."""

    passed: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def wait(self, key: str, windows: Sequence[tuple[int, float]], now: float) -> float:
        """How long nothing more may pass; 0 where something may."""
        times = self.passed[key]
        free = (times[-count] + seconds for count, seconds in windows if len(times) >= count)
        return max(0.0, max(free, default=now) - now)

    def left(self, key: str, count: int, seconds: float, now: float) -> tuple[int, float]:
        """How many more may pass, and in how long all of them may again."""
        times = [at for at in self.passed[key] if at > now - seconds]
        return max(0, count - len(times)), max((at + seconds - now for at in times), default=0.0)

    def note(self, key: str, now: float) -> None:
        """One more."""
        times = self.passed[key]
        times.append(now)
        while len(times) > LONGEST_WINDOW:
            times.popleft()


class ChatServer:
    """A platform's API on a loopback port; `url` is its base, `accepted` what it took, in the order of arrival."""

    token = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # noqa: S105 - of nobody

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.clock = clock
        self.url = ""
        self.accepted: list[Accepted] = []
        self.requests = 0
        self.violations = 0  # requests beyond a limit
        self.faults: list[Script] = []
        self.police = Police()
        self._grown = asyncio.Condition()
        self._closing = asyncio.Event()
        self._port = AsyncExitStack()

    def fault(self, chat: str | None, fault: Fault, times: int | None = 1, **how: Any) -> None:
        """Let something go wrong for the next messages to this chat, or to any."""
        self.faults.append(Script(fault, chat, times, **how))

    def lift(self, chat: str | None = None) -> None:
        """Nothing goes wrong any more: for this chat, or at all."""
        self.faults[:] = [] if chat is None else [one for one in self.faults if one.chat != chat]

    def to(self, chat: str) -> list[Accepted]:
        """The messages that a chat has."""
        return [one for one in self.accepted if one.chat == chat]

    async def until(self, count: int) -> None:
        """Wait until so many messages were accepted."""
        async with self._grown:
            await self._grown.wait_for(lambda: len(self.accepted) >= count)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**22)
        self.routes(app)
        self.url = await self._port.enter_async_context(served(app, shutdown_timeout=0.1)) + self.prefix
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._port.aclose()

    # What a platform adds.

    prefix = ""

    def routes(self, app: web.Application) -> None:
        """Its paths."""
        raise NotImplementedError

    def scripted(self, script: Script) -> web.Response:
        """Its answer to a message that it does not take."""
        raise NotImplementedError

    # What they share.

    def before_reading(self, request: web.Request) -> web.Response | None:
        """What goes wrong before a request is read."""
        self.requests += 1
        script = self.take(None, BEFORE_READING)
        if script is None:
            return None
        return self.refuse(request, script)

    def refuse(self, request: web.Request, script: Script) -> web.Response:
        """The answer to a message that is not taken, if any."""
        if script.fault is Fault.CLOSE_BEFORE_READ:
            _cut(request, abort=True)
        if script.fault in BEFORE_READING:
            return web.Response(status=502, text="<html>502 Bad Gateway</html>", content_type="text/html")
        return self.scripted(script)

    def take(self, chat: str | None, faults: Sequence[Fault] | None = None) -> Script | None:
        """The fault that is due, counted down; `faults`: only one of these."""
        for script in self.faults:
            if script.chat in (None, chat) and (faults is None or script.fault in faults):
                if script.times is not None:
                    script.times -= 1
                    if script.times <= 0:
                        self.faults.remove(script)
                return script
        return None

    def is_revoked(self) -> bool:
        """Whether the token is no longer valid."""
        return any(script.fault is Fault.REVOKED for script in self.faults)

    async def accept(self, message: Accepted) -> None:
        """Take a message."""
        self.accepted.append(message)
        async with self._grown:
            self._grown.notify_all()

    async def deliver(self, request: web.Request, answer: web.Response, script: Script | None) -> web.StreamResponse:
        """The answer to a message that was taken, as far as it gets."""
        match script and script.fault:
            case Fault.ACCEPT_THEN_RESET:
                _cut(request, abort=True)
            case Fault.HALF_CLOSE:
                return await _half(request, answer)
            case Fault.SLOW:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), script.seconds)
            case Fault.ERROR:
                return self.scripted(script)
        return answer


def refuses(script: Script | None) -> bool:
    """Whether a fault keeps the message from being taken."""
    taking = (Fault.ACCEPT_THEN_RESET, Fault.HALF_CLOSE, Fault.SLOW)
    return script is not None and script.fault not in taking and not script.accepts


async def json_of(request: web.Request) -> dict[str, Any] | None:
    """The object that a request brings; None where it brings none, or not as JSON."""
    try:
        found = json.loads(await request.read())
    except ValueError:
        return None
    return found if isinstance(found, dict) and request.content_type == "application/json" else None


def units(text: str) -> int:
    """The length in UTF-16 code units; half a pair counts as one."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_text(value: Any) -> bool:
    """Whether this is a text that UTF-8 can carry."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


async def _half(request: web.Request, answer: web.Response) -> web.StreamResponse:
    body = bytes(answer.body or b"")
    response = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    _cut(request, abort=False)
    return response


def _cut(request: web.Request, *, abort: bool) -> None:
    transport = request.transport
    if transport is None:
        return
    if not abort:
        transport.close()
        return
    if (connection := transport.get_extra_info("socket")) is not None:
        # Without lingering the close is a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
