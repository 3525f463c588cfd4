"""A hosted service of insider clusters on a loopback socket, as strict as its document, failing on demand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.port import served

KEY = "fr_canary_41d7c0b25e"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.canary-signature-9b3f"  # noqa: S105 - made up; has no exp
PATH = "/insider-module/api/insiders/clusters"
PARAMETERS = frozenset({"api_Token", "days", "min_insiders", "min_value", "sector", "industry"})


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer other than the one asked for."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = json.dumps({"detail": f"no: api_Token={KEY}, Authorization: Bearer {TOKEN}"})  # some services repeat it


@dataclass
class FinradarServer:
    """What it serves, and what it was asked."""

    rows: list[Any] = field(default_factory=list)
    older: dict[int, list[Any]] = field(default_factory=dict)  # days → rows of that look-back, if they are others
    failures: dict[int, Failure] = field(default_factory=dict)  # days → its answer
    failure: Failure | None = None  # of all
    raw: bytes | None = None  # the body, sent as it is
    cuts_short: bool = False  # the connection ends in the middle of the body
    asked: list[Mapping[str, str]] = field(default_factory=list)
    url: str = ""
    key: str = KEY
    token: str = TOKEN

    async def _clusters(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        self.asked.append(dict(query))
        if (query.get("api_Token"), request.headers.get("Authorization")) != (self.key, f"Bearer {self.token}"):
            return web.json_response({"detail": "Missing or invalid Authorization header / api_Token"}, status=401)
        if complaint := _complaint(query):
            return web.json_response({"detail": complaint}, status=400)
        days = int(query.get("days", "30"))
        failure = self.failures.get(days, self.failure)
        if failure is not None:
            return web.Response(status=failure.status, headers=failure.headers, text=failure.body)
        rows = [row for row in self.older.get(days, self.rows) if _qualifies(row, query)]
        body = json.dumps(rows).encode() if self.raw is None else self.raw
        if not self.cuts_short:
            return web.Response(body=body, content_type="application/json")
        answer = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": "application/json"})
        await answer.prepare(request)
        await answer.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()
        return answer

    @asynccontextmanager
    async def open(self) -> AsyncIterator[FinradarServer]:
        """Serve on a free port until the block ends."""
        app = web.Application()
        app.router.add_get(PATH, self._clusters)
        async with served(app) as origin:
            self.url = f"{origin}/insider-module/api"
            yield self


def _complaint(query: Mapping[str, str]) -> str | None:
    if unknown := query.keys() - PARAMETERS:
        return f"unknown parameters: {', '.join(sorted(unknown))}"
    if not (query.get("days", "30").isdecimal() and 1 <= int(query.get("days", "30")) <= 365):
        return "days must be from 1 to 365"
    if not (query.get("min_insiders", "3").isdecimal() and int(query.get("min_insiders", "3")) >= 2):
        return "min_insiders must be 2 or more"
    return None


def _qualifies(row: Any, query: Mapping[str, str]) -> bool:
    """Whether a row meets the parameters; what is no row is sent as it is."""
    if not isinstance(row, dict) or not isinstance(row.get("insider_count"), int):
        return True
    return bool(
        row["insider_count"] >= int(query.get("min_insiders", "3"))
        and row["total_value"] >= float(query.get("min_value", "0"))
        and query.get("sector", row["sector"]) == row["sector"]
        and query.get("industry", row["industry"]) == row["industry"]
    )
