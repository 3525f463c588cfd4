"""Alerts to Discord over real sockets, and what each failure means."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.alerts.outgoing import Outgoing
from bot.chat.discord.send import MOST_INVALID, DiscordSender
from bot.errors import Failure, SendError
from tests.senders import DISCORD, message, refused
from tests.servers.chat_police import Fault
from tests.servers.discord import Discord

ROOT = Path(__file__).resolve().parents[4]
discord = DISCORD.opened


def failing(fault: Fault, **how: Any) -> tuple[SendError, Any]:
    """What a send raises when this goes wrong."""
    return asyncio.run(DISCORD.failing(fault, **how))


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


def test_where_the_bot_may_not_read_what_was_written_a_follow_up_is_no_reply_and_arrives() -> None:
    async def run() -> None:
        async with discord() as (server, sender):
            server.unread.add("42")
            await sender.send("42", message(reply_to="99"))
            (one,) = server.accepted
            assert "message_reference" not in one.body
            assert (one.nonce, bool(one.body["embeds"]), bool(one.body["components"])) == (message().nonce, True, True)

    asyncio.run(run())


def test_a_role_is_called_and_nobody_else_in_whichever_form_it_is_taken() -> None:
    async def run() -> None:
        async with discord() as (server, sender):
            await sender.send("42", message("@everyone <@&9>", mention="123456789012345678"))
            server.fault("42", Fault.REFUSED, status=400, code=50035)
            await sender.send("42", message("@everyone <@&9>", mention="123456789012345678"))
            for one in server.accepted:
                assert one.body["content"].startswith("<@&123456789012345678> ")
                assert one.body["allowed_mentions"] == {"parse": [], "roles": ["123456789012345678"]}
                assert "embeds" in one.body or server.accepted.index(one) == 1

    asyncio.run(run())


def test_a_channel_that_is_gone_is_reported_and_one_that_fails_otherwise_is_not() -> None:
    async def run() -> None:
        gone = []
        async with discord() as (server, sender):
            sender.on_gone = lambda address, why: gone.append((address, why))
            for fault in (Fault.DELETED, Fault.KICKED, Fault.BLOCKED):
                server.fault("42", fault)
                await refused(sender)
            for fault, how in ((Fault.LIMITED, {"seconds": 1}), (Fault.ERROR, {}), (Fault.REFUSED, {"status": 403})):
                server.fault("42", fault, **how)
                await refused(sender)
        assert [why.rpartition(" ")[2] for _, why in gone] == ["(10003)", "(50001)", "(50007)"]

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
        async with Discord(polices=False) as server, DISCORD.sender_to(server.url, **how) as sender:
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


SCRIPT = """
import asyncio, sys
from tests.senders import DISCORD, message

async def main():
    async with DISCORD.sender_to(sys.argv[1], timeout=30) as sender:
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
