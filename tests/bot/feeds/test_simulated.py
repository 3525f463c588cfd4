"""The simulated market: the same for the same seed, and eventful."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from bot.feeds.exchanges import EXCHANGES
from bot.feeds.intake import store
from bot.feeds.simulated import SimulatedMarket
from bot.feeds.simulated.noise import noise
from bot.feeds.simulated.universe import coins, contracts
from bot.settings import ScoringSettings
from bot.signals import find_clusters, score_coins
from scoring.clusters import ClusterRule
from scoring.model import Side, Signal
from storage import Storage

START = datetime(2026, 11, 2, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    return SimulatedMarket(7, START, history_days=10)


def test_it_has_the_promised_size(market: SimulatedMarket) -> None:
    batch = market.between(None, START)
    assert len(coins()) == 60
    assert {one.exchange for one in contracts()} == set(EXCHANGES)
    assert set(batch.settlements["interval_hours"].unique()) == {1.0, 4.0, 8.0}
    assert len(batch.issuers) == 200
    assert {report.source for report in batch.reports} >= set(EXCHANGES)


def test_filings_hold_what_real_ones_hold(market: SimulatedMarket) -> None:
    filings = SimulatedMarket(7, START).between(None, START).filings
    rows = [row for one in filings for row in one.transactions]
    assert any(len(one.filers) > 2 for one in filings)
    assert any(one.form == "4/A" for one in filings)
    assert any(row.price is None and row.code == "P" for row in rows)
    assert any(one.plan_10b5_1 for one in filings)
    assert any(one.ticker is None for one in filings)


def test_companies_and_people_are_told_apart_and_nobody_trades_at_weekends() -> None:
    market = SimulatedMarket(7, START)
    batch = market.between(None, START)
    tickers = [one.ticker for one in batch.issuers if one.ticker]
    assert len(tickers) == len(set(tickers)) == 190
    owners = {(filer.cik, filer.name) for one in batch.filings for filer in one.filers}
    assert len(owners) == len({cik for cik, _ in owners})
    assert not {cik for cik, _ in owners} & {one.cik for one in batch.issuers}
    assert all(row.date.weekday() < 5 for one in batch.filings for row in one.transactions)


def test_noise_is_evenly_spread_and_does_not_depend_on_what_was_asked_before() -> None:
    slots = np.arange(-5_000, 5_000, dtype=np.int64)
    values = noise(7, 1, slots)
    counts, _ = np.histogram(values, bins=10, range=(-1, 1))
    assert counts.sum() == 10_000
    assert counts.min() > 850
    assert np.array_equal(noise(7, 1, slots[::-1])[::-1], values)
    assert abs(np.corrcoef(values, noise(7, 2, slots))[0, 1]) < 0.05
    assert abs(np.corrcoef(values, noise(8, 1, slots))[0, 1]) < 0.05


def test_the_same_seed_gives_the_same_market_and_another_another() -> None:
    until = START + timedelta(hours=5)
    one, same, other = (SimulatedMarket(seed, START, 2).between(None, until) for seed in (7, 7, 8))
    assert one.settlements.equals(same.settlements)
    assert one.filings == same.filings
    assert not one.settlements.equals(other.settlements)


@pytest.mark.parametrize("cut", [timedelta(hours=1), timedelta(hours=7, minutes=30), timedelta(hours=24)])
def test_a_stretch_of_time_is_the_sum_of_its_parts(market: SimulatedMarket, cut: timedelta) -> None:
    end = START + timedelta(hours=30)
    whole = market.between(START, end)
    first, second = market.between(START, START + cut), market.between(START + cut, end)
    order = ["exchange", "symbol", "settled_at"]
    assert pl.concat([first.settlements, second.settlements]).sort(order).equals(whole.settlements.sort(order))
    assert sorted(one.accession for one in (*first.filings, *second.filings)) == sorted(
        one.accession for one in whole.filings
    )
    assert len(first.prices) + len(second.prices) == len(whole.prices)


def test_accession_numbers_are_unique(market: SimulatedMarket) -> None:
    names = [one.accession for one in market.between(None, START + timedelta(days=20)).filings]
    assert len(names) == len(set(names))


def test_the_first_minutes_hold_a_pump_that_rises_twice_and_ends_and_a_cluster_that_grows(storage: Storage) -> None:
    market = SimulatedMarket(7, START)
    rule = ClusterRule(sides=(Side.BUY,))
    pumps: list[float] = []
    sizes: list[dict[str, int]] = []
    selling: list[float] = []
    since = None
    for cycle in range(21):
        now = START + cycle * HALF_HOUR
        with storage.write() as tx:
            store(tx, [market.between(since, now)], now, 0.05)
            scores = score_coins(tx, now, ScoringSettings())
            sizes.append({one.key: one.insider_count for one in find_clusters(tx, rule, now)})
        pump = scores[Signal.PUMP].get("WGMI")
        pumps.append(0.0 if pump is None else pump.score)
        selling.append(scores[Signal.SELLING]["CLIFF"].score)
        assert all(one.score < 2.5 for coin, one in scores[Signal.PUMP].items() if coin not in {"WGMI", "LLAMO"})
        since = now
    crossing = next(cycle for cycle, score in enumerate(pumps) if score >= 3)
    assert crossing <= 4
    assert max(pumps) >= pumps[crossing] + 2
    assert pumps[17:20] == [0.0, 0.0, 0.0]
    new = [key for key in sizes[6] if key not in sizes[0]]
    assert new
    assert sizes[13][new[0]] == sizes[6][new[0]] + 1
    assert selling[0] < 8 <= selling[-1]
