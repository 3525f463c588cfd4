"""Nobody is left out for whom something could be decided, and what is found is what a plain loop finds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.episodes import advance, advance_cluster
from bot.alerts.index import ClusterIndex, CoinIndex, subscribers
from bot.alerts.matched import episode_of
from bot.alerts.matching import Verdict, Wish, verdict_on_cluster, verdict_on_coin, verdict_on_score
from bot.settings import AlertSettings, ScoringSettings
from scoring.clusters import ClusterRule
from scoring.model import Cluster, Signal
from storage import open_storage
from storage.episodes import StandingEpisodes
from tests.builders_alerts import SlowMatching, coin_state, run, snapshot, subscribe, told
from tests.builders_filings import ACME, buys, filing, person, trade
from tests.builders_storage import NOW

COINS = ("A", "B", "C")
tenths = st.integers(20, 60).map(lambda number: number / 10)
names = st.lists(st.sampled_from(COINS), max_size=2, unique=True).map(tuple)
wishes = st.builds(
    Wish,
    signal=st.sampled_from([Signal.PUMP, Signal.SELLING]),
    minimum=st.sampled_from([2.5, 3.0, 4.0, 5.5]),
    step=st.sampled_from([0.3, 0.5, 1.0]),
    resolve=st.booleans(),
    coins=names,
    exclude=names,
    exchanges=st.sampled_from([(), ("okx",), ("gate",)]),
    min_change=st.sampled_from([None, 30.0]),
    min_streak=st.sampled_from([0, 5]),
)
states = st.builds(
    coin_state,
    st.sampled_from(COINS),
    tenths | st.just(float("nan")) | st.sampled_from(["no gate", "unknown"]),
    signal=st.sampled_from([Signal.PUMP, Signal.SELLING]),
    exchanges=st.sampled_from([("binance", "bybit"), ("binance", "bybit", "okx")]),
    percent=st.sampled_from([None, 20.0, 40.0, float("nan")]),
    streak=st.sampled_from([3, 7]),
)
refreshes = st.lists(states, max_size=6, unique_by=lambda one: (one[0].signal, one[0].base_coin))


@st.composite
def standing_episodes(draw: st.DrawFn, most: int = 12) -> StandingEpisodes:
    ids = draw(st.lists(st.integers(1, most), unique=True).map(sorted))
    told = [draw(tenths) for _ in ids]
    below = [draw(st.integers(0, 1)) for _ in ids]
    return StandingEpisodes(
        np.array(ids, dtype=np.int64),
        np.full(len(ids), 1, dtype=np.int64),
        np.full(len(ids), 1, dtype=np.int64),
        np.array(told),
        np.array([one * 500 for one in told]),
        np.array(below, dtype=np.int64),
        np.full(len(ids), 4, dtype=np.int64),
    )


def stored(number: int, wish: Wish) -> tuple[int, int, str]:
    return number, 1, json.dumps(wish.to_json())


@settings(max_examples=300)
@given(st.lists(wishes, max_size=10), states, standing_episodes())
def test_whoever_is_not_a_candidate_has_nothing_to_decide(
    made: list[Wish], found: Any, episodes: StandingEpisodes
) -> None:
    state, score = found
    alerts, scoring = AlertSettings(), ScoringSettings()
    of_signal = {i: wish for i, wish in enumerate(made, 1) if wish.signal is state.signal}
    group = subscribers(stored(i, wish) for i, wish in of_signal.items()).get(state.signal)
    if group is None:
        return
    index = CoinIndex(group, hysteresis=alerts.hysteresis, min_exchanges=scoring.min_exchanges)
    candidates = index.candidates(state, score, episodes)
    fresh = set(group.ids[candidates.fresh].tolist())
    rows = dict(zip(group.ids[candidates.places].tolist(), candidates.rows.tolist(), strict=True))
    standing = {number: row for row, number in enumerate(episodes.subscription_id.tolist())}
    for number, wish in of_signal.items():
        before = episode_of(episodes, standing[number]) if number in standing else None
        step = advance(
            before,
            state,
            wish.coin_rule(alerts, scoring),
            NOW,
            5,
            passes=verdict_on_score(wish, score) is Verdict.TELL,
        )
        if step.episode != before and verdict_on_coin(wish, state.base_coin) is Verdict.TELL:
            assert (number in fresh) if before is None else (rows[number] == standing[number])
    assert fresh.isdisjoint(standing)
    assert rows.items() <= standing.items()


@settings(max_examples=25, deadline=None)
@given(st.lists(wishes, min_size=1, max_size=8), st.lists(refreshes, min_size=1, max_size=8), st.data())
def test_matching_finds_what_a_loop_over_subscriptions_and_coins_finds(
    tmp_path_factory: pytest.TempPathFactory, made: list[Wish], cycles: list[Any], data: st.DataObject
) -> None:
    storage = open_storage(f"sqlite:///{tmp_path_factory.mktemp('index')}/test.db")
    try:
        mine = list(enumerate(made, 1))
        assert subscribe(storage, *made) == [number for number, _ in mine]
        slow, expected = SlowMatching(), []
        for cycle, coins in enumerate(cycles):
            found = snapshot(*coins, cycle=cycle)
            changes = slow.run(mine, found)
            expected += changes
            assert run(storage, found) == len(changes)
            for _ in range(data.draw(st.integers(0, 1))):
                assert run(storage, found) == 0
        assert sorted(told(storage)) == sorted(expected)
        with storage.read() as tx:
            kept = {(one.subscription_id, one.key): one for one in tx.episodes.of(number for number, _ in mine)}
        for place, episode in slow.episodes.items():
            one = kept[place]
            assert (one.told, one.below, one.slot) == (episode.told, episode.below, episode.slot)
            assert (one.closed_at is None) == episode.is_open
        assert kept.keys() == slow.episodes.keys()
    finally:
        storage.close()


RULE = ClusterRule(min_insiders=1)
CLUSTERS = [
    buys(*(filing(person(i), trade(shares, 10)) for i in range(insiders)))[0]
    for insiders, shares in ((2, 100), (3, 100), (4, 200))
]


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from([(), ("ACME",), ("ACM-A",), ("OTHER",), ("OTHER", "ACME")]), max_size=10),
    st.none() | st.sampled_from(CLUSTERS),
    standing_episodes(),
)
def test_nobody_is_left_out_for_whom_a_cluster_decides_something(
    tickers: list[tuple[str, ...]], cluster: Cluster | None, episodes: StandingEpisodes
) -> None:
    ciks = {"ACME": frozenset({ACME.cik}), "ACM-A": frozenset({ACME.cik})}
    mine = {i: Wish(Signal.CLUSTERS, 1, tickers=one) for i, one in enumerate(tickers, 1)}
    groups = subscribers(stored(i, wish) for i, wish in mine.items())
    if not groups:
        return
    (group,) = groups.values()
    index = ClusterIndex(group, lambda ticker: ciks.get(ticker, frozenset()))
    candidates = index.candidates(cluster, episodes)
    fresh = set(group.ids[candidates.fresh].tolist())
    rows = dict(zip(group.ids[candidates.places].tolist(), candidates.rows.tolist(), strict=True))
    standing = {number: row for row, number in enumerate(episodes.subscription_id.tolist())}
    for number, wish in mine.items():
        before = episode_of(episodes, standing[number]) if number in standing else None
        wanted = cluster is not None and verdict_on_cluster(wish, cluster, index.companies(wish)) is Verdict.TELL
        step = advance_cluster(before, cluster if wanted else None, NOW, 5)
        if step.episode != before:
            assert (number in fresh) if before is None else (rows[number] == standing[number])
    assert fresh.isdisjoint(standing)


def test_subscriptions_are_apart_by_what_they_are_matched_against() -> None:
    made = [
        Wish(Signal.PUMP, 3),
        Wish(Signal.SELLING, 8),
        Wish(Signal.CLUSTERS, 3),
        Wish(Signal.CLUSTERS, 3, tickers=("ACME",)),
        Wish(Signal.CLUSTERS, 3, days=90),
        Wish(Signal.PUMP, 3),
    ]
    groups = subscribers(stored(i, wish) for i, wish in enumerate(made, 1))
    assert sorted(group.ids.tolist() for group in groups.values()) == [[1, 6], [2], [3, 4], [5]]


def test_a_refresh_that_finds_everything_as_it_was_writes_no_episode(tmp_path: Any) -> None:
    storage = open_storage(f"sqlite:///{tmp_path}/test.db")
    subscribe(storage, Wish(Signal.PUMP, 3))
    assert run(storage, snapshot(coin_state("A", 4.0), coin_state("B", 6.0))) == 2
    with storage.read() as tx:
        before = tx.episodes.of([1])
    assert run(storage, snapshot(coin_state("A", 4.4), coin_state("B", 5.5), cycle=1)) == 0
    with storage.read() as tx:
        assert tx.episodes.of([1]) == before
    assert {one.slot for one in before} == {int(NOW.timestamp()) // 1800 * 30}
    assert all(replace(one, slot=0).opened_at - NOW == timedelta(0) for one in before)
    storage.close()
