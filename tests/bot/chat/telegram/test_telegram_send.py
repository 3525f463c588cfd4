"""Alerts to Telegram over real sockets, and what each failure means."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.alerts.outgoing import Outgoing, Sender
from bot.chat.telegram.send import TelegramSender
from bot.errors import Failure, SendError
from bot.settings import TelegramSettings
from bot.views.alert_message import Entry
from tests.builders_alerts import coin_alert
from tests.servers.chat_police import Fault
from tests.servers.telegram import Telegram

ROOT = Path(__file__).resolve().parents[4]
CANARY = Telegram.token


def message(*names: str, **how) -> Outgoing:
    alert = coin_alert()
    alerts = [
        replace(alert, ref=f"ref{at}", facts={**alert.facts, "title": name, "name": name})
        for at, name in enumerate(names or ("WGMI",))
    ]
    return Outgoing(tuple(Entry(one, (3,)) for one in alerts), nonce="n1", **how)


@asynccontextmanager
async def sender_to(url: str, *, token: str = CANARY, timeout: float = 5.0) -> AsyncIterator[TelegramSender]:
    sender = TelegramSender(TelegramSettings(token=SecretStr(token), base_url=url, timeout_seconds=timeout))
    try:
        yield sender
    finally:
        await sender.close()


@asynccontextmanager
async def telegram(timeout: float = 5.0, **how) -> AsyncIterator[tuple[Telegram, TelegramSender]]:
    async with Telegram(**how) as server, sender_to(server.url, timeout=timeout) as sender:
        yield server, sender


async def refused(sender: Sender, address: str = "42", sent: Outgoing | None = None) -> SendError:
    with pytest.raises(SendError) as caught:
        await sender.send(address, sent or message())
    return caught.value


def failing(fault: Fault, *, timeout: float = 5.0, address: str = "42", **how) -> tuple[SendError, Telegram]:
    """What a send raises when this goes wrong."""

    async def run() -> tuple[SendError, Telegram]:
        async with telegram(timeout) as (server, sender):
            server.fault(None, fault, None, **how)
            return await refused(sender, address), server

    return asyncio.run(run())


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


@pytest.mark.parametrize(
    "name", ["*x* <b>y</b> [z](https://evil.com) @all", "\u202egnp", "💥" * 40, "\ud83d", "x" * 10_000]
)
def test_hostile_names_are_taken_as_they_are_written(name: str) -> None:
    async def run() -> None:
        async with telegram() as (server, sender):
            await sender.send("42", message(name))
            assert server.requests == 1

    asyncio.run(run())


def test_of_alerts_that_do_not_fit_fewer_are_shown_and_the_rest_is_counted() -> None:
    async def run() -> None:
        async with telegram() as (server, sender):
            await sender.send("42", message(*(f"coin {at} " + "y" * 400 for at in range(20))))
            (one,) = server.accepted
            shown = one.text.count("NEW")
            assert 1 < shown < 12
            assert not one.text.endswith("…")
            assert one.body["reply_markup"]["inline_keyboard"][0][1]["text"] == f"And {20 - shown} more"

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


def test_an_error_after_the_message_was_taken_leaves_it_open_too() -> None:
    error, server = failing(Fault.ERROR, status=502, accepts=True)
    assert (error.failure, len(server.accepted)) == (Failure.UNKNOWN, 1)


def test_a_refused_connection_certainly_sent_nothing() -> None:
    async def run() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))  # and nobody listens
            async with sender_to(f"http://127.0.0.1:{unused.getsockname()[1]}") as sender:
                error = await refused(sender)
        assert error.failure is Failure.UNSENT

    asyncio.run(run())


@pytest.mark.parametrize("url", ["http://no-such-host.invalid", "http://[", "http://:1"])
def test_an_address_that_leads_nowhere_sent_nothing(url: str) -> None:
    async def run() -> None:
        async with sender_to(url) as sender:
            error = await refused(sender)
        assert error.failure is Failure.UNSENT

    asyncio.run(run())


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


def test_and_where_that_is_refused_too_as_one_line_that_says_where_to_look() -> None:
    async def run() -> None:
        async with telegram() as (server, sender):
            server.fault(None, Fault.REFUSED, 2, text="Bad Request: message is too long")
            await sender.send("42", message(*"abcdefghijklm"))
            (one,) = server.accepted
            refs = " ".join(f"#ref{at}" for at in range(10))
            assert one.text == f"An alert could not be shown: {refs} …, /why ref0"

    asyncio.run(run())


def test_what_is_refused_in_every_form_is_our_fault() -> None:
    error, server = failing(Fault.REFUSED, text="Bad Request: message text is empty")
    assert (error.failure, server.requests) == (Failure.OURS, 3)


def test_another_failure_of_the_second_form_is_that_failure() -> None:
    async def run() -> None:
        async with telegram() as (server, sender):
            server.fault(None, Fault.REFUSED, text="Bad Request: message is too long")
            server.fault(None, Fault.ACCEPT_THEN_RESET)
            error = await refused(sender)
            assert (error.failure, server.requests) == (Failure.UNKNOWN, 2)

    asyncio.run(run())


def test_a_wrong_token_is_refused() -> None:
    async def run() -> None:
        async with Telegram() as server:
            for token in ("1:wrong-wrong-wrong", "no-colon-at-all", ""):
                async with sender_to(server.url, token=token) as sender:
                    assert (await refused(sender)).failure is Failure.REVOKED

    asyncio.run(run())


def test_a_bot_cannot_look_for_what_arrived() -> None:
    async def run() -> None:
        async with telegram() as (_, sender):
            await sender.send("42", message())
            assert await sender.find("42", message()) is None
            assert sender.nonce_window is None

    asyncio.run(run())


async def lifeless(sender: Sender) -> SendError:
    with pytest.raises(SendError) as caught:
        await sender.alive()
    return caught.value


def test_a_sign_of_life_adds_no_message_and_fails_with_the_platform() -> None:
    async def run() -> None:
        async with telegram() as (server, sender):
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
        async with telegram(timeout=0.2) as (server, sender):
            await sender.send("42", message())
            for fault in Fault:
                how = {"to": "-1"} if fault is Fault.MIGRATED else {"text": f"no /bot{CANARY}/ here"}
                server.fault(None, fault, None, **how)
                errors.append(await refused(sender, "43"))
                server.lift()
        # After the server is gone, and with an address that is none.
        for url in (server.url, f"http://{CANARY.replace(':', '.')}.invalid", "http://["):
            async with sender_to(url) as sender:
                errors.append(await refused(sender))

    asyncio.run(run())
    secret = CANARY.partition(":")[2]
    assert len(errors) == len(Fault) + 3
    assert not [error for error in errors if secret in chain(error)]
    told = [record.getMessage() + record.name + str(record.args) for record in caplog.records]
    assert any("HTTP Request: POST" in line and "***" in line for line in told)
    assert any("httpcore" in line for line in told)
    assert not [line for line in told if secret in line]


SCRIPT = """
import asyncio, sys
from tests.bot.chat.telegram.test_telegram_send import message, sender_to

async def main():
    async with sender_to(sys.argv[1], timeout=30) as sender:
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
