"""Chats, wishes and episodes."""

from storage import Storage
from storage.subscriptions import StoredEpisode
from tests.builders_storage import NOW


def test_a_chat_is_one_chat_however_often_it_is_seen(storage: Storage) -> None:
    with storage.write() as tx:
        first = tx.subscriptions.put_chat("console", "local", NOW)
        assert tx.subscriptions.put_chat("console", "local", NOW) == first


def test_a_chat_that_is_off_keeps_its_subscriptions_and_comes_back(storage: Storage) -> None:
    with storage.write() as tx:
        chat = tx.subscriptions.put_chat("console", "local", NOW)
        tx.subscriptions.add(chat.id, "me", "pump", {"minimum": 3}, NOW)
        tx.subscriptions.switch_chat_off(chat.id, "blocked")
        assert tx.subscriptions.active() == ()
        assert len(tx.subscriptions.of_chat(chat.id)) == 1
        tx.subscriptions.put_chat("console", "local", NOW)
        assert len(tx.subscriptions.active()) == 1


def test_a_deleted_subscription_is_gone_and_its_episodes_are_closed(storage: Storage) -> None:
    with storage.write() as tx:
        chat = tx.subscriptions.put_chat("console", "local", NOW)
        mine = tx.subscriptions.add(chat.id, "me", "pump", {}, NOW)
        tx.subscriptions.put_episodes([StoredEpisode(mine.id, "BTC", 1, NOW, None, {})])
        tx.subscriptions.delete(mine.id, NOW)
        assert tx.subscriptions.of_chat(chat.id) == ()
        (episode,) = tx.subscriptions.episodes([mine.id])
    assert episode.closed_at == NOW


def test_a_wish_can_be_changed(storage: Storage) -> None:
    with storage.write() as tx:
        chat = tx.subscriptions.put_chat("console", "local", NOW)
        mine = tx.subscriptions.add(chat.id, "me", "pump", {"minimum": 3}, NOW)
        tx.subscriptions.change(mine.id, {"minimum": 5})
        assert tx.subscriptions.of_chat(chat.id)[0].wish == {"minimum": 5}


def test_the_newest_episode_of_each_key_is_given_closed_or_not(storage: Storage) -> None:
    with storage.write() as tx:
        chat = tx.subscriptions.put_chat("console", "local", NOW)
        mine = tx.subscriptions.add(chat.id, "me", "pump", {}, NOW)
        tx.subscriptions.put_episodes(
            [
                StoredEpisode(mine.id, "BTC", 1, NOW, NOW, {"told": 3}),
                StoredEpisode(mine.id, "BTC", 2, NOW, None, {"told": 4}),
                StoredEpisode(mine.id, "ETH", 1, NOW, NOW, {"told": 5}),
            ]
        )
        found = tx.subscriptions.episodes()
    assert {(e.key, e.number, e.closed_at is None) for e in found} == {("BTC", 2, True), ("ETH", 1, False)}
