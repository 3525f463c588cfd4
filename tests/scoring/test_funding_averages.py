"""Averages, streaks and the choice of contracts."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.funding import annual_rate, coin_funding, eight_hour_rate, open_streaks
from scoring.model import CoinFunding, Margin, Pair, Settlement
from tests.builders_funding import NOW, changed, history, pair, reference, series

EXCHANGES = ("binance", "bybit", "okx", "gate")


def one_coin(pairs: list[Pair], rows: list[Settlement], now: datetime = NOW, days: int = 30) -> CoinFunding:
    (found,) = coin_funding(history(pairs, rows, now=now, days=days), now).values()
    return found


def test_rates_are_compared_per_eight_hours() -> None:
    assert eight_hour_rate(0.0001, 4) == 0.0002
    assert eight_hour_rate(0.0001, 1) == pytest.approx(0.0008)


def test_the_documented_saturation_is_minus_54_75_percent_a_year() -> None:
    assert annual_rate(-0.0005) == pytest.approx(-0.5475)


def test_each_exchange_has_one_vote() -> None:
    hourly, daily = pair("hyperliquid"), pair("okx")
    found = one_coin([hourly, daily], series(hourly, -0.00001, hours=1) + series(daily, 0.0004))
    assert found.avg_72h == pytest.approx((-0.00008 + 0.0004) / 2)
    assert (len(found.exchanges), found.negative_exchanges) == (2, 1)
    assert found.median_72h == pytest.approx(0.00016)


def test_gaps_do_not_dilute() -> None:
    one = pair()
    rows = series(one, -0.0004)
    whole, holes = one_coin([one], rows), one_coin([one], [row for i, row in enumerate(rows) if i % 3])
    assert holes.avg_72h == pytest.approx(whole.avg_72h)


@pytest.mark.parametrize(("settlements", "listed"), [(4, False), (5, True)])
def test_half_of_the_72_hours_must_be_covered(settlements: int, listed: bool) -> None:
    one = pair()
    found = coin_funding(history([one], series(one, -0.0004)[:settlements]), NOW)
    assert bool(found) is listed


def test_the_window_opens_after_its_first_instant_and_closes_with_now() -> None:
    one = pair()
    now = datetime(2026, 4, 26, 8, tzinfo=UTC)
    rows = series(one, 0.0, now=now + timedelta(days=1))
    at = {now - timedelta(hours=72): 0.04, now: 0.0009, now + timedelta(hours=8): 0.04}
    rows = [Settlement(r.exchange, r.symbol, r.base_coin, at.get(r.settled_at, 0.0), 8, r.settled_at) for r in rows]
    assert one_coin([one], rows, now).avg_72h == pytest.approx(0.0009 / 9)


@pytest.mark.parametrize(
    ("others", "chosen"),
    [
        ([pair(margin=Margin.USD), pair(margin=Margin.INVERSE)], Margin.USD),
        ([pair(margin=Margin.INVERSE), pair(margin=Margin.USDT)], Margin.USDT),
    ],
)
def test_usdt_goes_before_another_dollar_before_inverse(others: list[Pair], chosen: Margin) -> None:
    rows = [row for one in others for row in series(one, -0.0001 * (1 + one.margin))]
    assert one_coin(others, rows).avg_72h == pytest.approx(-0.0001 * (1 + chosen))


def test_on_ties_the_higher_turnover_is_taken() -> None:
    small, large = Pair("okx", "A", "X", Margin.USDT, 1e6), Pair("okx", "B", "X", Margin.USDT, 1e9)
    assert one_coin([small, large], series(small, -0.001) + series(large, -0.0002)).exchanges[0].symbol == "B"


@pytest.mark.parametrize("unknown_first", [True, False])
def test_an_unknown_turnover_counts_as_none_at_all(unknown_first: bool) -> None:
    unknown, small = Pair("okx", "A", "X", Margin.USDT, None), Pair("okx", "B", "X", Margin.USDT, 1.0)
    pairs = [unknown, small] if unknown_first else [small, unknown]
    assert one_coin(pairs, series(unknown, -0.001) + series(small, -0.0002)).exchanges[0].symbol == "B"


@pytest.mark.parametrize("names", ["AB", "BA"])
def test_on_equal_turnover_the_symbol_decides(names: str) -> None:
    pairs = [Pair("okx", name, "X", Margin.USDT, 1e6) for name in names]
    rows = [row for one in pairs for row in series(one, -0.0002)]
    assert one_coin(pairs, rows).exchanges[0].symbol == "A"


@pytest.mark.parametrize("usdt_first", [True, False])
def test_the_contract_is_chosen_anew_for_each_day(usdt_first: bool) -> None:
    usdt, usd = pair(margin=Margin.USDT), pair(margin=Margin.USD)
    gap = datetime(2026, 4, 22, tzinfo=UTC)
    rows = [row for row in series(usdt, -0.0001) if not gap < row.settled_at <= gap + timedelta(days=1)]
    pairs = [usdt, usd] if usdt_first else [usd, usdt]
    found = one_coin(pairs, rows + series(usd, 0.0002))
    assert (found.streak, found.avg_72h) == (3, pytest.approx(-0.0001))
    assert one_coin(pairs, rows + series(usd, -0.0002, days=15)).streak == 20


def test_a_contract_that_covers_too_little_gives_way_to_the_next() -> None:
    fresh, old = pair(margin=Margin.USDT), pair(margin=Margin.USD)
    found = one_coin([fresh, old], series(fresh, 0.001)[:2] + series(old, -0.0002))
    assert found.exchanges[0].symbol == old.symbol


@pytest.mark.parametrize(
    ("days", "start"), [(12, datetime(2026, 4, 14, tzinfo=UTC)), (5, datetime(2026, 4, 21, tzinfo=UTC))]
)
def test_the_documents_sample_dates(days: int, start: datetime) -> None:
    one = pair()
    rows = [
        Settlement(r.exchange, r.symbol, r.base_coin, -0.0001 if r.settled_at > start else 0.0001, 8, r.settled_at)
        for r in series(one, 0.0, days=40)
    ]
    found = one_coin([one], rows)
    assert (found.streak, found.signal_start) == (days, start)


def test_today_never_counts() -> None:
    one = pair()
    midnight = NOW.replace(hour=0)
    rows = [
        Settlement(r.exchange, r.symbol, r.base_coin, 0.01 if r.settled_at > midnight else -0.0001, 8, r.settled_at)
        for r in series(one, 0.0, days=5)
    ]
    assert one_coin([one], rows).streak >= 4


def test_a_day_with_less_than_half_of_its_hours_ends_the_streak() -> None:
    one = pair()
    broken = datetime(2026, 4, 22, tzinfo=UTC)
    rows = [r for r in series(one, -0.0001) if not broken < r.settled_at < broken + timedelta(hours=23)]
    assert one_coin([one], rows).streak == 3


def test_without_a_streak_the_signal_starts_with_the_first_negative_settlement() -> None:
    one, now = pair(), datetime(2026, 4, 26, 17, tzinfo=UTC)
    rows = series(one, 0.0001, now=now)
    rows[0], rows[1] = changed(rows[0], rate=-0.01), changed(rows[1], rate=-0.02)  # today, 16:00 and 08:00
    found = one_coin([one], rows, now)
    assert found.avg_72h < 0
    assert (found.streak, found.signal_start) == (0, rows[1].settled_at)


def test_the_signal_starts_with_the_earliest_exchange_and_only_chosen_contracts_count() -> None:
    now = datetime(2026, 4, 26, 17, tzinfo=UTC)
    pairs = [pair("bybit"), pair("binance"), pair("binance", margin=Margin.USD)]
    late, early, passed_over = (series(one, 0.0001, now=now) for one in pairs)
    late[0], early[1] = changed(late[0], rate=-0.02), changed(early[1], rate=-0.01)
    passed_over[5] = changed(passed_over[5], rate=-0.01)
    found = one_coin(pairs, late + early + passed_over, now)
    assert (found.streak, found.signal_start) == (0, early[1].settled_at)


def test_a_streak_that_begins_with_the_known_days_may_have_begun_earlier() -> None:
    one = pair()
    young = one_coin([one], series(one, -0.0001, days=5))
    assert (young.streak, young.streak_open) == (5, True)
    calm_before = series(one, 0.0001, days=20)[15:]
    known = one_coin([one], series(one, -0.0001, days=5) + calm_before)
    assert (known.streak, known.streak_open) == (5, False)


def test_a_streak_as_long_as_the_history_may_be_longer() -> None:
    one = pair()
    looked = history([one], series(one, -0.0001, days=40), days=10)
    found = coin_funding(looked, NOW)
    assert found["EXMP"].streak == 10
    assert open_streaks(found, looked, NOW) == ["EXMP"]
    longer = history([one], series(one, -0.0001, days=20), days=60)
    assert open_streaks(coin_funding(longer, NOW), longer, NOW) == []


@pytest.mark.parametrize("rate", [math.nan, math.inf, -math.inf, 0.3, -0.3])
def test_absurd_rates_count_for_nothing(rate: float) -> None:
    one = pair()
    rows = series(one, -0.0004)
    spoiled = [changed(row, rate=rate) if i in {1, 4} else row for i, row in enumerate(rows)]
    assert one_coin([one], spoiled).avg_72h == pytest.approx(-0.0004)


def test_the_largest_believable_rate_and_interval_still_count() -> None:
    one = pair()
    rows = [changed(row, rate=-0.05, hours=24.0) for row in series(one, 0.0, hours=24)]
    assert one_coin([one], rows).avg_72h == pytest.approx(-0.05 / 3)


def test_what_is_absurd_can_be_set() -> None:
    one = pair()
    looked = history([one], series(one, -0.0004))
    assert coin_funding(looked, NOW, max_abs_rate=0.0003) == {}


@pytest.mark.parametrize("hours", [0.0, -8.0, math.nan, 25.0])
def test_unusable_intervals_count_for_nothing(hours: float) -> None:
    one = pair()
    rows = [changed(row, hours=hours) for row in series(one, -0.0004)]
    assert coin_funding(history([one], rows), NOW) == {}


def test_an_average_that_cancels_out_is_zero_and_not_dust() -> None:
    pairs = [pair(name) for name in EXCHANGES[:3]]
    rows = [row for one, rate in zip(pairs, (0.0001, 0.0002, -0.0003), strict=True) for row in series(one, rate)]
    found = one_coin(pairs, rows)
    assert (found.avg_72h, found.streak) == (0.0, 0)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_exchange_whose_rates_cancel_out_is_not_negative(sign: int) -> None:
    one = pair()
    rows = [
        changed(row, rate=sign * (0.0001, 0.0002, -0.0003)[i % 3]) for i, row in enumerate(series(one, 0.0, days=3))
    ]
    found = one_coin([one], rows)
    assert (found.exchanges[0].rate_8h, found.negative_exchanges, found.avg_72h) == (0.0, 0, 0.0)


def test_the_median_stands_beside_the_mean() -> None:
    pairs = [pair(name) for name in EXCHANGES[:3]]
    rows = [row for one, rate in zip(pairs, (-0.0001, -0.0002, 0.0009), strict=True) for row in series(one, rate)]
    found = one_coin(pairs, rows)
    assert (found.median_72h, found.avg_72h) == (pytest.approx(-0.0001), pytest.approx(0.0002))


rates = st.floats(-0.002, 0.002)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_fast_way_gives_what_the_plain_one_gives(data: st.DataObject) -> None:
    pairs = [
        Pair(exchange, f"{coin}{margin.name}", coin, margin, data.draw(st.sampled_from([None, 1e6, 1e7])))
        for exchange in EXCHANGES[:2]
        for coin in ("A", "B")
        for margin in data.draw(st.sets(st.sampled_from(list(Margin))))
    ]
    rows: list[Settlement] = []
    for one in pairs:
        rate, hours = data.draw(rates), data.draw(st.sampled_from([1, 4, 8]))
        own = series(one, rate, hours=hours, days=6)
        keep, share = random.Random(data.draw(st.integers(0, 99))), data.draw(st.sampled_from([0.45, 1.0]))  # noqa: S311
        rows += [row for row in own if keep.random() < share]
    fast = coin_funding(history(pairs, rows, days=8), NOW)
    slow = reference(pairs, rows, days=8)
    assert fast.keys() == slow.keys()
    for coin, expected in slow.items():
        got = fast[coin]
        assert got.avg_72h == pytest.approx(expected.avg_72h, rel=1e-9, abs=1e-15)
        assert got.median_72h == pytest.approx(expected.median_72h, rel=1e-9, abs=1e-15)
        assert got.negative_exchanges == expected.negative_exchanges
        assert (got.streak, got.signal_start) == (expected.streak, expected.signal_start)
        assert got.streak_open == expected.streak_open
        assert [(v.exchange, v.symbol, v.hours, v.settlements) for v in got.exchanges] == [
            (v.exchange, v.symbol, v.hours, v.settlements) for v in expected.exchanges
        ]


@settings(max_examples=40, deadline=None)
@given(st.lists(rates, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_exchanges_and_rows_does_not_matter(values: list[float], shuffle: random.Random) -> None:
    pairs = [pair(name) for name in EXCHANGES[: len(values)]]
    rows = [row for one, rate in zip(pairs, values, strict=True) for row in series(one, rate, days=4)]
    before = one_coin(pairs, rows)
    shuffle.shuffle(pairs)
    shuffle.shuffle(rows)
    assert one_coin(pairs, rows) == before


@settings(max_examples=40, deadline=None)
@given(rates, st.sampled_from([1, 2, 4]))
def test_splitting_a_rate_over_shorter_intervals_changes_nothing(rate: float, hours: int) -> None:
    one = pair()
    now = datetime(2026, 4, 26, 8, tzinfo=UTC)
    whole = one_coin([one], series(one, rate, now=now), now)
    split = one_coin([one], series(one, rate * hours / 8, hours=hours, now=now), now)
    assert split.avg_72h == pytest.approx(whole.avg_72h, rel=1e-9, abs=1e-12)
    assert split.streak == whole.streak


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=30))
def test_whatever_comes_in_no_average_is_nan(cells: list[tuple[float, float]]) -> None:
    one = pair()
    rows = [
        Settlement(r.exchange, r.symbol, r.base_coin, rate, hours, r.settled_at)
        for r, (rate, hours) in zip(series(one, 0.0), cells, strict=False)
    ]
    for found in coin_funding(history([one], rows), NOW).values():
        assert math.isfinite(found.avg_72h)
        assert abs(found.avg_72h) <= 0.05 * 8 / min(h for _, h in cells if 0 < h <= 24)
