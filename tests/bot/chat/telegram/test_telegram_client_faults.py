"""What fails between the bot and Telegram, and what people, the log and /status are told of it."""

from __future__ import annotations

import asyncio
import logging
import socket
from datetime import timedelta

import httpx
import pytest

from bot.chat.telegram.words import REFUSED, TAKEN
from bot.clock import FixedClock
from bot.commands.base import ChatRef
from bot.views.elements import View
from bot.views.errors import our_fault_view
from storage import Storage
from tests.builders_storage import NOW
from tests.servers.chat_police import Fault
from tests.servers.telegram import Telegram
from tests.servers.telegram_people import person
from tests.servers.telegram_world import PATIENCE, World, bot_on, listening

OUR_FAULT = f"✗ {our_fault_view().title}"


async def echo(line: str, _: ChatRef) -> View:
    return View(f"did {line}")


async def asked(world: World, text: str = "/pump") -> None:
    """A person asks, and has an answer."""
    before = len(world.server.accepted)
    world.server.says("42", "42", text)
    await world.server.until(before + 1)


async def polls(world: World, more: int) -> None:
    """Wait until the bot has tried so many more times."""
    enough = world.server.requests + more
    await world.server.when(lambda: world.server.requests >= enough)


def test_a_refused_token_is_told_and_tried_again(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await asked(world)
            assert world.chat.fault == ""
            world.server.fault(None, Fault.REVOKED, None)
            world.server.says("42", "42", "/pump")  # wakes the poll that waits
            await polls(world, 3)
            assert world.chat.fault == REFUSED
            began = world.clock.monotonic()
            await polls(world, 4)
            assert world.clock.monotonic() - began > 180
            world.server.lift()
            await asked(world)
            assert world.chat.fault == ""

    with caplog.at_level(logging.INFO):
        asyncio.run(run())
    assert len([one for one in caplog.records if REFUSED in one.getMessage()]) == 1
    assert "listened to again" in caplog.text


def test_a_second_bot_with_the_token_is_told_and_left_alone_for_minutes(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await asked(world)
            world.server.rivals = None
            began = world.clock.monotonic()
            world.server.says("42", "42", "/pump")
            await world.server.when(lambda: world.server.names().count("getMe") >= 3)
            assert world.chat.fault == TAKEN
            tries = world.server.names().count("getMe") - 1
            assert world.clock.monotonic() - began >= 180 * (tries - 1)
            world.server.rivals = 0
            await asked(world)
            assert world.chat.fault == ""

    asyncio.run(run())


def test_what_people_write_while_telegram_is_down_is_answered_when_it_is_up(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await asked(world)
            world.server.fault(None, Fault.DOWN, None)
            world.server.says("-100", "7", "hello")  # ends the poll that waits
            await polls(world, 3)
            world.server.says("42", "42", "/pump min=1")
            await polls(world, 5)
            assert world.chat.fault == ""  # it is Telegram's
            world.server.lift()
            await world.server.until(2)
        # It took so long by the clock that it is too late to do anything.
        assert world.texts[1].startswith(("did /pump min=1", "✗ I was away"))

    asyncio.run(run())


def test_a_bot_that_begins_while_telegram_is_down_waits_for_it(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            world.server.fault(None, Fault.DOWN, None)
            await polls(world, 8)
            world.server.lift()
            await asked(world)
            world.server.fault(None, Fault.CLOSE_BEFORE_READ, 3)
            await asked(world)
        assert world.texts == ["did /pump", "did /pump"]

    asyncio.run(run())


def test_an_answer_that_did_not_come_through_is_sent_once_more(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            for fault in (Fault.ERROR, Fault.ACCEPT_THEN_RESET, Fault.HALF_CLOSE):
                world.server.fault("42", fault)
                before = len(world.server.accepted)
                world.server.says("42", "42", "/pump")
                await world.server.until(before + (1 if fault is Fault.ERROR else 2))
        assert set(world.texts) == {"did /pump"}

    asyncio.run(run())


def test_telegrams_wish_to_wait_is_kept_for_that_chat(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await asked(world)
            began = world.clock.monotonic()
            world.server.fault("42", Fault.LIMITED, seconds=30)
            world.server.says("42", "42", "/pump")
            await world.server.until(2)
            assert world.clock.monotonic() - began >= 30
            world.server.fault("42", Fault.LIMITED, seconds=4000)
            world.server.says("42", "42", "/pump")
            await world.server.fetched()
            await world.server.when(lambda: not world.server.faults)
            world.server.says("43", "43", "/pump")
            await world.server.until(3)
            # Who waits for an hour is no longer there: nothing is asked of Telegram for that chat.
            before = world.server.names().count("sendMessage")
            world.server.says("42", "42", "/pump")
            await world.server.fetched()
        assert world.server.names().count("sendMessage") == before
        assert [one.chat for one in world.server.accepted] == ["42", "42", "43"]

    asyncio.run(run())


def test_answers_and_alerts_keep_one_pace(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await world.server.fetched()
            now = world.clock.monotonic()
            world.limiter.passed("42:7", now)  # an alert goes out to the chat
            for chat in range(29):
                world.limiter.passed(str(1000 + chat), now)  # and to others, as many as may
            world.server.says("42", "42", "/pump")
            await world.server.until(1)
            assert now + 1.02 <= world.clock.monotonic() < now + 1.2
            assert world.limiter.chat_free_at("42") > world.clock.monotonic()  # an alert would wait for the answer

    asyncio.run(run())


def test_an_answer_takes_the_next_place_whatever_alerts_are_queued(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await world.server.fetched()
            for at in range(30):
                world.limiter.passed(str(1000 + at), world.clock.monotonic())
            began = world.clock.monotonic()
            for user in ("5", "6", "7"):
                world.server.says(user, user, "/pump")
            await world.server.until(3)
            assert world.clock.monotonic() < began + 1.2

    asyncio.run(run())


def test_our_own_fault_is_said_and_logged_without_the_token(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(line: str, _: ChatRef) -> View:
        if line == "/pump":
            raise ValueError(f"at https://api.telegram.org/bot{Telegram.token}/x")
        return View(f"did {line}")

    async def run() -> None:
        async with listening(storage, broken) as world:
            await asked(world)
            await asked(world, "/help")
            world.server.group("-100")
            world.server.says("-100", "7", "/pump", topic=5)
            await world.server.until(3)
        assert world.texts == [OUR_FAULT, "did /help", OUR_FAULT]
        assert world.server.accepted[2].body["message_thread_id"] == 5

    with caplog.at_level(logging.DEBUG):
        asyncio.run(run())
    assert "ValueError" in caplog.text
    secret = Telegram.token.partition(":")[2]
    for record in caplog.records:
        assert secret not in logging.Formatter().format(record), record.name


@pytest.mark.parametrize("fault", [Fault.REVOKED, Fault.DOWN, Fault.CLOSE_BEFORE_READ])
def test_no_log_line_holds_the_token_whatever_fails(
    storage: Storage, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            await asked(world)
            world.server.fault(None, fault, None)
            world.server.says("42", "42", "/pump")
            await polls(world, 4)
            assert Telegram.token not in world.chat.fault

    with caplog.at_level(logging.DEBUG):
        asyncio.run(run())
    secret = Telegram.token.partition(":")[2]
    # asyncio and aiohttp are the server's.
    ours = [one for one in caplog.records if one.name.startswith(("tocsin", "telegram", "httpx", "httpcore"))]
    assert ours
    assert not [one for one in ours if secret in logging.Formatter().format(one)]


def test_who_blocked_the_bot_meanwhile_breaks_nothing(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            world.server.fault("42", Fault.BLOCKED, None)
            world.server.says("42", "42", "/pump")
            world.server.says("43", "43", "/pump")
            await world.server.until(1)
            await world.server.fetched()
        assert [one.chat for one in world.server.accepted] == ["43"]

    asyncio.run(run())


def test_an_update_that_cannot_be_read_is_left_out(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            world.server.update(message={"message_id": 1, "chat": 7})
            world.server.update(callback_query={"id": "1"})
            world.server.update(message={"message_id": 2, "date": 1, "chat": {"id": 1, "type": "of tomorrow"}})
            await asked(world)
        assert world.texts == ["did /pump"]

    asyncio.run(run())
    assert "could not be read" in caplog.text


def test_an_orderly_end_answers_what_was_fetched_and_says_that_it_was_had(storage: Storage) -> None:
    async def run() -> None:
        go = asyncio.Event()

        async def slow(line: str, _: ChatRef) -> View:
            await go.wait()
            return View(line)

        async with listening(storage, slow) as world:
            world.server.says("42", "42", "/pump")
            await world.server.fetched()
            asyncio.get_running_loop().call_later(0, go.set)
        assert world.texts == ["/pump"]
        assert world.server.asked[-1][1]["offset"] > world.server.last_update
        assert world.server.asked[-1][1]["timeout"] == 0

    asyncio.run(run())


def test_the_menus_are_no_reason_not_to_listen(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage, echo) as world:
            world.server._getMyCommands = None  # a Bot API server that does not know them
            await asked(world)
        assert world.texts == ["did /pump"]

    asyncio.run(run())


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def test_updates_that_are_brought_need_the_secret(storage: Storage) -> None:
    port = free_port()
    url = "https://tocsin.example/hook"

    async def run() -> None:
        async with listening(storage, echo, webhook_url=url, webhook_port=port) as world:
            await world.server.when(lambda: "getWebhookInfo" in world.server.names())  # now it listens, too
            told = world.server.webhook
            assert (told["url"], len(told["secret_token"]) > 30) == (url, True)
            assert "my_chat_member" in told["allowed_updates"]
            soon = world.clock.now() + timedelta(days=9)  # the looks at the webhook make the clock run
            message = {"message_id": 1, "date": int(soon.timestamp()), "text": "/pump"}
            update = {
                "update_id": 1,
                "message": message | {"chat": {"id": 42, "type": "private"}, "from": person("42")},
            }
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as proxy:
                for secret, status in (("wrong", 403), (told["secret_token"], 200)):
                    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
                    assert (await proxy.post("/hook", json=update, headers=headers)).status_code == status
            await world.server.until(1)
            assert "getUpdates" not in world.server.names()
            world.server.webhook = {"url": "https://another.example"}
            await world.server.when(lambda: world.server.webhook.get("url") == url)  # taken back after some minutes
        assert world.texts == ["did /pump"]

    asyncio.run(run())


def test_of_what_is_brought_only_updates_of_telegram_are_taken_and_none_keeps_the_others(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()

    async def run() -> None:
        async with listening(storage, echo, webhook_url="https://tocsin.example/hook", webhook_port=port) as world:
            await world.server.when(lambda: "getWebhookInfo" in world.server.names())  # now it listens, too
            headers = {"X-Telegram-Bot-Api-Secret-Token": world.server.webhook["secret_token"]}
            update = {"update_id": 1, "message": {"text": "of a shape that nobody knows"}}
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as proxy:
                assert (await proxy.post("/hook", json=update)).status_code == 200
                assert (await proxy.post("/hook", content=b"{")).status_code == 400
                assert (await proxy.post("/hook", json=[update])).status_code == 400
                assert (await proxy.post("/another", json=update)).status_code == 404
                assert (await proxy.get("/hook")).status_code == 405
                headers = {"X-Telegram-Bot-Api-Secret-Token": "wrong \u00e9".encode()}
                assert (await proxy.post("/hook", json=update, headers=headers)).status_code == 403
            reading, writing = await asyncio.open_connection("127.0.0.1", port)
            writing.write(b"POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n")
            assert b" 400 " in await reading.readline()  # nobody waits for so much
            writing.close()
        assert world.texts == []

    asyncio.run(run())
    assert "could not be read and is left out" in caplog.text
    assert "nobody knows" not in "".join(one.getMessage() for one in caplog.records)


def test_a_webhook_that_telegram_refuses_is_told_and_tried_again(storage: Storage) -> None:
    url = "https://tocsin.example/hook"

    async def run() -> None:
        clock = FixedClock(NOW)
        server = Telegram(clock.monotonic, now=clock.now)
        server.no_webhook = "failed to resolve host"
        async with (
            asyncio.timeout(PATIENCE),
            server,
            bot_on(server, storage, clock, echo, webhook_url=url, webhook_port=free_port()) as world,
        ):
            await server.when(lambda: server.names().count("setWebhook") > 1)
            assert "telegram.webhook_url" in world.chat.fault
            assert "failed to resolve host" in world.chat.fault
            server.no_webhook = ""
            await server.when(lambda: server.webhook.get("url") == url)
            await server.when(lambda: server.names()[-1] == "getWebhookInfo")
            assert world.chat.fault == ""

    asyncio.run(run())


def test_a_port_that_is_taken_is_told(storage: Storage) -> None:
    async def run() -> None:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            held.listen()
            port = held.getsockname()[1]
            async with listening(storage, echo, webhook_url="https://tocsin.example/", webhook_port=port) as world:
                await world.server.when(lambda: world.server.names().count("getMe") > 1)
                assert f"nothing can be brought to 127.0.0.1:{port}" in world.chat.fault

    asyncio.run(run())


def test_a_chat_is_told_of_itself_and_where_that_fails_the_log_says_so(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with listening(storage) as world:
            await world.server.fetched()
            await world.chat.tell("42", View("told"))
            world.server.fault("42", Fault.BLOCKED)
            await world.chat.tell("42", View("not told"))
            assert world.texts == ["told"]
        await world.chat.tell("42", View("nobody listens"))

    asyncio.run(run())
    assert "a chat could not be told" in caplog.text
    assert "a chat is not told: nobody listens" in caplog.text


def test_a_person_whose_chat_with_the_bot_has_topics_is_told_in_that_of_theirs(storage: Storage) -> None:
    async def run() -> None:
        async with listening(storage) as world:
            await world.server.fetched()
            await world.chat.tell("42:5", View("told"))
        (told,) = world.server.accepted
        assert (told.chat, told.body["message_thread_id"]) == ("42", 5)

    asyncio.run(run())
