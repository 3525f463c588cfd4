"""The rates of all exchanges as they stand now: all asked at once, none able to hold up or break the others."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from bot.clock import Clock
from bot.errors import FeedError, StartError
from bot.feeds.base import Batch, Outcome, Quote, SourceReport
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.exchanges.base import Adapter, Endpoint
from bot.feeds.faults import UNKNOWN_SHAPE, AskError, RefusedError, shown
from bot.feeds.http import HttpOptions, Source

log = logging.getLogger("tocsin.exchanges")

# How much longer than `Endpoint.every` the last answer serves while no new one can be had.
GRACE = 2


def open_adapters() -> dict[str, Adapter]:
    """The adapters of all exchanges that are open, by the exchange's name."""
    return {
        exchange.name: exchange.adapter
        for exchange in EXCHANGES.values()
        if exchange.adapter is not None and exchange.closed is None
    }


@dataclass(frozen=True, slots=True)
class _Kept:
    """The last answer of an endpoint that is asked seldom."""

    at: datetime
    answer: Any


class ExchangesFeed:
    """What all exchanges say of their perpetuals, with a report for each of them.

    An exchange costs its deadline at most: its endpoints are asked at once, and each is bounded by
    `HttpOptions.deadline_seconds`, with its retries.
    """

    name = "exchanges"

    def __init__(  # noqa: PLR0913 - the last two are for tests
        self,
        client: httpx.AsyncClient,
        clock: Clock,
        *,
        adapters: Mapping[str, Adapter] | None = None,
        hosts: Mapping[str, str] | None = None,
        options: HttpOptions = HttpOptions(),  # noqa: B008 - frozen
        only: Collection[str] = (),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`hosts`: where an exchange is asked instead of its own addresses; `only`: none but these, unless empty.

        Raises StartError where either names an exchange that there is no adapter for.
        """
        known = open_adapters() if adapters is None else adapters
        elsewhere = hosts or {}
        if unknown := sorted({*elsewhere, *only} - known.keys()):
            raise StartError(f"no such exchange: {', '.join(unknown)}; there are {', '.join(known)}")
        self._client = client
        self._clock = clock
        self._adapters = {name: adapter for name, adapter in known.items() if not only or name in only}
        self.sources: Mapping[str, Source] = {
            name: Source(
                name,
                client,
                host=elsewhere.get(name, adapter.HOST),
                clock=clock,
                options=options,
                refusals=adapter.REFUSALS,
                sleep=sleep,
                jitter=jitter,
                mirror=name in elsewhere,
            )
            for name, adapter in self._adapters.items()
        }
        self._kept: dict[tuple[str, int], _Kept] = {}
        self._refusing: set[str] = set()

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        """All quotes that could be had, and one report for each exchange; a failed one gives none."""
        found = await asyncio.gather(*(self._exchange(name, now) for name in self._adapters))
        quotes = tuple(quote for of_one, _ in found for quote in of_one)
        return Batch(quotes=quotes, reports=tuple(report for _, report in found))

    async def close(self) -> None:
        """Close the client, for all who share it."""
        await self._client.aclose()

    async def _exchange(self, name: str, now: datetime) -> tuple[Sequence[Quote], SourceReport]:
        adapter = self._adapters[name]
        try:
            answers = await self._answers(name, adapter)
            quotes = await asyncio.to_thread(_quotes, name, adapter, answers, now)
        except FeedError as error:
            return (), self._failed(name, error)
        if name in self._refusing:
            self._refusing.discard(name)
            log.info("%s answers again", name)
        return quotes, SourceReport(name, ok=True)

    async def _answers(self, name: str, adapter: Adapter) -> list[Any]:
        """The answers to `QUOTES`, None for optional ones that failed. Raises FeedError for any other."""
        asked = [self._answer(name, adapter, number) for number in range(len(adapter.QUOTES))]
        answers = await asyncio.gather(*asked)
        faults = [one for one, endpoint in zip(answers, adapter.QUOTES, strict=True) if _counts(one, endpoint)]
        if faults:
            raise next((fault for fault in faults if isinstance(fault, RefusedError)), faults[0])
        return [None if isinstance(one, FeedError) else one for one in answers]

    async def _answer(self, name: str, adapter: Adapter, number: int) -> Any:
        """The answer of one endpoint, or the FeedError that it raised."""
        endpoint, key = adapter.QUOTES[number], (name, number)
        every, kept = endpoint.every, self._kept.get(key)
        if every is not None and kept is not None and self._clock.now() - kept.at < every:
            return kept.answer
        try:
            answer = await self.sources[name].ask(endpoint, unwrap=adapter.unwrap)
        except FeedError as error:
            if every is not None and kept is not None and self._clock.now() - kept.at < GRACE * every:
                return kept.answer
            return error
        if every is not None:
            self._kept[key] = _Kept(self._clock.now(), answer)
        return answer

    def _failed(self, name: str, error: FeedError) -> SourceReport:
        if not isinstance(error, RefusedError):
            log.info("%s", error)
            told = (
                error.reason + (f" at {error.place}" if error.place else "")
                if isinstance(error, AskError)
                else str(error)
            )
            return SourceReport.failed(name, told)
        # Told once: a country does not change from one refresh to the next.
        log.log(logging.DEBUG if name in self._refusing else logging.WARNING, "%s", error)
        self._refusing.add(name)
        return SourceReport.failed(name, error.reason, Outcome.REFUSED)


def _counts(answer: Any, endpoint: Endpoint) -> bool:
    return isinstance(answer, FeedError) and not endpoint.optional


def _quotes(name: str, adapter: Adapter, answers: Sequence[Any], now: datetime) -> Sequence[Quote]:
    """The quotes in the answers. Raises FeedError where they are not what they should be."""
    try:
        found = list(adapter.parse_quotes(answers, now))
    except FeedError as error:
        raise AskError(name, shown(str(error))) from None
    except UNKNOWN_SHAPE as error:
        log.warning("%s: answer of an unknown shape", name, exc_info=error)
        raise AskError(name, "answer of an unknown shape") from None
    if not found:
        raise AskError(name, "answer without a single contract")
    return tuple(found)
