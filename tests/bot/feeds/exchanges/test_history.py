"""Which settlements are asked for: nothing is skipped, whatever an exchange keeps to itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.base import SettledRate
from bot.feeds.exchanges.base import Endpoint, History, Paging, Slot
from bot.feeds.exchanges.coverage import Wanted, coverage, part_of
from bot.feeds.exchanges.history import (
    CONFIRM_AFTER,
    Ask,
    absorb,
    begin,
    is_late_end_due,
    next_ask,
    requests_left,
    rest_of,
)
from storage.backfill import Progress

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def history(paging: Paging, limit: int = 100, depth: int | None = None, window: float | None = None) -> History:
    return History(Endpoint("/history"), paging, limit, per_second=1.0, depth_days=depth, window_days=window)


@dataclass(frozen=True)
class Exchange:
    """What an exchange has of one contract, and how it cuts it; its real limit may be lower than the told one."""

    times: tuple[datetime, ...]  # ascending
    paging: Paging
    real_limit: int

    def answer(self, ask: Ask) -> list[SettledRate]:
        if self.paging is Paging.PAGES:
            first = (ask.page - 1) * self.real_limit
            chosen = list(reversed(self.times))[first : first + self.real_limit]
        else:
            inside = [at for at in self.times if ask.since <= at <= ask.until]
            late = self.paging is Paging.DESCENDING
            chosen = inside[-self.real_limit :] if late else inside[: self.real_limit]
        return [SettledRate(at, 0.0001) for at in chosen]


def schedule(hours: float, newest: datetime, count: int) -> tuple[datetime, ...]:
    return tuple(newest - hours * HOUR * i for i in reversed(range(count)))


def read_all(
    exchange: Exchange, kind: History, hours: float, target: datetime, progress: Progress, now: datetime = NOW
) -> tuple[set[datetime], Progress, int]:
    """Everything that is asked for until nothing is left, and how many requests that took."""
    found: set[datetime] = set()
    requests = 0
    while (ask := next_ask(progress, kind, hours, now, target)) is not None:
        rows: list[SettledRate] = []
        part: Ask | None = ask
        while part is not None:
            answer = exchange.answer(part)
            requests += 1
            assert requests < 2_000, "it never ends"
            rows += answer
            part = rest_of(part, answer, kind, hours)
        progress = absorb(progress, ask, rows, kind, hours, now)
        found |= {row.at for row in rows}
    return found, progress, requests


@given(
    paging=st.sampled_from(Paging),
    hours=st.sampled_from([1, 2, 4, 8]),
    told=st.sampled_from([50, 100, 400, 1000]),
    kept_back=st.sampled_from([1, 2, 3]),
    listed=st.integers(1, 120),
    days=st.integers(3, 90),
)
def test_every_settlement_is_read_however_the_exchange_cuts(
    paging: Paging, hours: int, told: int, kept_back: int, listed: int, days: int
) -> None:
    newest = NOW.replace(minute=0, hour=8)
    count = max(1, listed * 24 // hours)
    exchange = Exchange(schedule(hours, newest, count), paging, told // kept_back)
    target = NOW - timedelta(days=days)
    found, progress, _ = read_all(exchange, history(paging, told), hours, target, begin(NOW))
    assert found >= {at for at in exchange.times if target + hours * HOUR <= at <= NOW}
    assert progress.exhausted or progress.covered_since <= target + hours * HOUR
    assert progress.covered_until == newest


@given(
    paging=st.sampled_from(Paging),
    now_hours=st.sampled_from([1, 4, 8]),
    then_hours=st.sampled_from([1, 2, 8]),
    limit=st.sampled_from([50, 100, 333]),
)
def test_nothing_is_skipped_where_the_interval_was_another(
    paging: Paging, now_hours: int, then_hours: int, limit: int
) -> None:
    late = schedule(now_hours, NOW.replace(minute=0, hour=8), 20 * 24 // now_hours)
    early = schedule(then_hours, late[0] - then_hours * HOUR, 30 * 24 // then_hours)
    exchange = Exchange(early + late, paging, limit)
    target = NOW - timedelta(days=45)
    found, _, _ = read_all(exchange, history(paging, limit), now_hours, target, begin(NOW))
    assert found >= {at for at in exchange.times if at >= target + max(now_hours, then_hours) * HOUR}


@given(paging=st.sampled_from(Paging), away=st.integers(7, 24 * 200), hours=st.sampled_from([1, 8]))
def test_a_gap_is_closed_however_long_it_was(paging: Paging, away: int, hours: int) -> None:
    since = NOW - timedelta(days=230)
    left = NOW - away * HOUR
    before = Progress(covered_since=since, covered_until=left)
    exchange = Exchange(schedule(hours, NOW.replace(minute=0, hour=8), 230 * 24 // hours), paging, 100)
    found, progress, _ = read_all(exchange, history(paging), hours, since, before)
    settled = NOW - max(CONFIRM_AFTER, hours * HOUR)  # what happened since may wait for its turn
    assert found >= {at for at in exchange.times if left < at <= settled}
    assert progress.covered_until >= max((at for at in exchange.times if at <= settled), default=left)
    assert progress.covered_since == since


def test_a_settlement_that_is_published_late_is_asked_for_again() -> None:
    kind = history(Paging.DESCENDING)
    old = schedule(8, NOW.replace(hour=0, minute=0), 30)
    _, progress, _ = read_all(Exchange(old, Paging.DESCENDING, 100), kind, 8, old[0], begin(NOW))
    assert progress.covered_until == old[-1]
    later = NOW + HOUR
    complete = (*old, NOW.replace(hour=8, minute=0))
    found, progress, _ = read_all(Exchange(complete, Paging.DESCENDING, 100), kind, 8, old[0], progress, later)
    assert complete[-1] in found
    assert progress.covered_until == complete[-1]


def test_when_nothing_new_came_the_exchange_is_not_asked_again_at_once() -> None:
    stale = Progress(covered_since=NOW - 9 * CONFIRM_AFTER, covered_until=NOW - 2 * CONFIRM_AFTER)
    assert is_late_end_due(stale, 1, NOW)
    asked = absorb(stale, Ask(stale.covered_until, NOW, 1, late=True), [], history(Paging.ASCENDING), 1, NOW)
    assert not is_late_end_due(asked, 1, NOW)
    assert is_late_end_due(asked, 1, NOW + HOUR)


def test_an_exchange_that_serves_less_is_asked_for_no_more_than_it_serves() -> None:
    kind = history(Paging.DESCENDING, depth=90)
    exchange = Exchange(schedule(8, NOW.replace(hour=8, minute=0), 900), Paging.DESCENDING, 100)
    found, progress, _ = read_all(exchange, kind, 8, NOW - timedelta(days=1095), begin(NOW))
    assert min(found) >= NOW - timedelta(days=90)
    assert next_ask(progress, kind, 8, NOW, NOW - timedelta(days=1095)) is None


def test_no_window_is_longer_than_the_exchange_accepts() -> None:
    kind = history(Paging.ASCENDING, limit=744, window=31)
    ask = next_ask(begin(NOW), kind, 8, NOW, NOW - timedelta(days=90))
    assert ask is not None
    assert ask.until - ask.since == timedelta(days=31)


def test_a_deeper_history_goes_on_where_the_shallower_ended() -> None:
    kind = history(Paging.DESCENDING)
    exchange = Exchange(schedule(8, NOW.replace(hour=8, minute=0), 3_000), Paging.DESCENDING, 100)
    shallow, progress, _ = read_all(exchange, kind, 8, NOW - timedelta(days=30), begin(NOW))
    deeper, progress, _ = read_all(exchange, kind, 8, NOW - timedelta(days=365), progress)
    assert min(deeper) < min(shallow)
    assert len(deeper & shallow) <= 1
    assert progress.covered_since <= NOW - timedelta(days=364)


def test_the_requests_left_are_those_that_are_made() -> None:
    for paging in Paging:
        kind = history(paging)
        exchange = Exchange(schedule(8, NOW.replace(hour=8, minute=0), 3_000), paging, 100)
        target = NOW - timedelta(days=300)
        expected = requests_left(begin(NOW), kind, 8, NOW, target)
        _, progress, made = read_all(exchange, kind, 8, target, begin(NOW))
        assert abs(expected - made) <= 2
        assert requests_left(progress, kind, 8, NOW, target) == 0


def test_the_slots_hold_the_window_in_both_units() -> None:
    values = Ask(NOW - HOUR, NOW, 3, late=False).values("X")
    assert values[Slot.SYMBOL] == "X"
    assert values[Slot.UNTIL_MS] == int(NOW.timestamp()) * 1000
    assert values[Slot.SINCE_S] == int(NOW.timestamp()) - 3600
    assert values[Slot.PAGE] == 3


def test_the_coverage_says_how_much_is_there_and_how_long_the_rest_takes() -> None:
    wanted = Wanted({("a", "X"): 8.0, ("a", "Y"): 8.0, ("b", "Z"): 8.0}, NOW - timedelta(days=90), NOW)
    progress = {
        ("a", "X"): Progress(covered_since=NOW - timedelta(days=45), covered_until=NOW),
        ("b", "Z"): Progress(covered_since=NOW - timedelta(days=20), covered_until=NOW, exhausted=True),
    }
    found = coverage(progress, wanted, lambda _, __: history(Paging.DESCENDING))
    a, b = found
    assert (a.contracts, a.done, a.part) == (2, 0, pytest.approx(0.25))
    assert a.since == NOW - timedelta(days=45)
    assert a.seconds_left == 2 + 3  # 45 and 90 days at 100 rows of 8 hours a request, one request a second
    assert (b.done, b.part, b.shorter, b.seconds_left) == (1, 1.0, 1, 0)
    assert part_of(found) == pytest.approx(0.5)
    assert part_of(()) == 1.0
