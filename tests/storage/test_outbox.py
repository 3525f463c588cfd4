"""The outbox: nothing queued is lost, nothing sent is forgotten, nobody writes with a lost claim."""

from datetime import timedelta

import pytest

from storage import Storage
from storage.outbox import NewAlert
from tests.builders_storage import NOW

HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=1)


@pytest.fixture
def chat_id(storage: Storage) -> int:
    with storage.write() as tx:
        chat = tx.subscriptions.put_chat("console", "local", NOW)
        tx.subscriptions.add(chat.id, "me", "pump", {}, NOW)
    return chat.id


def alert(name: str) -> NewAlert:
    return NewAlert(
        ref=name, dedup_key=name, subscription_id=1, signal="pump", key="BTC", episode=1, kind="NEW", facts={"n": 1}
    )


def queue(storage: Storage, chat_id: int, *names: str, priority: int = 100, key: str | None = None) -> int | None:
    with storage.write() as tx:
        return tx.outbox.enqueue(
            chat_id,
            [alert(name) for name in names],
            dedup_key=key or "+".join(names),
            priority=priority,
            now=NOW,
            expires_at=NOW + HOUR,
        )


def test_the_most_urgent_goes_first(storage: Storage, chat_id: int) -> None:
    late = queue(storage, chat_id, "a", priority=500)
    soon = queue(storage, chat_id, "b", priority=10)
    with storage.write() as tx:
        order = [tx.outbox.claim("me", NOW, LEASE)[0].id for _ in range(2)]
    assert order == [soon, late]


def test_a_claimed_delivery_is_claimed_by_nobody_else(storage: Storage, chat_id: int) -> None:
    queue(storage, chat_id, "a")
    with storage.write() as tx:
        assert len(tx.outbox.claim("me", NOW, LEASE)) == 1
        assert tx.outbox.claim("you", NOW, LEASE) == ()


def test_the_same_alert_is_queued_once(storage: Storage, chat_id: int) -> None:
    queue(storage, chat_id, "a")
    assert queue(storage, chat_id, "a", key="again") is None
    second = queue(storage, chat_id, "a", "b", key="both")
    with storage.read() as tx:
        assert [found.ref for found in tx.outbox.alerts_of(second or 0)] == ["b"]


def test_what_is_sent_stays_sent(storage: Storage, chat_id: int) -> None:
    queue(storage, chat_id, "a")
    with storage.write() as tx:
        (delivery,) = tx.outbox.claim("me", NOW, LEASE)
        assert tx.outbox.sent(delivery, NOW, "m1")
        assert tx.outbox.recover(NOW + HOUR) == 0
        assert tx.outbox.claim("me", NOW + LEASE, LEASE) == ()
        assert tx.outbox.counts() == {"sent": 1}


def test_a_sender_that_died_leaves_a_possible_repeat(storage: Storage, chat_id: int) -> None:
    queue(storage, chat_id, "a")
    with storage.write() as tx:
        (first,) = tx.outbox.claim("me", NOW, LEASE)
        assert tx.outbox.recover(NOW) == 0
        assert tx.outbox.recover(NOW + LEASE) == 1
        (second,) = tx.outbox.claim("you", NOW + LEASE, LEASE)
    assert (first.maybe_repeat, second.maybe_repeat) == (False, True)
    assert second.attempts == 2


def test_a_frozen_sender_cannot_overwrite_its_successor(storage: Storage, chat_id: int) -> None:
    queue(storage, chat_id, "a")
    with storage.write() as tx:
        (frozen,) = tx.outbox.claim("me", NOW, LEASE)
        tx.outbox.recover(NOW + LEASE)
        (successor,) = tx.outbox.claim("you", NOW + LEASE, LEASE)
        assert not tx.outbox.bury(frozen, "too late")
        assert tx.outbox.sent(successor, NOW + LEASE, None)
        assert tx.outbox.counts() == {"sent": 1}


def test_a_retry_waits_until_its_time(storage: Storage, chat_id: int) -> None:
    queue(storage, chat_id, "a")
    with storage.write() as tx:
        (delivery,) = tx.outbox.claim("me", NOW, LEASE)
        tx.outbox.retry(delivery, NOW + LEASE, "busy", maybe_sent=False)
        assert tx.outbox.claim("me", NOW, LEASE) == ()
        assert tx.outbox.claim("me", NOW + LEASE, LEASE)[0].id == delivery.id


def test_what_is_too_late_expires_and_is_counted(storage: Storage, chat_id: int) -> None:
    queue(storage, chat_id, "a")
    with storage.write() as tx:
        assert tx.outbox.claim("me", NOW + HOUR, LEASE) == ()
        assert tx.outbox.expire(NOW + HOUR) == 1
        assert tx.outbox.counts() == {"expired": 1}


def test_an_alert_is_found_by_its_ref_in_its_own_chat_only(storage: Storage, chat_id: int) -> None:
    queue(storage, chat_id, "a")
    with storage.write() as tx:
        other = tx.subscriptions.put_chat("console", "other", NOW)
        found = tx.outbox.alert("a", chat_id)
        assert tx.outbox.alert("a", other.id) is None
    assert found is not None
    assert found.facts == {"n": 1}
