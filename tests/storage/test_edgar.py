"""How far EDGAR has been read."""

from dataclasses import replace
from datetime import date, timedelta

from storage import Storage
from storage.edgar import DayProgress
from tests.builders_storage import NOW

DAY = date(2026, 4, 24)


def test_the_progress_of_days_and_sets_is_what_was_noted_last(storage: Storage) -> None:
    begun = DayProgress(DAY, 900, False, NOW, missing=17)
    done = replace(begun, complete=True, asked_at=NOW + timedelta(hours=1), missing=0)
    other = DayProgress(DAY - timedelta(days=1), 0, True, NOW)
    with storage.write() as tx:
        assert (tx.edgar.days(), tx.edgar.sets()) == ({}, {})
        tx.edgar.put_day(begun)
        assert tx.edgar.days() == {DAY: begun}
        tx.edgar.put_days([done, other])
        tx.edgar.put_days([])
        tx.edgar.put_set("2026q1", NOW)
        tx.edgar.put_set("2026q1", NOW + timedelta(days=1))
    with storage.read() as tx:
        assert tx.edgar.days() == {DAY: done, other.day: other}
        assert tx.edgar.sets() == {"2026q1": NOW + timedelta(days=1)}
