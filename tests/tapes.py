"""Small recordings for tests, so that a bug report becomes a test in a few lines.

tape = record(tmp_path, NOW, [said("https://fapi.binance.com/fapi/v1/premiumIndex", [{"symbol": "BTCUSDT", ...}])])
tape = record(tmp_path, LATER, [said("https://fapi.binance.com/fapi/v1/premiumIndex", status=418)])
client = httpx.AsyncClient(transport=ReplayTransport(tape.folders[0]))
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import polars as pl

from bot.feeds.recording import RecordingTransport
from bot.feeds.tape import Tape, open_tape


@dataclass(frozen=True)
class Said:
    """A request and what it was answered."""

    request: httpx.Request
    status: int = 200
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    error: type[httpx.TransportError] | None = None


def said(
    url: str,
    answer: Any = None,
    *,
    body: Any = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    error: type[httpx.TransportError] | None = None,
) -> Said:
    """What a URL (a POST where there is a JSON `body`) said: JSON, bytes as they are, or an error of httpx."""
    request = httpx.Request("GET" if body is None else "POST", url, json=body)
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return Said(request, status, content, {"content-type": "application/json"} | dict(headers or {}), error)


class _Script(httpx.AsyncBaseTransport):
    """Gives the answers in their order, whatever is asked."""

    def __init__(self, answers: Sequence[Said]) -> None:
        self._answers = list(answers)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._answers.pop(0)
        if answer.error is not None:
            raise answer.error("scripted", request=request)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.content)


def record(
    folder: Path,
    now: datetime,
    answers: Sequence[Said],
    settlements: pl.DataFrame | None = None,
    candles: pl.DataFrame | None = None,
) -> Tape:
    """Add one refresh to the recording in a folder; gives the whole recording."""

    async def run() -> None:
        transport = RecordingTransport(_Script(answers), folder, timer=lambda: 0.0)
        transport.begin(now)
        async with httpx.AsyncClient(transport=transport) as client:
            for answer in answers:
                try:
                    await client.send(answer.request)
                except httpx.TransportError:
                    if answer.error is None:
                        raise
            await transport.commit(settlements, candles)

    asyncio.run(run())
    return open_tape(folder)
