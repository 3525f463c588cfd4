"""Discord's REST API on a loopback port: messages of channels and /users/@me, as strict as the real one.

`refusal(body)` alone says what Discord would find wrong with a message.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.servers.chat_police import (
    OF_EVERY_REQUEST,
    Accepted,
    ChatServer,
    Clock,
    Fault,
    Script,
    is_text,
    json_of,
    refuses,
    units,
)

TOTAL = (50, 1.0)
CHANNEL = (5, 5.0)
NONCE_SECONDS = 180.0
FLAGS = 1 << 2 | 1 << 12 | 1 << 15
# name → the most UTF-16 units
EMBED_LIMITS = {"title": 256, "description": 4096}
EMBED_TOTAL = 6000
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
        return self._stranger(request) or web.json_response(AUTHOR, headers=VIA)

    async def _read(self, request: web.Request) -> web.StreamResponse:
        if (turned_away := self._stranger(request)) is not None:
            return turned_away
        limit = int(request.query.get("limit", "50"))
        found = self.to(request.match_info["channel"])[::-1][:limit]
        return web.json_response([_message(one) for one in found], headers=VIA)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        if (turned_away := self._stranger(request)) is not None:
            return turned_away
        body, chat = await json_of(request), request.match_info["channel"]
        if body is None:
            return failed(400, 50109, "The request body contains invalid JSON.")
        script = self.take(chat, [fault for fault in Fault if fault not in OF_EVERY_REQUEST])
        if refuses(script):
            return self.refuse(request, script)
        problem = refusal(body) if chat.isdecimal() else "channel_id: Value is not snowflake."
        if problem:
            return invalid(problem)
        wait, scope = self._police(chat)
        if wait:
            return limited(wait, scope)
        message = self._known(body) or await self._new(chat, body)
        left, reset = self.police.left(chat, *CHANNEL, self.clock())
        limits = {"X-RateLimit-Limit": str(CHANNEL[0]), "X-RateLimit-Remaining": str(left)}
        headers = VIA | limits | {"X-RateLimit-Reset-After": f"{reset:.3f}", "X-RateLimit-Bucket": "abcd1234"}
        return await self.deliver(request, web.json_response(_message(message), headers=headers), script)

    async def _new(self, chat: str, body: dict[str, Any]) -> Accepted:
        nonce = body.get("nonce")
        number = str(1_100_000_000_000_000_000 + len(self.accepted))
        text = "\n".join((body.get("content", ""), *(one.get("description", "") for one in body.get("embeds", []))))
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


AUTHOR = {"id": "198622483471925248", "username": "tocsin", "bot": True}


def _message(one: Accepted) -> dict[str, Any]:
    body = one.body
    return {
        "id": one.message_id,
        "channel_id": one.chat,
        "author": AUTHOR,
        "content": body.get("content", ""),
        "embeds": body.get("embeds", []),
        "components": body.get("components", []),
        "nonce": one.nonce,
        "flags": body.get("flags", 0),
    }


def refusal(body: dict[str, Any]) -> str:
    """The first thing wrong with a message, as `place: Discord's words`; nothing where it is right."""
    return next(_faults(body), "")


def _faults(body: dict[str, Any]) -> Iterator[str]:
    if not any(body.get(name) for name in ("content", "embeds", "components")):
        yield "content: Cannot send an empty message"
    yield from _longer(body, "content", 2000)
    if not isinstance(body.get("nonce", ""), str | int) or units(str(body.get("nonce", ""))) > 25:
        yield "nonce: Must be 25 or fewer in length."
    if body.get("flags", 0) & ~FLAGS:
        yield "flags: Value is not a valid set of flags."
    if not set(body.get("allowed_mentions", {}).get("parse", [])) <= {"everyone", "roles", "users"}:
        yield "allowed_mentions: Value must be one of ('everyone', 'roles', 'users')."
    yield from _wrong_embeds(body.get("embeds", []))
    yield from _wrong_components(body.get("components", []))


def _longer(of: dict[str, Any], name: str, most: int) -> Iterator[str]:
    if name in of and (not is_text(of[name]) or units(of[name]) > most):
        yield f"{name}: Must be {most} or fewer in length."


def _wrong_embeds(embeds: list[dict[str, Any]]) -> Iterator[str]:
    if len(embeds) > 10:
        yield "embeds: Must be 10 or fewer in length."
    total = 0
    for embed in embeds:
        fields, footer, author = embed.get("fields", []), embed.get("footer", {}), embed.get("author", {})
        if len(fields) > 25:
            yield "embeds: fields: Must be 25 or fewer in length."
        limited_texts = [(embed, name, most) for name, most in EMBED_LIMITS.items()]
        limited_texts += [(footer, "text", 2048), (author, "name", 256)]
        limited_texts += [(one, name, most) for one in fields for name, most in (("name", 256), ("value", 1024))]
        for of, name, most in limited_texts:
            yield from _longer(of, name, most)
            total += units(of.get(name, ""))
        yield from (
            f"fields: {name}: This field is required"
            for one in fields
            for name in ("name", "value")
            if not one.get(name)
        )
    if total > EMBED_TOTAL:
        yield f"embeds: Embed size exceeds maximum size of {EMBED_TOTAL}"


def _wrong_components(rows: list[dict[str, Any]]) -> Iterator[str]:
    if len(rows) > 5:
        yield "components: Must be between 1 and 5 in length."
    seen: set[str] = set()
    for row in rows:
        buttons = row.get("components", [])
        if row.get("type") != 1 or not 1 <= len(buttons) <= 5:
            yield "components: Must be between 1 and 5 in length."
        for button in buttons:
            name = button.get("custom_id", "")
            if not 1 <= units(name) <= 100:
                yield "custom_id: Must be between 1 and 100 in length."
            if name in seen:
                yield "custom_id: Component custom id cannot be duplicated"
            seen.add(name)
            if not 1 <= units(button.get("label", "")) <= 80:
                yield "label: Must be between 1 and 80 in length."
            if button.get("type") != 2 or button.get("style") not in (1, 2, 3, 4):
                yield "style: Value must be one of {1, 2, 3, 4}."


def failed(status: int, code: int, message: str, **more: Any) -> web.Response:
    """A refusal in Discord's shape."""
    return web.json_response({"message": message, "code": code} | more, status=status, headers=VIA)


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
    return web.json_response(facts, status=429, headers=headers)
