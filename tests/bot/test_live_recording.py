"""What was recorded of the live market replays to the same scores, also from the command line."""

from __future__ import annotations

import asyncio
import gzip
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text as sql

from bot.app import App
from bot.background import Background
from bot.cli import main
from bot.commands.status import depth_of
from bot.cycle import Cycle, Follow
from bot.feeds.exchanges.live import open_adapters
from bot.feeds.http import open_transport
from bot.feeds.recording import RecordingTransport
from bot.feeds.replay import FASTEST
from bot.feeds.tape import INDEX, open_tape
from bot.refresh import RefreshOptions
from storage import Storage, open_storage
from tests.builders_live import Bot, bot
from tests.servers.exchange import Asked, Loopback, failing, hang, refused
from tests.servers.universe import universe
from tests.servers.universe_history import ENDPOINTS, serve_history
from tests.servers.universe_prices import PRICES, price_list, serve_prices

ROOT = Path(__file__).resolve().parents[2]
CANARY = "CG-canary0123456789"
SCORES = """
    SELECT refresh.slot, ticker, signal, standing, score, exchanges, avg_funding_72h, funding_magnitude, persistence,
        pump_magnitude, streak, price_change_7d, formula_version
    FROM score JOIN base_coin ON base_coin.id = score.base_coin_id JOIN refresh ON refresh.slot = score.slot
    ORDER BY 1, 2, 3
"""


def scores(storage: Storage) -> list[tuple[Any, ...]]:
    with storage.read() as tx:
        return [tuple(row) for row in tx.connection.execute(sql(SCORES))]


async def read_all(one: Bot, background: Background) -> None:
    """Let the background work until the history is whole."""
    working = asyncio.create_task(background.run())
    for _ in range(1000):
        await asyncio.sleep(0.02)
        with one.here.storage.read() as tx:
            if not depth_of(tx, one.config.feeds, one.here.clock.now()).seconds_left:
                break
    else:
        pytest.fail("the history was never whole")
    await asyncio.sleep(0.3)  # candles of the last coins
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


def test_recorded_cycles_replay_on_an_empty_database_to_exactly_the_same_scores(
    storage: Storage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tape = tmp_path / "tape"

    async def live() -> Bot:
        recorder = RecordingTransport(open_transport(), tape)
        async with bot(storage, pairs=90, days=20, odd=True, transport=recorder) as one:
            background = Background(storage, one.sources, one.here.clock, one.config)
            woken: list[int] = []
            cycle = Cycle(
                storage, one.sources, one.here.clock, one.options, Follow(lambda: woken.append(1), background)
            )
            await cycle.run()  # before the recording begins
            await read_all(one, background)
            background.keeps = True
            follow = Follow(lambda: woken.append(1), background, recorder)
            cycle = Cycle(storage, one.sources, one.here.clock, one.options, follow)
            for step in (
                timedelta(minutes=30),
                timedelta(minutes=30),
                timedelta(hours=6, minutes=30),
                timedelta(minutes=30),
            ):
                one.here.move(step)
                if len(woken) == 3:
                    one.here.fail("/okx/api/v5/public/funding-rate", failing(503))
                    one.here.fail("/htx/linear-swap-api/v1/swap_batch_funding_rate", refused(451))
                await cycle.run()
                await read_all(one, background)
            assert len(woken) == 5
            return one

    one = asyncio.run(live())
    recorded = scores(storage)
    folders = open_tape(tape)
    assert len(folders.folders) == 4
    assert len({row[0] for row in recorded}) == 4  # the first refresh knew no settlements

    empty = open_storage(f"sqlite:///{tmp_path}/replay.db")
    try:
        options = RefreshOptions("other", one.config.scoring, one.config.alerts, one.options.minutes)
        asyncio.run(App(one.config, one.here.clock, empty, options).replay(folders, FASTEST))
        replayed = scores(empty)
    finally:
        empty.close()
    slots = {row[0] for row in replayed}
    assert len(slots) == 4
    assert replayed == [row for row in recorded if row[0] in slots]
    assert sum(row[4] is not None for row in replayed) > 10
    assert capsys.readouterr().out


def test_what_the_background_stores_while_a_refresh_runs_is_no_part_of_that_refresh(
    storage: Storage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tape = tmp_path / "tape"

    async def live() -> Bot:
        recorder = RecordingTransport(open_transport(), tape)
        async with bot(storage, pairs=60, days=20, transport=recorder) as one:
            background = Background(storage, one.sources, one.here.clock, one.config)
            background.keeps = True
            cycle = Cycle(storage, one.sources, one.here.clock, one.options, Follow(lambda: None, background, recorder))
            working = asyncio.create_task(background.run())
            for _ in range(5):
                await cycle.run()
                await asyncio.sleep(0.2)
                one.here.move(timedelta(minutes=30))
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            return one

    one = asyncio.run(live())
    recorded = scores(storage)
    assert len({row[0] for row in recorded}) > 2
    empty = open_storage(f"sqlite:///{tmp_path}/replay.db")
    try:
        options = RefreshOptions("other", one.config.scoring, one.config.alerts, one.options.minutes)
        asyncio.run(App(one.config, one.here.clock, empty, options).replay(open_tape(tape), FASTEST))
        assert scores(empty) == recorded
    finally:
        empty.close()
    assert capsys.readouterr().out


# --- the command line -----------------------------------------------------------------------------------


def write_config(folder: Path, url: str) -> Path:
    hosts = ", ".join(f'{name} = "{url}/{name}"' for name in ENDPOINTS)
    path = folder / "config.toml"
    path.write_text(
        f'[feeds]\nfunding = "exchanges"\nhosts = {{ {hosts} }}\nhistory_days = 3\n'
        f'[prices]\nurl = "{url}{PRICES}"\nplan = "demo"\nkey = "{CANARY}"\n'
        f'[database]\nurl = "sqlite:///{folder}/live.db"\n[console]\nenabled = false\n[log]\nlevel = "DEBUG"\n'
    )
    return path


class Ended:
    """A process that has ended."""

    def __init__(self, status: int | None, out: bytes, err: bytes) -> None:
        self.status, self.out, self.err = status, out.decode(), err.decode()


async def start(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    env = {key: value for key, value in os.environ.items() if not key.startswith("TOCSIN_")} | {"PYTHONPATH": str(ROOT)}
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=folder,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
    )


async def run(folder: Path, *arguments: str) -> Ended:
    process = await start(folder, *arguments)
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return Ended(process.returncode, out, err)


async def record(folder: Path, tape: Path) -> Ended:
    """Record until the first folder is there; then be told to end, at once."""
    before = set(tape.glob("2*"))
    process = await start(folder, "record", str(tape))
    talking = asyncio.create_task(process.communicate())
    for _ in range(3000):
        await asyncio.sleep(0.01)
        if talking.done() or set(tape.glob("2*")) - before:
            break
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    out, err = await asyncio.wait_for(talking, 30)
    return Ended(process.returncode, out, err)


def echo_the_key(server: Loopback, normal: Callable[[Asked], list[Any]]) -> None:
    """Let the price service repeat the key in its answer, as error pages do."""

    def serve(asked: Asked) -> Any:
        rows = normal(asked)
        return [
            row | {"image": f"https://made.example/?key={asked.headers['x-cg-demo-api-key']}"}
            for row in rows
            if isinstance(row, dict)
        ]

    server.route(f"{PRICES}/coins/markets", serve)


def holding(folder: Path, word: str) -> Iterator[Path]:
    """The files that hold a word, packed or not."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "config.toml":
            content = path.read_bytes()
            if path.suffix == ".gz":
                content += gzip.decompress(content)
            if word.encode() in content:
                yield path


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Two runs of `tocsin record` against the made exchanges, each ended after its first refresh."""
    folder = tmp_path_factory.mktemp("recorded")

    async def story() -> dict[str, Any]:
        async with Loopback() as server:
            made = universe(60, datetime.now(UTC))
            made.serve(server)
            serve_history(made, server)
            serve_prices(made, server)
            echo_the_key(server, price_list(made, lambda: made.now))
            write_config(folder, server.url)
            runs = [await record(folder, folder / "tape") for _ in range(2)]
            keys = {one.headers.get("x-cg-demo-api-key") for one in server.asked(f"{PRICES}/coins/markets")}
            return {"folder": folder, "runs": runs, "keys": keys}

    return asyncio.run(story())


def test_a_recording_ends_well_when_it_is_told_to_and_its_folder_is_whole(recorded: Mapping[str, Any]) -> None:
    for one in recorded["runs"]:
        assert one.status == 0, one.err
    assert len(open_tape(recorded["folder"] / "tape").folders) == 2
    assert not list((recorded["folder"] / "tape").glob(".*"))


def test_no_key_is_in_the_recording_the_output_the_log_or_the_database(recorded: Mapping[str, Any]) -> None:
    assert recorded["keys"] == {CANARY}
    assert list(holding(recorded["folder"], CANARY)) == []
    for one in recorded["runs"]:
        assert CANARY not in one.out + one.err


def test_it_can_be_told_to_end_in_the_midst_of_its_first_refresh(tmp_path: Path) -> None:
    async def story() -> Ended:
        async with Loopback() as server:
            for exchange in ENDPOINTS:
                for endpoint in open_adapters()[exchange].QUOTES:
                    server.route(f"/{exchange}{urlsplit(endpoint.path).path}", hang())
            write_config(tmp_path, server.url)
            process = await start(tmp_path, "record", "tape")
            talking = asyncio.create_task(process.communicate())
            while not server.requests and not talking.done():
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            out, err = await asyncio.wait_for(talking, 15)
            return Ended(process.returncode, out, err)

    done = asyncio.run(story())
    assert done.status == 0, done.err
    assert list((tmp_path / "tape").iterdir()) == []


def test_a_folder_that_cannot_be_recorded_into_is_said_at_once(tmp_path: Path) -> None:
    async def story() -> Ended:
        async with Loopback() as server:
            write_config(tmp_path, server.url)
            (tmp_path / "tape").write_text("a file")
            return await run(tmp_path, "record", "tape")

    done = asyncio.run(story())
    assert done.status == 1
    assert done.err.splitlines()[-1].startswith("tocsin: ")
    assert "Traceback" not in done.err


def test_a_recording_that_can_go_on_no_more_costs_no_refresh(
    storage: Storage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tape = tmp_path / "tape"

    async def live() -> list[Any]:
        recorder = RecordingTransport(open_transport(), tape)
        async with bot(storage, pairs=40, days=3, transport=recorder) as one:
            background = Background(storage, one.sources, one.here.clock, one.config)
            woken: list[int] = []
            follow = Follow(lambda: woken.append(1), background, recorder)
            cycle = Cycle(storage, one.sources, one.here.clock, one.options, follow)
            found = [await cycle.run()]
            shutil.rmtree(tape)
            tape.write_text("somebody else's")
            one.here.move(timedelta(minutes=30))
            found.append(await cycle.run())
            assert len(woken) == 2
            return found

    found = asyncio.run(live())
    assert all(one is not None and one.reports for one in found)
    assert "not recorded: " in caplog.text


@pytest.mark.parametrize("with_config", [True, False], ids=["with its config", "without any"])
def test_a_replay_prints_a_refresh_for_each_folder(
    recorded: Mapping[str, Any], tmp_path: Path, *, with_config: bool
) -> None:
    config = ("--config", str(recorded["folder"] / "config.toml")) if with_config else ()
    done = asyncio.run(run(tmp_path, "replay", str(recorded["folder"] / "tape"), "--speed", "max", *config))
    assert done.status == 0, done.err
    assert done.out.count("Refresh of 2") == 2, done.out
    assert CANARY not in done.out + done.err
    assert "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []


DAMAGES = {
    "no index": lambda folder: (folder / INDEX).unlink(),
    "half an index": lambda folder: (folder / INDEX).write_bytes((folder / INDEX).read_bytes()[:200]),
    "a body cut": lambda folder: [
        path.write_bytes(path.read_bytes()[:-20]) for path in folder.glob("*.gz") if path.stat().st_size > 100
    ],
    "a body missing": lambda folder: next(folder.glob("*.gz")).unlink(),
    "a table cut": lambda folder: (folder / "pairs.parquet").write_bytes(b"PAR1"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_recording_is_said_in_one_line(
    recorded: Mapping[str, Any],
    tmp_path: Path,
    damage: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = damaged(recorded, tmp_path, damage)
    monkeypatch.chdir(tmp_path)
    assert main(["replay", "tape", "--speed", "max"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tocsin: ")
    assert first.name in line


def test_a_damaged_recording_ends_the_process_with_status_1(recorded: Mapping[str, Any], tmp_path: Path) -> None:
    first = damaged(recorded, tmp_path, "a body cut")
    done = asyncio.run(run(tmp_path, "replay", "tape", "--speed", "max"))
    assert done.status == 1
    (line,) = done.err.splitlines()
    assert line.startswith("tocsin: ")
    assert first.name in line


def damaged(recorded: Mapping[str, Any], folder: Path, damage: str) -> Path:
    """A copy of the recording whose first refresh is damaged so; returns that."""
    shutil.copytree(recorded["folder"] / "tape", folder / "tape")
    first = min((folder / "tape").glob("2*"))
    DAMAGES[damage](first)
    return first
