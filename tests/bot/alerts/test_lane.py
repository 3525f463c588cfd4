"""Delivery on one platform: everything arrives once, at the platform's pace, or is accounted for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.alerts.delivery import Courier, CourierOptions
from bot.alerts.limiter import Limits, Window
from bot.alerts.outgoing import Receipt
from bot.clock import FixedClock
from bot.errors import Failure, SendError
from storage import Storage
from storage.chats import ACTIVE
from storage.episodes import StoredEpisode
from storage.outbox import Health
from storage.privacy import Scope
from tests.builders_outbox import HOUR, LEASE, chat_of, new_alert, queue
from tests.builders_storage import NOW
from tests.chats import FakePlatform

BROKE = SendError("the connection broke", Failure.UNKNOWN)
REFUSED = SendError("connection refused")


class Bench:
    """A courier for one platform on a clock that moves when somebody waits."""

    def __init__(self, storage: Storage, platform: FakePlatform | None = None) -> None:
        self.storage = storage
        self.platform = platform or FakePlatform()
        self.clock = FixedClock(NOW)
        self.gone: set[str] = set()
        self.restart()

    def restart(self, owner: str = "me") -> None:
        options = CourierOptions(owner, is_gone=self.gone.__contains__)
        self.courier = Courier(self.storage, {"fake": self.platform}, self.clock, options)

    def drain(self, after: timedelta = timedelta(0)) -> int:
        self.clock.advance(after)
        return asyncio.run(self.courier.drain())

    def health(self) -> Health:
        with self.storage.read() as tx:
            found = tx.outbox.health(self.clock.now())
        assert found.missing == 0
        return found

    @property
    def counts(self) -> dict[str, int]:
        return dict(self.health().counts)


def test_what_is_queued_arrives_once(storage: Storage) -> None:
    bench = Bench(storage)
    queue(storage, chat_of(storage), "a")
    assert bench.drain() == 1
    assert bench.drain(HOUR) == 0
    assert bench.counts == {"sent": 1}


def test_a_delivery_that_lost_its_alerts_holds_nobody_up(storage: Storage) -> None:
    bench = Bench(storage)
    queue(storage, chat_of(storage, "1"), "a", priority=1)
    queue(storage, chat_of(storage, "2"), "b", priority=2)
    with storage.write() as tx:
        tx.connection.exec_driver_sql("DELETE FROM alert WHERE dedup_key = 'a'")
    assert bench.drain() == 1
    assert bench.platform.addresses == ["2"]
    assert bench.counts == {"sent": 1, "superseded": 1}


def test_chats_that_must_wait_do_not_keep_others_from_being_told(storage: Storage) -> None:
    bench = Bench(storage)
    for number in range(250):
        queue(storage, chat_of(storage, str(number), quiet_from=11 * 60, quiet_to=13 * 60), str(number), priority=1)
    queue(storage, chat_of(storage, "awake"), "b", priority=900)
    bench.drain()
    bench.drain(timedelta(seconds=1))
    assert bench.platform.addresses == ["awake"]
    assert bench.counts == {"held": 250, "sent": 1}


def test_the_most_urgent_chat_is_served_first(storage: Storage) -> None:
    bench = Bench(storage)
    for number in range(5):
        queue(storage, chat_of(storage, str(number)), new_alert(str(number)), priority=(3, 1, 4, 0, 2)[number])
    assert bench.drain() == 5
    assert bench.platform.addresses == ["3", "1", "4", "0", "2"]


def test_a_failure_that_left_nothing_is_tried_again(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(failures=[REFUSED, REFUSED]))
    queue(storage, chat_of(storage), "a")
    assert [bench.drain(timedelta(seconds=10)) for _ in range(3)] == [0, 0, 1]
    assert not bench.platform.sent[0][1].maybe_repeat


def test_a_later_alert_does_not_overtake_one_that_is_tried_again(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(failures=[REFUSED]))
    chat = chat_of(storage)
    queue(storage, chat, new_alert("new", key="X"))
    bench.drain()
    queue(storage, chat, new_alert("rise", 9.0, "ESCALATED", key="X"), priority=0)
    bench.drain()
    assert bench.platform.sent == []
    assert bench.drain(timedelta(seconds=10)) == 1
    (message,) = [message for _, message in bench.platform.sent]
    assert [entry.alert.kind for entry in message.entries] == ["ESCALATED"]
    assert bench.counts == {"sent": 1, "superseded": 1}


def test_what_may_have_arrived_is_sent_again_once_and_says_so(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(failures=[BROKE], keeps_failed=True))
    queue(storage, chat_of(storage), "a")
    assert bench.drain() == 0
    assert bench.drain(timedelta(seconds=10)) == 0  # it may still be under way
    assert bench.drain(timedelta(seconds=40)) == 1
    assert [message.maybe_repeat for _, message in bench.platform.sent] == [False, True]


def test_what_is_in_doubt_waits_for_a_platform_that_answers(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(failures=[BROKE], dead=SendError("502", Failure.UNKNOWN)))
    queue(storage, chat_of(storage), "a", expires=6 * HOUR)
    for _ in range(30):
        bench.drain(timedelta(minutes=5))
    assert bench.platform.asked == 1
    bench.platform.dead = None
    assert bench.drain(timedelta(minutes=20)) == 1
    assert bench.counts == {"sent": 1}


def test_twice_in_doubt_is_given_up_and_the_chat_is_told(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(failures=[BROKE, BROKE]))
    queue(storage, chat_of(storage), "a")
    bench.drain()
    bench.drain(LEASE)
    bench.drain(LEASE)
    assert "1 alert did not come" in str(bench.platform.views[-1].body)
    assert bench.counts == {"dead": 1, "sent": 1}


def test_a_nonce_makes_a_repeat_no_second_message(storage: Storage) -> None:
    window = timedelta(minutes=2)
    bench = Bench(storage, FakePlatform(failures=[BROKE, BROKE], keeps_failed=True, nonce_window=window))
    queue(storage, chat_of(storage), "a")
    for _ in range(4):
        bench.drain(timedelta(seconds=12))
    assert bench.counts == {"sent": 1}
    assert len({message.nonce for _, message in bench.platform.sent}) == 1
    assert not any(message.maybe_repeat for _, message in bench.platform.sent)


def test_beyond_the_window_the_platform_is_asked_whether_it_has_it(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(failures=[BROKE], keeps_failed=True, nonce_window=timedelta(minutes=2)))
    queue(storage, chat_of(storage), "a")
    bench.drain()
    assert bench.drain(timedelta(minutes=10)) == 1
    assert bench.platform.asked == 1  # found, not sent again


def test_a_new_alert_is_not_lost_in_a_message_that_is_in_doubt(storage: Storage) -> None:
    """Under one nonce the platform would give back the old message and drop what is new."""
    bench = Bench(storage, FakePlatform(failures=[BROKE], keeps_failed=True, nonce_window=timedelta(minutes=2)))
    chat = chat_of(storage)
    queue(storage, chat, new_alert("a", key="A"))
    bench.drain()
    queue(storage, chat, new_alert("b", key="B"))
    bench.drain(timedelta(seconds=15))
    bench.drain(timedelta(seconds=15))
    told = [tuple(entry.alert.key for entry in message.entries) for _, message in bench.platform.sent]
    assert told == [("A",), ("B",)]


def test_a_chat_that_is_gone_is_asked_once_and_keeps_its_subscriptions(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(failures=[SendError("kicked", Failure.GONE)]))
    chat = chat_of(storage)
    queue(storage, chat, "a")
    bench.drain()
    queue(storage, chat, "b")
    bench.drain(HOUR / 2)
    assert bench.platform.asked == 1
    assert bench.counts == {"dead": 2}
    with storage.write() as tx:
        assert len(tx.subscriptions.of_chat(chat.id)) == 1
        tx.chats.put("fake", "local", NOW)
    queue(storage, chat, "c")
    assert bench.drain() == 1


def test_a_chat_that_was_forgotten_while_it_was_sent_to_switches_off_no_other(storage: Storage) -> None:
    old = chat_of(storage, "old")
    queue(storage, old, "a")

    def forget(_address: str) -> SendError:
        with storage.write() as tx:
            tx.privacy.forget(Scope(chats=(old.id,)), NOW)
        assert chat_of(storage, "new").id == old.id  # the number is given again
        return SendError("bot was blocked by the user", Failure.GONE)

    bench = Bench(storage, FakePlatform(fails=forget))
    bench.drain()
    with storage.read() as tx:
        new = tx.chats.find("fake", "new")
    assert new is not None
    assert new.status == ACTIVE


def test_a_chat_that_moved_gets_the_same_message_at_its_new_address(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(failures=[SendError("migrated", Failure.MOVED, moved_to="-100")]))
    queue(storage, chat_of(storage, "-1"), "a")
    assert bench.drain() == 1
    assert bench.platform.addresses == ["-100"]


def test_a_revoked_token_stops_the_platform_and_keeps_the_queue(storage: Storage) -> None:
    revoked = SendError("401", Failure.REVOKED)
    bench = Bench(storage, FakePlatform(fails=lambda _: revoked, dead=revoked))
    for number in range(5):
        queue(storage, chat_of(storage, str(number)), str(number))
    bench.drain()
    bench.drain(timedelta(minutes=1))
    assert bench.platform.asked == 1
    assert bench.counts == {"queued": 5}
    with storage.read() as tx:
        assert [(one.state, one.detail) for one in tx.chats.platforms()] == [("refused", "401")]


def test_a_flood_in_one_chat_delays_no_other(storage: Storage) -> None:
    flood = SendError("429", Failure.LIMITED, retry_after=600)
    bench = Bench(storage, FakePlatform(fails=lambda address: flood if address == "0" else None))
    for number in range(4):
        queue(storage, chat_of(storage, str(number)), str(number), priority=number)
    assert bench.drain() == 3
    assert bench.clock.now() == NOW
    assert bench.drain(timedelta(minutes=5)) == 0
    assert bench.platform.asked == 4
    bench.platform.fails = lambda _: None
    assert bench.drain(timedelta(minutes=7)) == 1


def test_a_wait_that_a_platform_asked_for_outlives_a_restart(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(failures=[SendError("429", Failure.LIMITED, retry_after=3000)]))
    queue(storage, chat_of(storage), "a")
    bench.drain()
    bench.restart()
    assert bench.drain(timedelta(minutes=10)) == 0
    assert bench.platform.asked == 1


def test_a_platform_that_is_down_for_hours_gets_one_message_per_chat_on_recovery(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(fails=lambda _: REFUSED, dead=REFUSED))
    chats = [chat_of(storage, str(number)) for number in range(20)]
    for half_hour in range(6):
        for chat in chats:
            alert = new_alert(f"{chat.id}:{half_hour}", key=f"K{half_hour}")
            queue(storage, chat, alert, now=bench.clock.now(), expires=6 * HOUR)
        bench.drain(HOUR / 2)
    asked = bench.platform.asked
    assert asked < 30  # it is left alone, not hammered
    bench.platform.fails, bench.platform.dead = lambda _: None, None
    assert bench.drain(HOUR / 2) == 20
    assert {len(message.entries) for _, message in bench.platform.sent} == {6}
    assert bench.platform.sent[0][1].occasion.startswith("Delayed by up to 3 h")
    assert bench.counts == {"sent": 20, "superseded": 100}


def test_what_expired_is_counted_and_said_once(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(fails=lambda _: REFUSED, dead=REFUSED))
    chat = chat_of(storage)
    queue(storage, chat, "a", new_alert("b", key="B"))
    bench.drain()
    bench.drain(2 * HOUR)
    bench.platform.fails, bench.platform.dead = lambda _: None, None
    bench.drain(HOUR)
    bench.drain(HOUR)
    assert [view.title for view in bench.platform.views] == ["Alerts that did not come"]
    assert "2 alerts did not come (not sent in time)" in str(bench.platform.views[0].body)
    queue(storage, chat, new_alert("c", key="C"), now=bench.clock.now())
    bench.drain()
    assert "did not come" not in str(bench.platform.views[-1].body)
    assert bench.counts == {"expired": 1, "sent": 2}


def test_quiet_hours_end_with_one_message(storage: Storage) -> None:
    bench = Bench(storage)
    chat = chat_of(storage, quiet_from=11 * 60, quiet_to=13 * 60, urgent=8)  # NOW is 12:00
    queue(storage, chat, new_alert("a", key="A"))
    queue(storage, chat, new_alert("b", key="B"))
    queue(storage, chat, new_alert("c", 9.0, key="C"))
    assert bench.drain() == 1
    assert [entry.alert.key for entry in bench.platform.sent[0][1].entries] == ["C"]
    assert bench.drain(HOUR) == 1
    assert bench.platform.views[1].title == "Quiet hours are over · 2 alerts"


def test_a_story_that_ended_while_it_waited_says_so(storage: Storage) -> None:
    bench = Bench(storage)
    queue(storage, chat_of(storage), new_alert("a", key="A"), new_alert("b", key="B"))
    with storage.write() as tx:
        tx.episodes.put([StoredEpisode(1, "A", 1, NOW, NOW, 4.0, 0.0, 2, 1)])
    bench.drain()
    assert str(bench.platform.views[0].body).count("(over by now)") == 1


def test_an_alert_that_comes_alone_says_that_it_is_over(storage: Storage) -> None:
    bench = Bench(storage)
    queue(storage, chat_of(storage), new_alert("a", key="A"))
    with storage.write() as tx:
        tx.episodes.put([StoredEpisode(1, "A", 1, NOW, NOW, 4.0, 0.0, 2, 1)])
    bench.drain()
    assert bench.platform.views[0].title.endswith("(over by now)")


def test_what_rings_anew_is_told_beside_the_story_before_it(storage: Storage) -> None:
    bench = Bench(storage)
    queue(storage, chat_of(storage), new_alert("a", 8.0, key="A"), new_alert("b", 4.0, key="A", episode=2))
    with storage.write() as tx:
        tx.episodes.put([StoredEpisode(1, "A", 1, NOW, NOW, 8.0, 0.0, 2, 1)])
        tx.episodes.put([StoredEpisode(1, "A", 2, NOW + HOUR, None, 4.0, 0.0, 0, 2)])
    bench.drain()
    ((_, message),) = bench.platform.sent
    assert [(one.alert.facts["level"], one.is_over) for one in message.entries] == [(8.0, True), (4.0, False)]


def test_what_follows_replies_to_the_first_message(storage: Storage) -> None:
    bench = Bench(storage)
    chat = chat_of(storage)
    queue(storage, chat, new_alert("a", key="A"))
    bench.drain()
    queue(storage, chat, new_alert("b", 6.0, "ESCALATED", key="A"))
    bench.drain(LEASE)
    queue(storage, chat, new_alert("c", 6.0, "NEW", key="B"))
    bench.drain(LEASE)
    assert [message.reply_to for _, message in bench.platform.sent] == [None, "local-1", None]


def test_what_follows_in_another_chat_replies_to_no_message_of_the_first(storage: Storage) -> None:
    bench = Bench(storage)
    first, second = chat_of(storage, "first"), chat_of(storage, "second")
    queue(storage, first, new_alert("a", key="A"))
    bench.drain()
    with storage.write() as tx:
        tx.subscriptions.move(1, second.id)
    queue(storage, second, new_alert("b", 6.0, "ESCALATED", key="A"))
    bench.drain(LEASE)
    queue(storage, second, new_alert("c", 8.0, "ESCALATED", key="A"))
    bench.drain(LEASE)
    assert [message.reply_to for _, message in bench.platform.sent] == [None, None, "second-2"]


def test_what_follows_in_a_group_that_moved_replies_to_no_number_of_the_old_one(storage: Storage) -> None:
    bench = Bench(storage)
    chat = chat_of(storage, "-1")
    queue(storage, chat, new_alert("a", key="A"))
    bench.drain()
    with storage.write() as tx:
        tx.chats.move(chat.id, "-100")
    queue(storage, chat, new_alert("b", 6.0, "ESCALATED", key="A"))
    bench.drain(LEASE)
    assert [message.reply_to for _, message in bench.platform.sent] == [None, None]


def test_a_chat_that_wishes_silence_hears_what_is_urgent(storage: Storage) -> None:
    bench = Bench(storage)
    chat = chat_of(storage, silent=True, urgent=8.0)
    for name, level in (("a", 4.0), ("b", 9.0)):
        queue(storage, chat, new_alert(name, level, key=name))
        bench.drain(LEASE)
    assert [message.silent for _, message in bench.platform.sent] == [True, False]


def test_the_pace_of_the_platform_is_kept_and_used(storage: Storage) -> None:
    limits = Limits(Window(10, 1.0), in_flight=4)
    bench = Bench(storage, FakePlatform(limits=limits))
    for number in range(50):
        queue(storage, chat_of(storage, str(number)), str(number))
    assert bench.drain() == 50
    assert timedelta(seconds=4) <= bench.clock.now() - NOW <= timedelta(seconds=5.2)


def test_a_pause_that_the_platform_announces_holds_that_chat_only(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(receipts=[Receipt("m", pause=30.0)]))
    first, second = chat_of(storage, "1"), chat_of(storage, "2")
    queue(storage, first, "a")
    bench.drain()
    queue(storage, first, "b")
    queue(storage, second, "c")
    assert bench.drain(timedelta(seconds=5)) == 1
    assert bench.drain(timedelta(seconds=30)) == 1
    assert bench.platform.addresses == ["1", "2", "1"]


def test_an_answer_that_goes_out_while_a_message_is_claimed_keeps_the_pace_of_the_chat(storage: Storage) -> None:
    limits = Limits(of_chat=lambda _: (Window(1, 1.0),))
    bench = Bench(storage, FakePlatform(limits=limits))
    queue(storage, chat_of(storage, "1"), "a")
    limiter = bench.courier.limiters["fake"]
    write, times = storage.write, []

    @contextmanager
    def answers_meanwhile() -> Iterator[object]:
        with write() as tx:
            yield tx
            is_claimed = bool(tx.outbox.counts().get("in_flight"))
        if not times and is_claimed:
            times.append(bench.clock.monotonic())
            limiter.passed("1", times[0])

    storage.write = answers_meanwhile  # type: ignore[method-assign,assignment]
    send = bench.platform.send

    async def timed(address: str, message) -> Receipt:
        times.append(bench.clock.monotonic())
        return await send(address, message)

    bench.platform.send = timed  # type: ignore[method-assign]
    assert bench.drain() == 1
    assert times[1] - times[0] >= 1.0


def test_an_urgent_alert_overtakes_a_backlog(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(limits=Limits(Window(10, 1.0))))
    for number in range(40):
        queue(storage, chat_of(storage, str(number)), str(number))

    async def main() -> None:
        work = asyncio.create_task(bench.courier.drain())
        while len(bench.platform.sent) < 15:
            await asyncio.sleep(0)
        await asyncio.to_thread(lambda: queue(storage, chat_of(storage, "urgent"), new_alert("u", 9.9), priority=1))
        await work

    asyncio.run(main())
    arrived = bench.platform.addresses
    assert arrived.index("urgent") <= 25


def test_what_a_dead_process_had_in_flight_is_taken_over_at_once(storage: Storage) -> None:
    bench = Bench(storage)
    chat = chat_of(storage)
    queue(storage, chat, "a")
    with storage.write() as tx:
        tx.outbox.fly(tx.outbox.waiting(chat.id)[0].id, "dead", NOW, LEASE)
    assert bench.drain() == 0
    bench.gone.add("dead")
    bench.restart()
    assert bench.drain(timedelta(seconds=6)) == 1
    assert bench.platform.sent[0][1].maybe_repeat


def test_a_clock_that_jumps_does_not_send_what_is_under_way_again(storage: Storage) -> None:
    bench = Bench(storage)
    queue(storage, chat_of(storage, "1"), "a")
    queue(storage, chat_of(storage, "2"), "b", priority=900)
    send = bench.platform.send

    async def slow(address: str, message) -> Receipt:
        if address == "1":
            bench.clock.advance(6 * LEASE)
        return await send(address, message)

    bench.platform.send = slow  # type: ignore[method-assign]
    assert bench.drain() == 2
    assert bench.platform.addresses == ["1", "2"]
    assert bench.counts == {"sent": 2}


@contextmanager
def full_disk(storage: Storage) -> Iterator[None]:
    """SQLite takes no further page, as on a full disk."""
    with storage.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.execute("CREATE TABLE IF NOT EXISTS ballast (x BLOB)")
    before = storage.write

    @contextmanager
    def write() -> Iterator[object]:
        with before() as tx:
            pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            try:
                tx.connection.exec_driver_sql("INSERT INTO ballast VALUES (zeroblob(100000))")
                yield tx
            finally:
                tx.connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")

    storage.write = write  # type: ignore[method-assign,assignment]
    yield
    storage.write = before  # type: ignore[method-assign]


def test_a_full_disk_stops_sending_loses_nothing_and_repeats_nothing(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(storage)
    for number in range(5):
        queue(storage, chat_of(storage, str(number)), str(number))
    send = bench.platform.send
    filled = full_disk(storage)

    async def fills(address: str, message) -> Receipt:
        filled.__enter__()
        bench.platform.send = send  # type: ignore[method-assign]
        return await send(address, message)

    bench.platform.send = fills  # type: ignore[method-assign]
    bench.drain()
    assert len(bench.platform.sent) == 1  # its outcome cannot be stored: each further one would be repeated
    assert "full" in bench.courier.fault
    bench.drain(LEASE * 3)
    assert len(bench.platform.sent) == 1
    assert sum("nothing is sent until it does" in line for line in caplog.messages) == 1
    filled.__exit__(None, None, None)
    assert bench.drain(LEASE) == 4
    assert bench.courier.fault == ""
    assert bench.counts == {"sent": 5}
    assert not any(message.maybe_repeat for _, message in bench.platform.sent)


def test_a_database_that_is_locked_stops_sending_until_it_is_not(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(storage)
    queue(storage, chat_of(storage), "a")
    with monkeypatch.context() as patch:

        def locked() -> None:
            raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

        patch.setattr(storage, "write", locked)
        assert bench.drain() == 0
        assert "locked" in bench.courier.fault
    assert bench.drain() == 1


def test_a_database_that_is_damaged_stops_sending_and_says_so(storage: Storage, tmp_path: Path) -> None:
    bench = Bench(storage)
    for number in range(3):
        queue(storage, chat_of(storage, str(number)), str(number))
    with storage.read() as tx:
        names = ("delivery", "ix_delivery_queued", "ix_delivery_chat_state")
        pages = [
            tx.connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).scalar_one()
            for name in names
        ]
        size = tx.connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    with storage.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    storage.engine.dispose()
    with (tmp_path / "test.db").open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\xff" * size)
    assert bench.drain() == 0
    assert bench.platform.sent == []
    assert "malformed" in bench.courier.fault


def test_a_message_that_breaks_its_sender_silences_nobody_else(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(failures=[RuntimeError("a fault of ours")]))
    queue(storage, chat_of(storage, "1"), "a", priority=1)
    queue(storage, chat_of(storage, "2"), "b", priority=2)
    assert bench.drain() == 1
    assert bench.drain(LEASE) == 1
    assert bench.platform.addresses == ["2", "1"]


def test_an_orderly_end_leaves_nothing_in_doubt(storage: Storage) -> None:
    bench = Bench(storage, FakePlatform(limits=Limits(Window(5, 1.0), in_flight=3)))
    for number in range(30):
        queue(storage, chat_of(storage, str(number)), str(number))

    async def main() -> None:
        work = asyncio.create_task(bench.courier.run())
        while len(bench.platform.sent) < 8:
            await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        await bench.courier.stop()

    asyncio.run(main())
    counts = bench.counts
    assert counts["sent"] == len(bench.platform.sent)
    assert counts["sent"] + counts["queued"] == 30
    bench.restart("the next one")
    bench.drain(LEASE)
    assert not any(message.maybe_repeat for _, message in bench.platform.sent)
    assert sorted(bench.platform.addresses) == sorted(str(number) for number in range(30))
