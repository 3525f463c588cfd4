"""A loopback HTTP server that answers, or fails, the way exchanges do.

    async with Loopback() as server:
        server.route("/fapi/v1/premiumIndex", [{"symbol": "BTCUSDT"}])   # a value: JSON with status 200
        server.route("/fapi/v1/fundingInfo", refused(451))               # a reply: see below
        server.route("/busy", in_turn(limited(retry_after=2), {"ok": 1}))  # one after the other, the last for ever
        server.route("/time", lambda asked: {"symbol": asked.params["symbol"]})  # computed from the request
        ... ask f"{server.url}/fapi/v1/premiumIndex" ...
        assert [asked.path for asked in server.requests] == [...]        # in the order of their arrival

What a route gives is a Reply: a JSON value (dict, list, number, text, None), a function of the request (`Asked`)
that returns one, or an `async` function of `Connection` (the request on its socket), which is what the faults are:

    answer(value, status=200, headers={}, delay=0)   JSON, late where `delay` (seconds) says so
    text("<html>", status=200)                       bytes or text that need not be JSON
    refused(451), failing(503), limited(...)         what a status says; `limited` with Retry-After
    hang()                                           takes the request and never answers
    drip(seconds=0.01)                               one byte of JSON after the other, and never the last
    truncated(value)                                 announces twice as many bytes as it sends, then closes
    reset()                                          cuts the connection without a byte
    huge(size)                                       so many bytes of JSON
    misencoded(value)                                plain bytes that say they are gzip
    redirect(url)                                    302
    policed(reply, allowed, window, now)             at most so many requests in a window of seconds, 429 beyond
    in_turn(first, second, ...)                      another reply each time
    paged(history, rows, row, envelope)              the settlements of many contracts, as a history endpoint

A path that has no route answers 404, and `server.requests` shows it.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Self

from aiohttp import web

from bot.feeds.exchanges.base import History, Paging, Slot
from tests.servers.port import served


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that the server got."""

    method: str
    path: str
    params: Mapping[str, str]
    body: Any  # JSON of a POST, or None
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Connection:
    """One request on its socket."""

    asked: Asked
    web: web.Request
    closing: asyncio.Event  # set when the server ends: whoever hangs lets go


Act = Callable[[Connection], Awaitable[web.StreamResponse]]
Reply = Any  # an Act, a function of Asked that returns a JSON value, or a JSON value


class Loopback:
    """The server; `url` is its address once it is entered, `requests` is what it was asked."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self.url = ""
        self._routes: dict[str, Reply] = {}
        self._closing = asyncio.Event()
        self._port = AsyncExitStack()

    def route(self, path: str, reply: Reply) -> None:
        """Answer this path so; a later call replaces the reply."""
        self._routes[path] = reply

    def asked(self, path: str) -> list[Asked]:
        """The requests of one path."""
        return [one for one in self.requests if one.path == path]

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**20)
        app.router.add_route("*", "/{rest:.*}", self._serve)
        how = {"shutdown_timeout": 0.1, "handler_cancellation": True}
        self.url = await self._port.enter_async_context(served(app, **how))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._port.aclose()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        asked = Asked(
            request.method, request.path, dict(request.query), json.loads(raw) if raw else None, dict(request.headers)
        )
        self.requests.append(asked)
        if asked.path not in self._routes:
            return web.json_response({"error": "no such path"}, status=404)
        return await act(self._routes[asked.path])(Connection(asked, request, self._closing))


def act(reply: Reply) -> Act:
    """Any reply as what the server does."""
    if inspect.iscoroutinefunction(reply):
        return reply

    async def plain(connection: Connection) -> web.StreamResponse:
        value = reply(connection.asked) if callable(reply) else reply
        return await act(value)(connection) if callable(value) else web.json_response(value)

    return plain


def answer(value: Reply, status: int = 200, headers: Mapping[str, str] | None = None, delay: float = 0.0) -> Act:
    """A JSON value, or what a function of the request returns; `delay` is in real seconds."""

    async def serve(connection: Connection) -> web.StreamResponse:
        if delay:
            await asyncio.sleep(delay)
        found = value(connection.asked) if callable(value) else value
        body = found if isinstance(found, bytes) else json.dumps(found).encode()
        return web.Response(body=body, status=status, headers=headers, content_type="application/json")

    return serve


def text(content: str | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Act:
    """Whatever bytes."""

    async def serve(_: Connection) -> web.StreamResponse:
        return web.Response(body=content, status=status, headers=headers, content_type="text/html")

    return serve


def refused(status: int = 451) -> Act:
    """Turned away with a page, as the firewalls in front of exchanges do."""
    return text("<html><body>Service unavailable from a restricted location</body></html>", status)


def failing(status: int = 503) -> Act:
    """Out of order."""
    return text("upstream connect error", status)


def limited(retry_after: str | float | datetime | None = None, status: int = 429) -> Act:
    """Too many requests; Retry-After in seconds, or as an HTTP date for a datetime, or none."""
    given = format_datetime(retry_after, usegmt=True) if isinstance(retry_after, datetime) else retry_after
    return answer({"msg": "too many requests"}, status, {} if given is None else {"Retry-After": str(given)})


def redirect(url: str) -> Act:
    """Elsewhere."""
    return text("", 302, {"Location": url})


def hang() -> Act:
    """No answer, ever."""

    async def serve(connection: Connection) -> web.StreamResponse:
        await connection.closing.wait()
        return web.Response(status=500)

    return serve


def drip(seconds: float = 0.01) -> Act:
    """A byte every so many real seconds, so that no silence is long, and never the end."""

    async def serve(connection: Connection) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(connection.web)
        await response.write(b"[")
        while not connection.closing.is_set():
            await response.write(b" ")
            await asyncio.sleep(seconds)
        return response

    return serve


def truncated(value: Reply) -> Act:
    """Half of what was announced, and the connection is closed."""

    async def serve(connection: Connection) -> web.StreamResponse:
        body = json.dumps(value).encode()
        response = web.StreamResponse(headers={"Content-Length": str(2 * len(body))})
        await response.prepare(connection.web)
        await response.write(body)
        _cut(connection, abort=False)
        return response

    return serve


def reset() -> Act:
    """The connection is cut without a byte."""

    async def serve(connection: Connection) -> web.StreamResponse:
        _cut(connection, abort=True)
        return web.Response()

    return serve


def _cut(connection: Connection, *, abort: bool) -> None:
    transport = connection.web.transport
    if transport is not None:
        transport.abort() if abort else transport.close()


def huge(size: int) -> Act:
    """So many bytes, sent in pieces of 64 KB: `[`, and blanks without end."""

    async def serve(connection: Connection) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(connection.web)
        piece = b" " * 65_536
        await response.write(b"[")
        for _ in range(size // len(piece) + 1):
            await response.write(piece)
        await response.write(b"]")
        return response

    return serve


def misencoded(value: Reply) -> Act:
    """Plain bytes under the name of gzip."""

    async def serve(_: Connection) -> web.StreamResponse:
        return web.Response(body=json.dumps(value).encode(), headers={"Content-Encoding": "gzip"})

    return serve


def in_turn(*replies: Reply) -> Act:
    """One reply after the other; the last one stays."""
    left = deque(replies)

    async def serve(connection: Connection) -> web.StreamResponse:
        return await act(left.popleft() if len(left) > 1 else left[0])(connection)

    return serve


def policed(reply: Reply, allowed: int, window: timedelta, now: Callable[[], datetime], *, dates: bool = False) -> Act:
    """At most `allowed` requests in any `window`; beyond, 429 with what is left of it as Retry-After."""
    served: deque[datetime] = deque()

    async def serve(connection: Connection) -> web.StreamResponse:
        moment = now()
        while served and served[0] <= moment - window:
            served.popleft()
        if len(served) >= allowed:
            free = served[0] + window
            # An HTTP date has no fractions: the next whole second.
            return await limited(free + timedelta(seconds=1) if dates else (free - moment).total_seconds())(connection)
        served.append(moment)
        return await act(reply)(connection)

    return serve


Settled = tuple[int, float]  # unix milliseconds, decimal rate


def paged(
    history: History,
    rows: Mapping[str, Sequence[Settled]],
    row: Callable[[str, int, float], Any] = lambda symbol, at, rate: {"symbol": symbol, "time": at, "rate": rate},
    envelope: Callable[[list[Any]], Any] = lambda found: found,
    *,
    limit: int | None = None,
) -> Callable[[Asked], Any]:
    """A history endpoint over settlements by symbol, which obeys the parameters that hold a Slot in `history`.

    It cuts as `history.paging` says, at `history.limit` rows, or at `limit` where the exchange serves less than
    it says. `row` and `envelope` give the exchange's shape; rows come in the order in which they are cut.
    """
    endpoint = history.endpoint
    places = {
        slot: name for name, slot in {**endpoint.params, **(endpoint.body or {})}.items() if isinstance(slot, Slot)
    }

    def given(asked: Asked, slot: Slot) -> Any:
        if slot not in places:
            return None
        return asked.params.get(places[slot], (asked.body or {}).get(places[slot]))

    def bound(asked: Asked, in_ms: Slot, in_s: Slot, default: int) -> int:
        if (ms := given(asked, in_ms)) is not None:
            return int(ms)
        if (seconds := given(asked, in_s)) is not None:
            return int(seconds) * 1000
        return default

    def serve(asked: Asked) -> Any:
        symbol = str(given(asked, Slot.SYMBOL))
        since = bound(asked, Slot.SINCE_MS, Slot.SINCE_S, 0)
        until = bound(asked, Slot.UNTIL_MS, Slot.UNTIL_S, 2**62)
        found = sorted((at, rate) for at, rate in rows.get(symbol, ()) if since <= at <= until)
        if history.paging is not Paging.ASCENDING:
            found.reverse()
        size = limit or history.limit
        first = (int(given(asked, Slot.PAGE) or 1) - 1) * size if history.paging is Paging.PAGES else 0
        return envelope([row(symbol, at, rate) for at, rate in found[first : first + size]])

    return serve
