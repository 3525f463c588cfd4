"""Chats: switched off and on, muted, moved."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.alerts.delivery import Courier, CourierOptions
from bot.clock import FixedClock
from storage import Storage
from storage.chats import DOWN, UNUSED, UP
from tests.builders_outbox import chat_of, queue
from tests.builders_storage import NOW
from tests.chats import FakePlatform

HOUR = timedelta(hours=1)


def test_a_chat_is_one_chat_however_often_it_is_seen(storage: Storage) -> None:
    with storage.write() as tx:
        first = tx.chats.put("console", "local", NOW)
        assert tx.chats.put("console", "local", NOW) == first


def test_a_chat_that_is_off_keeps_its_subscriptions_and_settings_and_comes_back(storage: Storage) -> None:
    with storage.write() as tx:
        chat = tx.chats.put("console", "local", NOW)
        tx.chats.settle(chat.id, {"zone": "Europe/Berlin"})
        tx.subscriptions.add(chat.id, "me", "pump", {"minimum": 3}, NOW)
        tx.chats.switch_off(chat.id, "blocked")
        assert tx.subscriptions.active() == ()
        assert tx.chats.active() == {}
        assert len(tx.subscriptions.of_chat(chat.id)) == 1
        tx.chats.put("console", "local", NOW)
        assert len(tx.subscriptions.active()) == 1
        assert tx.chats.active()[chat.id].settings == {"zone": "Europe/Berlin"}


def test_a_mute_ends_by_itself(storage: Storage) -> None:
    with storage.write() as tx:
        chat = tx.chats.put("console", "local", NOW)
        tx.chats.mute_name(chat.id, "PEPE", NOW + HOUR)
        tx.chats.mute_name(chat.id, "PEPE", NOW + 2 * HOUR)
        assert tx.chats.mutes(chat.id, NOW) == {"PEPE": NOW + 2 * HOUR}
        assert tx.chats.all_mutes(NOW) == {chat.id: {"PEPE": NOW + 2 * HOUR}}
        assert tx.chats.mutes(chat.id, NOW + 2 * HOUR) == {}
        assert tx.chats.unmute_name(chat.id, "PEPE")
        assert not tx.chats.unmute_name(chat.id, "PEPE")


def test_a_platform_that_one_process_leaves_out_is_in_use_where_another_sends_to_it(storage: Storage) -> None:
    chat_of(storage, platform="discord")
    with storage.write() as tx:
        tx.chats.use_only({"telegram"}, NOW)
        assert [(one.name, one.state) for one in tx.chats.platforms()] == [("discord", UNUSED)]
    asyncio.run(Courier(storage, {"discord": FakePlatform()}, FixedClock(NOW), CourierOptions("me")).drain())
    with storage.read() as tx:
        assert [(one.name, one.state) for one in tx.chats.platforms()] == [("discord", UP)]


def test_a_group_that_becomes_another_keeps_what_it_has(storage: Storage) -> None:
    group = chat_of(storage, "-1")
    with storage.write() as tx:
        tx.chats.move(group.id, "-100")
        moved = tx.chats.by_id(group.id)
    assert moved is not None
    assert moved.address == "-100"


def test_a_group_that_was_seen_under_its_new_address_already_is_united_with_it(storage: Storage) -> None:
    old, new = chat_of(storage, "-1"), chat_of(storage, "-100")
    queue(storage, old, "a")
    with storage.write() as tx:
        tx.chats.move(old.id, "-100")
        assert len(tx.subscriptions.of_chat(new.id)) == 2
        assert len(tx.outbox.waiting(new.id)) == 1
        gone = tx.chats.by_id(old.id)
        assert tx.outbox.health(NOW).missing == 0
    assert gone is not None
    assert (gone.status, gone.off_reason) == ("off", "it is now -100")


def test_united_with_its_new_address_a_group_is_told_as_it_wished(storage: Storage) -> None:
    old, new = chat_of(storage, "-1"), chat_of(storage, "-100")
    with storage.write() as tx:
        tx.chats.settle(old.id, {"quiet": "22-7", "cap": 30})
        tx.chats.settle(new.id, {"cap": 5})
        tx.chats.mute(old.id, NOW + HOUR)
        tx.chats.mute_name(old.id, "PEPE", NOW + 2 * HOUR)
        tx.chats.mute_name(old.id, "WIF", NOW + 2 * HOUR)
        tx.chats.mute_name(new.id, "WIF", NOW + 3 * HOUR)
        tx.chats.move(old.id, "-100")
        united = tx.chats.by_id(new.id)
        mutes = tx.chats.mutes(new.id, NOW)
    assert united is not None
    assert (united.settings, united.muted_until) == ({"quiet": "22-7", "cap": 5}, NOW + HOUR)
    assert mutes == {"PEPE": NOW + 2 * HOUR, "WIF": NOW + 3 * HOUR}


def test_since_when_a_platform_is_down_stays_while_it_is(storage: Storage) -> None:
    with storage.write() as tx:
        tx.chats.put_platform("telegram", DOWN, "502", NOW)
        tx.chats.put_platform("telegram", DOWN, "503", NOW + HOUR)
        (found,) = tx.chats.platforms()
        assert (found.detail, found.since) == ("503", NOW)
        tx.chats.put_platform("telegram", UP, "", NOW + 2 * HOUR)
        assert tx.chats.platforms()[0].since == NOW + 2 * HOUR
