"""What a wish would have rung for: the stored refreshes through the same decisions."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.episodes import Episode, advance, standing
from bot.alerts.matching import Verdict, Wish, verdict_on_numbers
from bot.alerts.rehearsal import PastRing, Rehearsal, rehearse
from bot.alerts.replay import replay_coin
from bot.feeds.base import HostedClusters
from bot.settings import AlertSettings, ScoringSettings
from scoring.detection import CoinState, Standing
from scoring.model import ChangeKind, Signal
from storage import Storage
from storage.scores import STANDINGS, CoinPast, Past
from tests.builders_alerts import coin_state, run, snapshot
from tests.builders_filings import ACME, filing, person, trade
from tests.builders_finradar import hosted_cluster
from tests.builders_storage import NOW

PUMP = Wish(Signal.PUMP, 3)
HALF_HOUR = timedelta(minutes=30)


def rehearsed(storage: Storage, *wishes: Wish, cycle: int = 0, days: int = 7) -> tuple[Rehearsal, ...]:
    with storage.read() as tx:
        return rehearse(tx, wishes, NOW + cycle * HALF_HOUR, AlertSettings(), ScoringSettings(), days)


def story(storage: Storage, levels: list[float | str], **numbers: Any) -> None:
    """One refresh after the other, the last one at NOW."""
    for cycle, level in enumerate(levels, 1 - len(levels)):
        run(storage, snapshot(coin_state("A", level, **numbers), cycle=cycle))


def test_what_stood_at_the_beginning_does_not_count_and_what_came_after_does(storage: Storage) -> None:
    story(storage, [5.0, 5.5, 6.0, 2.0, 2.0, 3.5, 4.9, 4.6])
    (found,) = rehearsed(storage, replace(PUMP, resolve=True))
    assert (found.new, found.risen, found.over) == (1, 2, 1)
    rise, opened, over, earlier = found.latest
    assert rise == PastRing(NOW - HALF_HOUR, "A", "A", ChangeKind.ESCALATED, 3.5, 4.9)
    assert opened == PastRing(NOW - 2 * HALF_HOUR, "A", "A", ChangeKind.NEW, None, 3.5)
    assert (over.kind, over.before, over.level) == (ChangeKind.RESOLVED, 6.0, 2.0)
    assert (earlier.kind, earlier.before, earlier.level) == (ChangeKind.ESCALATED, 5.0, 6.0)


def test_an_end_that_the_wish_does_not_ask_for_is_counted_and_not_shown(storage: Storage) -> None:
    story(storage, [1.0, 4.0, 2.0, "no gate"])
    (found,) = rehearsed(storage, PUMP)
    assert (found.new, found.over, [one.kind for one in found.latest]) == (1, 1, [ChangeKind.NEW])


def test_every_wish_has_its_own_answer_from_one_reading(storage: Storage) -> None:
    story(storage, [1.0, 4.0, 4.0, 5.0])
    wishes = [
        PUMP,
        replace(PUMP, minimum=4.5),
        replace(PUMP, coins=("B",)),
        replace(PUMP, exclude=("A",)),
        replace(PUMP, min_streak=9),
        replace(PUMP, min_change=50.0),
        Wish(Signal.SELLING, 1),
    ]
    found = rehearsed(storage, *wishes)
    assert [(one.new, one.risen) for one in found] == [(1, 1), (1, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)]


def test_a_filter_on_exchanges_cannot_be_replayed_and_is_named(storage: Storage) -> None:
    story(storage, [1.0, 4.0])
    named, plain = rehearsed(storage, replace(PUMP, exchanges=("gate",)), PUMP)
    assert (named.without, named.new) == (("exchanges",), 1)
    assert plain.without == ()


def test_only_the_days_asked_for_count_and_the_refresh_before_them_says_what_stood(storage: Storage) -> None:
    run(storage, snapshot(coin_state("A", 5.0), cycle=-8 * 48))
    run(storage, snapshot(coin_state("A", 5.0), cycle=-7 * 48 + 1))
    run(storage, snapshot(coin_state("A", 1.0), coin_state("B", 4.0), cycle=-2))
    run(storage, snapshot(coin_state("A", 1.0), coin_state("B", 1.0), cycle=-1))
    week, day = (rehearsed(storage, PUMP, days=days)[0] for days in (7, 1))
    assert (week.new, week.over, week.covered) == (1, 1, 2)
    assert (day.new, day.over, day.covered) == (1, 1, 1)


def test_nothing_stored_is_nothing_covered(storage: Storage) -> None:
    assert rehearsed(storage, PUMP, Wish(Signal.CLUSTERS, 3)) == (Rehearsal(7, 0), Rehearsal(7, 0))
    assert rehearsed(storage) == ()


def test_an_outage_counts_nothing(storage: Storage) -> None:
    story(storage, ["unknown", 4.0, "unknown", "unknown", 4.5, 2.0, "unknown", 2.0])
    (found,) = rehearsed(storage, PUMP)
    assert (found.new, found.over) == (0, 1)


many = st.lists(
    st.tuples(
        st.integers(20, 60).map(lambda tenths: tenths / 10) | st.sampled_from(["no gate", "unknown"]),
        st.integers(2, 4),
        st.sampled_from([math.nan, 20.0, 40.0]),
        st.sampled_from([0, 5]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=200)
@given(many, st.sampled_from([None, 30.0]), st.sampled_from([0, 5]), st.sampled_from([0.3, 1.0]))
def test_a_replay_is_what_going_through_every_refresh_is(
    refreshes: list[Any], min_change: float | None, min_streak: int, step: float
) -> None:
    wish = Wish(Signal.PUMP, 3, step=step, min_change=min_change, min_streak=min_streak)
    rule = wish.coin_rule(AlertSettings(), ScoringSettings())
    episode: Episode | None = None
    began, expected = False, []
    for slot, (level, exchanges, change, streak) in enumerate(refreshes):
        known = Standing(level) if isinstance(level, str) else Standing.SCORED
        state = CoinState("A", Signal.PUMP, known, None if isinstance(level, str) else level, exchanges)
        passes = verdict_on_numbers(wish, change, streak) is Verdict.TELL
        at = datetime.fromtimestamp(slot * 1800, UTC)
        if not began:
            episode, began = standing(state, rule, at, slot, passes=passes), known is not Standing.UNKNOWN
            continue
        done = advance(episode, state, rule, at, slot, passes=passes)
        episode = done.episode
        if done.change is not None:
            expected.append((at, done.change, done.before, state.score))
    levels = [math.nan if isinstance(one[0], str) else one[0] for one in refreshes]
    kinds = [STANDINGS.index(Standing(one[0]) if isinstance(one[0], str) else Standing.SCORED) for one in refreshes]
    columns = [np.array([one[i] for one in refreshes]) for i in (1, 2, 3)]
    coin = CoinPast(np.array(kinds), np.array(levels), *columns)
    slots = np.arange(len(refreshes))
    found = replay_coin(wish, rule, "A", Past(slots, slots * 1800, {"A": coin}))
    assert [(one.at, one.step.change, one.step.before, one.level) for one in found] == expected


def test_clusters_are_taken_as_they_were_known_at_the_end_of_each_day(storage: Storage) -> None:
    with storage.write() as tx:
        tx.filings.put_issuers([ACME])
        tx.filings.add(
            [filing(person(i), trade(100, 10 + i, days_ago=20), accepted=NOW - timedelta(days=19)) for i in (1, 2)]
        )
        tx.filings.add([filing(person(3), trade(100, 13), accepted=NOW - timedelta(days=3))])
        tx.filings.add([filing(person(4), trade(100, 14), accepted=NOW - timedelta(hours=1))])
    wish = Wish(Signal.CLUSTERS, 3)
    found, fewer, other = rehearsed(storage, wish, replace(wish, minimum=2), replace(wish, tickers=("OTHER",)))
    assert (found.new, found.risen, found.covered) == (1, 1, 7)
    assert [(one.kind, one.title, one.before, one.level) for one in found.latest] == [
        (ChangeKind.GROWN, "ACME", 3.0, 4.0),
        (ChangeKind.NEW, "ACME", None, 3.0),
    ]
    assert [one.at for one in found.latest] == [NOW, NOW - timedelta(days=2, hours=12)]
    assert (fewer.new, fewer.risen) == (0, 2)
    assert (other.new, other.risen) == (0, 0)


def test_days_before_the_first_filing_are_not_covered(storage: Storage) -> None:
    with storage.write() as tx:
        tx.filings.put_issuers([ACME])
        tx.filings.add([filing(person(1), trade(100, 13), accepted=NOW - timedelta(days=3))])
    (found,) = rehearsed(storage, Wish(Signal.CLUSTERS, 3))
    assert (found.covered, found.new) == (3, 0)


def test_a_hosted_service_says_nothing_of_the_past(storage: Storage) -> None:
    with storage.write() as tx:
        tx.hosted.put_clusters(HostedClusters(30, (hosted_cluster(),), is_whole=True), NOW)
    (found,) = rehearsed(storage, Wish(Signal.CLUSTERS, 3))
    assert "says what is, not what was" in found.unknown


@pytest.mark.parametrize("wish", [PUMP, Wish(Signal.SELLING, 3)])
def test_scores_of_another_signal_are_not_taken(storage: Storage, wish: Wish) -> None:
    story(storage, [1.0, 4.0], signal=Signal.PUMP)
    (found,) = rehearsed(storage, wish)
    assert found.new == (wish is PUMP)
