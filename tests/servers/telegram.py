"""Telegram's Bot API on a loopback port, as strict as the real one, or stricter.

Here is what a bot sends; telegram_methods.py has what else it asks, telegram_people.py the people who write to it.
`refusal(body)` alone says what Telegram would find wrong with a message.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
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
from tests.servers.telegram_methods import Methods, RefusalError, form_of
from tests.servers.telegram_people import BOT

CAPTION_UNITS = 1024
FORMS = ("x-www-form-urlencoded", "form-data")
TEXT_UNITS, ENTITIES, CALLBACK_BYTES, BUTTONS = 4096, 100, 64, 100
TOTAL = (30, 1.0)
GROUP = (20, 60.0)
KINDS = {"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "text_link", "blockquote"}
ALONE = {"code", "pre"}  # they stand inside none and hold none
OF_A_CHAT = {
    Fault.BLOCKED: (403, "Forbidden: bot was blocked by the user"),
    Fault.KICKED: (403, "Forbidden: bot was kicked from the supergroup chat"),
    Fault.DELETED: (403, "Forbidden: the group chat was deleted"),
    Fault.REVOKED: (401, "Unauthorized"),
}


class Telegram(Methods, ChatServer):
    """The server. A chat takes `burst` messages in as many seconds; ids that begin with - are groups."""

    def __init__(
        self,
        clock: Clock = time.monotonic,
        *,
        burst: int = 1,
        polices: bool = True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        Methods.__init__(self, now=now)
        ChatServer.__init__(self, clock)
        self._chat = (burst, float(burst))
        self._polices = polices
        self.edits: list[Accepted] = []
        self.repainted: list[Accepted] = []  # pictures that were replaced
        self.files: list[Accepted] = []

    async def told(self) -> None:
        """Something may have come about that a test waits for."""
        async with self._grown:
            self._grown.notify_all()

    async def when(self, holds: Callable[[], Any]) -> None:
        """Wait until something holds of what was asked."""
        async with self._grown:
            await self._grown.wait_for(holds)

    async def fetched(self) -> None:
        """Wait until the bot has had all updates, and asks for what comes after them."""
        last = self.last_update
        await self.when(lambda: self.offset > last if last else "getUpdates" in self.names())

    async def __aexit__(self, *how: object) -> None:
        self._ended.set()
        await super().__aexit__(*how)

    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/bot{token:[^/]*}/{method}", self._serve)

    def scripted(self, script: Script) -> web.Response:
        match script.fault:
            case Fault.LIMITED:
                return limited(script.seconds or 1)
            case Fault.MIGRATED:
                text = "Bad Request: group chat was upgraded to a supergroup chat"
                return failed(400, text, migrate_to_chat_id=int(script.to))
            case Fault.REFUSED:
                return failed(script.status or 400, script.text)
            case Fault.ERROR:
                return failed(script.status or 500, "Internal Server Error: " + script.text)
            case _:
                return failed(*OF_A_CHAT[script.fault])

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        broken = self.before_reading(request)
        await self.told()
        if broken is not None:
            return broken
        token, method = request.match_info["token"], request.match_info["method"]
        if token.count(":") != 1:
            return failed(404, "Not Found")
        if token != self.token or self.is_revoked():
            return failed(401, "Unauthorized")
        if request.method != "POST" and method != "getMe":
            return failed(404, "Not Found")
        return await self._called(request, method)

    async def _called(self, request: web.Request, method: str) -> web.StreamResponse:
        """The answer to a method, of whoever may call it."""
        body = await (form_of(request) if request.content_type.endswith(FORMS) else json_of(request))
        if method == "sendMessage" and body is None:
            return failed(400, "Bad Request: can't parse JSON object")
        body = body or {}
        self.asked.append((method, body))
        await self.told()
        sends: dict[str, Callable[..., Awaitable[web.StreamResponse]]] = {
            "sendMessage": self._send,
            "sendPhoto": self._send_file,
            "sendDocument": self._send_file,
            "editMessageText": self._edit,
            "editMessageReplyMarkup": self._edit,
            "editMessageMedia": self._edit_media,
        }
        if method in sends:
            return await self._taken(request, body, sends[method])
        try:
            return succeeded(await self.method(method, body))
        except RefusalError as refused:
            return failed(refused.status, refused.text)

    async def _taken(
        self, request: web.Request, body: dict[str, Any], take: Callable[..., Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """What changes a chat: unless something goes wrong, or it comes too fast."""
        chat = str(body.get("chat_id", ""))
        script = self.take(chat, [fault for fault in Fault if fault not in OF_EVERY_REQUEST])
        if refuses(script):
            return self.refuse(request, script)
        return await take(request, body, chat, script)

    async def _send(
        self, request: web.Request, body: dict[str, Any], chat: str, script: Script | None
    ) -> web.StreamResponse:
        if problem := refusal(body) or self._missing_reply(chat, body):
            return failed(400, problem)
        if wait := self._police(chat):
            return limited(wait)
        return await self._keep(request, body, body["text"], script)

    async def _send_file(
        self, request: web.Request, body: dict[str, Any], chat: str, script: Script | None
    ) -> web.StreamResponse:
        caption = body.get("caption", "")
        held = next((one for one in body.values() if isinstance(one, dict) and "content" in one), None)
        if held is None or not held["content"]:
            return failed(400, "Bad Request: file must be non-empty")
        as_text = {"chat_id": chat, "text": caption or "…", "entities": body.get("caption_entities", [])}
        if units(caption) > CAPTION_UNITS:
            return failed(400, "Bad Request: message caption is too long")
        if problem := refusal(as_text | {"reply_markup": body.get("reply_markup", {})}):
            return failed(400, problem)
        if wait := self._police(chat):
            return limited(wait)
        answer = await self._keep(request, body, caption, script)
        self.files.append(self.accepted[-1])
        self.messages[chat, int(self.accepted[-1].message_id)]["file"] = held["content"]
        return answer

    async def _edit_media(
        self, request: web.Request, body: dict[str, Any], chat: str, script: Script | None
    ) -> web.StreamResponse:
        """Another picture, with its caption, in a message that has one."""
        held = self.messages.get((chat, int(body.get("message_id", 0))))
        if held is None:
            return failed(400, "Bad Request: message to edit not found")
        if "file" not in held:
            return failed(400, "Bad Request: message can't be edited")
        media = body["media"]
        content, caption = body[media["media"].removeprefix("attach://")]["content"], media.get("caption", "")
        if units(caption) > CAPTION_UNITS:
            return failed(400, "Bad Request: message caption is too long")
        if content == held["file"] and caption == held["text"]:
            return failed(400, "Bad Request: message is not modified: specified new message content and reply markup")
        if wait := self._police(chat):
            return limited(wait)
        held |= {"file": content, "text": caption}
        self.repainted.append(Accepted(chat, caption, body, self.clock(), str(held["message_id"])))
        await self.told()
        return await self.deliver(request, succeeded({k: v for k, v in held.items() if k != "file"}), script)

    async def _edit(
        self, request: web.Request, body: dict[str, Any], chat: str, script: Script | None
    ) -> web.StreamResponse:
        """The text and the buttons of a message, or its buttons alone."""
        held = self.messages.get((chat, int(body.get("message_id", 0))))
        if held is None:
            return failed(400, "Bad Request: message to edit not found")
        if "file" in held or ("from" in held and held["from"]["id"] != BOT["id"]):
            return failed(400, "Bad Request: message can't be edited")
        text, entities = body.get("text", held.get("text", "…")), body.get("entities", [])
        markup = body.get("reply_markup", {})
        if problem := refusal({"chat_id": chat, "text": text, "entities": entities, "reply_markup": markup}):
            return failed(400, problem)
        if text == held.get("text") and markup == held.get("reply_markup", {}):
            return failed(400, "Bad Request: message is not modified: specified new message content and reply markup")
        if wait := self._police(chat):
            return limited(wait)
        held["text"] = text
        held["entities"] = entities if "text" in body else held.get("entities", [])
        held.pop("reply_markup", None)
        if markup:
            held["reply_markup"] = markup
        self.edits.append(Accepted(chat, text, body, self.clock(), str(held["message_id"])))
        await self.told()
        return await self.deliver(request, succeeded(held), script)

    async def _keep(
        self, request: web.Request, body: dict[str, Any], text: str, script: Script | None
    ) -> web.StreamResponse:
        chat, number = str(body["chat_id"]), next(self.numbers)
        sent: dict[str, Any] = {"message_id": number, "date": int(self.now().timestamp()), "chat": self.chat_of(chat)}
        sent |= {"from": BOT, "text": text, "entities": body.get("entities", [])}
        if "reply_markup" in body:
            sent["reply_markup"] = body["reply_markup"]
        if "message_thread_id" in body:
            sent |= {"message_thread_id": body["message_thread_id"], "is_topic_message": True}
        answered = (chat, int(body.get("reply_parameters", {}).get("message_id", 0)))
        if answered in self.messages:
            sent["reply_to_message"] = self.messages[answered]
        self.messages[chat, number] = sent
        await self.accept(Accepted(chat, text, body, self.clock(), str(number)))
        return await self.deliver(request, succeeded(sent), script)

    def buttons(self, message: Accepted) -> dict[str, str]:
        """The buttons of a message as it is now: label → what a press sends."""
        held = self.messages[message.chat, int(message.message_id)].get("reply_markup", {})
        return {one["text"]: one["callback_data"] for row in held.get("inline_keyboard", []) for one in row}

    def _missing_reply(self, chat: str, body: dict[str, Any]) -> str:
        reply = body.get("reply_parameters")
        if reply is None or reply.get("allow_sending_without_reply"):
            return ""
        return (
            "" if (chat, int(reply["message_id"])) in self.messages else "Bad Request: message to be replied not found"
        )

    def _police(self, chat: str) -> float:
        """How long the chat, or the bot, must wait."""
        if not self._polices:
            return 0.0
        now = self.clock()
        windows = [self._chat, GROUP] if chat.startswith("-") else [self._chat]
        wait = max(self.police.wait("", [TOTAL], now), self.police.wait(chat, windows, now))
        if wait:
            self.violations += 1
        else:
            self.police.note("", now)
            self.police.note(chat, now)
        return wait


def refusal(body: dict[str, Any]) -> str:
    """The first thing wrong with a message, in Telegram's words; nothing where it is right."""
    return next(_faults(body), "")


def _faults(body: dict[str, Any]) -> Iterator[str]:
    chat, text = str(body.get("chat_id", "")), body.get("text")
    if not chat:
        yield "Bad Request: chat_id is empty"
    if not chat.removeprefix("-").isdecimal() and not chat.startswith("@"):
        yield "Bad Request: chat not found"
    if not all(is_text(one) for one in _strings(body)):
        yield "Bad Request: strings must be encoded in UTF-8"
    if not isinstance(text, str) or not text.strip():
        yield "Bad Request: message text is empty"
    if units(text) > TEXT_UNITS:
        yield "Bad Request: message is too long"
    if "parse_mode" in body:
        yield "Bad Request: can't parse entities: unsupported parse_mode"
    if problem := _wrong_entities(text, body.get("entities", [])) or _wrong_keyboard(body.get("reply_markup", {})):
        yield problem


def _wrong_entities(text: str, entities: list[dict[str, Any]]) -> str:
    if len(entities) > ENTITIES:
        return "Bad Request: ENTITIES_TOO_LONG"
    coded = text.encode("utf-16-le")
    spans = []
    for one in entities:
        start, length = one["offset"], one["length"]
        end = start + length
        if one["type"] not in KINDS or start < 0 or length <= 0 or end > len(coded) // 2:
            return "Bad Request: ENTITY_BOUNDS_INVALID"
        for name, at in (("begins", start), ("ends", end)):
            if at * 2 < len(coded) and 0xDC <= coded[at * 2 + 1] <= 0xDF:
                return f"Bad Request: entity {name} in a middle of a UTF-16 symbol at byte offset {at}"
        if one["type"] == "text_link" and not str(one.get("url", "")).startswith(("http://", "https://", "tg://")):
            return "Bad Request: ENTITY_TEXTURL_INVALID"
        spans.append((start, end, one["type"]))
    return _overlapping(spans)


def _overlapping(spans: list[tuple[int, int, str]]) -> str:
    for at, (start, end, kind) in enumerate(spans):
        for other_start, other_end, other in spans[at + 1 :]:
            apart = other_start >= end or other_end <= start
            nested = (start <= other_start and other_end <= end) or (other_start <= start and end <= other_end)
            if not apart and (not nested or {kind, other} & ALONE):
                return "Bad Request: ENTITY_BOUNDS_INVALID"
    return ""


def _wrong_keyboard(markup: dict[str, Any]) -> str:
    buttons = [button for row in markup.get("inline_keyboard", []) for button in row]
    if len(buttons) > BUTTONS:
        return "Bad Request: REPLY_MARKUP_TOO_LONG"
    for button in buttons:
        if not button.get("text"):
            return "Bad Request: inline keyboard button text must be non-empty"
        if not 1 <= len(button.get("callback_data", "").encode()) <= CALLBACK_BYTES:
            return "Bad Request: BUTTON_DATA_INVALID"
    return ""


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in inner for text in _strings(one)]


def failed(status: int, description: str, **parameters: Any) -> web.Response:
    """A refusal in the Bot API's shape."""
    facts: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return web.json_response(facts | ({"parameters": parameters} if parameters else {}), status=status)


def limited(seconds: float) -> web.Response:
    """Too fast, in the Bot API's shape: whole seconds."""
    wait = math.ceil(seconds)
    return failed(429, f"Too Many Requests: retry after {wait}", retry_after=wait)


def succeeded(result: Any) -> web.Response:
    """An answer in the Bot API's shape."""
    return web.Response(text=json.dumps({"ok": True, "result": result}), content_type="application/json")
