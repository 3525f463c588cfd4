"""What every sender of alerts does, over real sockets: what arrives, what each failure means, and what nobody sees."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from bot.errors import Failure, SendError
from tests.senders import PLATFORMS, Platform, lifeless, message, refused
from tests.servers.chat_police import Fault

pytestmark = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda one: one.name)
HOSTILE = [
    "*x* <b>y</b> [z](https://evil.com) @all @everyone <@1>",
    "\u202egnp",
    "💥" * 40,
    "\ud83d",
    "x" * 10_000,
    "*" * 10_000,
]
NOWHERE = ["http://no-such-host.invalid", "http://[", "http://:1"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_taken_as_they_are_written(platform: Platform, name: str) -> None:
    async def run() -> None:
        async with platform.opened() as (server, sender):
            await sender.send("42", message(name))
            assert server.requests == 1

    asyncio.run(run())


def test_of_alerts_that_do_not_fit_fewer_are_shown_and_the_rest_is_counted(platform: Platform) -> None:
    async def run() -> None:
        async with platform.opened() as (server, sender):
            await sender.send("42", message(*(f"coin {at} " + "y" * 400 for at in range(20))))
            (one,) = server.accepted
            shown = one.text.count("NEW")
            assert 1 < shown < 12
            assert not one.text.endswith("…")
            assert f"And {20 - shown} more" in platform.labels(one)

    asyncio.run(run())


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
def test_what_a_fault_means(platform: Platform, fault: Fault, failure: Failure, accepted: int) -> None:
    error, server = asyncio.run(platform.failing(fault))
    assert (error.failure, len(server.accepted), server.requests) == (failure, accepted, 1)


def test_silence_leaves_it_open_whether_a_message_arrived(platform: Platform) -> None:
    error, server = asyncio.run(platform.failing(Fault.SLOW, timeout=0.2))
    assert (error.failure, len(server.accepted)) == (Failure.UNKNOWN, 1)


def test_an_error_after_the_message_was_taken_leaves_it_open_too(platform: Platform) -> None:
    error, server = asyncio.run(platform.failing(Fault.ERROR, status=502, accepts=True))
    assert (error.failure, len(server.accepted)) == (Failure.UNKNOWN, 1)


def test_a_refused_connection_certainly_sent_nothing(platform: Platform) -> None:
    async def run() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))  # and nobody listens
            async with platform.sender_to(f"http://127.0.0.1:{unused.getsockname()[1]}") as sender:
                assert (await refused(sender)).failure is Failure.UNSENT

    asyncio.run(run())


@pytest.mark.parametrize("url", NOWHERE)
def test_an_address_that_leads_nowhere_sent_nothing(platform: Platform, url: str) -> None:
    async def run() -> None:
        async with platform.sender_to(url) as sender:
            assert (await refused(sender)).failure is Failure.UNSENT

    asyncio.run(run())


def test_what_is_refused_in_two_forms_arrives_as_one_line_that_says_where_to_look(platform: Platform) -> None:
    async def run() -> None:
        async with platform.opened() as (server, sender):
            server.fault(None, Fault.REFUSED, 2, **platform.shapeless)
            sent = message(*"abcdefghijklm")
            await sender.send("42", sent)
            (one,) = server.accepted
            refs = " ".join(f"#ref{at}" for at in range(10))
            assert one.text == f"An alert could not be shown: {refs} …, /why ref0"
            assert one.nonce in (None, sent.nonce)

    asyncio.run(run())


def test_what_is_refused_in_every_form_is_our_fault(platform: Platform) -> None:
    error, server = asyncio.run(platform.failing(Fault.REFUSED, **platform.shapeless))
    assert (error.failure, server.requests) == (Failure.OURS, 3)
    assert str(error).startswith(f"{platform.name}: 400 {platform.shapeless['text']}")


def test_another_failure_of_the_second_form_is_that_failure(platform: Platform) -> None:
    async def run() -> None:
        async with platform.opened() as (server, sender):
            server.fault(None, Fault.REFUSED, **platform.shapeless)
            server.fault(None, Fault.ACCEPT_THEN_RESET)
            error = await refused(sender)
            assert (error.failure, server.requests) == (Failure.UNKNOWN, 2)

    asyncio.run(run())


def test_a_sign_of_life_adds_no_message_and_fails_with_the_platform(platform: Platform) -> None:
    async def run() -> None:
        async with platform.opened() as (server, sender):
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


def test_the_token_is_in_no_error_and_in_no_log(platform: Platform, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "httpx", "httpcore"):  # whatever level others left them at
        caplog.set_level(logging.DEBUG, logger=name)
    secret, token = platform.secret, platform.server.token
    errors: list[SendError] = []
    faults = [fault for fault in Fault if fault is not Fault.MIGRATED or platform.name == "Telegram"]

    async def run() -> None:
        async with platform.opened(timeout=0.2) as (server, sender):
            await sender.send("42", message())
            for fault in faults:
                told = {**platform.shapeless, "text": f"no /bot{token}/ here", "to": "-1"}
                server.fault(None, fault, None, **told)
                errors.append(await refused(sender, "43", message(nonce=fault.value)))
                server.lift()
        # After the server is gone, and with an address that is none.
        for url in (server.url, f"http://{token.replace(':', '.')}.invalid", "http://["):
            async with platform.sender_to(url) as sender:
                errors.append(await refused(sender))

    asyncio.run(run())
    assert len(errors) == len(faults) + 3
    assert not [error for error in errors if secret in chain(error)]
    told = [record.getMessage() + record.name + str(record.args) for record in caplog.records]
    requests = [line for line in told if "HTTP Request: POST" in line]
    assert requests
    assert all(("***" in line) == (platform.name == "Telegram") for line in requests)  # whose addresses hold it
    assert any("httpcore" in line for line in told)
    assert not [line for line in told if secret in line]
