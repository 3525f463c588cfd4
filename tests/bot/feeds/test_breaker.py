"""When a source is left alone, and when it is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.feeds.breaker import FAILURES, LONGEST, SHORTEST, Admission, Breaker

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def opened(now: datetime = NOW) -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker = breaker.failed(now, "silent")
    return breaker


def test_four_failures_in_a_row_change_nothing_and_the_fifth_opens_it_for_a_minute() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker = breaker.failed(NOW, "silent")
        assert breaker.admit(NOW) is Admission.GO
    breaker = breaker.failed(NOW, "silent")
    assert breaker.admit(NOW) is Admission.NO
    assert breaker.open_until == NOW + timedelta(seconds=60)
    assert breaker.reason == "silent"


def test_a_success_between_failures_starts_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(10):
        breaker = breaker.failed(NOW, "silent").failed(NOW, "silent").succeeded()
    assert breaker == Breaker()


def test_half_open_one_request_goes_through_and_the_others_wait_for_it() -> None:
    later = NOW + timedelta(seconds=60)
    breaker = opened()
    assert breaker.admit(later) is Admission.PROBE
    assert breaker.probed().admit(later) is Admission.WAIT
    assert breaker.probed().succeeded().admit(later) is Admission.GO


def test_each_failed_probe_doubles_the_time_up_to_a_quarter_of_an_hour() -> None:
    breaker, now, spans = opened(), NOW, []
    for _ in range(6):
        assert breaker.open_until is not None
        spans.append((breaker.open_until - now).total_seconds())
        now = breaker.open_until
        breaker = breaker.probed().failed(now, "silent", probe=True)
    assert spans == [60, 120, 240, 480, 900, 900]


@given(st.timedeltas(timedelta(days=-30), timedelta(days=30)))
def test_however_the_clock_is_set_it_is_tried_again_within_a_quarter_of_an_hour(jump: timedelta) -> None:
    breaker, set_to = opened(), NOW + jump
    admitted = [breaker.admit(set_to + timedelta(minutes=after)) for after in range(16)]
    assert Admission.PROBE in admitted


def test_a_refusal_opens_it_at_once_for_a_quarter_of_an_hour() -> None:
    breaker = Breaker().turned_away(NOW, "refuses this country (451)")
    assert breaker.refused
    assert breaker.admit(NOW + timedelta(minutes=14, seconds=59)) is Admission.NO
    assert breaker.admit(NOW + timedelta(minutes=15)) is Admission.PROBE


def test_a_probe_that_is_called_off_leaves_room_for_the_next() -> None:
    later = NOW + timedelta(seconds=60)
    assert opened().probed().abandoned().admit(later) is Admission.PROBE


@given(st.integers(min_value=0, max_value=20))
def test_requests_that_were_under_way_open_it_no_further(late: int) -> None:
    breaker = opened()
    for _ in range(late):
        breaker = breaker.failed(NOW + timedelta(seconds=5), "silent")
    assert breaker == opened()


class Asking(RuleBasedStateMachine):
    """Any order of requests, outcomes and time: one probe at most, and no source is lost or hammered."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker()
        self.now = NOW
        self.sent = 0  # ordinary requests under way
        self.probes = 0

    @rule(seconds=st.floats(min_value=0, max_value=2000))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def ask(self) -> None:
        match self.breaker.admit(self.now):
            case Admission.GO:
                assert self.breaker.open_until is None
                self.sent += 1
            case Admission.PROBE:
                assert self.breaker.open_until is not None
                assert self.now >= self.breaker.open_until
                self.breaker = self.breaker.probed()
                self.probes += 1
            case Admission.WAIT:
                assert self.probes == 1
            case Admission.NO:
                assert self.breaker.open_until is not None
                assert self.now < self.breaker.open_until <= self.now + LONGEST

    @precondition(lambda self: self.sent)
    @rule(outcome=st.sampled_from(["failed", "turned away"]))
    def a_request_fails(self, outcome: str) -> None:
        self.sent -= 1
        if outcome == "failed":
            self.breaker = self.breaker.failed(self.now, "silent")
        else:
            self.breaker = self.breaker.turned_away(self.now, "451")

    @precondition(lambda self: self.sent and not self.probes)
    @rule()
    def a_request_succeeds(self) -> None:
        self.sent -= 1
        self.breaker = self.breaker.succeeded()
        assert self.breaker.admit(self.now) is Admission.GO

    @precondition(lambda self: self.probes)
    @rule(outcome=st.sampled_from(["succeeded", "failed", "turned away", "abandoned"]))
    def the_probe_ends(self, outcome: str) -> None:
        self.probes -= 1
        before = self.breaker
        if outcome == "succeeded":
            self.breaker = before.succeeded()
            assert self.breaker.admit(self.now) is Admission.GO
        elif outcome == "abandoned":
            self.breaker = before.abandoned()
        else:
            fail = before.failed if outcome == "failed" else before.turned_away
            self.breaker = fail(self.now, "again", probe=True)
            assert self.breaker.admit(self.now) is Admission.NO
            assert SHORTEST <= self.breaker.open_for <= LONGEST

    @invariant()
    def never_more_than_one_probe(self) -> None:
        assert self.probes <= 1
        assert self.breaker.probing == bool(self.probes)


TestAnyOrderOfRequests = Asking.TestCase
