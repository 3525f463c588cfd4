"""Alerts to Telegram over real sockets, and what each failure means."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.alerts.outgoing import Outgoing
from bot.chat.telegram.send import TelegramSender
from bot.errors import Failure, SendError
from tests.senders import TELEGRAM, message, refused
from tests.servers.chat_police import Fault
from tests.servers.telegram import Telegram

ROOT = Path(__file__).resolve().parents[4]
telegram = TELEGRAM.opened


def failing(fault: Fault, **how: Any) -> tuple[SendError, Any]:
    """What a send raises when this goes wrong."""
    return asyncio.run(TELEGRAM.failing(fault, **how))


def test_an_alert_arrives_in_one_request_with_entities_and_buttons() -> None:
    async def run() -> None:
        async with telegram() as (server, sender):
            receipt = await sender.send("42", message())
            (one,) = server.accepted
            assert (one.chat, receipt.message_id, receipt.pause, server.requests) == ("42", one.message_id, 0.0, 1)
            assert "WGMI" in one.text
            assert one.body["entities"][0]["type"] == "bold"
            assert one.body["link_preview_options"] == {"is_disabled": True}
            assert one.body["disable_notification"] is False
            assert "parse_mode" not in one.body
            assert one.body["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "/why ref0"
            assert not {"message_thread_id", "reply_parameters"} & set(one.body)

    asyncio.run(run())


def test_silence_a_topic_and_a_reply_are_passed_on() -> None:
    async def run() -> None:
        async with telegram() as (server, sender):
            await sender.send("-1001:7", message(silent=True, reply_to="99"))
            (one,) = server.accepted
            assert (one.chat, one.body["message_thread_id"], one.body["disable_notification"]) == ("-1001", 7, True)
            assert one.body["reply_parameters"] == {"message_id": 99, "allow_sending_without_reply": True}

    asyncio.run(run())


def test_a_message_of_notices_only_is_sent() -> None:
    async def run() -> None:
        async with telegram() as (server, sender):
            await sender.send("42", Outgoing((), nonce="n", notices=("3 alerts expired",)))
            assert "3 alerts expired" in server.accepted[0].text

    asyncio.run(run())


GONE = [
    (403, "Forbidden: bot was blocked by the user"),
    (403, "Forbidden: user is deactivated"),
    (403, "Forbidden: bot was kicked from the supergroup chat"),
    (403, "Forbidden: bot is not a member of the channel chat"),
    (403, "Forbidden: bot can't initiate conversation with a user"),
    (403, "Forbidden: the group chat was deleted"),
    (400, "Bad Request: chat not found"),
    (400, "Bad Request: group chat was deactivated"),
    (400, "Bad Request: need administrator rights in the channel chat"),
    (400, "Bad Request: not enough rights to send text messages to the chat"),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN"),
    (400, "Bad Request: PEER_ID_INVALID"),
    (403, "Forbidden: bot can't send messages to bots"),
    (400, "Bad Request: have no rights to send a message"),
    (400, "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN"),
    (400, "Bad Request: CHANNEL_PRIVATE"),
    (400, "Bad Request: chat_id is empty"),
    (400, "Bad Request: user is deactivated"),
    (400, "Bad Request: TOPIC_DELETED"),
    (400, "Bad Request: TOPIC_CLOSED"),  # of a chat without topics: the general one
]
OTHER = [
    (401, "Unauthorized", Failure.REVOKED),
    (404, "Not Found", Failure.REVOKED),
    (403, "Forbidden: something new", Failure.UNSENT),
    (409, "Conflict: terminated by other getUpdates request", Failure.UNSENT),
    (500, "Internal Server Error", Failure.UNKNOWN),
    (502, "Bad Gateway", Failure.UNKNOWN),
]


@pytest.mark.parametrize(
    ("status", "text", "failure"), [*((status, text, Failure.GONE) for status, text in GONE), *OTHER]
)
def test_what_a_refusal_means(status: int, text: str, failure: Failure) -> None:
    error, server = failing(Fault.REFUSED, status=status, text=text)
    assert error.failure is failure
    assert str(error) == f"Telegram: {status} {text}"[:90]
    assert (server.requests, server.accepted) == (1, [])


def test_a_request_to_wait_says_how_long_and_for_this_chat_only() -> None:
    error, server = failing(Fault.LIMITED, seconds=37)
    assert (error.failure, error.retry_after, error.everywhere) == (Failure.LIMITED, 37.0, False)
    assert server.requests == 1


def test_the_limits_of_a_chat_are_policed_in_whole_seconds() -> None:
    async def run() -> None:
        now = [100.0]
        async with telegram(clock=lambda: now[0]) as (server, sender):
            await sender.send("42", message())
            now[0] += 0.5
            error = await refused(sender)
            assert (error.failure, error.retry_after, server.violations) == (Failure.LIMITED, 1.0, 1)
            await sender.send("43", message())
            now[0] += 0.5
            await sender.send("42", message())
            assert len(server.accepted) == 3

    asyncio.run(run())


@pytest.mark.parametrize(("chats", "seconds", "passes"), [(["-7"], 1.0, 20), ([str(at) for at in range(40)], 0.0, 30)])
def test_groups_and_all_chats_together_are_policed(chats: list[str], seconds: float, passes: int) -> None:
    async def run() -> None:
        now = [0.0]
        async with telegram(clock=lambda: now[0]) as (server, sender):
            for at in range(passes):
                await sender.send(chats[at % len(chats)], message())
                now[0] += seconds
            error = await refused(sender, chats[passes % len(chats)])
            assert (error.failure, server.violations, len(server.accepted)) == (Failure.LIMITED, 1, passes)

    asyncio.run(run())


def test_the_limits_for_delivery_lie_within_those_of_the_platform() -> None:
    limits = TelegramSender.limits
    assert (limits.total.count, limits.in_flight) == (30, 8)
    assert [(one.count, one.seconds) for one in limits.of_chat("42")] == [(1, 1.05)]
    assert [(one.count, one.seconds) for one in limits.of_chat("-42:7")] == [(1, 1.05), (20, 61.0)]


def test_a_group_that_became_a_supergroup_tells_its_new_address() -> None:
    error, _ = failing(Fault.MIGRATED, address="-5:3", to="-100123")
    assert (error.failure, error.moved_to) == (Failure.MOVED, "-100123")


@pytest.mark.parametrize("text", ["Bad Request: message thread not found", "Bad Request: TOPIC_CLOSED"])
def test_a_topic_that_is_shut_moves_to_its_chat(text: str) -> None:
    error, server = failing(Fault.REFUSED, address="-100:7", text=text)
    assert (error.failure, error.moved_to, server.requests) == (Failure.MOVED, "-100", 1)


@pytest.mark.parametrize(
    "text", ["Bad Request: can't parse entities: x", "Bad Request: message is too long", "Bad Request: BUTTON_DATA_INVALID", "?"]
)  # fmt: skip
def test_a_message_that_is_refused_as_written_arrives_as_plain_text(text: str) -> None:
    async def run() -> None:
        async with telegram() as (server, sender):
            server.fault("-42", Fault.REFUSED, text=text)
            await sender.send("-42:7", message(silent=True, reply_to="5"))
            (one,) = server.accepted
            assert "WGMI" in one.text
            assert not {"entities", "reply_markup", "reply_parameters"} & set(one.body)
            assert (one.body["message_thread_id"], one.body["disable_notification"]) == (7, True)

    asyncio.run(run())


def test_a_wrong_token_is_refused() -> None:
    async def run() -> None:
        async with Telegram() as server:
            for token in ("1:wrong-wrong-wrong", "no-colon-at-all", ""):
                async with TELEGRAM.sender_to(server.url, token=token) as sender:
                    assert (await refused(sender)).failure is Failure.REVOKED

    asyncio.run(run())


def test_a_bot_cannot_look_for_what_arrived() -> None:
    async def run() -> None:
        async with telegram() as (_, sender):
            await sender.send("42", message())
            assert await sender.find("42", message()) is None
            assert sender.nonce_window is None

    asyncio.run(run())


SCRIPT = """
import asyncio, sys
from tests.senders import TELEGRAM, message

async def main():
    async with TELEGRAM.sender_to(sys.argv[1], timeout=30) as sender:
        await sender.send("42", message())

asyncio.run(main())
"""


def test_a_bot_that_is_killed_while_it_waits_leaves_its_message_and_a_sound_server() -> None:
    async def run() -> None:
        async with telegram(polices=False) as (server, sender):
            server.fault("42", Fault.SLOW)
            bot = await asyncio.create_subprocess_exec(sys.executable, "-c", SCRIPT, server.url, cwd=ROOT)
            await asyncio.wait_for(server.until(1), 30)
            bot.send_signal(signal.SIGKILL)
            assert await bot.wait() == -signal.SIGKILL
            await sender.send("42", message())
            assert [one.chat for one in server.accepted] == ["42", "42"]

    asyncio.run(run())
