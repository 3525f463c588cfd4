"""Canaries: keys and tokens that are looked for wherever the bot writes, while everything that can fails.

The bot runs in a process of its own, so that the log is the one that people have: `python -m` this module is it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot import cli
from bot.alerts.delivery import Courier, CourierOptions
from bot.alerts.outgoing import Outgoing, Receipt, Sender
from bot.app import App, open_app
from bot.chat.console.render import render
from bot.clock import FixedClock
from bot.commands.base import ChatRef
from bot.config import load_config
from bot.errors import SendError, StartError
from bot.heartbeat import Heartbeat
from bot.platforms import open_senders
from bot.refresh import refresh
from bot.sources import open_sources
from bot.views.errors import our_fault_view
from storage.outbox import Health
from tests.builders_outbox import chat_of, new_alert, queue
from tests.servers.chat_police import ChatServer, Fault
from tests.servers.discord_gateway import DiscordGateway
from tests.servers.port import served
from tests.servers.telegram import Telegram

log = logging.getLogger("tocsin.test")

ROOT = Path(__file__).resolve().parents[2]
MARK = "CANARY"
SECRETS = {
    "telegram": f"110201543:AA{MARK}telegram0SAs0K5PALDsaw",
    "discord": f"MTk4NjIyNDgzNDcx.Cl2FMQ.{MARK}discord0VW7vRze4b7Cq4se7k",
    "heartbeat": f"{MARK}heartbeat-5f1c2a80-ping",
    "coingecko": f"CG-{MARK}coingecko77",
    "sharpe": f"sk_live_{MARK}sharpe4242424242",
    "finradar key": f"{MARK}finradarkey0123456789",
    "finradar token": f"eyJhbGciOiJIUzI1NiJ9.{MARK}finradartoken.c2lnbmF0dXJl",
}
# Each happens to one message; the text of a refusal quotes the token, as that of a proxy between us may.
FAULTS: tuple[tuple[Fault, dict[str, Any]], ...] = (
    (Fault.ERROR, {"status": 500}),
    (Fault.ERROR, {"status": 502, "accepts": True}),
    (Fault.LIMITED, {"seconds": 3}),
    (Fault.REFUSED, {"status": 400, "code": 50035}),
    (Fault.REFUSED, {"status": 403}),
    (Fault.CLOSE_BEFORE_READ, {}),
    (Fault.ACCEPT_THEN_RESET, {}),
    (Fault.HALF_CLOSE, {}),
    (Fault.BLOCKED, {}),
    (Fault.DOWN, {}),
    (Fault.REVOKED, {}),
)
UNASKED = (Fault.CLOSE_BEFORE_READ, Fault.DOWN, Fault.REVOKED)  # whom they befall is not known when they do
NOBODY = "http://127.0.0.1:9"
STATUSES = (401, 403, 404, 429, 500)
LINES = ("/status", "/alerts", "/missed since=7d", "/settings", "/export", "/pump", "/clusters", "/help")


@dataclass
class Echo:
    """A service that fails, and quotes in its answer all that it was asked, as some do when they are debugged."""

    status: int = 401  # which is not asked again
    resets: bool = False
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        quoted = {"url": str(request.rel_url), "headers": dict(request.headers)}
        self.asked.append(json.dumps(quoted))
        if self.resets and request.transport is not None:
            request.transport.abort()
        text = f"you sent {json.dumps(quoted)}"
        return web.json_response({"error": text, "message": text, **quoted}, status=self.status, reason=text[:60])

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        async with served(app) as url:
            yield url


@dataclass
class Broken:
    """A sender in which a renderer fails, with an error that quotes what it was given."""

    inner: Sender
    secret: str

    def __post_init__(self) -> None:
        self.limits, self.nonce_window = self.inner.limits, self.inner.nonce_window
        self.find, self.alive, self.close = self.inner.find, self.inner.alive, self.inner.close

    async def send(self, address: str, message: Outgoing) -> Receipt:
        raise ValueError(f"cannot render for https://api.telegram.org/bot{self.secret}/sendMessage")


class Out:
    """All that people see."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "seen.txt"

    def write(self, *texts: object) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.writelines(f"{text}\n" for text in texts)


def config_text(folder: Path, echo: str, telegram: ChatServer, discord: ChatServer) -> str:
    return f"""
[database]
url = "sqlite:///{folder}/bot.db"
[feeds]
funding = "sharpe"
insiders = "finradar"
[prices]
plan = "demo"
key = "{SECRETS["coingecko"]}"
url = "{echo}"
[sharpe]
key = "{SECRETS["sharpe"]}"
url = "{echo}"
[finradar]
key = "{SECRETS["finradar key"]}"
token = "{SECRETS["finradar token"]}"
url = "{echo}"
[telegram]
token = "{SECRETS["telegram"]}"
base_url = "{telegram.url}"
timeout_seconds = 2.0
[discord]
token = "{SECRETS["discord"]}"
base_url = "{discord.url}"
timeout_seconds = 2.0
[heartbeat]
url = "{echo}/{SECRETS["heartbeat"]}"
[log]
level = "DEBUG"
"""


async def live(folder: Path) -> None:
    """Everything fails once, on every platform and at every service."""
    out, echo = Out(folder), Echo()
    async with echo.serve() as url, Telegram(polices=False) as telegram, DiscordGateway(polices=False) as discord:
        telegram.token, discord.token = SECRETS["telegram"], SECRETS["discord"]
        path = folder / "config.toml"
        path.write_text(config_text(folder, url, telegram, discord), encoding="utf-8")
        config = load_config(path, {})
        out.write(repr(config), str(config), f"{config.telegram} {config.sharpe!r} {config.heartbeat!s}")
        with open_app(config) as app:
            await run_for_a_moment(app, telegram, discord)
            await deliver(app, {"telegram": telegram, "discord": discord}, out)
            await ask_services(app, echo, url, out)
            await ask_chats(app, out)
            found = [path.read_bytes() for path in sorted(folder.glob("bot.db*"))]
            (folder / "database-in-use").write_bytes(b"".join(found))
        out.write(*(one.text for server in (telegram, discord) for one in server.accepted))
        out.write(*(json.dumps(one.body) for server in (telegram, discord) for one in server.accepted))
        (folder / "asked.txt").write_text("\n".join(echo.asked), encoding="utf-8")


async def run_for_a_moment(app: App, telegram: Telegram, discord: DiscordGateway) -> None:
    """The whole of it, with its own clock, until platforms and a person had their messages; all services refuse."""
    now = app.clock.now()
    for platform, server in (("telegram", telegram), ("discord", discord)):
        server.fault("1", Fault.REFUSED, text=f"Bad Request: what is bot{server.token}?", code=50035)
        for address in ("1", "2"):
            queue(app.storage, chat_of(app.storage, address, platform), f"{platform} {address}", now=now)
    telegram.says("42", "42", "/status")
    running = asyncio.create_task(app.run())
    await discord.connected()
    asked = discord.slash("status")
    await asyncio.gather(telegram.until(3), discord.until(2), discord.answer(asked))
    await discord.drops(4000)
    await discord.connected(2)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def deliver(app: App, servers: Mapping[str, ChatServer], out: Out) -> None:
    """Each fault befalls a message of each platform, until nothing waits any more; the clock is wound."""
    clock = FixedClock(app.clock.now() + timedelta(minutes=1))
    senders = open_senders(app.config)

    async def drain(given: Mapping[str, Sender]) -> None:
        await Courier(app.storage, given, clock, CourierOptions("me")).drain()

    for platform, server in servers.items():
        queue(app.storage, chat_of(app.storage, "99", platform), f"{platform} broken", now=clock.now())
        await drain({platform: Broken(senders[platform], server.token)})
        # A renderer cannot write that minimum.
        odd = new_alert(f"{platform} odd", minimum="three")
        queue(app.storage, chat_of(app.storage, "98", platform), odd, now=clock.now())
        for at, (fault, how) in enumerate(FAULTS):
            address = str(100 + at)
            queue(app.storage, chat_of(app.storage, address, platform), f"{platform} fault {at}", now=clock.now())
            server.fault(
                address if fault not in UNASKED else None,
                fault,
                text=f"what is bot{server.token}, or {secret_part(server.token)}?",
                **how,
            )
            await drain(senders)
            server.lift()
    for _ in range(40):
        clock.advance(timedelta(minutes=2))
        await drain(senders)
    for sender in senders.values():
        await sender.close()
    await knock(app, out)


def heartbeat_of(app: App) -> str:
    """The whole of an address is the secret."""
    return app.config.heartbeat.url.get_secret_value()


def secret_part(token: str) -> str:
    """What of a token nobody may know: a bot's number stands before it."""
    return token.rpartition(":")[2]


async def knock(app: App, out: Out) -> None:
    """Nobody is there; and a library tells all that it knows."""
    for secret in (*(SECRETS[name] for name in SECRETS if name != "heartbeat"), heartbeat_of(app)):
        log.debug("asking %s", f"https://example.com/bot{secret}/getMe")
    env = {f"TOCSIN_{name.upper()}__TOKEN": SECRETS[name] for name in ("telegram", "discord")}
    env |= {f"TOCSIN_{name.upper()}__BASE_URL": NOBODY for name in ("telegram", "discord")}
    for sender in open_senders(load_config(None, env)).values():
        try:
            await sender.send("1", Outgoing((), "nonce", notices=("1 alert did not come",)))
        except SendError as error:
            out.write(error, repr(error), repr(error.__cause__), repr(error.__context__))
            log.exception("nobody is there")
        await sender.close()


async def ask_services(app: App, echo: Echo, url: str, out: Out) -> None:
    """Every service refuses us in every way, and so does the one that waits for a sign of life."""

    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    heartbeat = Heartbeat(app.config.heartbeat)
    beginning = app.clock.now()
    for at, status in enumerate((*STATUSES, 0)):
        echo.status, echo.resets = status or 500, status == 0
        now = beginning + at * timedelta(minutes=30)
        sources = open_sources(app.config, FixedClock(now), app.storage, sleep=at_once)
        done = await refresh(app.storage, sources.feeds, now, app.options)
        out.write(*(repr(report) for report in done.reports), *done.set_aside)
        await sources.close()
        await heartbeat.beat(Health({}, 0, None), "", now)
    await heartbeat.close()


async def ask_chats(app: App, out: Out) -> None:
    """What chats are shown of all that."""
    with app.storage.read() as tx:
        refs = tx.connection.exec_driver_sql(
            "SELECT a.ref, c.platform, c.address FROM alert a JOIN delivery d ON d.id = a.delivery_id "
            "JOIN chat c ON c.id = d.chat_id"
        ).all()
    for ref, platform, address in refs:
        for line in (*LINES, f"/why #{ref}"):
            try:
                view = app.answer(line, ChatRef(platform, address, "me"))
            except Exception:  # as a chat's client does
                log.exception("answering %r failed", line)
                view = our_fault_view()
            out.write(render(view, width=120, colour=False), repr(view))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """All that a bot whose secrets are canaries has written: its log, its database, what people saw."""
    folder = tmp_path_factory.mktemp("canary")
    done = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.test_secrets", str(folder)],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin"}, capture_output=True, check=False, timeout=120,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "config.toml"}
    return {"log": done.stderr, "console": done.stdout, **files}


def test_the_services_were_given_every_secret_and_everything_failed(written: Mapping[str, bytes]) -> None:
    asked, log = written["asked.txt"].decode(), written["log"].decode()
    for name in ("heartbeat", "coingecko", "sharpe", "finradar key", "finradar token"):
        assert SECRETS[name] in asked, name
    assert log.count("Traceback (most recent call last)") >= 4
    assert "cannot render for https://api.telegram.org/bot***" in log
    for word in ("chat off", "platform off", "repeat", "bury", "retry", "DEBUG"):
        assert word in log, word
    for fact in (b"bot***", b"401", b"429"):
        assert fact in b"".join(written.values()), fact


def test_no_secret_is_in_anything_that_the_bot_writes(written: Mapping[str, bytes]) -> None:
    assert {"log", "console", "bot.db", "database-in-use", "seen.txt"} <= written.keys()
    for name, content in written.items():
        if name != "asked.txt":
            at = content.find(MARK.encode())
            assert at < 0, (name, content[max(0, at - 300) : at + 60])


@pytest.mark.parametrize(
    "text",
    [
        '[telegram]\ntoken = "{} broken"',
        '[discord]\ntoken = "{}\\u00e9"',
        '[heartbeat]\nurl = ["{}"]',
        '[sharpe]\nkey = ["{}"]',
        '[prices]\nplan = "keyless"\nkey = "{}"',
        '[finradar]\ntoken = "{} x"',
        '[feeds]\nfunding = "sharpe"\n[telegram]\ntoken = "{}"\ntokn = 1',
    ],
)
def test_check_does_not_show_a_wrong_secret(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text.format(SECRETS["telegram"]), encoding="utf-8")
    assert cli.main(["check", "--config", str(path)]) != cli.OK
    shown = capsys.readouterr()
    assert "config.toml" in shown.err
    assert MARK not in shown.out + shown.err


def test_a_wrong_secret_of_the_environment_is_not_shown() -> None:
    env = {"TOCSIN_TELEGRAM__TOKEN": f"{SECRETS['telegram']} x", "TOCSIN_HEARTBEAT__URL": SECRETS["heartbeat"]}
    with pytest.raises(StartError) as caught:
        load_config(None, env)
    assert MARK not in str(caught.value) + repr(caught.value)


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1])))
