"""Scores, accumulated funding and clusters of a hosted service."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.model import (
    Cluster,
    CoinFunding,
    CoinScore,
    ExchangeAverage,
    Insider,
    Issuer,
    PriceChanges,
    Side,
    Signal,
)
from storage import Storage
from storage.hosted import Window
from tests.builders_finradar import hosted_cluster
from tests.builders_storage import NOW

FUNDING = CoinFunding(
    base_coin="A",
    avg_72h=-0.00031,
    median_72h=-0.0003,
    exchanges=(ExchangeAverage("binance", "AUSDT", -0.00031, 72.0, 9), ExchangeAverage("okx", "A", 0.1 + 0.2, 40, 5)),
    negative_exchanges=2,
    streak=4,
    signal_start=NOW - timedelta(days=4),
)
PUMP = CoinScore(Signal.PUMP, "A", 4.5, 0.6, 0.5, 0.7, FUNDING, PriceChanges(1.5, 38.0, 2.0, "service"), 1, "service")
SELLING = replace(PUMP, signal=Signal.SELLING, pump_magnitude=None, prices=PriceChanges(None, None, None))

floats = st.floats(allow_nan=False, allow_infinity=False)
scores = st.builds(
    CoinScore,
    signal=st.sampled_from([Signal.PUMP, Signal.SELLING]),
    base_coin=st.just("A"),
    score=floats,
    funding_magnitude=floats,
    persistence=floats,
    pump_magnitude=st.none() | floats,
    funding=st.builds(
        CoinFunding,
        base_coin=st.just("A"),
        avg_72h=floats,
        median_72h=floats,
        exchanges=st.lists(st.builds(ExchangeAverage, st.text(), st.text(), floats, floats, st.integers())).map(tuple),
        negative_exchanges=st.integers(),
        streak=st.integers(),
        signal_start=st.none() | st.datetimes(timezones=st.just(UTC)),
    ),
    prices=st.builds(PriceChanges, st.none() | floats, st.none() | floats, st.none() | floats, st.text()),
    formula_version=st.integers(),
    source=st.text(),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(score=scores)
def test_a_score_comes_back_exactly(storage: Storage, score: CoinScore) -> None:
    with storage.write() as tx:
        tx.hosted.put([score], NOW)
        assert tx.hosted.scores(NOW)[score.signal] == {"A": score}


def test_a_coin_that_is_not_listed_any_more_is_gone(storage: Storage) -> None:
    other = replace(PUMP, base_coin="B")
    with storage.write() as tx:
        tx.hosted.put([PUMP, other, SELLING], NOW)
        tx.hosted.put([other], NOW)
        assert tx.hosted.scores(NOW) == {Signal.PUMP: {"B": other}, Signal.SELLING: {}}


def test_a_signal_that_was_not_answered_keeps_what_it_has(storage: Storage) -> None:
    with storage.write() as tx:
        tx.hosted.put([PUMP, SELLING], NOW)
        tx.hosted.put([], NOW + timedelta(minutes=30), signals={Signal.PUMP})
        assert tx.hosted.scores(NOW + timedelta(minutes=30)) == {Signal.PUMP: {}, Signal.SELLING: {"A": SELLING}}


@pytest.mark.parametrize(("minutes", "known"), [(-1, False), (0, True), (119, True), (120, False)])
def test_scores_stand_for_two_hours(storage: Storage, minutes: int, known: bool) -> None:
    with storage.write() as tx:
        tx.hosted.put([PUMP], NOW)
        found = tx.hosted.scores(NOW + timedelta(minutes=minutes))
        assert bool(found) is known
        assert tx.hosted.scores(datetime(2030, 1, 1, tzinfo=UTC), max_age=timedelta(days=9999)) != {}


def test_the_oldest_of_the_fresh_scores_tells_when_they_were_read(storage: Storage) -> None:
    later = NOW + timedelta(minutes=30)
    with storage.write() as tx:
        assert tx.hosted.read_at(NOW) is None
        tx.hosted.put([PUMP, SELLING], NOW)
        tx.hosted.put([PUMP], later, signals={Signal.PUMP})
        assert tx.hosted.read_at(later) == NOW
        assert tx.hosted.read_at(NOW + timedelta(hours=2)) == later
        assert tx.hosted.read_at(NOW + timedelta(hours=3)) is None


@dataclass(frozen=True)
class Sums:
    """What a service says of one pair."""

    exchange: str
    symbol: str
    base_coin: str = "A"
    sums: dict[int, float | None] = field(default_factory=lambda: {1: 0.1 + 0.2, 7: -0.002, 30: None})
    counts: dict[int, int | None] = field(default_factory=lambda: {1: 3, 7: 21})


def test_accumulated_funding_comes_back_exactly_and_by_name(storage: Storage) -> None:
    with storage.write() as tx:
        tx.hosted.put_accumulated([Sums("okx", "A-USDT"), Sums("binance", "AUSDT"), Sums("gate", "B_USDT", "B")], NOW)
        assert [(one.base_coin, one.exchange) for one in tx.hosted.accumulated()] == [
            ("A", "binance"), ("A", "okx"), ("B", "gate")
        ]  # fmt: skip
        (found,) = tx.hosted.accumulated("B")
    assert found.sums == {1: 0.1 + 0.2, 7: -0.002, 30: None, 90: None, 365: None}
    assert found.counts == {1: 3, 7: 21, 30: None, 90: None, 365: None}
    assert (found.days_covered, found.at) == (7.0, NOW)


def test_a_list_that_broke_off_forgets_the_other_pairs_only_after_a_day(storage: Storage) -> None:
    later = NOW + timedelta(hours=23)
    with storage.write() as tx:
        tx.hosted.put_accumulated([Sums("okx", "A-USDT"), Sums("binance", "AUSDT")], NOW)
        tx.hosted.put_accumulated([Sums("okx", "A-USDT", sums={1: 0.5})], later)
        assert [(one.sums[1], one.at) for one in tx.hosted.accumulated("A")] == [(0.1 + 0.2, NOW), (0.5, later)]
        tx.hosted.put_accumulated([], NOW + timedelta(days=9))
        assert len(tx.hosted.accumulated("A")) == 2
        tx.hosted.put_accumulated([Sums("okx", "A-USDT")], NOW + timedelta(days=1))
        assert [one.exchange for one in tx.hosted.accumulated("A")] == ["okx"]


def test_what_was_given_can_be_cleared(storage: Storage) -> None:
    with storage.write() as tx:
        tx.hosted.put([PUMP], NOW)
        tx.hosted.put_accumulated([Sums("okx", "A-USDT")], NOW)
        tx.hosted.clear()
        assert tx.hosted.scores(NOW) == {}
        assert tx.hosted.accumulated() == ()


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
clusters = st.builds(
    Cluster,
    issuer=st.builds(Issuer, texts, texts, st.none() | texts, st.none() | texts, st.none() | texts),
    side=st.sampled_from(Side),
    insiders=st.lists(
        st.builds(
            Insider,
            name=texts,
            role=st.none() | texts,
            filers=st.lists(texts).map(tuple),
            joined_because=st.lists(texts).map(tuple),
            shares=st.none() | floats,
            value=st.none() | floats,
            first_date=st.none() | st.dates(),
            last_date=st.none() | st.dates(),
            accessions=st.lists(texts).map(tuple),
            plan_value=st.none() | floats,
            late=st.none() | st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    total_value=floats,
    net_shares=floats,
    transaction_count=st.integers(0, 10**6),
    first_date=st.dates(),
    last_date=st.dates(),
    plan_value=st.none() | floats,
    accessions=st.lists(texts).map(tuple),
    source=texts,
    counted=st.none() | st.integers(0, 10**6),
)


@dataclass(frozen=True)
class Found:
    """The clusters of one look-back."""

    clusters: Sequence[Cluster]
    days: int = 30
    is_whole: bool = True


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cluster=clusters)
def test_a_cluster_comes_back_exactly(storage: Storage, cluster: Cluster) -> None:
    with storage.write() as tx:
        tx.hosted.put_clusters(Found([cluster]), NOW)
        assert tx.hosted.clusters(30) == (cluster,)


SMALL = hosted_cluster("0000000001", value=1e6)
LARGE = hosted_cluster("0000000002", value=2e6)


def test_clusters_come_largest_first_and_a_whole_list_replaces_what_was_there(storage: Storage) -> None:
    with storage.write() as tx:
        tx.hosted.put_clusters(Found([SMALL, LARGE]), NOW)
        assert tx.hosted.clusters(30) == (LARGE, SMALL)
        tx.hosted.put_clusters(Found([SMALL]), NOW + timedelta(minutes=30))
        assert tx.hosted.clusters(30) == (SMALL,)
        assert tx.hosted.clusters(90) == ()


def test_a_cluster_that_a_list_with_gaps_does_not_have_stands_for_two_hours(storage: Storage) -> None:
    with storage.write() as tx:
        tx.hosted.put_clusters(Found([SMALL, LARGE]), NOW)
        grown = replace(SMALL, total_value=3e6)
        tx.hosted.put_clusters(Found([grown], is_whole=False), NOW + timedelta(minutes=90))
        assert tx.hosted.clusters(30) == (grown, LARGE)
        tx.hosted.put_clusters(Found([], is_whole=False), NOW + timedelta(minutes=120))
        assert tx.hosted.clusters(30) == (grown,)


def test_each_look_back_has_clusters_of_its_own_and_is_forgotten_a_day_after_it_was_read_last(storage: Storage) -> None:
    later = NOW + timedelta(days=1)
    with storage.write() as tx:
        assert tx.hosted.cluster_windows() == {}
        tx.hosted.put_clusters(Found([SMALL]), NOW)
        tx.hosted.put_clusters(Found([LARGE], days=90), NOW)
        tx.hosted.put_clusters(Found([LARGE], days=90), NOW + timedelta(minutes=1))
        assert tx.hosted.cluster_windows() == {30: Window(NOW, NOW), 90: Window(NOW, NOW + timedelta(minutes=1))}
        tx.hosted.put_clusters(Found([], days=7), later)
        assert list(tx.hosted.cluster_windows()) == [7, 90]
        assert tx.hosted.clusters(30) == ()
        tx.hosted.clear_clusters()
        assert tx.hosted.cluster_windows() == {}


@pytest.mark.parametrize(("minutes", "fresh"), [(-1, False), (0, True), (119, True), (120, False)])
def test_a_look_back_stands_for_two_hours(minutes: int, fresh: bool) -> None:
    assert Window(NOW, NOW).is_fresh(NOW + timedelta(minutes=minutes)) is fresh
