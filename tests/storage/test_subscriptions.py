"""Wishes of chats, and the episodes of what they heard."""

from __future__ import annotations

from datetime import timedelta

from storage import Storage
from storage.episodes import StoredEpisode
from tests.builders_storage import NOW


def episode(subscription_id: int, key: str, number: int, *, closed: bool = False, told: float = 3.0) -> StoredEpisode:
    return StoredEpisode(subscription_id, key, number, NOW, NOW if closed else None, told, 0.0, 0, number)


def test_a_deleted_subscription_is_gone_and_its_episodes_are_closed(storage: Storage) -> None:
    with storage.write() as tx:
        chat = tx.chats.put("console", "local", NOW)
        mine = tx.subscriptions.add(chat.id, "me", "pump", {}, NOW)
        tx.episodes.put([episode(mine.id, "BTC", 1)])
        tx.subscriptions.delete(mine.id, NOW)
        assert tx.subscriptions.of_chat(chat.id) == ()
        assert tx.subscriptions.by_id(mine.id) == mine
        (found,) = tx.episodes.of([mine.id])
    assert found.closed_at == NOW


def test_a_wish_can_be_changed(storage: Storage) -> None:
    with storage.write() as tx:
        chat = tx.chats.put("console", "local", NOW)
        mine = tx.subscriptions.add(chat.id, "me", "pump", {"minimum": 3}, NOW)
        tx.subscriptions.change(mine.id, {"minimum": 5})
        assert tx.subscriptions.of_chat(chat.id)[0].wish == {"minimum": 5}


def test_a_person_is_found_in_all_chats(storage: Storage) -> None:
    with storage.write() as tx:
        for address in ("one", "two"):
            chat = tx.chats.put("console", address, NOW)
            tx.subscriptions.add(chat.id, "console:me", "pump", {}, NOW)
            tx.subscriptions.add(chat.id, "console:you", "pump", {}, NOW)
        assert len(tx.subscriptions.of_owner("console:me")) == 2


def test_the_newest_episode_of_each_key_is_given_closed_or_not(storage: Storage) -> None:
    with storage.write() as tx:
        chat = tx.chats.put("console", "local", NOW)
        mine = tx.subscriptions.add(chat.id, "me", "pump", {}, NOW)
        tx.episodes.put(
            [
                episode(mine.id, "BTC", 1, closed=True),
                episode(mine.id, "BTC", 2),
                episode(mine.id, "ETH", 1, closed=True),
            ]
        )
        found = tx.episodes.of([mine.id])
    assert {(e.key, e.number, e.closed_at is None) for e in found} == {("BTC", 2, True), ("ETH", 1, False)}


def test_what_stands_is_read_by_coin(storage: Storage) -> None:
    with storage.write() as tx:
        chat = tx.chats.put("console", "local", NOW)
        ids = [tx.subscriptions.add(chat.id, "me", "pump", {}, NOW).id for _ in range(3)]
        tx.episodes.put([episode(one, "BTC", 1, told=3.5 + one) for one in reversed(ids)])
        tx.episodes.put([episode(ids[0], "ETH", 1), episode(ids[1], "BTC", 1, closed=True)])
        standing = tx.episodes.standing("BTC")
        assert standing.subscription_id.tolist() == [ids[0], ids[2]]
        assert standing.told.tolist() == [3.5 + ids[0], 3.5 + ids[2]]
        assert tx.episodes.standing_keys() == {"BTC", "ETH"}
        assert tx.episodes.closed_in(1) == {(ids[1], "BTC")}
        assert tx.episodes.standing("none").told.tolist() == []


def test_an_episode_that_goes_on_keeps_its_beginning(storage: Storage) -> None:
    later = NOW + timedelta(hours=1)
    with storage.write() as tx:
        chat = tx.chats.put("console", "local", NOW)
        mine = tx.subscriptions.add(chat.id, "me", "pump", {}, NOW)
        tx.episodes.put([episode(mine.id, "BTC", 1)])
        tx.episodes.put([StoredEpisode(mine.id, "BTC", 1, later, None, 5.0, 0.0, 1, 9)])
        (found,) = tx.episodes.of([mine.id])
    assert (found.opened_at, found.told, found.below, found.slot) == (NOW, 5.0, 1, 9)
