"""How long EDGAR is left alone after it wanted fewer requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.edgar.throttle import LONGEST, SHORTEST, Throttle

NOW = datetime(2026, 11, 18, 21, tzinfo=UTC)
MINUTES = st.integers(0, 600).map(lambda minutes: timedelta(minutes=minutes))


def test_it_is_asked_until_it_wants_no_more() -> None:
    assert not Throttle().stops(NOW)


def test_a_first_stop_is_ten_minutes_long() -> None:
    stop = Throttle().hit(NOW)
    assert stop.stops(NOW + timedelta(minutes=9, seconds=59))
    assert not stop.stops(NOW + timedelta(minutes=10))


def test_a_stop_that_soon_follows_another_is_twice_as_long_up_to_two_hours() -> None:
    stop, spans = Throttle(), []
    for _ in range(6):
        stop = stop.hit(max(NOW, stop.until))
        spans.append(stop.span // timedelta(minutes=1))
    assert spans == [10, 20, 40, 80, 120, 120]


def test_a_stop_after_a_quiet_morning_is_a_first_one_again() -> None:
    stop = Throttle().hit(NOW).hit(NOW + timedelta(hours=1))
    assert stop.span == timedelta(minutes=20)
    assert stop.hit(stop.until + timedelta(hours=6)).span == timedelta(minutes=10)


def test_answers_to_requests_that_were_under_way_make_a_stop_no_longer() -> None:
    stop = Throttle().hit(NOW)
    assert stop.hit(NOW + timedelta(seconds=3)) == stop


def test_a_longer_wait_that_it_asks_for_is_kept() -> None:
    assert Throttle().hit(NOW, timedelta(hours=5)).until == NOW + timedelta(hours=5)


@given(st.lists(MINUTES, max_size=20))
def test_no_stop_is_shorter_than_ten_minutes_or_longer_than_two_hours(pauses: list[timedelta]) -> None:
    stop, now = Throttle(), NOW
    for pause in pauses:
        now += pause
        stop = stop.hit(now)
        assert stop.stops(now)
        assert SHORTEST <= stop.span <= LONGEST
