"""A service with one path for every way in which an answer can come, or fail to."""

from __future__ import annotations

import gzip
import json

from aiohttp import web

from tests.servers.exchange import Asked, Connection, Loopback, hang, limited, redirect, text, truncated

LARGE = bytes(i * i % 251 for i in range(3_000_000))


def bourse() -> Loopback:
    """The server, to be entered."""
    server = Loopback()
    server.route("/plain", lambda asked: {"asked": asked.params, "times": len(server.requests)})
    server.route("/posted", lambda asked: {"echo": asked.body})
    server.route("/gzipped", _gzipped)
    server.route("/large", text(LARGE))
    server.route("/limited", limited(7))
    server.route("/moved", redirect("/plain?token=canary-in-a-redirect"))
    server.route("/empty", text("", 204))
    server.route("/cut", truncated([1, 2]))
    server.route("/stalled", _stalled)
    server.route("/silent", hang())
    server.route("/refused", _refused)
    return server


def zipped(value: object) -> bytes:
    """JSON as the server packs it."""
    return gzip.compress(json.dumps(value).encode(), mtime=1)


def _gzipped(asked: Asked) -> object:
    body = zipped({"symbol": asked.params.get("symbol")})
    return text(body, headers={"Content-Encoding": "gzip"})


def _refused(asked: Asked) -> object:
    body = zipped({"error": f"no such key: {asked.headers['X-Key']}"})
    return text(body, 401, headers={"Content-Encoding": "gzip"})


async def _stalled(connection: Connection) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(connection.web)
    await response.write(b"[1, 2,")
    await connection.closing.wait()
    return response
