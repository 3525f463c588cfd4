"""Slots: one run each, whoever runs it."""

from datetime import datetime, timedelta

from storage import Storage
from tests.builders_storage import NOW

LEASE = timedelta(minutes=20)


def test_a_running_slot_is_not_run_twice(storage: Storage) -> None:
    with storage.write() as tx:
        assert tx.refreshes.claim(7, "a", NOW, LEASE) is not None
        assert tx.refreshes.claim(7, "b", NOW + timedelta(minutes=19), LEASE) is None


def test_a_slot_whose_runner_died_can_be_taken_over_and_the_dead_cannot_finish_it(storage: Storage) -> None:
    with storage.write() as tx:
        dead = tx.refreshes.claim(7, "a", NOW, LEASE)
        heir = tx.refreshes.claim(7, "b", NOW + LEASE, LEASE)
        assert dead is not None
        assert heir is not None
        assert not tx.refreshes.finish(dead, NOW, {})
        assert tx.refreshes.finish(heir, NOW, {"alerts": 1})
        last = tx.refreshes.last()
    assert last is not None
    assert (last.slot, last.facts) == (7, {"alerts": 1, "order": 7})


def test_a_finished_slot_may_be_run_again_and_says_so(storage: Storage) -> None:
    with storage.write() as tx:
        first = tx.refreshes.claim(7, "a", NOW, LEASE)
        assert first is not None
        tx.refreshes.finish(first, NOW, {})
        again = tx.refreshes.claim(7, "b", NOW, LEASE)
    assert again is not None
    assert (first.again, again.again) == (False, True)


def test_a_finished_slot_whose_second_run_came_to_no_end_is_still_finished(storage: Storage) -> None:
    later = NOW + timedelta(minutes=5)
    with storage.write() as tx:
        first = tx.refreshes.claim(7, "a", NOW, LEASE)
        assert first is not None
        assert tx.refreshes.finish(first, NOW, {"alerts": 1})
        again = tx.refreshes.claim(7, "b", later, LEASE)
        assert again is not None
        assert tx.refreshes.claim(7, "c", later, LEASE) is None  # nobody runs it beside the second
        last = tx.refreshes.last()
        assert last is not None
        assert (last.at, last.facts["alerts"]) == (NOW, 1)
        heir = tx.refreshes.claim(7, "c", later + LEASE, LEASE)
        assert heir is not None
        assert not tx.refreshes.finish(again, later, {})
        assert tx.refreshes.finish(heir, later + LEASE, {"alerts": 2})
        assert tx.refreshes.claim(7, "d", NOW, LEASE) is not None  # also where the clock was set back since
        last = tx.refreshes.last()
    assert last is not None
    assert (last.at, last.facts["alerts"]) == (later + LEASE, 2)


def run(storage: Storage, slot: int, at: datetime) -> int | None:
    """Claim and finish; returns the place among all refreshes."""
    with storage.write() as tx:
        claim = tx.refreshes.claim(slot, "a", at, LEASE)
        assert claim is not None
        assert tx.refreshes.finish(claim, at, {})
    return claim.order


def test_places_grow_also_where_the_clock_is_set_back_and_a_slot_that_is_run_again_keeps_its_own(
    storage: Storage,
) -> None:
    steps = [(100, 0.0), (101, 0.5), (110, 5.0), (110, 5.1), (103, 1.5), (103, 1.6), (104, 2.0), (111, 5.5), (109, 4.5)]
    places = [run(storage, slot, NOW + timedelta(hours=hours)) for slot, hours in steps]
    assert places == [100, 101, 110, 110, 111, 111, 112, 113, 114]


def test_a_slot_that_the_clock_has_just_passed_by_has_no_place(storage: Storage) -> None:
    run(storage, 100, NOW)
    assert run(storage, 99, NOW - timedelta(seconds=2)) is None
    assert run(storage, 100, NOW + timedelta(minutes=1)) == 100
    assert run(storage, 101, NOW + timedelta(minutes=30)) == 101


def test_a_refresh_is_overtaken_by_one_that_was_begun_after_it_and_is_done(storage: Storage) -> None:
    with storage.write() as tx:
        slow = tx.refreshes.claim(100, "a", NOW, LEASE)
        assert slow is not None
        assert not tx.refreshes.is_overtaken(slow)
    run(storage, 101, NOW + timedelta(minutes=30))
    with storage.read() as tx:
        assert tx.refreshes.is_overtaken(slow)


def test_the_refresh_before_a_slot_is_found(storage: Storage) -> None:
    with storage.write() as tx:
        for slot in (5, 6, 9):
            claim = tx.refreshes.claim(slot, "a", NOW + timedelta(hours=slot), LEASE)
            assert claim is not None
            tx.refreshes.finish(claim, NOW + timedelta(hours=slot), {})
        before = tx.refreshes.last(before_slot=9)
    assert before is not None
    assert before.slot == 6


def test_a_source_remembers_when_it_last_answered_well(storage: Storage) -> None:
    later = NOW + timedelta(hours=1)
    with storage.write() as tx:
        tx.refreshes.put_source("okx", NOW, ok=True)
        tx.refreshes.put_source("okx", later, ok=False, detail="451 from this country")
        (source,) = tx.refreshes.sources()
    assert (source.asked_at, source.answered_at, source.detail) == (later, NOW, "451 from this country")


def test_a_slot_whose_runner_is_known_to_be_dead_need_not_wait(storage: Storage) -> None:
    with storage.write() as tx:
        tx.refreshes.claim(7, "dead", NOW, LEASE)
        assert tx.refreshes.claim(7, "b", NOW, LEASE, lambda owner: owner == "other") is None
        heir = tx.refreshes.claim(7, "b", NOW, LEASE, lambda owner: owner == "dead")
    assert heir is not None
    assert heir.epoch == 2


def test_a_source_remembers_since_when_it_answers_as_it_does(storage: Storage) -> None:
    told = []
    with storage.write() as tx:
        for hours, outcome in enumerate(["refused", "refused", "failed", "ok", "ok"]):
            at = NOW + timedelta(hours=hours)
            tx.refreshes.put_source("okx", at, ok=outcome == "ok", outcome=outcome)
            (source,) = tx.refreshes.sources()
            told.append((source.outcome, (source.since - NOW) // timedelta(hours=1)))
    assert told == [("refused", 0), ("refused", 0), ("failed", 2), ("ok", 3), ("ok", 3)]


def test_an_outcome_that_is_not_given_is_ok_or_failed(storage: Storage) -> None:
    with storage.write() as tx:
        tx.refreshes.put_source("okx", NOW, ok=True)
        tx.refreshes.put_source("gate", NOW, ok=False)
        assert [one.outcome for one in tx.refreshes.sources()] == ["failed", "ok"]
