"""Alerts to Discord over real sockets, and what each failure means."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.alerts.outgoing import Outgoing, Sender
from bot.chat.discord.send import MOST_INVALID, DiscordSender
from bot.errors import Failure, SendError
from bot.settings import DiscordSettings
from bot.views.alert_message import Entry
from tests.builders_alerts import coin_alert
from tests.servers.chat_police import Fault
from tests.servers.discord import Discord

ROOT = Path(__file__).resolve().parents[4]
CANARY = Discord.token


def message(*names: str, nonce: str = "0123456789abcdef01234567", first: int = 0, **how) -> Outgoing:
    alert = coin_alert()
    alerts = [
        replace(alert, ref=f"ref{at}", facts={**alert.facts, "title": name, "name": name})
        for at, name in enumerate(names or ("WGMI",), first)
    ]
    return Outgoing(tuple(Entry(one, (3,)) for one in alerts), nonce=nonce, **how)


@asynccontextmanager
async def sender_to(url: str, *, timeout: float = 5.0, **how) -> AsyncIterator[DiscordSender]:
    settings = DiscordSettings(token=SecretStr(CANARY), base_url=url, timeout_seconds=timeout)
    sender = DiscordSender(settings, **how)
    try:
        yield sender
    finally:
        await sender.close()


@asynccontextmanager
async def discord(timeout: float = 5.0, **how) -> AsyncIterator[tuple[Discord, DiscordSender]]:
    async with Discord(**how) as server, sender_to(server.url, timeout=timeout) as sender:
        yield server, sender


async def refused(sender: Sender, address: str = "42", sent: Outgoing | None = None) -> SendError:
    with pytest.raises(SendError) as caught:
        await sender.send(address, sent or message())
    return caught.value


def failing(fault: Fault, *, timeout: float = 5.0, **how) -> tuple[SendError, Discord]:
    """What a send raises when this goes wrong."""

    async def run() -> tuple[SendError, Discord]:
        async with discord(timeout) as (server, sender):
            server.fault(None, fault, None, **how)
            return await refused(sender), server

    return asyncio.run(run())


def test_an_alert_arrives_in_one_request_with_its_nonce_and_buttons() -> None:
    async def run() -> None:
        async with discord() as (server, sender):
            receipt = await sender.send("42", message())
            (one,) = server.accepted
            assert (one.chat, receipt.message_id, receipt.pause, server.requests) == ("42", one.message_id, 0.0, 1)
            assert one.body["content"].startswith("🔔 **")
            assert "WGMI" in one.text
            assert (one.nonce, one.body["enforce_nonce"]) == (message().nonce, True)
            assert one.body["allowed_mentions"] == {"parse": []}
            assert one.body["components"][0]["components"][0]["custom_id"] == "run:/why ref0"
            assert not {"flags", "message_reference"} & set(one.body)

    asyncio.run(run())


def test_silence_and_a_reply_are_passed_on() -> None:
    async def run() -> None:
        async with discord() as (server, sender):
            await sender.send("42", message(silent=True, reply_to="99"))
            (one,) = server.accepted
            assert one.body["flags"] == 4096
            assert one.body["message_reference"] == {"message_id": "99", "fail_if_not_exists": False}

    asyncio.run(run())


@pytest.mark.parametrize(
    "name", ["@everyone <@1> **x** [y](https://evil.com)", "\u202egnp", "💥" * 40, "\ud83d", "*" * 10_000]
)
def test_hostile_names_are_taken_as_they_are_written(name: str) -> None:
    async def run() -> None:
        async with discord() as (server, sender):
            await sender.send("42", message(name))
            assert server.requests == 1

    asyncio.run(run())


def test_of_alerts_that_do_not_fit_fewer_are_shown_and_the_rest_is_counted() -> None:
    async def run() -> None:
        async with discord() as (server, sender):
            await sender.send("42", message(*(f"coin {at} " + "y" * 400 for at in range(20))))
            (one,) = server.accepted
            shown = one.text.count("NEW")
            assert 1 < shown < 12
            assert not one.text.endswith("…")
            assert one.body["components"][0]["components"][1]["label"] == f"And {20 - shown} more"

    asyncio.run(run())


def test_a_message_that_is_sent_again_under_its_nonce_is_the_same_message() -> None:
    async def run() -> None:
        now = [0.0]
        async with discord(timeout=0.2, clock=lambda: now[0], nonce_seconds=180.0) as (server, sender):
            server.fault("42", Fault.ACCEPT_THEN_RESET)
            assert (await refused(sender)).failure is Failure.UNKNOWN
            now[0] += sender.nonce_window / timedelta(seconds=1)
            receipt = await sender.send("42", message())
            assert [one.message_id for one in server.accepted] == [receipt.message_id]
            now[0] += 61.0  # and then the nonce is forgotten
            await sender.send("42", message())
            assert len(server.accepted) == 2

    asyncio.run(run())


REFUSALS = [
    (404, 10003, "Unknown Channel", Failure.GONE),
    (403, 50001, "Missing Access", Failure.GONE),
    (403, 50013, "Missing Permissions", Failure.GONE),
    (403, 50007, "Cannot send messages to this user", Failure.GONE),
    (403, 50278, "Cannot send messages to this user due to having no mutual guilds", Failure.GONE),
    (401, 0, "401: Unauthorized", Failure.REVOKED),
    (403, 40333, "internal network error", Failure.UNSENT),
    (404, 0, "404: Not Found", Failure.UNSENT),
    (405, 0, "405: Method Not Allowed", Failure.UNSENT),
    (500, 0, "500: Internal Server Error", Failure.UNKNOWN),
    (504, 0, "Gateway timeout", Failure.UNKNOWN),
]


@pytest.mark.parametrize(("status", "code", "text", "failure"), REFUSALS)
def test_what_a_refusal_means(status: int, code: int, text: str, failure: Failure) -> None:
    error, server = failing(Fault.REFUSED, status=status, code=code, text=text)
    assert error.failure is failure
    assert str(error).startswith(f"Discord: {status} {text}"[:60])
    assert (server.requests, server.accepted) == (1, [])


@pytest.mark.parametrize(
    ("fault", "failure", "accepted"),
    [
        (Fault.BLOCKED, Failure.GONE, 0),
        (Fault.KICKED, Failure.GONE, 0),
        (Fault.DELETED, Failure.GONE, 0),
        (Fault.REVOKED, Failure.REVOKED, 0),
        (Fault.DOWN, Failure.UNKNOWN, 0),
        (Fault.ERROR, Failure.UNKNOWN, 0),
        (Fault.CLOSE_BEFORE_READ, Failure.UNKNOWN, 0),  # which this end cannot know
        (Fault.ACCEPT_THEN_RESET, Failure.UNKNOWN, 1),
        (Fault.HALF_CLOSE, Failure.UNKNOWN, 1),
    ],
)
def test_what_a_fault_means(fault: Fault, failure: Failure, accepted: int) -> None:
    error, server = failing(fault)
    assert (error.failure, len(server.accepted), server.requests) == (failure, accepted, 1)


def test_silence_leaves_it_open_whether_a_message_arrived() -> None:
    error, server = failing(Fault.SLOW, timeout=0.2)
    assert (error.failure, len(server.accepted)) == (Failure.UNKNOWN, 1)


def test_a_refused_connection_certainly_sent_nothing() -> None:
    async def run() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))  # and nobody listens
            async with sender_to(f"http://127.0.0.1:{unused.getsockname()[1]}") as sender:
                assert (await refused(sender)).failure is Failure.UNSENT

    asyncio.run(run())


@pytest.mark.parametrize(
    ("scope", "asked", "waits", "everywhere"),
    [("user", 1.5, 1.5, False), ("shared", 2.0, 2.0, False), ("global", 0.25, 0.25, True),
     ("cloudflare", 30, 600.0, True), ("cloudflare", 3600, 3600.0, True)],
)  # fmt: skip
def test_a_request_to_wait_says_how_long_and_who(scope: str, asked: float, waits: float, everywhere: bool) -> None:
    error, server = failing(Fault.LIMITED, seconds=asked, scope=scope)
    assert (error.failure, error.retry_after, error.everywhere) == (Failure.LIMITED, waits, everywhere)
    assert server.requests == 1


@pytest.mark.parametrize("status", [400, 403, 429])
def test_opening_conversations_too_fast_pauses_this_chat_for_long(status: int) -> None:
    error, _ = failing(Fault.REFUSED, status=status, code=40003, text="You are opening direct messages too fast")
    assert (error.failure, error.retry_after, error.everywhere) == (Failure.LIMITED, 600.0, False)


def test_a_full_bucket_is_told_before_it_overflows_and_policed_when_it_does() -> None:
    async def run() -> None:
        now = [0.0]
        async with discord(clock=lambda: now[0]) as (server, sender):
            pauses = [(await sender.send("42", message(nonce=str(at)))).pause for at in range(5)]
            assert pauses == [0.0, 0.0, 0.0, 0.0, 5.0]
            now[0] += 2.0
            error = await refused(sender, sent=message(nonce="5"))
            assert (error.failure, error.retry_after, server.violations) == (Failure.LIMITED, 3.0, 1)
            now[0] += 3.0
            await sender.send("42", message(nonce="6"))

    asyncio.run(run())


def test_all_channels_together_are_policed() -> None:
    async def run() -> None:
        async with discord(clock=lambda: 0.0) as (server, sender):
            for at in range(50):
                await sender.send(str(at), message(nonce=str(at)))
            error = await refused(sender, "50", message(nonce="50"))
            assert (error.failure, error.everywhere, server.violations) == (Failure.LIMITED, True, 1)

    asyncio.run(run())


def test_the_limits_for_delivery_lie_within_those_of_the_platform() -> None:
    limits = DiscordSender.limits
    assert (limits.total.count, limits.in_flight) == (50, 8)
    assert [(one.count, one.seconds) for one in limits.of_chat("42")] == [(5, 5.1)]
    assert MOST_INVALID == 2000
    assert DiscordSender.nonce_window == timedelta(minutes=2)


def test_so_many_refusals_stop_all_requests_before_the_platform_does() -> None:
    async def run() -> None:
        now = [0.0]
        how = {"monotonic": lambda: now[0], "most_invalid": 20}
        async with Discord(polices=False) as server, sender_to(server.url, **how) as sender:
            server.fault("1", Fault.REFUSED, 10, status=403, code=50001)
            server.fault("1", Fault.LIMITED, 9)
            server.fault("1", Fault.LIMITED, 5, scope="shared")  # these are nobody's fault
            server.fault("1", Fault.DELETED, 5)  # nor does a 404 count
            for _ in range(29):
                await refused(sender, "1")
            await sender.send("2", message())
            server.fault("1", Fault.BLOCKED)
            await refused(sender, "1")
            assert server.requests == 31
            error = await refused(sender, "2")
            assert (error.failure, error.retry_after, error.everywhere) == (Failure.LIMITED, 600.0, True)
            assert await sender.find("2", message()) is None
            assert server.requests == 31
            now[0] = 600.0
            await sender.send("2", message(nonce="later"))

    asyncio.run(run())


@pytest.mark.parametrize(("code", "text"), [(50035, "Invalid Form Body"), (50006, "Cannot send an empty message")])
def test_a_message_that_is_refused_as_written_arrives_as_plain_text(code: int, text: str) -> None:
    async def run() -> None:
        async with discord() as (server, sender):
            server.fault("42", Fault.REFUSED, code=code, text=text)
            await sender.send("42", message(silent=True, reply_to="5"))
            (one,) = server.accepted
            assert "WGMI" in one.text
            assert not {"embeds", "components", "message_reference"} & set(one.body)
            assert (one.nonce, one.body["flags"]) == (message().nonce, 4096)

    asyncio.run(run())


def test_and_where_that_is_refused_too_as_one_line_that_says_where_to_look() -> None:
    async def run() -> None:
        async with discord() as (server, sender):
            server.fault(None, Fault.REFUSED, 2, code=50035, text="Invalid Form Body")
            await sender.send("42", message("a", "b"))
            (one,) = server.accepted
            assert one.body["content"] == "An alert could not be shown: #ref0 #ref1, /why ref0"
            assert one.nonce == message().nonce

    asyncio.run(run())


def test_what_is_refused_in_every_form_is_our_fault() -> None:
    error, server = failing(Fault.REFUSED, code=50035, text="Invalid Form Body")
    assert (error.failure, str(error), server.requests) == (Failure.OURS, "Discord: 400 Invalid Form Body (50035)", 3)


def test_a_channel_id_that_is_none_is_refused_and_leads_nowhere_else() -> None:
    async def run() -> None:
        async with discord() as (server, sender):
            assert (await refused(sender, "../../users/@me")).failure in (Failure.OURS, Failure.UNSENT)
            assert server.accepted == []

    asyncio.run(run())


def test_what_arrived_is_found_by_the_alerts_that_it_tells_of() -> None:
    async def run() -> None:
        async with discord() as (server, sender):
            server.fault("42", Fault.ACCEPT_THEN_RESET)
            sent = message("a", "b")
            await refused(sender, sent=sent)
            await sender.send("42", message("c", first=10, nonce="another"))
            (arrived, _) = server.accepted
            assert await sender.find("42", sent) == arrived.message_id
            assert await sender.find("43", sent) is None
            assert await sender.find("42", message("a", "b", "new")) is None  # of ref2 it did not tell
            assert await sender.find("42", message("a", first=1)) == arrived.message_id
            assert await sender.find("42", Outgoing((), nonce="n", notices=("no alert",))) is None

    asyncio.run(run())


def test_a_ref_that_another_begins_with_is_not_found() -> None:
    async def run() -> None:
        async with discord() as (_, sender):
            await sender.send("42", message("a", first=10))
            assert await sender.find("42", message("a", first=1)) is None

    asyncio.run(run())


def test_of_a_long_message_what_it_shows_is_enough_to_find_it() -> None:
    async def run() -> None:
        async with discord() as (_, sender):
            sent = message(*(f"coin {at}" for at in range(30)))
            receipt = await sender.send("42", sent)
            assert await sender.find("42", sent) == receipt.message_id

    asyncio.run(run())


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.REVOKED, Fault.CLOSE_BEFORE_READ])
def test_where_nobody_can_look_nothing_is_found(fault: Fault) -> None:
    async def run() -> None:
        async with discord() as (server, sender):
            await sender.send("42", message())
            server.fault(None, fault, None)
            assert await sender.find("42", message()) is None

    asyncio.run(run())


async def lifeless(sender: Sender) -> SendError:
    with pytest.raises(SendError) as caught:
        await sender.alive()
    return caught.value


def test_a_sign_of_life_adds_no_message_and_fails_with_the_platform() -> None:
    async def run() -> None:
        async with discord() as (server, sender):
            await sender.alive()
            assert (server.requests, server.accepted) == (1, [])
            for fault, failure in (
                (Fault.DOWN, Failure.UNKNOWN),
                (Fault.CLOSE_BEFORE_READ, Failure.UNKNOWN),
                (Fault.REVOKED, Failure.REVOKED),
            ):
                server.fault(None, fault, None)
                assert (await lifeless(sender)).failure is failure
                server.lift()
            server.fault("42", Fault.BLOCKED, None)  # no chat is to blame for the platform
            await sender.alive()

    asyncio.run(run())


def chain(error: BaseException | None) -> str:
    told = ""
    while error is not None:
        told += f"{error} {error!r} {vars(error)} "
        error = error.__cause__ or error.__context__
    return told


def test_the_token_is_in_no_error_and_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "httpx", "httpcore"):  # whatever level others left them at
        caplog.set_level(logging.DEBUG, logger=name)
    errors: list[SendError] = []

    async def run() -> None:
        async with discord(timeout=0.2) as (server, sender):
            await sender.send("42", message())
            for fault in Fault:
                if fault is Fault.MIGRATED:  # Discord has no such thing
                    continue
                server.fault(None, fault, None, text=f"no {CANARY} here", code=50035)
                errors.append(await refused(sender, "43", message(nonce=fault.value)))
                server.lift()
        for url in (server.url, f"http://{CANARY}.invalid", "http://["):
            async with sender_to(url) as sender:
                errors.append(await refused(sender))

    asyncio.run(run())
    assert len(errors) == len(Fault) - 1 + 3
    assert not [error for error in errors if CANARY in chain(error)]
    told = [record.getMessage() + record.name + str(record.args) for record in caplog.records]
    assert any("HTTP Request: POST" in line for line in told)
    assert any("httpcore" in line for line in told)
    assert not [line for line in told if CANARY in line]


SCRIPT = """
import asyncio, sys
from tests.bot.chat.discord.test_discord_send import message, sender_to

async def main():
    async with sender_to(sys.argv[1], timeout=30) as sender:
        await sender.send("42", message())

asyncio.run(main())
"""


def test_a_bot_that_is_killed_while_it_waits_sends_again_and_adds_no_message() -> None:
    async def run() -> None:
        async with discord() as (server, sender):
            server.fault("42", Fault.SLOW)
            bot = await asyncio.create_subprocess_exec(sys.executable, "-c", SCRIPT, server.url, cwd=ROOT)
            await asyncio.wait_for(server.until(1), 30)
            bot.send_signal(signal.SIGKILL)
            assert await bot.wait() == -signal.SIGKILL
            receipt = await sender.send("42", message())
            assert [one.message_id for one in server.accepted] == [receipt.message_id]

    asyncio.run(run())
