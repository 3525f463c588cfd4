"""Replay: the same requests get the same answers, byte for byte, and nothing else gets any."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import FixedClock
from bot.errors import UserError
from bot.feeds.base import Batch
from bot.feeds.exchanges.live import ExchangesFeed
from bot.feeds.http import open_client
from bot.feeds.recording import RecordingTransport
from bot.feeds.replay import FASTEST, ReplayClock, ReplayTransport, parse_speed, play, waits
from bot.feeds.tape import RAISED, Failure, Tape, open_tape
from tests.servers.bourse import LARGE, bourse
from tests.servers.exchange import Loopback, failing, in_turn, refused, reset, text
from tests.servers.universe import MONDAY, universe
from tests.tapes import record, said

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
HOST = "https://api.bourse.example"
Answered = tuple[int, bytes, str | None] | type[httpx.TransportError]


async def ask(client: httpx.AsyncClient, method: str, url: str, **given: Any) -> Answered:
    """What a caller sees: status, decoded body and Retry-After, or the kind of error."""
    try:
        response = await client.request(method, url, **given)
    except httpx.TransportError as error:
        return type(error)
    return response.status_code, response.content, response.headers.get("retry-after")


def replayed(tape: Tape, *urls: str, body: Any = None) -> list[Answered]:
    """What the first refresh of a tape answers, request by request."""

    async def run() -> list[Answered]:
        async with httpx.AsyncClient(transport=ReplayTransport(tape.folders[0])) as client:
            return [await ask(client, "GET" if body is None else "POST", url, json=body) for url in urls]

    return asyncio.run(run())


def texts(tape: Tape, *urls: str, body: Any = None) -> list[Any]:
    return [one[1].decode() if isinstance(one, tuple) else one for one in replayed(tape, *urls, body=body)]


async def everything(client: httpx.AsyncClient, url: str) -> list[Answered]:
    many = [ask(client, "GET", f"{url}/gzipped", params={"symbol": f"S{i}"}) for i in range(20)]
    found = list(await asyncio.gather(*many))
    for path in ("/plain", "/plain", "/large", "/limited", "/moved", "/empty", "/cut"):
        found.append(await ask(client, "GET", url + path))
    found.append(await ask(client, "POST", f"{url}/posted", json={"type": "meta", "nested": [1, {"a": 2.5}]}))
    found.append(await ask(client, "GET", f"{url}/stalled", timeout=httpx.Timeout(5, read=0.05)))
    found.append(await ask(client, "GET", "http://127.0.0.1:1/refused"))
    return found


def test_a_replay_of_a_real_server_is_what_the_server_said(tmp_path: Path) -> None:
    async def run() -> tuple[list[Answered], list[Answered]]:
        recorder = RecordingTransport(httpx.AsyncHTTPTransport(), tmp_path)
        async with bourse() as server, httpx.AsyncClient(transport=recorder) as client:
            recorder.begin(NOW)
            live = await everything(client, server.url)
            await recorder.commit()
        async with httpx.AsyncClient(transport=ReplayTransport(open_tape(tmp_path).folders[0])) as client:
            return live, await everything(client, server.url)

    live, again = asyncio.run(run())
    assert again == live
    assert live[22] == (200, LARGE, None)
    assert live[23] == (429, b'{"msg": "too many requests"}', "7")
    assert [one for one in live if isinstance(one, type)] == [
        httpx.RemoteProtocolError,
        httpx.ReadTimeout,
        httpx.ConnectError,
    ]


def test_an_encoded_body_is_given_byte_for_byte(tmp_path: Path) -> None:
    content = gzip.compress(b"[1]", mtime=99)
    tape = record(tmp_path, NOW, [said(f"{HOST}/a", content, headers={"content-encoding": "gzip"})])

    async def run() -> tuple[bytes, str]:
        async with (
            httpx.AsyncClient(transport=ReplayTransport(tape.folders[0])) as client,
            client.stream("GET", f"{HOST}/a") as response,
        ):
            return b"".join([chunk async for chunk in response.aiter_raw()]), response.headers["content-encoding"]

    assert asyncio.run(run()) == (content, "gzip")


def test_answers_to_the_same_request_come_in_their_order_and_then_the_last_again(tmp_path: Path) -> None:
    url = f"{HOST}/rates"
    tape = record(tmp_path, NOW, [said(url, status=503), said(url, error=httpx.ReadTimeout), said(url, [3])])
    assert replayed(tape, *[url] * 4) == [(503, b"null", None), httpx.ReadTimeout, *[(200, b"[3]", None)] * 2]


def test_what_was_not_recorded_fails_and_says_so(tmp_path: Path) -> None:
    tape = record(tmp_path, NOW, [said(f"{HOST}/rates?symbol=A", [1]), said(f"{HOST}/info", [2], body={"type": "a"})])

    async def run(method: str, url: str, body: Mapping[str, str] | None) -> None:
        async with httpx.AsyncClient(transport=ReplayTransport(tape.folders[0])) as client:
            await client.request(method, url, json=body)

    for method, url, body in (
        ("GET", f"{HOST}/other?symbol=A", None),
        ("GET", f"{HOST}/rates?symbol=B", None),
        ("GET", f"{HOST}/rates", None),
        ("POST", f"{HOST}/rates?symbol=A", None),
        ("POST", f"{HOST}/info", {"type": "b"}),
    ):
        with pytest.raises(httpx.ConnectError, match=f"not in this recording of 2026-11-25 12:30 UTC: {method} api"):
            asyncio.run(run(method, url, body))


def test_neither_the_order_of_parameters_nor_that_of_a_body_matters(tmp_path: Path) -> None:
    body = {"type": "history", "coin": "A"}
    tape = record(tmp_path, NOW, [said(f"{HOST}/a?x=1&y=2", [1]), said(f"{HOST}/b", [2], body=body)])
    assert texts(tape, f"{HOST}/a?y=2&x=1") == ["[1]"]
    assert texts(tape, f"{HOST}/b", body={"coin": "A", "type": "history"}) == ["[2]"]


@pytest.mark.parametrize(("recorded", "asked"), [("1795609800", "1795609801"), ("1795609800000", "1795609800517")])
def test_a_time_that_moved_a_little_is_the_same_request(tmp_path: Path, recorded: str, asked: str) -> None:
    body = {"req": {"coin": "A", "startTime": int(recorded)}}
    answers = [said(f"{HOST}/a?symbol=A&t={recorded}", [1]), said(f"{HOST}/b", [2], body=body)]
    tape = record(tmp_path, NOW, answers)
    assert texts(tape, f"{HOST}/a?symbol=A&t={asked}") == ["[1]"]
    assert texts(tape, f"{HOST}/b", body={"req": {"coin": "A", "startTime": int(asked)}}) == ["[2]"]
    assert texts(tape, f"{HOST}/a?symbol=B&t={asked}") == [httpx.ConnectError]


def test_an_exact_time_goes_before_another_one(tmp_path: Path) -> None:
    first, second = f"{HOST}/a?t=1795609800", f"{HOST}/a?t=1795611600"
    tape = record(tmp_path, NOW, [said(first, [1]), said(second, [2])])
    assert texts(tape, second, first, second) == ["[2]", "[1]", "[2]"]


def test_a_number_that_is_no_time_has_to_be_the_same(tmp_path: Path) -> None:
    tape = record(tmp_path, NOW, [said(f"{HOST}/a?cursor=179560980", [1]), said(f"{HOST}/b", [2], body={"on": True})])
    assert texts(tape, f"{HOST}/a?cursor=179560981") == [httpx.ConnectError]
    assert texts(tape, f"{HOST}/b", body={"on": False}) == [httpx.ConnectError]


def test_a_tape_plays_without_the_key_it_was_recorded_with(tmp_path: Path) -> None:
    tape = record(tmp_path, NOW, [said(f"{HOST}/coins?page=1&x_cg_demo_api_key=canary-7f3a91", [1])])
    assert texts(tape, f"{HOST}/coins?page=1") == ["[1]"]
    assert texts(tape, f"{HOST}/coins?page=1&x_cg_demo_api_key=another") == ["[1]"]


def test_another_host_serves_where_the_config_names_another(tmp_path: Path) -> None:
    tape = record(tmp_path, NOW, [said("http://127.0.0.1:4321/proxy/v1/rates", [1]), said(f"{HOST}/v1/list", [2])])
    assert texts(tape, f"{HOST}/v1/rates", "http://localhost:99/mirror/v1/list") == ["[1]", "[2]"]


def test_the_recorded_host_goes_before_another_and_of_two_others_none_is_guessed(tmp_path: Path) -> None:
    one, two = "https://one.example/v1/rates", "https://two.example/v1/rates"
    tape = record(tmp_path, NOW, [said(one, [1]), said(two, [2])])
    assert texts(tape, two, one, two) == ["[2]", "[1]", "[2]"]
    assert texts(tape, "https://three.example/v1/rates") == [httpx.ConnectError]


@pytest.mark.parametrize("failure", list(Failure))
def test_every_kind_of_failure_is_raised_as_it_was(tmp_path: Path, failure: Failure) -> None:
    tape = record(tmp_path, NOW, [said(f"{HOST}/a", error=RAISED[failure])])
    assert replayed(tape, f"{HOST}/a") == [RAISED[failure]]


def test_twenty_requests_at_once_get_each_its_own_answer(tmp_path: Path) -> None:
    urls = [f"{HOST}/rates/{i}" for i in range(20)]
    tape = record(tmp_path, NOW, [said(url, [i]) for i, url in enumerate(urls)])

    async def run() -> list[Any]:
        async with httpx.AsyncClient(transport=ReplayTransport(tape.folders[0])) as client:
            return [one.json() for one in await asyncio.gather(*(client.get(url) for url in urls))]

    assert asyncio.run(run()) == [[i] for i in range(20)]


def test_a_damaged_tape_is_no_failing_exchange(tmp_path: Path) -> None:
    folder = record(tmp_path, NOW, [said(f"{HOST}/a", [1])]).folders[0]
    next(folder.path.glob("*.gz")).write_bytes(b"nothing of the kind")
    with pytest.raises(UserError, match="damaged"):
        replayed(open_tape(tmp_path), f"{HOST}/a")


def test_playing_moves_clock_and_answers_from_refresh_to_refresh(tmp_path: Path) -> None:
    record(tmp_path, NOW, [said(f"{HOST}/a", [1])])
    tape = record(tmp_path, LATER, [said(f"{HOST}/a", [2])])
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def run() -> list[tuple[datetime, Any]]:
        transport, clock = ReplayTransport(tape.folders[0]), ReplayClock(NOW)
        async with httpx.AsyncClient(transport=transport) as client:
            return [
                (clock.now(), (await client.get(f"{HOST}/a")).json())
                async for _ in play(tape, transport, clock, speed=600, sleep=sleep)
            ]

    assert asyncio.run(run()) == [(NOW, [1]), (LATER, [2])]
    assert slept == [0.0, 3.0]


instants = st.lists(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)), min_size=1)  # noqa: DTZ001


@given(instants.map(sorted), st.floats(0.01, 1e6))
def test_the_waits_add_up_to_the_recorded_time(times: list[datetime], speed: float) -> None:
    pauses = waits(times, speed)
    assert len(pauses) == len(times) - 1
    assert all(pause >= 0 for pause in pauses)
    assert sum(pauses) * speed == pytest.approx((times[-1] - times[0]).total_seconds(), rel=1e-6, abs=1e-3)


@given(instants)
def test_as_fast_as_possible_waits_for_nothing_in_any_order(times: list[datetime]) -> None:
    assert set(waits(times, FASTEST)) <= {0.0}
    assert all(pause >= 0 for pause in waits(times, 1))


@pytest.mark.parametrize("text", ["fast", "-1", "nan", "inf", ""])
def test_a_speed_that_is_none_says_what_is_one(text: str) -> None:
    with pytest.raises(UserError, match="nor max") as told:
        parse_speed(text)
    assert told.value.example == "--speed 600"


# --- all exchanges --------------------------------------------------------------------------------------


async def cycle(transport: httpx.AsyncBaseTransport, hosts: Mapping[str, str] | None, now: datetime) -> Batch:
    """One fetch of all exchanges."""

    async def no_pause(_: float) -> None:
        await asyncio.sleep(0)

    async with open_client(transport) as client:
        feed = ExchangesFeed(client, FixedClock(now), hosts=hosts, sleep=no_pause, jitter=lambda: 0.0)
        if isinstance(transport, RecordingTransport):
            transport.begin(now)
        batch = await feed.fetch(None, now)
        if isinstance(transport, RecordingTransport):
            await transport.commit()
        return batch


def test_a_recorded_cycle_of_all_exchanges_replays_to_the_same_batch(tmp_path: Path) -> None:
    market = universe(440)

    async def run() -> tuple[Batch, dict[str, str]]:
        async with Loopback() as server:
            market.serve(server)
            server.route("/htx/linear-swap-api/v1/swap_batch_funding_rate", refused(451))
            server.route("/okx/api/v5/public/funding-rate", reset())
            kucoin = market.answers["kucoin"]["/api/v1/contracts/active"][""]
            server.route("/kucoin/api/v1/contracts/active", in_turn(failing(), text(kucoin)))
            hosts = market.hosts(server.url)
            return await cycle(RecordingTransport(httpx.AsyncHTTPTransport(), tmp_path), hosts, MONDAY), hosts

    live, hosts = asyncio.run(run())
    assert len(live.quotes) > 300
    assert [report.source for report in live.reports if not report.ok] == ["okx", "htx"]
    (folder,) = open_tape(tmp_path).folders
    for asked_at in (hosts, None):  # where it was recorded, and where the exchanges really are
        again = asyncio.run(cycle(ReplayTransport(folder), asked_at, folder.now))
        assert again.quotes == live.quotes
        assert [(one.source, one.outcome) for one in again.reports] == [(r.source, r.outcome) for r in live.reports]
    assert [one.detail for one in again.reports if one.source == "htx"] == ["refuses this country (451)"]
