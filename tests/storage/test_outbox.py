"""The outbox: nothing queued is lost, nothing sent is forgotten, nobody writes with a lost claim."""

from __future__ import annotations

import pytest

from storage import Storage
from storage.alerts import NewAlert
from storage.chats import Chat
from storage.outbox import Delivery, NewDelivery
from tests.builders_outbox import HOUR, LEASE, chat_of, new_alert, queue
from tests.builders_storage import NOW


@pytest.fixture
def chat(storage: Storage) -> Chat:
    return chat_of(storage)


def fly(storage: Storage, chat: Chat, owner: str = "me", now=NOW) -> Delivery:
    with storage.write() as tx:
        found = tx.outbox.fly(tx.outbox.waiting(chat.id)[0].id, owner, now, LEASE)
    assert found is not None
    return found


def test_the_most_urgent_chat_goes_first(storage: Storage, chat: Chat) -> None:
    other = chat_of(storage, "other")
    queue(storage, chat, "a", priority=500)
    queue(storage, other, "b", priority=10)
    with storage.read() as tx:
        assert tx.outbox.next_chat("fake", NOW) == other.id
        assert tx.outbox.next_chat("fake", NOW, [other.id]) == chat.id
        assert tx.outbox.next_chat("another platform", NOW) is None


def test_a_chat_that_must_wait_is_passed_over(storage: Storage, chat: Chat) -> None:
    queue(storage, chat, "a")
    with storage.write() as tx:
        tx.chats.retry_at(chat.id, NOW + LEASE)
        assert tx.outbox.next_chat("fake", NOW) is None
        assert tx.outbox.next_chat("fake", NOW + LEASE) == chat.id


def test_a_claimed_delivery_is_claimed_by_nobody_else(storage: Storage, chat: Chat) -> None:
    queue(storage, chat, "a")
    claimed = fly(storage, chat)
    with storage.write() as tx:
        assert tx.outbox.fly(claimed.id, "you", NOW, LEASE) is None
        assert tx.outbox.waiting(chat.id) == ()
        assert tx.outbox.is_flying(chat.id)


def test_the_same_alert_is_queued_once(storage: Storage, chat: Chat) -> None:
    assert queue(storage, chat, "a") == 1
    with storage.write() as tx:
        again = NewDelivery(chat.id, "fake", "again", (new_alert("a"),), 1, NOW, NOW + HOUR)
        both = NewDelivery(chat.id, "fake", "both", (new_alert("a"), new_alert("b")), 1, NOW, NOW + HOUR)
        assert tx.outbox.enqueue([again], NOW) == 0
        assert tx.outbox.enqueue([both], NOW) == 1
        assert [len(one.alerts) for one in tx.outbox.waiting(chat.id)] == [1, 1]
        assert tx.outbox.health(NOW).missing == 0


def test_what_is_sent_stays_sent(storage: Storage, chat: Chat) -> None:
    queue(storage, chat, "a")
    delivery = fly(storage, chat)
    with storage.write() as tx:
        assert tx.outbox.sent(delivery, NOW, "m1")
        assert tx.outbox.recover(NOW + HOUR, LEASE) == 0
        assert tx.outbox.next_chat("fake", NOW + LEASE) is None
        assert tx.outbox.counts() == {"sent": 1}


def test_a_sender_that_died_leaves_a_possible_repeat_and_one_that_lives_does_not(storage: Storage, chat: Chat) -> None:
    queue(storage, chat, "a")
    first = fly(storage, chat, "dead")
    with storage.write() as tx:
        assert tx.outbox.recover(NOW, LEASE) == 0
        assert tx.outbox.recover(NOW + LEASE, LEASE, but=[first.id]) == 0
        assert tx.outbox.owners() == {"dead"}
        assert tx.outbox.recover(NOW, LEASE, owner="dead") == 1
    second = fly(storage, chat, "you", NOW + LEASE)
    assert (first.maybe_repeat, second.maybe_repeat, second.attempts) == (False, True, 2)
    assert second.in_flight_at == first.in_flight_at  # since when it may have arrived


def test_a_frozen_sender_cannot_overwrite_its_successor(storage: Storage, chat: Chat) -> None:
    queue(storage, chat, "a")
    frozen = fly(storage, chat)
    with storage.write() as tx:
        tx.outbox.recover(NOW + LEASE, LEASE)
    successor = fly(storage, chat, "you", NOW + LEASE)
    with storage.write() as tx:
        assert not tx.outbox.bury(frozen, NOW, "too late")
        assert not tx.outbox.retry(frozen, "too late", maybe_repeat=False)
        assert tx.outbox.sent(successor, NOW + LEASE, None)
        assert tx.outbox.counts() == {"sent": 1}
        assert tx.outbox.health(NOW).missing == 0


def test_what_is_too_late_expires_is_counted_and_is_to_be_told(storage: Storage, chat: Chat) -> None:
    queue(storage, chat, "a", "b")
    with storage.write() as tx:
        assert tx.outbox.expire(NOW) == ()
        assert tx.outbox.expire(NOW + HOUR) == ((chat.id, "fake"),)
        assert tx.outbox.counts() == {"expired": 1}
        assert tx.outbox.untold(chat.id) == {"not sent in time": 2}
        tx.outbox.told(chat.id)
        assert tx.outbox.untold(chat.id) == {}


def test_held_deliveries_are_released_in_time_and_behind_what_rings_now(storage: Storage, chat: Chat) -> None:
    queue(storage, chat, "held", priority=10)
    with storage.write() as tx:
        (row,) = tx.outbox.waiting(chat.id)
        tx.outbox.hold(row.id, NOW + HOUR, "quiet", "quiet hours", NOW + 2 * HOUR)
        assert tx.outbox.next_chat("fake", NOW) is None
        assert tx.outbox.expire(NOW + HOUR) == ()
        assert (tx.outbox.release(NOW), tx.outbox.release(NOW + HOUR)) == (0, 1)
        (row,) = tx.outbox.waiting(chat.id)
        assert (row.state, row.hold, row.priority) == ("queued", "quiet", 2010)


def test_one_chat_that_is_gone_takes_all_that_waits_with_it(storage: Storage, chat: Chat) -> None:
    queue(storage, chat, "a")
    queue(storage, chat, "b")
    with storage.write() as tx:
        assert tx.outbox.bury_chat(chat.id, NOW, "kicked") == 2
        assert tx.outbox.counts() == {"dead": 2}
        assert tx.outbox.health(NOW).missing == 0


def test_a_missing_row_is_noticed(storage: Storage, chat: Chat) -> None:
    queue(storage, chat, "a")
    with storage.write() as tx:
        tx.connection.exec_driver_sql("DELETE FROM alert")
        tx.connection.exec_driver_sql("DELETE FROM delivery")
        assert tx.outbox.health(NOW).missing == 1


def test_what_is_old_is_forgotten_and_the_sums_still_agree(storage: Storage, chat: Chat) -> None:
    queue(storage, chat, "a")
    delivery = fly(storage, chat)
    with storage.write() as tx:
        tx.outbox.sent(delivery, NOW, "m1")
        assert tx.outbox.prune(NOW) == 0
        assert tx.outbox.prune(NOW + LEASE) == 1
        assert tx.outbox.counts() == {"sent": 1}
        assert tx.outbox.health(NOW).missing == 0


def test_an_alert_is_found_by_its_ref_in_its_own_chat_only(storage: Storage, chat: Chat) -> None:
    queue(storage, chat, new_alert("a", n=1))
    other = chat_of(storage, "other")
    with storage.read() as tx:
        ((ref,),) = tx.connection.exec_driver_sql("SELECT ref FROM alert").all()
        found = tx.alerts.by_ref(ref, [chat.id])
        assert tx.alerts.by_ref(ref, [other.id]) is None
    assert found is not None
    assert (found.alert.facts["n"], found.state) == (1, "queued")


def test_findings_are_stored_once_and_read_with_each_alert(storage: Storage, chat: Chat) -> None:
    alerts = tuple(NewAlert(str(n), 1, "pump", "BTC", n, "NEW", {"minimum": n}, finding=0) for n in range(3))
    with storage.write() as tx:
        delivery = NewDelivery(chat.id, "fake", "x", alerts, 1, NOW, NOW + HOUR)
        tx.outbox.enqueue([delivery], NOW, findings=[{"level": 4.5, "minimum": 0}], slot=7)
        (row,) = tx.outbox.waiting(chat.id)
        assert [one.facts for one in row.alerts] == [{"level": 4.5, "minimum": n} for n in range(3)]
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM finding").scalar_one() == 1
