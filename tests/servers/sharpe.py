"""A hosted service on a loopback socket, as strict as its documents: key, limits, opaque cursors, failures on demand."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.port import served

KEY = "sk_live_canary_7f3a91"
PUMP, SELLING, RATES = "pump-dump", "insider-selling", "funding/rates"


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer other than the one asked for."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = '{"error": {"message": "the key is sk_live_canary_7f3a91"}}'  # some services repeat it


@dataclass
class SharpeServer:
    """What it serves, and what it was asked."""

    lists: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))  # PUMP, "current" ... → rows
    failures: dict[str, Failure] = field(default_factory=dict)  # list or "*" → every answer of it
    from_page: int = 1  # the first page that fails
    raw: dict[str, bytes] = field(default_factory=dict)  # list → body, sent as it is
    most_per_page: int = 5000
    cursors: Sequence[Any] = ()  # of these each page gives the next, whatever was asked; the last one for ever
    endless: bool = False  # every page has a cursor that is new
    paginates: bool = True
    cuts_short: bool = False  # the connection ends in the middle of the body
    count: int | None = None  # of the scored lists; None: the true one
    asked: list[Mapping[str, str]] = field(default_factory=list)
    url: str = ""

    async def _coins(self, request: web.Request) -> web.StreamResponse:
        name = request.path.split("/")[-2]
        limit = int(request.query.get("limit", "100"))
        if not 1 <= limit <= 500:
            return _error(400, "limit must be from 1 to 500")
        ranked = self.lists[name][:limit]
        count = len(ranked) if self.count is None else self.count
        body = {"coins": ranked, "count": count, "description": "scores", "signal": {"update_frequency": "often"}}
        return await self._answered(request, name, {"data": body}, page=1)

    async def _rates(self, request: web.Request) -> web.StreamResponse:
        name, start = request.query.get("type", "current"), self._start(request.query.get("cursor"))
        if complaint := _complaint(request.query, start):
            return _error(400, complaint)
        rows = self.lists[name]
        if "limit" not in request.query:
            return await self._answered(request, name, {"data": rows}, page=1)
        limit = min(int(request.query["limit"]), self.most_per_page)
        page = 1 if start == 0 else self._page(request.query["cursor"], start, limit)
        body: dict[str, Any] = {"data": rows[start : start + limit]}
        if self.paginates:
            body["pagination"] = {"cursor": self._following(start + limit, len(rows), page)}
        return await self._answered(request, name, body, page)

    def _start(self, cursor: str | None) -> int:
        """The first row of a page; −1 for a cursor that we never gave."""
        if cursor is None:
            return 0
        if self.cursors:
            return self.most_per_page if cursor in self.cursors else -1
        kind, _, offset = base64.b64decode(cursor).decode().partition(":")
        return int(offset) if kind == "after" else -1

    def _page(self, cursor: str, start: int, limit: int) -> int:
        """The number of a page that is not the first."""
        return self.cursors.index(cursor) + 2 if self.cursors else start // limit + 1

    def _following(self, start: int, total: int, page: int) -> Any:
        if self.cursors:
            return self.cursors[min(page, len(self.cursors)) - 1]
        more = start < total or self.endless
        return base64.b64encode(f"after:{start}".encode()).decode() if more else None

    async def _answered(
        self, request: web.Request, name: str, body: Mapping[str, Any], page: int
    ) -> web.StreamResponse:
        failure = self.failures.get(name) or self.failures.get("*")
        if failure is not None and page >= self.from_page:
            return web.Response(status=failure.status, headers=failure.headers, text=failure.body)
        text = (
            self.raw.get(name)
            or json.dumps(
                {**body, "meta": {"request_id": "req_of_a_test", "timestamp": "2026-11-20T12:00:00Z"}}
            ).encode()
        )
        if not self.cuts_short:
            return web.Response(body=text, content_type="application/json")
        answer = web.StreamResponse(headers={"Content-Length": str(len(text)), "Content-Type": "application/json"})
        await answer.prepare(request)
        await answer.write(text[: len(text) // 2])
        if request.transport is not None:
            request.transport.close()
        return answer

    @web.middleware
    async def _keeper(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append({"path": request.path, **request.query})
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return _error(401, "invalid key")
        answer: web.StreamResponse = await handler(request)
        return answer

    @asynccontextmanager
    async def open(self) -> AsyncIterator[SharpeServer]:
        """Serve on a free port until the block ends."""
        app = web.Application(middlewares=[self._keeper])
        app.router.add_get(f"/api/v1/{PUMP}/data", self._coins)
        app.router.add_get(f"/api/v1/{SELLING}/data", self._coins)
        app.router.add_get(f"/api/v1/{RATES}", self._rates)
        async with served(app) as origin:
            self.url = f"{origin}/api"
            yield self


def _complaint(query: Mapping[str, str], start: int) -> str | None:
    kind = query.get("type", "current")
    if kind not in {"current", "accumulated", "history"}:
        return "type must be one of current, accumulated, history"
    if kind == "history" and not query.get("coin"):
        return "coin is required for history"
    if not 1 <= int(query.get("days", "30")) <= 1095:
        return "days must be from 1 to 1095"
    if not 1 <= int(query.get("limit", "1")) <= 5000:
        return "limit must be from 1 to 5000"
    return "this is no cursor of ours" if start < 0 else None


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message}}, status=status)
