"""How many alerts did not come is said in full, also when the message that says it is in doubt: found by the machine."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.alerts.delivery import Courier, CourierOptions
from bot.alerts.outgoing import Outgoing, Receipt
from bot.clock import FixedClock
from bot.commands.base import ChatRef
from storage import Storage
from tests.acceptance.platforms import NONCES, Platform, Trouble
from tests.builders_market import ask
from tests.builders_outbox import HOUR, chat_of, new_alert, queue
from tests.builders_storage import NOW
from tests.chats import FakePlatform

SOON = timedelta(seconds=20)


def discord(clock: FixedClock) -> Platform:
    return Platform(
        name="discord",
        nonce_window=NONCES["discord"],
        clock=clock,
        judge=lambda *_: None,
        gone=lambda _: None,
        troubles=[Trouble.ARRIVED],
    )


def drain(storage: Storage, platform: FakePlatform, clock: FixedClock) -> None:
    asyncio.run(Courier(storage, {"discord": platform}, clock, CourierOptions("me")).drain())


def test_a_loss_is_told_although_the_notice_before_it_is_known_by_its_nonce(storage: Storage) -> None:
    chat, clock = chat_of(storage, platform="discord"), FixedClock(NOW)
    platform = discord(clock)
    queue(storage, chat, "a", expires=-SOON)
    drain(storage, platform, clock)
    queue(storage, chat, "b", expires=-SOON)
    clock.advance(SOON)
    drain(storage, platform, clock)
    assert [message.notices[0].split(" (")[0] for _, message in platform.sent] == [
        "1 alert did not come",
        "2 alerts did not come",
    ]


def test_a_loss_is_told_although_an_alert_that_may_say_so_is_known_by_its_nonce(storage: Storage) -> None:
    chat, clock = chat_of(storage, platform="discord"), FixedClock(NOW)
    platform = discord(clock)
    queue(storage, chat, "a", expires=HOUR)
    drain(storage, platform, clock)
    queue(storage, chat, "b", expires=-SOON)
    clock.advance(SOON)
    drain(storage, platform, clock)
    assert [len(message.entries) for _, message in platform.sent] == [1, 0]
    assert platform.sent[1][1].notices[0].startswith("1 alert did not come")


def test_what_is_lost_while_a_message_is_under_way_is_told_by_the_next(storage: Storage) -> None:
    chat, clock = chat_of(storage, platform="discord"), FixedClock(NOW)

    class Slow(FakePlatform):
        async def send(self, address: str, message: Outgoing) -> Receipt:
            if not self.sent:
                queue(storage, chat, "c", expires=-SOON)
                with storage.write() as tx:
                    tx.outbox.expire(clock.now())
            return await super().send(address, message)

    platform = Slow()
    queue(storage, chat, "a", expires=-SOON)
    queue(storage, chat, "b", expires=HOUR)
    drain(storage, platform, clock)
    assert [message.notices[0].split(" (")[0] for _, message in platform.sent] == [
        "1 alert did not come",
        "2 alerts did not come",
    ]
    with storage.read() as tx:
        assert not tx.outbox.untold(chat.id)


def test_what_a_chat_lost_while_it_was_off_is_told_once_it_is_on_again(storage: Storage) -> None:
    chat, clock = chat_of(storage, platform="discord"), FixedClock(NOW)
    platform = discord(clock)
    platform.troubles, platform.blocked = [], {chat.address}
    queue(storage, chat, "expired", expires=-SOON)
    queue(storage, chat, "refused", expires=HOUR)
    with storage.write() as tx:
        tx.chats.mute_name(chat.id, "ETH", NOW + HOUR)
    queue(storage, chat, new_alert("waits", key="ETH"), expires=HOUR)
    drain(storage, platform, clock)
    assert platform.sent == []
    platform.blocked.clear()
    ask(storage, "/start", ChatRef("discord", chat.address, "u"))
    drain(storage, platform, clock)
    assert [len(message.entries) for _, message in platform.sent] == [0]
    told = " ".join(platform.sent[0][1].notices)
    assert "1 alert did not come (not sent in time)" in told
    assert "2 alerts did not come (403 blocked)" in told
