"""How a source is asked over HTTP: its pace, retries, limits and breaker, over one client that all share.

The deadline of a request bounds all that its caller waits for: its turn, the tries and the pauses between
them. Where a pause that the source asks for would end after it, the request gives up at once instead.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from bot import __version__
from bot.clock import Clock
from bot.feeds.breaker import Admission, Breaker
from bot.feeds.exchanges.base import AnswerError, Endpoint, Slot
from bot.feeds.faults import UNKNOWN_SHAPE, AskError, HeldError, LimitedError, PassingError, RefusedError, shown
from bot.feeds.masking import is_secret
from bot.feeds.pace import Pace
from bot.feeds.request import HttpOptions, Request, answer_to

__all__ = ["AskError", "HttpOptions", "LimitedError", "RefusedError", "Source", "open_client", "quiet_loggers"]

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds: the first retry follows within the first, doubling to the last
LIMITED_PAUSE = 1.0  # seconds at least, where a source limits us and does not say for how long


LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=15.0)


def quiet_loggers() -> None:
    """Keep httpx and httpcore from logging whole URLs, for a key may stand in their query."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def open_transport() -> httpx.AsyncHTTPTransport:
    """The network, as `open_client` uses it by itself; to be wrapped by a recording."""
    return httpx.AsyncHTTPTransport(limits=LIMITS)


def open_client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """The client that all sources share. It follows no redirect, for a key must not travel to another host."""
    quiet_loggers()
    return httpx.AsyncClient(
        transport=transport,
        headers={"User-Agent": f"tocsin/{__version__}", "Accept": "application/json"},
        limits=LIMITS,
        follow_redirects=False,
    )


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, however often it is tried."""

    request: Request  # perhaps without params and body, for they may hold the time
    send: Callable[[datetime], Awaitable[Any]]  # one try, at this instant
    per_second: float | None
    deadline: datetime


class Source:
    """One service: its host, pace, retries and breaker, over a client that all share."""

    def __init__(  # noqa: PLR0913 - what is different from service to service
        self,
        name: str,
        client: httpx.AsyncClient,
        *,
        host: str,
        clock: Clock,
        options: HttpOptions = HttpOptions(),  # noqa: B008 - frozen
        refusals: Sequence[int] = (),
        headers: Mapping[str, str] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        mirror: bool = False,
    ) -> None:
        """`refusals` are HTTP statuses that turn away a country.

        A `mirror` is asked for everything, also for what endpoints name by a whole URL.
        """
        self.name = name
        self.breaker = Breaker()
        self._client = client
        self._host = host.rstrip("/")
        self._clock = clock
        self._options = options
        self._refusals = tuple(refusals)
        self._headers = dict(headers or {})
        self._sleep = sleep
        self._jitter = jitter
        self._mirror = mirror
        self._pace = Pace(clock, sleep)
        self._probe_over = asyncio.Event()

    async def ask(
        self,
        endpoint: Endpoint,
        values: Mapping[Slot, object] | None = None,
        *,
        unwrap: Callable[[Any], Any] = lambda answer: answer,
        per_second: float | None = None,
    ) -> Any:
        """The unwrapped JSON answer; NaN and Infinity in it are kept, to be judged.

        `per_second` is the pace of this source's requests, whoever makes them; without it a request waits only
        while the source wants none at all. Raises RefusedError, LimitedError or another FeedError, all naming
        the source, none a secret.
        """
        request = self._request(endpoint, self._options)

        async def send(now: datetime) -> Any:
            slots = {Slot.NOW_MS: int(now.timestamp() * 1000), **(values or {})}
            body = None if endpoint.body is None else _filled(endpoint.body, slots)
            filled = replace(request, params=_filled(endpoint.params, slots), body=body)
            return _unwrapped(await answer_to(filled, self._client, now), request, unwrap)

        return await self._answered(request, send, per_second)

    async def fetch(
        self,
        path: str,
        read: Callable[[Request, httpx.AsyncClient], Awaitable[T]],
        *,
        per_second: float | None = None,
        options: HttpOptions | None = None,
    ) -> T:
        """What `read` makes of one try, for answers that are no JSON; it raises FeedErrors as `ask` does.

        `path` may have a query. `options` None: those of the source.
        """
        request = self._request(Endpoint(path), options or self._options)
        found: T = await self._answered(request, lambda _: read(request, self._client), per_second)
        return found

    async def _answered(
        self, request: Request, send: Callable[[datetime], Awaitable[Any]], per_second: float | None
    ) -> Any:
        options = request.options
        ends = asyncio.get_running_loop().time() + options.deadline_seconds
        deadline = self._clock.now() + timedelta(seconds=options.deadline_seconds)
        question = _Question(request, send, per_second, deadline)
        probe = await self._by(ends, request, self._admitted(request))
        with self._noted(probe=probe):
            return await self._by(ends, request, self._tried(question, 1 if probe else options.attempts))

    def _request(self, endpoint: Endpoint, options: HttpOptions) -> Request:
        path = endpoint.path
        if "://" in path and self._mirror:
            whole = urlsplit(path)
            path = whole._replace(scheme="", netloc="").geturl()
        url = urlsplit(path if "://" in path else self._host + path)
        place = url.netloc.rpartition("@")[2] + url.path
        keys = (value for name, value in endpoint.params.items() if isinstance(value, str) and is_secret(name))
        secrets = (*self._headers.values(), *keys)
        return Request(self.name, url.geturl(), place, {}, None, self._headers, secrets, self._refusals, options)

    async def _by(self, ends: float, request: Request, work: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout_at(ends):
                return await work
        except TimeoutError:
            reason = f"no answer within {request.options.deadline_seconds:g} s"
            raise PassingError(self.name, reason, request.place) from None

    async def _admitted(self, request: Request) -> bool:
        """Whether this request is the probe. Raises FeedError while the source is left alone."""
        while True:
            match self.breaker.admit(self._clock.now()):
                case Admission.GO:
                    return False
                case Admission.PROBE:
                    self.breaker = self.breaker.probed()
                    self._probe_over.clear()
                    return True
                case Admission.WAIT:
                    await self._probe_over.wait()
                case Admission.NO:
                    kind = RefusedError if self.breaker.refused else AskError
                    again = f"; asked again at {self.breaker.open_until:%H:%M:%S} UTC"
                    raise kind(self.name, self.breaker.reason + again, request.place)

    @contextmanager
    def _noted(self, *, probe: bool) -> Iterator[None]:
        """Tell the breaker how the request ends, be it by cancelling."""
        try:
            yield
            self.breaker = self.breaker.succeeded()
        except RefusedError as error:
            self.breaker = self.breaker.turned_away(self._clock.now(), error.reason, probe=probe)
            raise
        except AskError as error:
            if error.permanent:  # the source lives; it is this request that it will not have
                self.breaker = self.breaker.succeeded()
            elif not isinstance(error, HeldError):
                self.breaker = self.breaker.failed(self._clock.now(), error.reason, probe=probe)
            raise
        finally:
            if probe:
                self.breaker = self.breaker.abandoned()
                self._probe_over.set()

    async def _tried(self, question: _Question, attempts: int) -> Any:
        def is_last(state: RetryCallState) -> bool:
            goes_on_at = self._clock.now() + timedelta(seconds=state.upcoming_sleep)
            return state.attempt_number >= attempts or goes_on_at > question.deadline

        retrying = AsyncRetrying(
            sleep=self._sleep,
            retry=retry_if_exception(_is_worth_another_try),
            wait=self._pause,
            stop=is_last,
            reraise=True,
        )
        return await retrying(self._attempt, question)

    def _pause(self, state: RetryCallState) -> float:
        """Exponential back-off with full jitter, or what the source asks for."""
        error = state.outcome.exception() if state.outcome else None
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (state.attempt_number - 1)) * self._jitter()
        if isinstance(error, LimitedError):
            if error.retry_after is not None:
                return error.retry_after
            pause = max(LIMITED_PAUSE, pause)
            self._pace.hold(pause)
        return pause

    async def _attempt(self, question: _Question) -> Any:
        request = question.request
        late = await self._pace.turn(question.per_second, question.deadline)
        if late is not None:
            raise HeldError(self.name, f"not asked: its turn comes in {late:.0f} s", request.place, late, again=False)
        try:
            return await question.send(self._clock.now())
        except LimitedError as error:
            if error.retry_after is not None:
                self._pace.hold(error.retry_after)
            raise


def _unwrapped(answer: Any, request: Request, unwrap: Callable[[Any], Any]) -> Any:
    try:
        return unwrap(answer)
    except AnswerError as error:
        reason = shown(str(error), request.secrets)
        if error.limited:
            raise LimitedError(request.source, reason, request.place) from None
        if error.refused:
            raise RefusedError(request.source, reason, request.place) from None
        kind = AskError if error.permanent else PassingError
        raise kind(request.source, reason, request.place, permanent=error.permanent) from None
    except UNKNOWN_SHAPE:
        raise PassingError(request.source, "answer of an unknown shape", request.place) from None


def _filled(params: Mapping[str, object], values: Mapping[Slot, object]) -> dict[str, object]:
    return {name: values[value] if isinstance(value, Slot) else value for name, value in params.items()}


def _is_worth_another_try(error: BaseException) -> bool:
    return isinstance(error, PassingError) or (isinstance(error, LimitedError) and error.again)
