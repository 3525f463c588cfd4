"""What is believed of one contract's quote, and what waits in quarantine."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.assets import classify
from bot.feeds.base import Quote
from bot.feeds.contracts import Key, Known, key_of
from bot.feeds.identity import identify
from bot.feeds.plausible import EXTREME, NO_INTERVAL, NO_NUMBER, OLD, OVERDUE, PLACEHOLDER, TWICE, Cycle, Judged, judge
from scoring.model import FundingRate, Held, Margin, Pair
from tests.builders_quotes import NOW, RECORDED_AT, quote, recorded_quotes

HALF_HOUR = timedelta(minutes=30)


def judged(
    quotes: Sequence[Quote],
    known: dict[Key, Known] | None = None,
    held: Sequence[Held] = (),
    now: datetime = NOW,
    **more: Any,
) -> Judged:
    """What the whole chain makes of quotes: assets, identities, judgement."""
    known = known or {}
    assets = classify(quotes, known)
    found = identify(quotes, assets, known, held, now)
    cycle = Cycle(quotes, found.base_coins, assets, found.changing, **more)
    return judge(cycle, known, held, now)


def reasons(found: Judged) -> dict[str, str]:
    return {one.exchange: one.reason for one in found.held}


def test_a_calm_quote_becomes_a_rate_per_coin_and_a_pair() -> None:
    found = judged([quote("okx", "1000PEPE", symbol="1000PEPE-USDT", mark_price=0.005, turnover_usd=7.0)])
    key = ("okx", "1000PEPE-USDT", "PEPE")
    assert found.rates == (FundingRate(*key, 0.0001, 8.0, NOW + timedelta(hours=3), NOW, pytest.approx(5e-6), 7.0),)
    assert found.pairs == (Pair(*key, Margin.USDT, 7.0),)
    assert (found.held, found.left_out, found.partial, found.notes) == ((), {}, {}, ())


@pytest.mark.parametrize("rate", [None, math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_held(rate: float | None) -> None:
    found = judged([quote(rate=rate)])
    assert reasons(found) == {"okx": NO_NUMBER}
    assert found.rates == found.pairs == ()


@pytest.mark.parametrize("hours", [None, 0.0, -8.0, 25.0, math.nan])
def test_an_interval_is_never_assumed(hours: float | None) -> None:
    found = judged([quote(interval_hours=hours)])
    assert found.left_out == {("okx", "WIF-USDT"): NO_INTERVAL}
    assert found.notes == ("OKX: 1 contract left out: interval not said",)
    assert found.rates == found.held == ()


def test_a_value_beyond_all_measure_is_held_however_often_it_comes() -> None:
    found = judged([quote(rate=-0.051)])
    for _ in range(3):
        found = judged([quote(rate=-0.051)], held=found.held)
    assert reasons(found) == {"okx": "beyond ±5 % per settlement"}
    assert found.held[0].cycles == 4


@pytest.mark.parametrize(
    ("rate", "reason"),
    [
        (0.00201, None), (0.00203, "beyond its exchange's cap of 0.2 %"), (-0.00101, None), (-0.00102, "beyond its exchange's floor of -0.1 %"),
    ],
)  # fmt: skip
def test_an_exchanges_own_limits_hold_with_one_percent_of_slack(rate: float, reason: str | None) -> None:
    found = judged([quote(rate=rate, floor=-0.001, cap=0.002)])
    assert reasons(found).get("okx") == reason


def test_limits_that_are_placeholders_say_nothing() -> None:
    assert judged([quote(floor=0.0, cap=0.0)]).held == ()


def test_a_contract_whose_clock_stands_still_is_stale() -> None:
    assert reasons(judged([quote(next_funding_time=NOW - timedelta(minutes=16))])) == {"okx": OVERDUE}
    assert judged([quote(next_funding_time=NOW - timedelta(minutes=14))]).held == ()
    assert reasons(judged([quote(source_time=NOW - timedelta(minutes=31))])) == {"okx": OLD}
    assert judged([quote(next_funding_time=None, source_time=NOW - timedelta(minutes=29))]).held == ()


def test_a_stale_contract_is_not_stored_anew() -> None:
    known = {("okx", "WIF-USDT"): Known("WIF")}
    assert judged([quote(source_time=NOW - timedelta(days=1))], known).pairs == ()


def test_a_zero_of_an_exchange_that_prints_it_for_nothing_is_held() -> None:
    zeros = [quote("mexc", rate=0.0), quote("htx", rate=0.0)]
    found = judged(zeros, placeholders={"mexc", "htx"})
    again = judged(zeros, held=found.held, placeholders={"mexc", "htx"})
    assert reasons(again) == {"mexc": PLACEHOLDER, "htx": PLACEHOLDER}
    assert judged([quote("okx", rate=0.0)], placeholders={"mexc", "htx"}).held == ()


@pytest.mark.parametrize(("other", "believed"), [(0.0, True), (-9e-7, True), (2e-6, False), (0.0001, False)])
def test_only_another_exchange_at_zero_confirms_it(other: float, believed: bool) -> None:
    found = judged([quote("mexc", rate=0.0), quote("okx", rate=other)], placeholders={"mexc"})
    assert (reasons(found) == {}) is believed


def test_an_extreme_rate_waits_for_a_second_refresh() -> None:
    first = judged([quote(rate=-0.004)])
    assert reasons(first) == {"okx": EXTREME}
    assert first.held == (Held("okx", "WIF-USDT", "WIF", EXTREME, -0.004, NOW, 1),)
    second = judged([quote(rate=-0.007)], held=first.held, now=NOW + HALF_HOUR)
    assert [one.rate for one in second.rates] == [-0.007]
    assert second.held == ()


@pytest.mark.parametrize("before", [0.004, -0.0019])
def test_a_value_of_another_sign_or_size_confirms_nothing(before: float) -> None:
    first = Held("okx", "WIF-USDT", "WIF", EXTREME, before, NOW - HALF_HOUR, 1)
    assert reasons(judged([quote(rate=-0.004)], held=[first])) == {"okx": EXTREME}


def test_a_value_that_was_held_for_something_else_confirms_nothing() -> None:
    first = Held("okx", "WIF-USDT", "WIF", PLACEHOLDER, -0.004, NOW - HALF_HOUR, 1)
    found = judged([quote(rate=-0.004)], held=[first])
    assert (found.held[0].since, found.held[0].cycles) == (NOW, 1)


@pytest.mark.parametrize(("minutes", "believed"), [(30, True), (0, False), (361, False)])
def test_the_last_believed_rate_confirms_while_it_is_fresh(minutes: int, believed: bool) -> None:
    known = Known("WIF", rate=-0.002, interval_hours=4.0, updated_at=NOW - timedelta(minutes=minutes), mark_price=2.0)
    found = judged([quote(rate=-0.004)], {("okx", "WIF-USDT"): known})
    assert (found.held == ()) is believed


def test_another_exchange_confirms_an_extreme_rate_at_once_per_eight_hours() -> None:
    quotes = [quote("okx", rate=-0.004), quote("gate", rate=-0.0005, interval_hours=1.0)]
    assert judged(quotes).held == ()
    assert reasons(judged([quotes[0], quote("gate", rate=0.004)])) == {"okx": EXTREME, "gate": EXTREME}
    same_exchange = quote("okx", symbol="WIF-USDC", rate=-0.004)
    assert len(judged([quotes[0], same_exchange]).held) == 2


def test_another_token_of_the_same_ticker_confirms_nothing() -> None:
    others = [quote(name, "WIF", mark_price=2.0) for name in ("bybit", "htx")]
    found = judged([*others, quote("okx", rate=-0.004), quote("gate", rate=-0.004, mark_price=90.0)])
    assert reasons(found) == {"okx": EXTREME, "gate": EXTREME}


def test_a_symbol_listed_twice_counts_once_or_not_at_all() -> None:
    same = judged([quote(turnover_usd=1.0), quote(turnover_usd=9.0)])
    assert [one.turnover_usd for one in same.rates] == [9.0]
    different = judged([quote(rate=0.0001), quote(rate=0.0002)], {("okx", "WIF-USDT"): Known("WIF")})
    assert reasons(different) == {"okx": TWICE}
    assert different.rates == different.pairs == ()


def test_a_contract_that_seems_to_change_its_coin_is_held_once_and_then_moved() -> None:
    quotes = [quote("okx"), quote("bybit"), quote("gate", mark_price=55.0)]
    known = {("gate", "WIF-USDT"): Known("WIF")}
    first = judged(quotes, known)
    assert reasons(first) == {"gate": "seems to be WIF@gate now, not WIF"}
    assert [one.base_coin for one in first.pairs] == ["WIF", "WIF", "WIF"]
    second = judged(quotes, known, first.held, NOW + HALF_HOUR)
    assert second.held == ()
    assert {one.exchange: one.base_coin for one in second.rates} == {"okx": "WIF", "bybit": "WIF", "gate": "WIF@gate"}
    assert {one.exchange: one.base_coin for one in second.pairs}["gate"] == "WIF@gate"


def test_a_held_contract_is_stored_only_if_it_was_known() -> None:
    assert judged([quote(rate=-0.004)]).pairs == ()
    assert len(judged([quote(rate=-0.004)], {("okx", "WIF-USDT"): Known("WIF")}).pairs) == 1


def test_what_is_held_again_for_the_same_reason_goes_on_counting() -> None:
    found = judged([quote(rate=None)])
    later = judged([quote(rate=None)], held=found.held, now=NOW + HALF_HOUR)
    assert (later.held[0].since, later.held[0].cycles) == (NOW, 2)
    assert math.isnan(later.held[0].value)


def test_what_waits_on_an_exchange_without_an_answer_goes_on_waiting_for_a_day() -> None:
    waiting = Held("gate", "WIF_USDT", "WIF", EXTREME, -0.004, NOW - HALF_HOUR, 1)
    assert judged([quote()], held=[waiting]).held == (waiting,)
    assert judged([quote()], held=[waiting], answered={"gate"}).held == ()
    assert judged([quote()], held=[replace(waiting, since=NOW - timedelta(hours=25))]).held == ()


def test_notes_count_what_is_held_by_exchange_and_reason() -> None:
    quotes = [quote("mexc", base, rate=0.0) for base in ("WIF", "BONK", "MEW")]
    assert judged(quotes, placeholders={"mexc"}).notes == ("MEXC: 3 contracts held: prints 0 where it has no rate",)


def clean_quotes() -> st.SearchStrategy[list[Quote]]:
    one = st.builds(
        quote,
        st.sampled_from(["okx", "gate", "mexc", "htx"]),
        st.sampled_from(["WIF", "BONK", "MEW", "PEPE"]),
        rate=st.floats(-0.0001, 0.0001),
        interval_hours=st.sampled_from([1.0, 4.0, 8.0]),
        next_funding_time=st.sampled_from([None, NOW + timedelta(hours=1)]),
    )
    return st.lists(one, max_size=16, unique_by=key_of)


@given(clean_quotes())
def test_a_clean_market_is_believed_entirely(quotes: list[Quote]) -> None:
    found = judged(quotes)
    assert {(one.exchange, one.symbol) for one in found.rates} == {key_of(one) for one in quotes}
    assert {(one.exchange, one.symbol) for one in found.pairs} == {key_of(one) for one in quotes}
    assert not found.held and not found.left_out and not found.partial  # noqa: PT018 - one thought


numbers = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, 0.0001, -0.004, 0.02, 5.0, -1e300]))


def any_quotes() -> st.SearchStrategy[list[Quote]]:
    one = st.builds(
        quote,
        st.sampled_from(["okx", "gate", "mexc"]),
        st.sampled_from(["WIF", "1000BONK", "TSLA"]),
        rate=numbers,
        interval_hours=st.one_of(numbers, st.sampled_from([1.0, 8.0])),
        mark_price=numbers,
        turnover_usd=numbers,
        floor=numbers,
        cap=numbers,
        next_funding_time=st.sampled_from([None, NOW - timedelta(days=3), NOW + timedelta(hours=1)]),
        source_time=st.sampled_from([None, NOW - timedelta(days=3), NOW]),
    )
    return st.lists(one, max_size=12)


def any_known() -> st.SearchStrategy[dict[Key, Known]]:
    one = st.builds(
        Known,
        st.sampled_from(["WIF", "BONK", "WIF@gate", "TSLA"]),
        rate=st.sampled_from([None, 0.0001, -0.004]),
        interval_hours=st.just(8.0),
        updated_at=st.sampled_from([None, NOW - HALF_HOUR, NOW - timedelta(days=9)]),
        mark_price=st.sampled_from([None, 2.0, 700.0]),
    )
    keys = st.tuples(
        st.sampled_from(["okx", "gate", "mexc"]), st.sampled_from(["WIF-USDT", "1000BONK-USDT", "TSLA-USDT"])
    )
    return st.dictionaries(keys, one, max_size=6)


@given(any_quotes(), any_known(), st.randoms(use_true_random=False))
def test_the_order_of_quotes_changes_nothing(quotes: list[Quote], known: dict[Key, Known], random: Any) -> None:
    shuffled = list(quotes)
    random.shuffle(shuffled)
    assert repr(judged(shuffled, known, placeholders={"mexc"})) == repr(judged(quotes, known, placeholders={"mexc"}))


@given(any_quotes(), any_known())
def test_every_contract_is_believed_or_held_or_left_out(quotes: list[Quote], known: dict[Key, Known]) -> None:
    found = judged(quotes, known, placeholders={"mexc"})
    ends = Counter([(one.exchange, one.symbol) for one in (*found.rates, *found.held)])
    ends.update(found.left_out.keys())
    assert ends == Counter({key_of(one) for one in quotes})


@given(any_quotes(), any_known())
def test_nothing_absurd_is_ever_believed(quotes: list[Quote], known: dict[Key, Known]) -> None:
    for one in judged(quotes, known, placeholders={"mexc"}).rates:
        assert math.isfinite(one.rate)
        assert abs(one.rate) <= 0.05
        assert 0 < one.interval_hours <= 24
        assert one.mark_price is None or (math.isfinite(one.mark_price) and one.mark_price > 0)
        assert one.turnover_usd is None or math.isfinite(one.turnover_usd)
        assert one.next_funding_time is None or one.next_funding_time > NOW


def test_a_real_market_is_believed_and_what_is_not_has_a_reason() -> None:
    quotes = recorded_quotes()
    found = judged(quotes, now=RECORDED_AT.replace(tzinfo=UTC), placeholders={"mexc", "htx"})
    assert len(found.rates) > 0.99 * len(quotes)
    assert found.partial == {}
    assert {one.reason for one in found.held} == {PLACEHOLDER, EXTREME}
