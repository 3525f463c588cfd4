"""Discord's REST API on a loopback port: messages of channels and /users/@me, as strict as the real one.

`refusal(body)` alone says what Discord would find wrong with a message.
"""

from __future__ import annotations

import json
import time
from typing import Any

from aiohttp import web

from tests.servers.chat_police import (
    OF_EVERY_REQUEST,
    Accepted,
    ChatServer,
    Clock,
    Fault,
    Script,
    refuses,
)
from tests.servers.discord_rules import form_of, refusal

TOTAL = (50, 1.0)
CHANNEL = (5, 5.0)
NONCE_SECONDS = 180.0
VIA = {"Via": "1.1 google"}
OF_A_CHAT = {
    Fault.BLOCKED: (403, 50007, "Cannot send messages to this user"),
    Fault.KICKED: (403, 50001, "Missing Access"),
    Fault.DELETED: (404, 10003, "Unknown Channel"),
    Fault.REVOKED: (401, 0, "401: Unauthorized"),
}


class Discord(ChatServer):
    """The server. A nonce is known for `nonce_seconds`; `channels`: those that there are, None: any number."""

    token = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"  # noqa: S105 - of nobody
    prefix = "/api/v10"

    def __init__(
        self, clock: Clock = time.monotonic, *, nonce_seconds: float = NONCE_SECONDS, polices: bool = True
    ) -> None:
        super().__init__(clock)
        self._nonce_seconds = nonce_seconds
        self._polices = polices
        self.unread: set[str] = set()  # channels in which the bot may write, and not read what was written

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/api/v10/users/@me", self._me)
        app.router.add_get("/api/v10/channels/{channel}/messages", self._read)
        app.router.add_post("/api/v10/channels/{channel}/messages", self._post)

    def scripted(self, script: Script) -> web.Response:
        match script.fault:
            case Fault.LIMITED:
                return limited(script.seconds or 1.0, script.scope)
            case Fault.REFUSED:
                return failed(script.status or 400, script.code, script.text)
            case Fault.ERROR:
                return failed(
                    script.status or 500, 0, f"{script.status or 500}: {script.text or 'Internal Server Error'}"
                )
            case _:
                return failed(*OF_A_CHAT[script.fault])

    def _stranger(self, request: web.Request) -> web.Response | None:
        if (broken := self.before_reading(request)) is not None:
            return broken
        if not request.headers.get("User-Agent", "").startswith("DiscordBot ("):
            return web.Response(status=403, text="error code: 1010", headers={"Server": "cloudflare"})
        if request.headers.get("Authorization") != f"Bot {self.token}" or self.is_revoked():
            return failed(401, 0, "401: Unauthorized")
        return None

    async def _me(self, request: web.Request) -> web.StreamResponse:
        return self._stranger(request) or answered(AUTHOR)

    async def _read(self, request: web.Request) -> web.StreamResponse:
        if (turned_away := self._stranger(request)) is not None:
            return turned_away
        limit = int(request.query.get("limit", "50"))
        chat = request.match_info["channel"]
        found = [] if chat in self.unread else self.to(chat)[::-1][:limit]
        return answered([_message(one) for one in found])

    async def _post(self, request: web.Request) -> web.StreamResponse:
        if (turned_away := self._stranger(request)) is not None:
            return turned_away
        body, chat = await form_of(request), request.match_info["channel"]
        if body is None:
            return failed(400, 50109, "The request body contains invalid JSON.")
        script = self.take(chat, [fault for fault in Fault if fault not in OF_EVERY_REQUEST])
        if refuses(script):
            return self.refuse(request, script)
        if (wrong := self._wrong(chat, body)) is not None:
            return wrong
        wait, scope = self._police(chat)
        if wait:
            return limited(wait, scope)
        message = self._known(body) or await self._new(chat, body)
        left, reset = self.police.left(chat, *CHANNEL, self.clock())
        limits = {"X-RateLimit-Limit": str(CHANNEL[0]), "X-RateLimit-Remaining": str(left)}
        headers = VIA | limits | {"X-RateLimit-Reset-After": f"{reset:.3f}", "X-RateLimit-Bucket": "abcd1234"}
        return await self.deliver(request, answered(_message(message), headers=headers), script)

    def _wrong(self, chat: str, body: dict[str, Any]) -> web.Response | None:
        """What Discord says to a message that is not as it must be."""
        problem = refusal(body) if chat.isdecimal() else "channel_id: Value is not snowflake."
        if problem:
            return invalid(problem)
        if chat in self.unread and body.get("message_reference"):
            return failed(403, 160002, "Cannot reply without permission to read message history")
        return None

    async def _new(self, chat: str, body: dict[str, Any]) -> Accepted:
        nonce = body.get("nonce")
        number = str(1_100_000_000_000_000_000 + len(self.accepted))
        text = "\n".join((body.get("content") or "", *(one.get("description", "") for one in body.get("embeds", []))))
        message = Accepted(chat, text, body, self.clock(), number, None if nonce is None else str(nonce))
        await self.accept(message)
        return message

    def _known(self, body: dict[str, Any]) -> Accepted | None:
        """The message that this author sent under the same nonce, not long ago."""
        if not body.get("enforce_nonce") or body.get("nonce") is None:
            return None
        since = self.clock() - self._nonce_seconds
        return next((one for one in self.accepted if one.nonce == str(body["nonce"]) and one.at > since), None)

    def _police(self, chat: str) -> tuple[float, str]:
        """How long to wait, and who."""
        if not self._polices:
            return 0.0, ""
        now = self.clock()
        everywhere, here = self.police.wait("", [TOTAL], now), self.police.wait(chat, [CHANNEL], now)
        if everywhere or here:
            self.violations += 1
        else:
            self.police.note("", now)
            self.police.note(chat, now)
        return max(everywhere, here), "global" if everywhere else "user"


AUTHOR = {
    "id": "198622483471925248",
    "username": "tocsin",
    "discriminator": "0",
    "avatar": None,
    "global_name": None,
    "bot": True,
}


def _message(one: Accepted) -> dict[str, Any]:
    body = one.body
    return {
        "id": one.message_id,
        "channel_id": one.chat,
        "author": AUTHOR,
        "content": body.get("content") or "",
        "embeds": body.get("embeds", []),
        "components": body.get("components", []),
        "nonce": one.nonce,
        "flags": body.get("flags", 0),
        "type": 0,
        "timestamp": "2026-04-26T12:00:00+00:00",
        "edited_timestamp": None,
        "attachments": [],
        "mentions": [],
        "mention_roles": body.get("allowed_mentions", {}).get("roles", []),
        "mention_everyone": False,
        "pinned": False,
        "tts": False,
    }


def answered(data: Any, status: int = 200, headers: dict[str, str] = VIA) -> web.Response:
    """JSON as Discord sends it: its type without a charset."""
    return web.Response(body=json.dumps(data).encode(), status=status, headers=headers, content_type="application/json")


def failed(status: int, code: int, message: str, **more: Any) -> web.Response:
    """A refusal in Discord's shape."""
    return answered({"message": message, "code": code} | more, status)


def invalid(problem: str) -> web.Response:
    """What Discord answers to a message that is wrong."""
    place, _, words = problem.partition(": ")
    errors = {place: {"_errors": [{"code": "INVALID", "message": words}]}}
    return failed(400, 50035, "Invalid Form Body", errors=errors)


def limited(seconds: float, scope: str = "user") -> web.Response:
    """Too fast, in Discord's shape; scope "cloudflare": as Cloudflare in front of it says so."""
    if scope == "cloudflare":
        return web.Response(status=429, text="error code: 1015", headers={"Retry-After": str(int(seconds))})
    headers = VIA | {"X-RateLimit-Scope": scope, "Retry-After": f"{seconds:g}"}
    if scope == "global":
        headers["X-RateLimit-Global"] = "true"
    facts = {"message": "You are being rate limited.", "retry_after": seconds, "global": scope == "global"}
    return answered(facts, 429, headers)
