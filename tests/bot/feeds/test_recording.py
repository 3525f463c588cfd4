"""Recording: what passes is not changed, what is kept is whole, and no secret is in it."""

from __future__ import annotations

import asyncio
import gzip
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot.errors import UserError
from bot.feeds.recording import RecordingTransport
from bot.feeds.tape import Answer, Failure, Folder, open_tape
from tests.servers.bourse import LARGE, bourse, zipped
from tests.servers.exchange import Loopback

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
CANARY = "canary-7f3a91c2"

Work = Callable[[Loopback, httpx.AsyncClient], Awaitable[object]]


@asynccontextmanager
async def recorder(
    path: Path, secrets: tuple[str, ...] = ()
) -> AsyncIterator[tuple[RecordingTransport, Loopback, httpx.AsyncClient]]:
    transport = RecordingTransport(httpx.AsyncHTTPTransport(), path, secrets=secrets)
    async with bourse() as server, httpx.AsyncClient(transport=transport) as client:
        yield transport, server, client


def recorded(path: Path, work: Work, secrets: tuple[str, ...] = ()) -> tuple[Folder, tuple[Answer, ...]]:
    """What was recorded of some work against the bourse."""

    async def run() -> None:
        async with recorder(path, secrets) as (transport, server, client):
            transport.begin(NOW)
            await work(server, client)
            await transport.commit()

    asyncio.run(run())
    (folder,) = open_tape(path).folders
    return folder, folder.answers()


def body(folder: Folder, answer: Answer) -> bytes:
    return b"".join(folder.body(answer))


def test_the_caller_gets_what_it_would_have_got_without_a_recording(tmp_path: Path) -> None:
    async def work(server: Loopback, client: httpx.AsyncClient) -> None:
        async with httpx.AsyncClient() as plain:
            for path in ("/gzipped?symbol=A", "/large", "/limited", "/moved", "/empty"):
                ours, theirs = await client.get(server.url + path), await plain.get(server.url + path)
                assert (ours.status_code, ours.content) == (theirs.status_code, theirs.content)
                assert ours.headers.keys() == theirs.headers.keys()
                assert ours.http_version == "HTTP/1.1"

    recorded(tmp_path, work)


def test_a_body_is_kept_as_it_came_and_its_gzip_is_a_file_for_any_tool(tmp_path: Path) -> None:
    async def work(server: Loopback, client: httpx.AsyncClient) -> None:
        await client.get(server.url + "/gzipped", params={"symbol": "BTCUSDT"})

    folder, (answer,) = recorded(tmp_path, work)
    content = zipped({"symbol": "BTCUSDT"})
    assert body(folder, answer) == content
    assert answer.headers["content-encoding"] == "gzip"
    assert (folder.path / str(answer.file)).read_bytes() == content


def test_statuses_headers_and_large_bodies_are_kept(tmp_path: Path) -> None:
    async def work(server: Loopback, client: httpx.AsyncClient) -> None:
        for path in ("/large", "/limited", "/empty", "/moved"):
            await client.get(server.url + path)

    folder, (large, limited, empty, moved) = recorded(tmp_path, work)
    assert body(folder, large) == LARGE
    assert (limited.status, limited.headers["retry-after"], body(folder, limited)) == (
        429,
        "7",
        b'{"msg": "too many requests"}',
    )
    assert (empty.status, empty.file, body(folder, empty)) == (204, None, b"")
    assert (moved.status, moved.headers["location"]) == (302, "/plain")


def test_twenty_requests_at_once_keep_their_own_answers(tmp_path: Path) -> None:
    async def work(server: Loopback, client: httpx.AsyncClient) -> None:
        await asyncio.gather(*(client.get(f"{server.url}/gzipped?symbol=S{i}") for i in range(20)))

    folder, answers = recorded(tmp_path, work)
    assert len(answers) == 20
    for answer in answers:
        assert gzip.decompress(body(folder, answer)).decode() == f'{{"symbol": "{answer.asked.params[0][1]}"}}'


def test_failures_are_kept_with_their_kind_and_what_came_before(tmp_path: Path) -> None:
    async def work(server: Loopback, client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://127.0.0.1:1/plain")
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(server.url + "/cut")
        with pytest.raises(httpx.ReadTimeout):
            await client.get(server.url + "/stalled", timeout=httpx.Timeout(5, read=0.05))

    folder, (refused, cut, stalled) = recorded(tmp_path, work)
    assert (refused.status, refused.error, body(folder, refused)) == (None, Failure.CONNECT, b"")
    assert (cut.status, cut.error, body(folder, cut)) == (200, Failure.PROTOCOL, b"[1, 2]")
    assert (stalled.status, stalled.error, body(folder, stalled)) == (200, Failure.TIMEOUT, b"[1, 2,")


def test_what_nobody_waited_for_or_read_to_its_end_is_given_up(tmp_path: Path) -> None:
    async def work(server: Loopback, client: httpx.AsyncClient) -> None:
        async with client.stream("GET", server.url + "/large") as response:
            async for _chunk in response.aiter_bytes(1000):
                break
        asking = asyncio.ensure_future(client.get(server.url + "/silent"))
        while not server.asked("/silent"):
            await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    folder, (large, silent) = recorded(tmp_path, work)
    assert large.error is Failure.GIVEN_UP
    assert LARGE.startswith(body(folder, large))
    assert (silent.status, silent.error) == (None, Failure.GIVEN_UP)


def test_a_request_under_way_at_the_commit_is_cut_off_there_and_goes_on_for_its_caller(tmp_path: Path) -> None:
    async def run() -> None:
        async with recorder(tmp_path) as (transport, server, client):
            transport.begin(NOW)
            async with client.stream("GET", server.url + "/large") as response:
                chunks = response.aiter_raw()
                first = await anext(chunks)
                await transport.commit()
                assert first + b"".join([chunk async for chunk in chunks]) == LARGE

    asyncio.run(run())
    (folder,) = open_tape(tmp_path).folders
    (answer,) = folder.answers()
    assert answer.error is Failure.GIVEN_UP
    assert LARGE.startswith(body(folder, answer))
    assert answer.size < len(LARGE)


def test_only_the_refresh_is_recorded_not_a_backfill_beside_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with recorder(tmp_path) as (transport, server, client):
            begun, finished = asyncio.Event(), asyncio.Event()

            async def backfill() -> None:
                await client.get(server.url + "/plain?job=before")
                await begun.wait()
                await client.get(server.url + "/plain?job=beside")
                finished.set()

            job = asyncio.create_task(backfill())
            transport.begin(NOW)
            begun.set()
            await asyncio.gather(finished.wait(), client.get(server.url + "/plain?job=refresh"))
            await transport.commit()
            await client.get(server.url + "/plain?job=after")
            await job

    asyncio.run(run())
    (folder,) = open_tape(tmp_path).folders
    assert [answer.asked.params for answer in folder.answers()] == [(("job", "refresh"),)]


def test_each_refresh_has_a_folder_and_a_discarded_one_has_none(tmp_path: Path) -> None:
    async def run() -> None:
        async with recorder(tmp_path) as (transport, server, client):
            for number, keep in enumerate((True, False, True)):
                transport.begin(NOW + number * timedelta(minutes=30))
                await client.get(f"{server.url}/plain?number={number}")
                await (transport.commit() if keep else transport.discard())

    asyncio.run(run())
    numbers = [folder.answers()[0].asked.params[0][1] for folder in open_tape(tmp_path).folders]
    assert numbers == ["0", "2"]
    assert len(list(tmp_path.iterdir())) == 2


def test_no_secret_is_anywhere_in_the_folder(tmp_path: Path) -> None:
    async def work(server: Loopback, client: httpx.AsyncClient) -> None:
        client.headers.update({"X-Key": CANARY, "Authorization": f"Bearer {CANARY}"})
        for name in ("api_token", "ApiKey", "key", "TOKEN", "signature", "x_cg_pro_api_key", "harmless"):
            await client.get(f"{server.url}/plain", params={name: CANARY, "symbol": "BTCUSDT"})
            await client.post(f"{server.url}/posted", json={"auth": {name: CANARY}, "type": "meta"})
        await client.get(f"{server.url}/refused", params={"symbol": "BTCUSDT"})
        await client.get(f"{server.url}/{CANARY}/plain")
        await client.get(f"http://me:{CANARY}@{server.url.removeprefix('http://')}/plain")

    folder, answers = recorded(tmp_path, work, secrets=(CANARY,))
    found = b""
    for path in folder.path.iterdir():
        content = path.read_bytes()
        while content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
        found += content
    assert b"BTCUSDT" in found
    assert CANARY.encode() not in found
    assert all(dict(answer.asked.params).get("symbol", "BTCUSDT") == "BTCUSDT" for answer in answers)


def test_a_refresh_that_is_recorded_already_is_not_written_over(tmp_path: Path) -> None:
    recorded(tmp_path, lambda *_: asyncio.sleep(0))
    transport = RecordingTransport(httpx.AsyncHTTPTransport(), tmp_path)
    with pytest.raises(UserError, match="20261125T123000Z: recorded already; record into another folder"):
        transport.begin(NOW)


def test_a_folder_that_cannot_be_written_is_said_so_at_once(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    transport = RecordingTransport(httpx.AsyncHTTPTransport(), tmp_path / "taken")
    with pytest.raises(UserError, match="taken: cannot be written"):
        transport.begin(NOW)


def test_a_full_disk_costs_the_recording_and_not_the_refresh(tmp_path: Path) -> None:
    async def run() -> None:
        async with recorder(tmp_path) as (transport, server, client):
            part = transport.begin(NOW)
            part.rmdir()  # no room for any file
            assert (await client.get(server.url + "/large")).content == LARGE
            with pytest.raises(UserError, match="20261125T123000Z: cannot be written"):
                await transport.commit()
            transport.begin(LATER)
            await client.get(server.url + "/plain")
            await transport.commit()

    asyncio.run(run())
    assert open_tape(tmp_path).instants == (LATER,)


def test_a_process_that_is_killed_leaves_no_half_folder(tmp_path: Path) -> None:
    script = """
        import asyncio, os, signal, sys
        from datetime import UTC, datetime
        from pathlib import Path
        import httpx
        from bot.feeds import packing
        from bot.feeds.recording import RecordingTransport

        class Answers(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request):
                return httpx.Response(200, content=b"x" * 1_000_000)

        async def main():
            transport = RecordingTransport(Answers(), Path(sys.argv[1]))
            async with httpx.AsyncClient(transport=transport) as client:
                for hour in (12, 13):
                    transport.begin(datetime(2026, 11, 25, hour, tzinfo=UTC))
                    await client.get("http://bourse.example/")
                    if hour == 13:  # with all written but the new name
                        os.rename = Path.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
                    await transport.commit()

        asyncio.run(main())
    """
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
    done = subprocess.run(command, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2
    assert [at.hour for at in open_tape(tmp_path).instants] == [12]

    recorded_later = RecordingTransport(httpx.AsyncHTTPTransport(), tmp_path)
    recorded_later.begin(LATER)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".20261125T130000Z.part", "20261125T120000Z"]
    asyncio.run(recorded_later.discard())
    assert [path.name for path in tmp_path.iterdir()] == ["20261125T120000Z"]
