"""All exchanges asked at once: what one of them does to itself, it does to no other."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.clock import FixedClock
from bot.errors import StartError
from bot.feeds.base import Batch, Outcome, Quote, SettledRate, SourceReport
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.exchanges.base import AnswerError, Endpoint, History
from bot.feeds.exchanges.live import ExchangesFeed, open_adapters
from bot.feeds.http import HttpOptions, open_client
from scoring.model import Margin
from tests.servers.exchange import (
    Loopback,
    Reply,
    answer,
    drip,
    failing,
    hang,
    huge,
    in_turn,
    limited,
    misencoded,
    refused,
    reset,
    text,
    truncated,
)
from tests.servers.universe import Universe, universe

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RATES, INFO = Endpoint("/rates"), Endpoint("/info")
OPTIONS = HttpOptions(deadline_seconds=5.0, max_bytes=2**20)
SHORT = HttpOptions(attempts=1, read_seconds=5.0, deadline_seconds=0.3)  # for servers that hang


@dataclass
class Made:
    """An adapter of a made exchange: its answer is {symbol: rate}."""

    NAME: str
    QUOTES: Sequence[Endpoint] = (RATES,)
    HOST: str = "http://nowhere.invalid"
    REFUSALS: Sequence[int] = (403,)
    ZERO_IS_PLACEHOLDER: bool = False
    seen: list[Sequence[Any]] = field(default_factory=list)
    then: Callable[[], None] = lambda: None  # what else parsing does

    def unwrap(self, found: Any) -> Any:
        if isinstance(found, dict) and "error" in found:
            raise AnswerError(found["error"])
        return found

    def parse_quotes(self, answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
        self.seen.append(answers)
        for symbol, rate in answers[0].items():
            yield Quote(self.NAME, symbol, symbol, Margin.USDT, rate, 8.0, now)
        self.then()

    def history(self, symbol: str) -> History:
        raise NotImplementedError

    def parse_settlements(self, found: Any) -> list[SettledRate]:
        raise NotImplementedError


@dataclass
class World:
    """Exchanges a, b, c ... on one server, each under its name."""

    server: Loopback
    client: httpx.AsyncClient
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    def feed(self, *adapters: Made, options: HttpOptions = OPTIONS, **more: Any) -> ExchangesFeed:
        hosts = {one.NAME: f"{self.server.url}/{one.NAME}" for one in adapters} | more.pop("hosts", {})
        by_name = {one.NAME: one for one in adapters}
        return ExchangesFeed(
            self.client, self.clock, adapters=by_name, hosts=hosts, options=options, sleep=self.sleep, **more
        )

    async def fetch(self, feed: ExchangesFeed) -> Batch:
        return await feed.fetch(None, self.clock.now())


@asynccontextmanager
async def world(replies: Mapping[str, Reply]) -> AsyncIterator[World]:
    async with Loopback() as server, open_client(httpx.AsyncHTTPTransport()) as client:
        for path, reply in replies.items():
            server.route(path, reply)
        yield World(server, client)


def found(batch: Batch) -> list[tuple[str, str]]:
    return [(quote.exchange, quote.symbol) for quote in batch.quotes]


def fetched(adapter: Made, replies: Mapping[str, Reply]) -> Batch:
    async def main() -> Batch:
        async with world(replies) as here:
            return await here.fetch(here.feed(adapter))

    return asyncio.run(main())


def test_all_quotes_come_in_one_batch_with_a_report_for_each_exchange() -> None:
    async def main() -> Batch:
        async with world({"/a/rates": {"X": 1, "Y": 2}, "/b/rates": {"X": 3}}) as here:
            return await here.fetch(here.feed(Made("a"), Made("b")))

    batch = asyncio.run(main())
    assert found(batch) == [("a", "X"), ("a", "Y"), ("b", "X")]
    assert batch.reports == (SourceReport("a", ok=True), SourceReport("b", ok=True))


FAULTS: dict[str, tuple[Reply, str]] = {
    "503": (failing(), "answers 503"),
    "429": (limited(), "wants fewer requests (429)"),
    "418": (limited(status=418), "has banned this address (418)"),
    "reset": (reset(), "the connection broke off"),
    "truncated": (truncated({"X": 1}), "the connection broke off"),
    "misencoded": (misencoded({"X": 1}), "answer cannot be decompressed"),
    "html": (text("<html>hello</html>"), "answer is no JSON: <html>hello</html>"),
    "huge": (huge(2**21), "answer larger than 1 MB"),
    "not found": (answer("gone", 404), 'answers 404, "gone"'),
    "envelope": ({"error": "system busy"}, "system busy"),
    "hang": (hang(), "no answer within 0.3 s"),
    "drip": (drip(), "no answer within 0.3 s"),
    "a list": ([1, 2], "answer of an unknown shape"),
    "nothing": ({}, "answer without a single contract"),
}


@pytest.mark.parametrize(("fault", "reason"), FAULTS.values(), ids=FAULTS)
def test_whatever_one_exchange_does_the_others_quotes_are_whole(fault: Reply, reason: str) -> None:
    async def main() -> Batch:
        async with world({"/a/rates": {"X": 1}, "/bad/rates": fault, "/c/rates": {"X": 3}}) as here:
            options = SHORT if "within" in reason else OPTIONS
            return await here.fetch(here.feed(Made("a"), Made("bad"), Made("c"), options=options))

    batch = asyncio.run(main())
    assert found(batch) == [("a", "X"), ("c", "X")]
    a, bad, c = batch.reports
    assert a.ok
    assert c.ok
    assert (bad.source, bad.ok, bad.outcome) == ("bad", False, Outcome.FAILED)
    assert bad.detail.startswith(reason)
    assert "\n" not in bad.detail


def test_a_dead_and_a_hanging_exchange_cost_one_deadline_together() -> None:
    async def main() -> tuple[Batch, float]:
        async with world({"/a/rates": {"X": 1}, "/b/rates": hang()}) as here:
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                dead = f"http://127.0.0.1:{taken.getsockname()[1]}"
                two = (RATES, INFO)
                feed = here.feed(Made("a"), Made("b", two), Made("dead", two), hosts={"dead": dead}, options=SHORT)
                loop = asyncio.get_running_loop()
                start = loop.time()
                return await here.fetch(feed), loop.time() - start

    batch, seconds = asyncio.run(main())
    assert found(batch) == [("a", "X")]
    assert [report.ok for report in batch.reports] == [True, False, False]
    assert seconds < 0.3 + 2.0  # far below the sum of what each endpoint waits for, however slow the machine


# --- refusals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [451, 403])
def test_an_exchange_that_turns_us_away_is_reported_as_such(status: int) -> None:
    batch = fetched(Made("a"), {"/a/rates": refused(status)})
    (report,) = batch.reports
    assert (report.ok, report.outcome) == (False, Outcome.REFUSED)
    assert report.detail == f"refuses this country ({status})"


def test_a_refusal_is_more_telling_than_a_failure_beside_it() -> None:
    batch = fetched(Made("a", (RATES, INFO)), {"/a/rates": failing(), "/a/info": refused()})
    assert batch.reports[0].outcome is Outcome.REFUSED


def test_a_refusal_is_logged_once_and_told_again_after_it_was_lifted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="tocsin.exchanges")

    async def main() -> list[Outcome]:
        replies = in_turn(refused(), refused(), {"X": 1}, refused(), refused())
        async with world({"/a/rates": replies}) as here:
            feed, outcomes = here.feed(Made("a")), []
            for _ in range(6):
                batch = await here.fetch(feed)
                outcomes.append(batch.reports[0].outcome)
                here.clock.advance(timedelta(minutes=10 if len(outcomes) == 1 else 30))
            return outcomes

    outcomes = asyncio.run(main())
    # The second time it is not even asked, for its breaker is open.
    assert outcomes == [Outcome.REFUSED] * 3 + [Outcome.OK] + [Outcome.REFUSED] * 2
    said = [(record.levelname, record.getMessage().split(" at ")[0]) for record in caplog.records]
    told = ("WARNING", "a: refuses this country (451)")
    assert said == [told, ("INFO", "a answers again"), told]


# --- optional and slow endpoints ------------------------------------------------------------------------


def test_an_optional_endpoint_that_fails_is_none_and_the_exchange_is_well() -> None:
    adapter = Made("a", (RATES, Endpoint("/info", optional=True)))
    batch = fetched(adapter, {"/a/rates": {"X": 1}, "/a/info": failing()})
    assert batch.reports == (SourceReport("a", ok=True),)
    assert adapter.seen == [[{"X": 1}, None]]


def test_an_endpoint_that_is_needed_fails_its_exchange() -> None:
    batch = fetched(Made("a", (RATES, INFO)), {"/a/rates": {"X": 1}, "/a/info": failing()})
    assert found(batch) == []
    assert batch.reports[0].outcome is Outcome.FAILED


def test_slow_facts_are_asked_for_as_often_as_they_change_and_serve_meanwhile() -> None:
    async def main() -> list[Any]:
        slow = Endpoint("/info", every=timedelta(hours=1), optional=True)
        adapter = Made("a", (RATES, slow))
        replies = {"/a/rates": {"X": 1}, "/a/info": in_turn("first", "second", failing())}
        async with world(replies) as here:
            feed = here.feed(adapter)
            for _ in range(7):
                await here.fetch(feed)
                here.clock.advance(timedelta(minutes=30))
        return [info for _, info in adapter.seen]

    # From the fifth on it fails: the last answer serves for another period, and no longer.
    assert asyncio.run(main()) == ["first", "first", "second", "second", "second", "second", None]


# --- garbage --------------------------------------------------------------------------------------------


def raising(error: Exception) -> Callable[[], None]:
    def then() -> None:
        raise error

    return then


@pytest.mark.parametrize(
    "error",
    [KeyError("rate"), TypeError("x"), ValueError("x"), AttributeError("x"), IndexError("x"), OverflowError("x"),
     ZeroDivisionError("x")],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_a_parser_that_stumbles_fails_its_exchange_alone(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> Batch:
        async with world({"/a/rates": {"X": 1}, "/b/rates": {"X": 1}}) as here:
            return await here.fetch(here.feed(Made("a", then=raising(error)), Made("b")))

    batch = asyncio.run(main())
    assert found(batch) == [("b", "X")]
    assert batch.reports[0] == SourceReport.failed("a", "answer of an unknown shape")
    assert type(error).__name__ in caplog.text


def test_what_a_parser_says_of_an_answer_is_reported() -> None:
    batch = fetched(
        Made("a", then=raising(AnswerError("there are not as many numbers as names"))), {"/a/rates": {"X": 1}}
    )
    assert batch.reports == (SourceReport.failed("a", "there are not as many numbers as names"),)
    assert batch.quotes == ()


def test_a_contract_that_is_listed_twice_comes_twice_for_the_judge_to_see() -> None:
    class Twice(Made):
        def parse_quotes(self, answers: Sequence[Any], now: datetime) -> Iterator[Quote]:
            yield from super().parse_quotes([{"X": 1, "Y": 1}], now)
            yield from super().parse_quotes([{"X": 2}], now)

    batch = fetched(Twice("a"), {"/a/rates": {"X": 1}})
    assert [(quote.symbol, quote.rate) for quote in batch.quotes or ()] == [("X", 1), ("Y", 1), ("X", 2)]


# --- where it asks, and whom ----------------------------------------------------------------------------


def test_without_a_mirror_an_exchange_is_asked_at_its_own_addresses_and_with_one_only_there() -> None:
    async def main() -> list[list[str]]:
        async with world({}) as own, world({}) as mirror:
            for server, prefix in ((own.server, ""), (mirror.server, "/m")):
                server.route(f"{prefix}/rates", {"X": 1})
                server.route(f"{prefix}/coin/rates", {"X": 1})
            adapter = Made("a", (RATES, Endpoint(f"{own.server.url}/coin/rates")), HOST=own.server.url)
            for hosts in ({}, {"a": f"{mirror.server.url}/m"}):
                feed = ExchangesFeed(own.client, own.clock, adapters={"a": adapter}, hosts=hosts)
                assert (await own.fetch(feed)).reports[0].ok
            return [sorted(asked.path for asked in one.server.requests) for one in (own, mirror)]

    assert asyncio.run(main()) == [["/coin/rates", "/rates"], ["/m/coin/rates", "/m/rates"]]


def test_only_those_that_are_wanted_are_asked() -> None:
    async def main() -> Batch:
        async with world({"/b/rates": {"X": 1}}) as here:
            feed = here.feed(Made("a"), Made("b"), only=["b"])
            assert set(feed.sources) == {"b"}
            return await here.fetch(feed)

    assert [report.source for report in asyncio.run(main()).reports] == ["b"]


def test_an_exchange_that_nobody_knows_is_named_at_the_start() -> None:
    async def main() -> None:
        async with world({}) as here:
            with pytest.raises(StartError, match="no such exchange: mtgox; there are a"):
                here.feed(Made("a"), only=["mtgox"])

    asyncio.run(main())


def test_by_default_all_open_exchanges_are_asked() -> None:
    assert list(open_adapters()) == [one.name for one in EXCHANGES.values() if one.closed is None]


def test_closing_closes_the_client() -> None:
    async def main() -> bool:
        async with world({}) as here:
            await here.feed(Made("a")).close()
            return here.client.is_closed

    assert asyncio.run(main())


# --- the real adapters ----------------------------------------------------------------------------------


def test_eleven_exchanges_of_the_real_size_are_read_in_one_batch() -> None:
    async def main() -> tuple[Universe, Batch]:
        made = universe(now=NOW)
        async with world({}) as here:
            made.serve(here.server)
            feed = ExchangesFeed(here.client, here.clock, hosts=made.hosts(here.server.url))
            return made, await here.fetch(feed)

    made, batch = asyncio.run(main())
    assert batch.reports == tuple(SourceReport(name, ok=True) for name in open_adapters())
    assert len(batch.quotes) == made.count == 5_500
    assert all(quote.rate is not None and abs(quote.rate) <= 0.005 for quote in batch.quotes)
    assert all(quote.interval_hours in (1, 4, 8) for quote in batch.quotes)
