"""One request and its answer: JSON, or a fault that says what went wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from bot.feeds.faults import (
    AskError,
    LimitedError,
    PassingError,
    RefusedError,
    TooLargeError,
    broken,
    refusal,
    retry_after,
    shown,
)

BAN_SECONDS = 300.0  # what a 418 means where it does not say (BingX: 5 minutes)
THREADED_BYTES = 64 * 1024  # from here on decoding would hold the event loop for too long
EXPLAINING_BYTES = 4096  # of a body that only explains why there is no answer


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How patiently a source is asked."""

    attempts: int = 3  # tries of one request, the first included
    connect_seconds: float = 5.0
    read_seconds: float = 10.0  # silence between two chunks
    deadline_seconds: float = 20.0  # one request with its turn, all its retries and the pauses between them
    max_bytes: int = 32 * 1024 * 1024  # of a decoded body


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent."""

    source: str
    url: str
    place: str  # host and path, for people
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)  # a key may be among them
    body: Mapping[str, Any] | None = field(default=None, repr=False)  # makes it a POST with JSON
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)  # masked in what is quoted of an answer
    refusals: tuple[int, ...] = ()  # HTTP statuses that turn away a country
    options: HttpOptions = HttpOptions()


async def answer_to(request: Request, client: httpx.AsyncClient, now: datetime) -> Any:
    """The JSON answer; NaN and Infinity in it are kept, to be judged.

    Raises RefusedError, LimitedError, PassingError where another try may help, and AskError where it would not.
    """
    body = bytearray()
    await read_body(request, client, body.extend, lambda response: _rejection(response, request, now))
    return await _decoded(body, request)


async def read_body(
    request: Request,
    client: httpx.AsyncClient,
    take: Callable[[bytes], object],
    rejection: Callable[[httpx.Response], Awaitable[AskError]],
) -> None:
    """Give the decoded body to `take`, piece by piece and up to the limit.

    Raises PassingError where another try may help, AskError where it would not, and for an answer that is no
    success what `rejection` makes of it. What was taken before an error is no answer.
    """
    options = request.options
    try:
        async with client.stream(
            "GET" if request.body is None else "POST",
            request.url,
            params=request.params or None,
            json=request.body,
            headers=request.headers,
            timeout=httpx.Timeout(options.read_seconds, connect=options.connect_seconds, pool=options.deadline_seconds),
        ) as response:
            if not response.is_success:
                raise await rejection(response)
            await _taken(response, request, take)
    except (httpx.TransportError, httpx.DecodingError) as error:
        reason = broken(error, options.connect_seconds, options.read_seconds)
        raise PassingError(request.source, reason, request.place) from None
    except httpx.InvalidURL:
        raise AskError(request.source, "its address is no URL", permanent=True) from None


async def _taken(response: httpx.Response, request: Request, take: Callable[[bytes], object]) -> None:
    limit = request.options.max_bytes
    if "," in response.headers.get("Content-Encoding", ""):
        # Packed twice, one chunk could unfold to a million times its size before it is counted.
        raise AskError(request.source, "answer packed more than once", request.place)
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > limit:
            raise TooLargeError(request.source, f"answer larger than {limit / 2**20:g} MB", request.place)
        take(chunk)


async def _rejection(response: httpx.Response, request: Request, now: datetime) -> AskError:
    source, place, status = request.source, request.place, response.status_code
    if reason := refusal(status, request.refusals):
        return RefusedError(source, reason, place)
    wait = retry_after(response.headers.get("Retry-After"), now)
    if status == 418:
        return LimitedError(
            source, "has banned this address (418)", place, BAN_SECONDS if wait is None else wait, again=False
        )
    if status == 429 or (status >= 500 and wait is not None):
        return LimitedError(source, f"wants fewer requests ({status})", place, wait)
    if status >= 500:
        return PassingError(source, f"answers {status}", place)
    if response.has_redirect_location:
        return AskError(source, f"redirects elsewhere ({status})", place)
    told = shown(await head_of(response), request.secrets)
    return AskError(source, f"answers {status}" + (f", {told}" if told else ""), place, permanent=True)


async def head_of(response: httpx.Response) -> str:
    """The beginning of a body that only explains why there is no answer. Raises what httpx raises."""
    head = bytearray()
    async for chunk in response.aiter_bytes():
        head += chunk
        if len(head) >= EXPLAINING_BYTES:
            break
    return head[:EXPLAINING_BYTES].decode(errors="replace")


async def _decoded(body: bytearray, request: Request) -> Any:
    try:
        return await asyncio.to_thread(json.loads, body) if len(body) > THREADED_BYTES else json.loads(body)
    except (ValueError, RecursionError):
        told = shown(body[:EXPLAINING_BYTES].decode(errors="replace"), request.secrets) or "empty"
        raise PassingError(request.source, f"answer is no JSON: {told}", request.place) from None
