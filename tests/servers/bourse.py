"""A small service on a loopback socket with every way in which an answer can come, or fail to."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

LARGE = bytes(i * i % 251 for i in range(3_000_000))  # bytes that do not shrink to nothing


class Bourse:
    """What it is asked, and where it is."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.url = ""
        self.released = asyncio.Event()  # lets /slow go on

    async def _plain(self, request: web.Request) -> web.Response:
        return web.json_response({"asked": dict(request.query), "times": len(self.asked)})

    async def _gzipped(self, request: web.Request) -> web.Response:
        body = gzip.compress(json.dumps({"symbol": request.query.get("symbol")}).encode(), mtime=1)
        return web.Response(body=body, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})

    async def _posted(self, request: web.Request) -> web.Response:
        return web.json_response({"echo": await request.json()})

    async def _large(self, request: web.Request) -> web.Response:
        return web.Response(body=LARGE, content_type="application/octet-stream")

    async def _limited(self, request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "7"}, text="too many")

    async def _moved(self, request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/plain?token=canary-in-a-redirect"})

    async def _empty(self, request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"[1, 2,")
        assert request.transport is not None
        request.transport.abort()
        return response

    async def _slow(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"[1, 2,")
        await self.released.wait()
        return response

    async def _echo_key(self, request: web.Request) -> web.Response:
        answer = web.json_response({"error": f"bad key {request.headers['X-Key']}"}, status=401)
        answer.enable_compression(web.ContentCoding.gzip)
        return answer

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Bourse]:
        """Serve on a free port until the block ends."""

        @web.middleware
        async def note(request: web.Request, handler: object) -> web.StreamResponse:
            self.asked.append(request.path_qs)
            return await handler(request)  # type: ignore[operator,no-any-return]

        app = web.Application(middlewares=[note])
        for name in ("plain", "gzipped", "large", "limited", "moved", "empty", "cut", "slow", "echo_key"):
            app.router.add_get(f"/{name}", getattr(self, f"_{name}"))
        app.router.add_post("/posted", self._posted)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            self.released.set()
            await runner.cleanup()
