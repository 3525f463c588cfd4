"""Updates that Telegram brings: taken with the secret only, and one that cannot be read is had like any other.

The library's own server refuses such an update, writes all of it into the log, and Telegram brings it again and again.
"""

from __future__ import annotations

import json
import re
import secrets
import socket
from asyncio import Queue
from hmac import compare_digest
from typing import Any

from telegram import Bot, Update
from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler

from bot.chat.telegram.fetching import readable

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - its name
MOST_BYTES = 1024 * 1024  # of an update


class Bringing:
    """A server for one path of one address, which is listened to already."""

    def __init__(self, bot: Bot, updates: Queue[object], path: str) -> None:
        self.secret = secrets.token_urlsafe(32)
        given = {"bot": bot, "updates": updates, "secret": self.secret}
        handlers = [(f"{re.escape(path.rstrip('/'))}/?", _Door, given)]
        self._server = HTTPServer(Application(handlers, log_function=lambda _: None), max_body_size=MOST_BYTES)

    def open(self, door: socket.socket) -> None:
        """Take what is brought to a socket that listens."""
        self._server.add_socket(door)

    async def close(self) -> None:
        """Take nothing any more, and let go of the socket."""
        self._server.stop()
        await self._server.close_all_connections()


class _Door(RequestHandler):
    SUPPORTED_METHODS = ("POST",)

    def initialize(self, bot: Bot, updates: Queue[object], secret: str) -> None:
        """What it is made with."""
        self._bot, self._updates, self._secret = bot, updates, secret

    async def post(self) -> None:
        """An update."""
        if not compare_digest(self.request.headers.get(SECRET_HEADER, "").encode(), self._secret.encode()):
            raise HTTPError(403)
        facts = _object(self.request.body)
        update = Update.de_json(readable(facts), self._bot)
        await self._updates.put(update)


def _object(body: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(body)
    except ValueError:
        raise HTTPError(400) from None
    if not isinstance(facts, dict) or "update_id" not in facts:
        raise HTTPError(400)
    return facts
