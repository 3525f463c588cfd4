"""Discord as a bot that listens meets it: its gateway, and what it asks beside messages.

    async with DiscordGateway() as server:
        server.guild("900", channels={"901": "alerts"})
        ... let a bot listen ...
        await server.connected()
        asked = server.slash("pump", {"min": 6.0}, user="42", channel="901")
        shown = await server.answer(asked)            # the message as it is now
        asked = server.press(shown, "More", user="42")

discord_people.py has the people. https://discord.com/developers/docs/events/gateway
"""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.servers.chat_police import Accepted, Clock
from tests.servers.discord import AUTHOR, Discord, answered, failed, invalid
from tests.servers.discord_people import APPLICATION, Asked, People, message_of, told_of
from tests.servers.discord_rules import form_of, refusal, wrong_commands

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
HEARTBEAT_MS = 41_250
AUTHENTICATION_FAILED, SESSION_TIMED_OUT = 4004, 4009
EPHEMERAL = 1 << 6
PONG, MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES = 1, 4, 5, 6, 7, 8


@dataclass
class Link:
    """One connection to the gateway."""

    socket: web.WebSocketResponse
    packer: Any = None  # None: plain text
    session: str = ""

    async def send(self, op: int, data: Any = None, event: str | None = None, sequence: int | None = None) -> None:
        """Send one payload."""
        text = json.dumps({"op": op, "d": data, "t": event, "s": sequence})
        if self.socket.closed:
            return
        if self.packer is None:
            await self.socket.send_str(text)
        else:
            await self.socket.send_bytes(self.packer.compress(text.encode()) + self.packer.flush(zlib.Z_SYNC_FLUSH))


@dataclass
class SessionState:
    """What the gateway keeps of a session, so that it can be resumed."""

    events: list[tuple[str, Any]] = field(default_factory=list)


class DiscordGateway(People, Discord):
    """The server."""

    def __init__(self, clock: Clock = time.monotonic, **how: Any) -> None:
        Discord.__init__(self, clock, **how)
        People.__init__(self)
        self.links: list[Link] = []
        self.sessions: dict[str, SessionState] = {}
        self.identified: list[dict[str, Any]] = []
        self.resumed: list[dict[str, Any]] = []
        self.synced: list[list[dict[str, Any]]] = []
        self.opened: list[str] = []  # persons with whom a conversation was begun
        self.paths: list[str] = []
        self.compresses = True
        self.shards = 1
        self.opens = asyncio.Event()  # the gateway takes connections
        self.opens.set()

    def routes(self, app: web.Application) -> None:
        super().routes(app)
        for method, path, handler in (
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/gateway/bot", self._where),
            ("PUT", "/applications/{app}/commands", self._sync),
            ("POST", "/users/@me/channels", self._open_dm),
            ("POST", "/interactions/{id}/{token}/callback", self._callback),
            ("PATCH", "/webhooks/{app}/{token}/messages/@original", self._edit),
            ("POST", "/webhooks/{app}/{token}", self._follow),
        ):
            app.router.add_route(method, self.prefix + path, handler)
        app.router.add_get("/gateway", self._gateway)

    async def __aexit__(self, *how: object) -> None:
        for link in self.links:
            await link.socket.close()
        await super().__aexit__(*how)

    # What a test does, and waits for.

    async def told(self) -> None:
        """Something may have come about that a test waits for."""
        async with self._grown:
            self._grown.notify_all()

    async def when(self, holds: Callable[[], Any]) -> None:
        """Wait until something holds."""
        async with self._grown:
            await self._grown.wait_for(holds)

    async def connected(self, times: int = 1) -> None:
        """Wait until the bot has connected so often, anew or again."""
        await self.when(lambda: len(self.identified) + len(self.resumed) >= times and self._live())

    async def answer(self, asked: Asked) -> dict[str, Any]:
        """Wait for the answer to an interaction, whole or deferred and then whole; the message as it is."""
        await self.when(lambda: asked.message is not None)
        assert asked.message is not None
        return asked.message

    async def choices(self, asked: Asked) -> list[dict[str, Any]]:
        """Wait for what is offered."""
        await self.when(lambda: asked.choices is not None)
        assert asked.choices is not None
        return asked.choices

    async def reconnects(self) -> None:
        """Ask the bot to connect again."""
        await self._live()[-1].send(RECONNECT)

    async def invalidates(self, *, resumable: bool = False) -> None:
        """Tell the bot that its session is no more."""
        await self._live()[-1].send(INVALID_SESSION, resumable)

    async def drops(self, code: int = 1001) -> None:
        """Close the connection."""
        await self._live()[-1].socket.close(code=code)

    def dispatch(self, event: str, data: Any) -> None:
        """Tell every session of something."""
        for name, session in self.sessions.items():
            session.events.append((event, data))
            for link in self._live():
                if link.session == name:
                    task = asyncio.ensure_future(link.send(DISPATCH, data, event, len(session.events)))
                    self._sending.add(task)
                    task.add_done_callback(self._sending.discard)

    def _live(self) -> list[Link]:
        return [one for one in self.links if one.session and not one.socket.closed]

    # The gateway.

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        packs = self.compresses and request.query.get("compress") == "zlib-stream"
        link = Link(socket, zlib.compressobj() if packs else None)
        self.links.append(link)
        await link.send(HELLO, {"heartbeat_interval": HEARTBEAT_MS})
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._heard(link, json.loads(message.data))
        return socket

    async def _heard(self, link: Link, payload: dict[str, Any]) -> None:
        data = payload["d"]
        match payload["op"]:
            case 1:
                await link.send(ACK)
            case 2 | 6 if data["token"] != self.token or self.is_revoked():
                await link.socket.close(code=AUTHENTICATION_FAILED)
            case 2:
                await self._identify(link, data)
            case 6:
                await self._resume(link, data)

    async def _identify(self, link: Link, data: dict[str, Any]) -> None:
        link.session = f"session{len(self.sessions) + 1}"
        session = self.sessions[link.session] = SessionState()
        host = str(link.socket._req.host) if link.socket._req else ""
        ready = {
            "v": 10, "user": AUTHOR, "session_id": link.session, "resume_gateway_url": f"ws://{host}/gateway",
            "guilds": [{"id": one["id"], "unavailable": True} for one in self.guilds.values()],
            "shard": data.get("shard", [0, 1]), "application": {"id": APPLICATION, "flags": 0},
        }  # fmt: skip
        for event, told in (("READY", ready), *(("GUILD_CREATE", one) for one in self.guilds.values())):
            session.events.append((event, told))
            await link.send(DISPATCH, told, event, len(session.events))
        self.identified.append(data)
        await self.told()

    async def _resume(self, link: Link, data: dict[str, Any]) -> None:
        session = self.sessions.get(data["session_id"])
        if session is None:
            await link.send(INVALID_SESSION, False)
            return
        link.session = data["session_id"]
        for at, (event, told) in enumerate(session.events[data["seq"] :], data["seq"] + 1):
            await link.send(DISPATCH, told, event, at)
        session.events.append(("RESUMED", {}))
        await link.send(DISPATCH, {}, "RESUMED", len(session.events))
        self.resumed.append(data)
        await self.told()

    # What is asked beside messages.

    def _stranger(self, request: web.Request) -> web.Response | None:
        self.paths.append(f"{request.method} {request.path.removeprefix(self.prefix)}")
        return super()._stranger(request)

    async def _application(self, request: web.Request) -> web.StreamResponse:
        person = AUTHOR | {"bot": False, "id": "1"}
        told = {
            "id": APPLICATION, "name": "tocsin", "description": "", "icon": None, "rpc_origins": [], "summary": "",
            "bot_public": True, "bot_require_code_grant": False, "verify_key": "", "flags": 0, "owner": person, "team": None,
        }  # fmt: skip
        return self._stranger(request) or answered(told)

    async def _where(self, request: web.Request) -> web.StreamResponse:
        await self.opens.wait()
        starts = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        told = {"url": f"ws://{request.host}/gateway", "shards": self.shards, "session_start_limit": starts}
        return self._stranger(request) or answered(told)

    async def _sync(self, request: web.Request) -> web.StreamResponse:
        if (turned_away := self._stranger(request)) is not None:
            return turned_away
        commands = json.loads(await request.read())
        if problem := next(wrong_commands(commands), ""):
            return invalid(problem)
        self.synced.append(commands)
        self.commands = {one["name"]: one for one in commands}
        await self.told()
        return answered([one | {"id": str(at), "application_id": APPLICATION} for at, one in enumerate(commands, 1)])

    async def _open_dm(self, request: web.Request) -> web.StreamResponse:
        if (turned_away := self._stranger(request)) is not None:
            return turned_away
        user = str((await form_of(request) or {}).get("recipient_id"))
        script = self.take(f"dm:{user}")
        if script is not None:
            return self.refuse(request, script)
        self.opened.append(user)
        return answered({"id": self.dm_of(user), "type": 1, "recipients": [self.person(user)]})

    # Answers to interactions: no token of the bot, for the interaction has its own.

    async def _callback(self, request: web.Request) -> web.StreamResponse:
        if (broken := self.before_reading(request)) is not None:
            return broken
        asked, body = self.by_token.get(request.match_info["token"]), await form_of(request) or {}
        if asked is None or asked.id != request.match_info["id"] or asked.expired:
            return failed(404, 10062, "Unknown interaction")
        if asked.kind is not None:
            return failed(400, 40060, "Interaction has already been acknowledged.")
        data = (body.get("data") or {}) | {"files": body.get("files", {})}
        kind = body["type"]
        if kind in (MESSAGE, UPDATE) and (problem := refusal(data)):
            return invalid(problem)
        asked.kind, asked.hidden = kind, bool(data.get("flags", 0) & EPHEMERAL)
        if kind == CHOICES:
            if len(data["choices"]) > 25:
                return invalid("choices: Must be 25 or fewer in length.")
            asked.choices = data["choices"]
        elif kind in (MESSAGE, UPDATE):
            self._show(asked, data)
        await self.told()
        told: dict[str, Any] = {"interaction": {"id": asked.id, "type": 2}}
        if asked.message is not None:
            told["interaction"]["response_message_id"] = asked.message["id"]
            told["resource"] = {"type": kind, "message": told_of(asked.message)}
        return answered(told)

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        if (broken := self.before_reading(request)) is not None:
            return broken
        asked, body = self.by_token.get(request.match_info["token"]), await form_of(request) or {}
        if asked is None or asked.kind is None:
            return failed(404, 10015, "Unknown Webhook")
        if problem := refusal({**(asked.message or {}), **body}):
            return invalid(problem)
        self._show(asked, body)
        await self.told()
        return answered(told_of(asked.message))

    async def _follow(self, request: web.Request) -> web.StreamResponse:
        if (broken := self.before_reading(request)) is not None:
            return broken
        asked, body = self.by_token.get(request.match_info["token"]), await form_of(request) or {}
        if asked is None or asked.kind is None:
            return failed(404, 10015, "Unknown Webhook")
        if problem := refusal(body):
            return invalid(problem)
        message = message_of(asked, body, self.number())
        asked.follow_ups.append(message)
        self.shown[message["id"]] = message
        await self.told()
        return answered(told_of(message))

    def _show(self, asked: Asked, body: dict[str, Any]) -> None:
        """Let the answer be what it is now: a message of its own, or in the place of the one that was pressed."""
        held = asked.message
        if held is None and asked.kind in (UPDATE, DEFERRED_UPDATE):
            held = asked.pressed
        if held is None:
            held = message_of(asked, {"flags": EPHEMERAL if asked.hidden else 0}, self.number())
            self.shown[held["id"]] = held
        files = body.get("files") or {}
        if "attachments" in body or files:
            kept = body.get("attachments", [{"filename": name} for name in files])
            held["files"] = {name: files[name] for name in files}
            held["attachments"] = [_attachment(at, one.get("filename", "")) for at, one in enumerate(kept)]
        held |= {name: body[name] for name in ("content", "embeds", "components") if name in body}
        held["content"] = held.get("content") or ""
        held["components"] = held.get("components") or []
        asked.message = held

    async def accept(self, message: Accepted) -> None:
        self.shown[message.message_id] = {
            "id": message.message_id, "channel_id": message.chat, "author": AUTHOR, "type": 0, "attachments": [],
            **{name: message.body.get(name, [] if name != "content" else "") for name in ("content", "embeds", "components")},
        }  # fmt: skip
        await super().accept(message)


def _attachment(at: int, name: str) -> dict[str, Any]:
    url = f"https://cdn.discordapp.com/{at}/{name}"
    return {"id": str(at), "filename": name, "size": 1, "url": url, "proxy_url": url}
