"""The Bot API's methods beside sending: what a bot asks, and how it gets its updates."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web

from tests.servers.telegram_people import BOT, People, member, person

WHOLE = {"text", "caption", "url", "secret_token", "callback_query_id", "inline_query_id", "action", "filename"}
NAME_OF_A_COMMAND = 32
DESCRIPTION_OF_A_COMMAND = 256


async def form_of(request: web.Request) -> dict[str, Any]:
    """The fields of a form, as clients of the Bot API write them: what is no text stands there as JSON."""
    found: dict[str, Any] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            found[name] = {"name": value.filename, "content": value.file.read()}
            continue
        found[name] = value
        if name not in WHOLE and isinstance(value, str):
            with suppress(ValueError):
                found[name] = json.loads(value)
    return found


class RefusalError(Exception):
    """What Telegram says no with."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class Methods(People):
    """Answers by method; `asked` has every request in order."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.menus: dict[str, list[dict[str, str]]] = {}  # by scope, and language where it is for one
        self.signs: dict[str, dict[str, Any]] = {}  # press → how it was signed
        self.found: dict[str, list[dict[str, Any]]] = {}  # inline query → results
        self.webhook: dict[str, Any] = {}
        self.no_webhook = ""  # why none is taken
        self.rivals: int | None = 0  # so many polls are ended by another instance; None: all
        self.deaf = False  # nobody is told who administers what
        self.deleted: list[tuple[str, int]] = []
        self._ended = asyncio.Event()
        self._poll: asyncio.Event | None = None  # the poll that waits, to be ended by the next one

    def names(self) -> list[str]:
        """The methods that were asked, in order."""
        return [method for method, _ in self.asked]

    async def method(self, name: str, body: dict[str, Any]) -> Any:
        """The result of a method. Raises RefusalError."""
        found = getattr(self, f"_{name}", None)
        if found is None:
            raise RefusalError(404, "Not Found")
        return await found(body)

    async def told(self) -> None:
        """Something may have come about that somebody waits for."""
        raise NotImplementedError

    async def _getMe(self, _: Mapping[str, Any]) -> Any:  # noqa: N802 - as Telegram calls it
        return BOT | {"supports_inline_queries": True}

    async def _getUpdates(self, body: Mapping[str, Any]) -> Any:  # noqa: N802
        if self.webhook.get("url"):
            raise RefusalError(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
        if self.rivals is None or self.rivals > 0:
            self.rivals = self.rivals and self.rivals - 1
            raise RefusalError(
                409, "Conflict: terminated by other getUpdates request; make sure that only one bot is running"
            )
        self.offset = max(self.offset, int(body.get("offset") or 0))
        self.updates = [one for one in self.updates if one["update_id"] >= self.offset]
        await self.told()
        if self._poll is not None:
            self._poll.set()
        self._poll = ended = asyncio.Event()
        if not self.updates and int(body.get("timeout") or 0):
            self.news.clear()
            waits = [asyncio.create_task(one.wait()) for one in (self.news, ended, self._ended)]
            try:
                await asyncio.wait(waits, timeout=int(body["timeout"]), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waits:
                    one.cancel()
            if ended.is_set():
                raise RefusalError(409, "Conflict: terminated by other getUpdates request")
        if self._poll is ended:
            self._poll = None
        allowed = body.get("allowed_updates") or None
        return [one for one in self.updates[:100] if allowed is None or {*one} & {*allowed}]

    async def _setWebhook(self, body: Mapping[str, Any]) -> Any:  # noqa: N802
        if self.no_webhook:
            raise RefusalError(400, f"Bad Request: bad webhook: {self.no_webhook}")
        self.webhook = dict(body)
        await self.told()
        return True

    async def _deleteWebhook(self, _: Mapping[str, Any]) -> Any:  # noqa: N802
        self.webhook = {}
        return True

    async def _getWebhookInfo(self, _: Mapping[str, Any]) -> Any:  # noqa: N802
        info = {"has_custom_certificate": False, "pending_update_count": len(self.updates)}
        return {"url": self.webhook.get("url", "")} | info

    async def _getMyCommands(self, body: Mapping[str, Any]) -> Any:  # noqa: N802
        return self.menus.get(_scope(body), [])

    async def _setMyCommands(self, body: Mapping[str, Any]) -> Any:  # noqa: N802
        for one in body["commands"]:
            if not (1 <= len(one["command"]) <= NAME_OF_A_COMMAND and one["command"].replace("_", "a").isalnum()):
                raise RefusalError(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(one["description"]) <= DESCRIPTION_OF_A_COMMAND:
                raise RefusalError(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        self.menus[_scope(body)] = body["commands"]
        return True

    async def _getChatMember(self, body: Mapping[str, Any]) -> Any:  # noqa: N802
        if self.deaf:
            raise RefusalError(400, "Bad Request: member list is inaccessible")
        chat, user = str(body["chat_id"]), str(body["user_id"])
        return member(person(user), "administrator" if user in self.admins.get(chat, ()) else "member")

    async def _getChatAdministrators(self, body: Mapping[str, Any]) -> Any:  # noqa: N802
        return [member(person(one), "administrator") for one in sorted(self.admins.get(str(body["chat_id"]), ()))]

    async def _answerCallbackQuery(self, body: Mapping[str, Any]) -> Any:  # noqa: N802
        query = str(body["callback_query_id"])
        if query not in self.queries:
            raise RefusalError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.signs[query] = dict(body)
        await self.told()
        return True

    async def _answerInlineQuery(self, body: Mapping[str, Any]) -> Any:  # noqa: N802
        self.found[str(body["inline_query_id"])] = body["results"]
        await self.told()
        return True

    async def _deleteMessage(self, body: Mapping[str, Any]) -> Any:  # noqa: N802
        key = (str(body["chat_id"]), int(body["message_id"]))
        if self.messages.pop(key, None) is None:
            raise RefusalError(400, "Bad Request: message to delete not found")
        self.deleted.append(key)
        await self.told()
        return True


def _scope(body: Mapping[str, Any]) -> str:
    scope, language = (body.get("scope") or {}).get("type", "default"), body.get("language_code")
    return f"{scope}, {language}" if language else str(scope)
