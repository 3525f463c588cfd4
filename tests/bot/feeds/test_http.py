"""Asking a source over real sockets: what is tried again, what is not, how long it takes, and what is said of it."""

from __future__ import annotations

import asyncio
import gzip
import logging
import math
import socket
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot import __version__
from bot.clock import FixedClock
from bot.errors import FeedError
from bot.feeds.breaker import Admission
from bot.feeds.exchanges.base import AnswerError, Endpoint, Slot
from bot.feeds.http import AskError, HttpOptions, LimitedError, RefusedError, Source, open_client
from bot.feeds.request import Request, read_body
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
    policed,
    redirect,
    refused,
    reset,
    text,
    truncated,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATIENT = HttpOptions(connect_seconds=5.0, read_seconds=5.0, deadline_seconds=20.0)
QUICK = HttpOptions(connect_seconds=5.0, read_seconds=0.2, deadline_seconds=20.0)  # for a server that hangs
RATES = Endpoint("/rates")
CANARY = "canary-7f3a9b12"


@dataclass
class World:
    """A server, a source that asks it, and the time between them, which only sleeping moves."""

    server: Loopback
    client: httpx.AsyncClient
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)  # all who ask at this moment do so before it is over
        self.clock.advance(timedelta(seconds=seconds))

    def source(self, options: HttpOptions = PATIENT, **more: Any) -> Source:
        given = {"host": self.server.url, "clock": self.clock, "sleep": self.sleep, "jitter": lambda: 0.5} | more
        return Source("somewhere", self.client, options=options, **given)


@asynccontextmanager
async def world(reply: Reply = None) -> AsyncIterator[World]:
    async with Loopback() as server, open_client(httpx.AsyncHTTPTransport()) as client:
        server.route("/rates", reply)
        yield World(server, client)


def asked_once(reply: Reply, options: HttpOptions = PATIENT, **more: Any) -> tuple[Any, World]:
    """The answer of one request, or the error that it raised."""

    async def main() -> tuple[Any, World]:
        async with world(reply) as here:
            try:
                return await here.source(options, **more).ask(RATES), here
            except FeedError as error:
                return error, here

    return asyncio.run(main())


# --- answers that are no JSON ---------------------------------------------------------------------------


def read_once(reply: Reply, options: HttpOptions | None = None) -> tuple[Any, World]:
    """What a reader of its own makes of `/rates?page=2`, or the error that it raised."""

    async def rejected(response: httpx.Response) -> AskError:
        return AskError("somewhere", f"says {response.status_code}", permanent=True)

    async def body(request: Request, client: httpx.AsyncClient) -> bytes:
        taken = bytearray()
        await read_body(request, client, taken.extend, rejected)
        return bytes(taken)

    async def main() -> tuple[Any, World]:
        async with world(reply) as here:
            try:
                return await here.source().fetch("/rates?page=2", body, options=options), here
            except FeedError as error:
                return error, here

    return asyncio.run(main())


def test_a_reader_is_given_the_body_as_it_is_and_asks_with_the_query_of_the_path() -> None:
    found, here = read_once(text("<feed/>"))
    assert (found, dict(here.server.requests[0].params)) == (b"<feed/>", {"page": "2"})


def test_a_reader_says_what_a_rejection_means() -> None:
    found, here = read_once(failing(503))
    assert (found.reason, len(here.server.requests)) == ("says 503", 1)


def test_a_body_that_breaks_off_is_read_again_from_its_beginning() -> None:
    found, here = read_once(in_turn(truncated("x" * 9999), reset(), text("whole")))
    assert (found, len(here.server.requests)) == (b"whole", 3)


def test_a_request_may_have_options_of_its_own() -> None:
    found, here = read_once(huge(300_000), HttpOptions(max_bytes=100_000))
    assert "answer larger than" in str(found)
    assert len(here.server.requests) == 1


# --- what comes back ------------------------------------------------------------------------------------


def test_the_answer_is_the_unwrapped_json() -> None:
    async def main() -> Any:
        async with world({"code": 0, "data": [1, 2]}) as here:
            return await here.source().ask(RATES, unwrap=lambda found: found["data"])

    assert asyncio.run(main()) == [1, 2]


def test_slots_are_filled_in_parameters_and_in_the_body() -> None:
    async def main() -> Loopback:
        async with world({}) as here:
            source = here.source()
            window = {Slot.SYMBOL: "龙虾_USDT", Slot.SINCE_MS: 5}
            await source.ask(Endpoint("/rates", {"s": Slot.SYMBOL, "limit": 9, "now": Slot.NOW_MS}), window)
            await source.ask(Endpoint("/rates", body={"type": "history", "from": Slot.SINCE_MS}), window)
            return here.server

    first, second = asyncio.run(main()).requests
    assert (first.method, dict(first.params)) == ("GET", {"s": "龙虾_USDT", "limit": "9", "now": "1795176000000"})
    assert (second.method, second.body, second.params) == ("POST", {"type": "history", "from": 5}, {})


def test_a_request_says_who_asks() -> None:
    _, here = asked_once({})
    assert here.server.requests[0].headers["User-Agent"] == f"tocsin/{__version__}"


def test_a_number_that_is_none_reaches_those_who_judge() -> None:
    found, _ = asked_once(text('{"rate": NaN}'))
    assert math.isnan(found["rate"])


def test_a_large_answer_is_decoded_whole() -> None:
    rows = [{"symbol": f"C{number}USDT", "rate": "0.0001"} for number in range(20_000)]
    found, _ = asked_once(rows)
    assert found == rows


def test_a_packed_answer_is_unpacked() -> None:
    found, _ = asked_once(text(gzip.compress(b"[1]"), headers={"Content-Encoding": "gzip"}))
    assert found == [1]


def test_a_path_is_below_the_host_and_a_whole_url_is_not_unless_the_host_is_a_mirror() -> None:
    async def main() -> list[str]:
        async with world({}) as here, Loopback() as other:
            other.route("/coin/rates", {})
            here.server.route("/mirror/coin/rates", {})
            here.server.route("/mirror/rates", {})
            elsewhere = Endpoint(f"{other.url}/coin/rates", {"a": 1})
            mirror = here.source(host=f"{here.server.url}/mirror/", mirror=True)
            for source in (here.source(), mirror):
                await source.ask(RATES)
                await source.ask(elsewhere)
            return [asked.path for asked in (*here.server.requests, *other.requests)]

    assert asyncio.run(main()) == ["/rates", "/mirror/rates", "/mirror/coin/rates", "/coin/rates"]


# --- what is tried again --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [failing(503), failing(500), hang(), reset(), truncated([1]), misencoded([1]), text("<html>oops</html>"),
     text(b"\xff\xfe\x00"), text(b""), text("[" * 100_000), limited(), limited(retry_after=2), text("1" * 5000)],
    ids=["503", "500", "hang", "reset", "truncated", "misencoded", "html", "bytes", "empty", "nested", "429",
         "retry-after", "digits"],
)  # fmt: skip
def test_a_fault_that_passes_is_not_noticed(fault: Reply) -> None:
    found, here = asked_once(in_turn(fault, fault, ["fine"]), QUICK)
    assert found == ["fine"]
    assert len(here.server.requests) == 3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (failing(503), "answers 503"),
        (hang(), "silent for 0.2 s"),
        (reset(), "the connection broke off"),
        (truncated([1]), "the connection broke off"),
        (misencoded([1]), "answer cannot be decompressed"),
        (text("<html>oops\n</html>"), "answer is no JSON: <html>oops </html>"),
        (text(b""), "answer is no JSON: empty"),
    ],
    ids=["503", "hang", "reset", "truncated", "misencoded", "html", "empty"],
)
def test_a_fault_that_stays_is_told_after_three_tries_with_source_and_place(fault: Reply, reason: str) -> None:
    error, here = asked_once(fault, QUICK)
    assert isinstance(error, FeedError)
    assert str(error) == f"somewhere: {reason} at {here.server.url.removeprefix('http://')}/rates"
    assert not error.permanent
    assert len(here.server.requests) == 3


def test_the_pauses_double_and_are_spread_by_the_jitter() -> None:
    _, here = asked_once(failing(), HttpOptions(attempts=5))
    assert here.slept == [0.5, 1.0, 2.0, 4.0]
    _, here = asked_once(failing(), HttpOptions(attempts=3), jitter=lambda: 0.0)
    assert here.slept == [0.0, 0.0]


@pytest.mark.parametrize("status", [400, 404, 418])
def test_a_request_that_is_not_wanted_is_not_repeated(status: int) -> None:
    error, here = asked_once(answer({"msg": "Invalid symbol."}, status))
    assert isinstance(error, FeedError)
    assert len(here.server.requests) == 1


def test_what_a_source_says_of_a_bad_request_is_passed_on_in_one_short_line() -> None:
    error, _ = asked_once(answer({"msg": "no such\nsymbol " + "x" * 200}, 400))
    assert error.permanent
    assert error.reason.startswith('answers 400, {"msg": "no such')
    assert len(error.reason) <= 80 + len("answers 400, ")


def test_a_host_that_nobody_listens_at_is_told() -> None:
    with socket.socket() as taken:  # bound, and not listening: every connection is refused
        taken.bind(("127.0.0.1", 0))
        error, here = asked_once({}, host=f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert isinstance(error, FeedError)
    assert error.reason.startswith("cannot connect")
    assert len(here.slept) == 2


def test_a_body_without_end_is_cut_off_and_not_asked_for_again() -> None:
    error, here = asked_once(huge(3 * 2**20), HttpOptions(max_bytes=2**20))
    assert error.reason == "answer larger than 1 MB"
    assert len(here.server.requests) == 1


def test_a_small_body_that_unpacks_to_a_large_one_is_cut_off_too() -> None:
    bomb = text(gzip.compress(b" " * 3 * 2**20), headers={"Content-Encoding": "gzip"})
    error, _ = asked_once(bomb, HttpOptions(max_bytes=2**20))
    assert error.reason == "answer larger than 1 MB"
    twice = text(gzip.compress(gzip.compress(b"[]")), headers={"Content-Encoding": "gzip, gzip"})
    error, _ = asked_once(twice)
    assert error.reason == "answer packed more than once"


def test_no_redirect_is_followed() -> None:
    async def main() -> tuple[Any, int]:
        async with world() as here, Loopback() as other:
            here.server.route("/rates", redirect(f"{other.url}/rates"))
            with pytest.raises(FeedError) as caught:
                await here.source(headers={"x-key": CANARY}).ask(RATES)
            return caught.value, len(other.requests)

    error, reached = asyncio.run(main())
    assert error.reason == "redirects elsewhere (302)"
    assert reached == 0


# --- the deadline ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [hang(), drip()], ids=["hang", "drip"])
def test_no_source_can_hold_a_request_beyond_its_deadline(fault: Reply) -> None:
    error, here = asked_once(fault, HttpOptions(read_seconds=5.0, deadline_seconds=0.1))
    assert error.reason == "no answer within 0.1 s"
    assert len(here.server.requests) == 1


def test_a_pause_that_would_end_after_the_deadline_is_not_begun() -> None:
    error, here = asked_once(failing(), HttpOptions(attempts=9, deadline_seconds=5.0))
    assert isinstance(error, FeedError)
    assert here.slept == [0.5, 1.0, 2.0]


# --- limits ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [7, NOW + timedelta(seconds=7)], ids=["seconds", "date"])
def test_retry_after_is_obeyed(given: float | datetime) -> None:
    found, here = asked_once(in_turn(limited(given), []))
    assert found == []
    assert here.slept == [7.0]


def test_retry_after_beyond_the_deadline_gives_up_at_once_and_says_for_how_long() -> None:
    error, here = asked_once(limited(retry_after=90))
    assert isinstance(error, LimitedError)
    assert error.retry_after == 90.0
    assert here.slept == []
    assert len(here.server.requests) == 1


@pytest.mark.parametrize("nonsense", ["soon", "nan", "", "-5", "Thu, 32 Jan 2026"])
def test_a_retry_after_that_makes_no_sense_is_no_obstacle(nonsense: str) -> None:
    found, here = asked_once(in_turn(limited(nonsense), []))
    assert found == []
    assert sum(here.slept) <= 1.0


def test_a_limit_inside_the_envelope_counts_as_one() -> None:
    def unwrap(found: Any) -> Any:
        if found == "busy":
            raise AnswerError("too many requests (code 510)", limited=True)
        return found

    async def main() -> tuple[Any, World]:
        async with world(in_turn("busy", "busy", "free")) as here:
            return await here.source().ask(RATES, unwrap=unwrap), here

    found, here = asyncio.run(main())
    assert found == "free"
    assert here.slept == [1.0, 1.0]


def test_a_limit_that_stays_is_told_as_one() -> None:
    error, here = asked_once(limited())
    assert isinstance(error, LimitedError)
    assert error.retry_after is None
    assert error.reason == "wants fewer requests (429)"
    assert len(here.server.requests) == 3


def test_a_ban_is_not_argued_with_and_holds_for_five_minutes_for_all_requests_of_the_source() -> None:
    async def main() -> tuple[list[Any], World]:
        async with world(limited(status=418)) as here:
            source = here.source()
            errors = []
            for _ in range(2):
                with pytest.raises(LimitedError) as caught:
                    await source.ask(RATES)
                errors.append(caught.value)
                here.clock.advance(timedelta(seconds=60))
            return errors, here

    (ban, held), here = asyncio.run(main())
    assert (ban.reason, ban.retry_after) == ("has banned this address (418)", 300.0)
    assert (held.reason, held.retry_after) == ("not asked: its turn comes in 240 s", 240.0)
    assert len(here.server.requests) == 1


def test_the_pace_is_shared_by_all_who_ask_and_is_first_come_first_served() -> None:
    async def main() -> World:
        async with world({}) as here:
            source = here.source()
            paces = [source.ask(Endpoint("/rates", {"n": n}), per_second=2.0) for n in range(5)]
            await asyncio.gather(*paces)
            return here

    here = asyncio.run(main())
    assert [asked.params["n"] for asked in here.server.requests] == ["0", "1", "2", "3", "4"]
    assert here.clock.now() - NOW == timedelta(seconds=2)


def test_who_would_wait_beyond_the_deadline_is_told_at_once_and_that_is_no_failure_of_the_source() -> None:
    async def main() -> tuple[list[Any], Source, World]:
        async with world({}) as here:
            source = here.source(HttpOptions(deadline_seconds=3.0))
            asked = [source.ask(RATES, per_second=1.0) for _ in range(10)]
            return await asyncio.gather(*asked, return_exceptions=True), source, here

    found, source, here = asyncio.run(main())
    assert found[:4] == [{}] * 4
    assert all(isinstance(one, LimitedError) for one in found[4:])
    assert [one.retry_after for one in found[4:]] == [4.0] * 6
    assert len(here.server.requests) == 4
    assert source.breaker.failures == 0


@pytest.mark.parametrize("dates", [False, True], ids=["seconds", "dates"])
def test_a_policed_limit_costs_time_and_loses_no_request(dates: bool) -> None:
    async def main() -> tuple[list[Any], World]:
        async with world() as here:
            window = timedelta(seconds=4)
            here.server.route("/rates", policed({"fine": True}, 3, window, here.clock.now, dates=dates))
            source = here.source(HttpOptions(attempts=3, deadline_seconds=60))
            return [await source.ask(RATES) for _ in range(8)], here

    answers, here = asyncio.run(main())
    assert answers == [{"fine": True}] * 8
    assert timedelta(seconds=8) <= here.clock.now() - NOW <= timedelta(seconds=11)


def test_while_one_request_is_limited_the_others_of_that_source_hold_still() -> None:
    async def main() -> World:
        async with world() as here:
            here.server.route("/slow", in_turn(limited(5), "slow"))
            times = []

            def told(_: Any) -> str:
                times.append((here.clock.now() - NOW).total_seconds())
                return "rates"

            here.server.route("/rates", told)
            source = here.source()

            async def later() -> None:
                while not here.server.asked("/slow"):
                    await asyncio.sleep(0)
                while here.clock.now() == NOW:
                    await asyncio.sleep(0)
                await source.ask(RATES, per_second=1.0)

            await asyncio.gather(source.ask(Endpoint("/slow")), later())
            assert times == [5.0]
            return here

    assert len(asyncio.run(main()).server.asked("/slow")) == 2


# --- refusals and the breaker ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "refusals", "reason"),
    [
        (451, (), "refuses this country (451)"),
        (403, (403,), "refuses this country (403)"),
        (404, (404,), "refuses this country (404)"),
        (403, (), "refuses access (403)"),
        (401, (), "refuses the key (401)"),
        (402, (), "refuses the key (402)"),
    ],
)
def test_a_refusal_is_told_as_one_and_not_repeated(status: int, refusals: Sequence[int], reason: str) -> None:
    error, here = asked_once(refused(status), refusals=refusals)
    assert isinstance(error, RefusedError)
    assert error.permanent
    assert error.reason == reason
    assert len(here.server.requests) == 1


def test_who_refuses_is_left_alone_for_a_quarter_of_an_hour() -> None:
    async def main() -> tuple[World, list[str]]:
        async with world(in_turn(refused(), "back")) as here:
            source, told = here.source(), []
            for minutes in (0, 14, 1):
                here.clock.advance(timedelta(minutes=minutes))
                try:
                    told.append(await source.ask(RATES))
                except RefusedError as error:
                    told.append(error.reason)
            assert source.breaker.admit(here.clock.now()) is Admission.GO
            return here, told

    here, told = asyncio.run(main())
    assert told == [
        "refuses this country (451)",
        "refuses this country (451); asked again at 12:15:00 UTC",
        "back",
    ]
    assert len(here.server.requests) == 2


async def until_open(source: Source) -> None:
    for _ in range(5):
        with pytest.raises(AskError):
            await source.ask(RATES)


def test_after_five_failures_in_a_row_nothing_is_sent_until_a_minute_is_over() -> None:
    async def main() -> None:
        async with world(failing()) as here:
            source = here.source(HttpOptions(attempts=1))
            await until_open(source)
            assert source.breaker.open_until == here.clock.now() + timedelta(seconds=60)
            with pytest.raises(AskError, match="answers 503; asked again at 12:01:00 UTC"):
                await source.ask(RATES)
            assert len(here.server.requests) == 5

    asyncio.run(main())


def test_half_open_a_single_request_goes_out_and_the_others_follow_its_success() -> None:
    async def main() -> None:
        async with world(failing()) as here:
            source = here.source(HttpOptions(attempts=1))
            await until_open(source)
            here.clock.advance(timedelta(seconds=60))
            seen = []

            def told(_: Any) -> str:
                seen.append(source.breaker.probing)
                return "back"

            here.server.route("/rates", told)
            answers = await asyncio.gather(*(source.ask(RATES) for _ in range(4)))
            assert answers == ["back"] * 4
            assert seen == [True, False, False, False]

    asyncio.run(main())


def test_half_open_a_failed_probe_is_the_only_request_and_fails_the_others_too() -> None:
    async def main() -> None:
        async with world(failing()) as here:
            source = here.source(HttpOptions(attempts=3))
            await until_open(source)
            sent = len(here.server.requests)
            here.clock.advance(timedelta(seconds=120))
            found = await asyncio.gather(*(source.ask(RATES) for _ in range(4)), return_exceptions=True)
            assert all(isinstance(error, AskError) for error in found)
            assert len(here.server.requests) == sent + 1
            assert source.breaker.open_for == timedelta(seconds=120)

    asyncio.run(main())


def test_a_cancelled_probe_does_not_lock_the_source() -> None:
    async def main() -> None:
        async with world(failing()) as here:
            source = here.source(HttpOptions(attempts=1))
            await until_open(source)
            here.clock.advance(timedelta(seconds=60))
            here.server.route("/rates", in_turn(hang(), "back"))
            probe = asyncio.create_task(source.ask(RATES))
            while len(here.server.requests) < 6:
                await asyncio.sleep(0)
            probe.cancel()
            assert await asyncio.gather(probe, return_exceptions=True)
            assert await source.ask(RATES) == "back"

    asyncio.run(main())


def test_contracts_that_do_not_exist_never_open_the_breaker() -> None:
    async def main() -> None:
        async with world(answer({"msg": "Invalid symbol."}, 400)) as here:
            source = here.source()
            for _ in range(8):
                with pytest.raises(AskError) as caught:
                    await source.ask(RATES)
                assert caught.value.permanent
            assert len(here.server.requests) == 8

    asyncio.run(main())


# --- envelopes ------------------------------------------------------------------------------------------


def failing_unwrap(error: Exception) -> Callable[[Any], Any]:
    def unwrap(_: Any) -> Any:
        raise error

    return unwrap


@pytest.mark.parametrize(
    ("raised", "reason", "tries", "permanent"),
    [
        (AnswerError("no such contract", permanent=True), "no such contract", 1, True),
        (AnswerError("system busy"), "system busy", 3, False),
        (KeyError("data"), "answer of an unknown shape", 3, False),
        (TypeError("list indices"), "answer of an unknown shape", 3, False),
    ],
    ids=["permanent", "passing", "key", "type"],
)
def test_an_error_inside_the_envelope_is_an_error(raised: Exception, reason: str, tries: int, permanent: bool) -> None:
    async def main() -> None:
        async with world({}) as here:
            with pytest.raises(FeedError) as caught:
                await here.source().ask(RATES, unwrap=failing_unwrap(raised))
            assert isinstance(caught.value, AskError)
            assert (caught.value.reason, caught.value.permanent) == (reason, permanent)
            assert len(here.server.requests) == tries

    asyncio.run(main())


# --- secrets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        answer(lambda asked: {"you sent": [*asked.headers.values(), *asked.params.values()]}, 400),
        text(f"<html>{CANARY}</html>"), text(" " * 60 + CANARY), refused(401), limited(retry_after=99), failing(), hang(),
        reset(), truncated([CANARY]), {"fine": 1},
    ],
    ids=["echo", "html", "cut", "401", "429", "503", "hang", "reset", "truncated", "fine"],
)  # fmt: skip
@pytest.mark.parametrize("key", [CANARY, f"{CANARY}\n"], ids=["key", "illegal key"])
def test_a_key_appears_in_no_log_no_error_and_no_repr(fault: Reply, key: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def main() -> str:
        async with world(fault) as here:
            source = here.source(QUICK, headers={"x-api-key": key})
            endpoint = Endpoint("/rates", {"api_key": CANARY, "symbol": "BTC"})
            try:
                await source.ask(endpoint)
                said = ""
            except FeedError as error:
                logging.getLogger("tocsin.test").warning("failed", exc_info=error)
                said = "".join(traceback.format_exception(error)) + repr(error) + repr(error.args)
            return said + repr(source) + repr(source.breaker)

    assert CANARY not in asyncio.run(main())
    assert CANARY not in caplog.text
