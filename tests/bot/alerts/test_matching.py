"""What a wish asks for, and the reason when something is not it."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.episodes import CoinRule
from bot.alerts.holding import Digest
from bot.alerts.matching import (
    Verdict,
    Wish,
    verdict_on_change,
    verdict_on_choice,
    verdict_on_cluster,
    verdict_on_coin,
    verdict_on_score,
)
from bot.settings import AlertSettings, ScoringSettings
from scoring import pump_dump
from scoring.model import ChangeKind, CoinScore, PriceChanges, Side, Signal
from scoring.pump_dump import PumpConstants
from tests.builders_filings import buys, filing, person
from tests.builders_funding import scored as funding

words = st.lists(st.text(min_size=1, max_size=5), max_size=3).map(tuple)
maybe_text = st.none() | st.text(max_size=10)
wishes = st.builds(
    Wish,
    signal=st.sampled_from(Signal),
    minimum=st.floats(0, 50),
    step=st.floats(0.1, 10),
    resolve=st.booleans(),
    coins=words,
    exclude=words,
    exchanges=words,
    min_change=st.none() | st.floats(-100, 1000),
    min_streak=st.integers(0, 365),
    side=st.none() | st.sampled_from(Side),
    days=st.integers(1, 365),
    min_value=st.floats(0, 1e12),
    sector=maybe_text,
    industry=maybe_text,
    tickers=words,
    plan=st.booleans(),
    digest=st.sampled_from(Digest),
)


@given(wishes)
def test_a_wish_survives_storage_as_json(wish: Wish) -> None:
    assert Wish.from_json(json.loads(json.dumps(wish.to_json()))) == wish


@pytest.mark.parametrize(
    ("wish", "coin", "expected"),
    [
        (Wish(Signal.PUMP, 3), "PEPE", Verdict.TELL),
        (Wish(Signal.PUMP, 3, coins=("PEPE", "WIF")), "PEPE", Verdict.TELL),
        (Wish(Signal.PUMP, 3, coins=("WIF",)), "PEPE", Verdict.NOT_INCLUDED),
        (Wish(Signal.PUMP, 3, exclude=("PEPE",)), "PEPE", Verdict.EXCLUDED),
        (Wish(Signal.PUMP, 3, exclude=("WIF",)), "PEPE", Verdict.TELL),
        (Wish(Signal.PUMP, 3, coins=("PEPE", "WIF"), exclude=("PEPE",)), "PEPE", Verdict.EXCLUDED),
    ],
)
def test_which_coins_a_wish_is_about(wish: Wish, coin: str, expected: Verdict) -> None:
    assert verdict_on_coin(wish, coin) is expected


def scored(percent: float | None = 40.0, streak: int = 3) -> CoinScore:
    """A coin with one exchange behind its average, risen by so much after so many days."""
    found = pump_dump.score(funding(-0.0003, streak), PriceChanges(None, 40.0, 1.0), PumpConstants())
    assert found is not None
    return replace(found, prices=PriceChanges(None, percent, 1.0))


@pytest.mark.parametrize(
    ("wish", "score", "expected"),
    [
        (Wish(Signal.PUMP, 3), scored(), Verdict.TELL),
        (Wish(Signal.PUMP, 3), None, Verdict.TELL),
        (Wish(Signal.PUMP, 3, exchanges=("okx", "binance")), scored(), Verdict.TELL),
        (Wish(Signal.PUMP, 3, exchanges=("okx",)), scored(), Verdict.OTHER_EXCHANGES),
        (Wish(Signal.PUMP, 3, exchanges=("okx",)), None, Verdict.OTHER_EXCHANGES),
        (Wish(Signal.PUMP, 3, min_change=40.0), scored(), Verdict.TELL),
        (Wish(Signal.PUMP, 3, min_change=40.1), scored(), Verdict.MOVED_TOO_LITTLE),
        (Wish(Signal.PUMP, 3, min_change=-50.0), scored(None), Verdict.MOVED_TOO_LITTLE),
        (Wish(Signal.PUMP, 3, min_change=-50.0), scored(math.nan), Verdict.MOVED_TOO_LITTLE),
        (Wish(Signal.PUMP, 3, min_streak=3), scored(), Verdict.TELL),
        (Wish(Signal.PUMP, 3, min_streak=4), scored(), Verdict.TOO_SHORT_A_STREAK),
        (Wish(Signal.PUMP, 3, min_streak=1), None, Verdict.TOO_SHORT_A_STREAK),
    ],
)
def test_which_scores_pass_the_filters_of_a_wish(wish: Wish, score: CoinScore | None, expected: Verdict) -> None:
    assert verdict_on_score(wish, score) is expected


@pytest.mark.parametrize(
    ("tickers", "expected"),
    [((), Verdict.TELL), (("ACME",), Verdict.TELL), (("OTHER",), Verdict.OTHER_TICKER)],
)
def test_which_companies_a_wish_is_about(tickers: tuple[str, ...], expected: Verdict) -> None:
    (cluster,) = buys(*(filing(person(number)) for number in range(3)))
    assert verdict_on_cluster(Wish(Signal.CLUSTERS, 3, tickers=tickers), cluster) is expected


@pytest.mark.parametrize(("uniform", "expected"), [(0, Verdict.TELL), (2, Verdict.TELL), (3, Verdict.ALLOTTED)])
def test_those_to_whom_shares_were_allotted_do_not_make_a_cluster_news(uniform: int, expected: Verdict) -> None:
    (cluster,) = buys(*(filing(person(number)) for number in range(5)))
    assert verdict_on_choice(Wish(Signal.CLUSTERS, 3), replace(cluster, uniform_price=uniform)) is expected


@pytest.mark.parametrize("kind", ChangeKind)
def test_only_the_end_must_be_asked_for(kind: ChangeKind) -> None:
    assert verdict_on_change(Wish(Signal.PUMP, 3, resolve=True), kind) is Verdict.TELL
    over = kind is ChangeKind.RESOLVED
    assert verdict_on_change(Wish(Signal.PUMP, 3), kind) is (Verdict.RESOLVED_NOT_ASKED if over else Verdict.TELL)


def test_minimum_and_step_are_the_wish_and_the_rest_the_house() -> None:
    wish = Wish(Signal.PUMP, 4.5, step=0.5)
    rule = wish.coin_rule(AlertSettings(step=2.0, hysteresis=0.25), ScoringSettings(min_exchanges=2))
    assert rule == CoinRule(4.5, 0.5, 0.25, 2)


@pytest.mark.parametrize(
    ("side", "sides"), [(None, (Side.BUY, Side.SELL)), (Side.BUY, (Side.BUY,)), (Side.SELL, (Side.SELL,))]
)
def test_a_cluster_wish_says_which_clusters_qualify(side: Side | None, sides: tuple[Side, ...]) -> None:
    wish = Wish(Signal.CLUSTERS, 4, side=side, days=90, min_value=1e6, sector="Energy", industry="Oil", plan=False)
    rule = wish.cluster_rule()
    assert (rule.min_insiders, rule.sides, rule.days, rule.min_value) == (4, sides, 90, 1e6)
    assert (rule.sector, rule.industry, rule.plan) == ("Energy", "Oil", False)


def test_a_wish_for_clusters_that_says_nothing_is_about_purchases_of_three_with_plan_trades() -> None:
    rule = Wish(Signal.CLUSTERS, 3).cluster_rule()
    assert (rule.sides, rule.min_insiders, rule.days, rule.plan) == ((Side.BUY,), 3, 30, True)


def test_a_wish_that_an_older_version_stored_is_read() -> None:
    stored = {
        "signal": "clusters", "minimum": 3.0, "step": 1.0, "resolve": False, "coins": [], "exclude": [], "side": "SELL",
        "days": 90, "min_value": 0.0, "sector": None, "industry": None, "tickers": ["ACME"],
    }  # fmt: skip
    assert Wish.from_json(stored) == Wish(Signal.CLUSTERS, 3, side=Side.SELL, days=90, tickers=("ACME",))
