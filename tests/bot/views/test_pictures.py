"""What the pictures of the cards show is what is stored, and what the cards say."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.charts.model import CoinChart, HeatChart, TimelineChart
from bot.chat.console.render import render as render_console
from bot.chat.discord.render import render as render_discord
from bot.chat.telegram.render import render as render_telegram
from bot.views.elements import Picture, View
from bot.views.picture_words import CAPTION_UNITS
from bot.views.pictures import CoinDays, coin_picture, level_of
from scoring.model import Coin, Filing, Margin, Pair, PriceChanges, Settlement, Side
from storage import Storage
from tests.builders_filings import ACME, filing, person, trade
from tests.builders_funding import history, reference
from tests.builders_market import EXCHANGES, ask, fill
from tests.builders_storage import NOW, prices, settlements, steady

COIN = Coin("exmp", "EXMP", "EXMP", None)
NO_PRICES = PriceChanges(None, None, None)
YESTERDAY = date(2026, 4, 25)


def picture_of(view: View) -> Picture:
    (found,) = [one for one in view.body if isinstance(one, Picture)]
    return found


def has_picture(view: View) -> bool:
    return any(isinstance(one, Picture) for one in view.body)


def coin_chart(view: View) -> CoinChart:
    chart = picture_of(view).chart
    assert isinstance(chart, CoinChart)
    return chart


def heat_chart(view: View) -> HeatChart:
    chart = picture_of(view).chart
    assert isinstance(chart, HeatChart)
    return chart


def timeline(view: View) -> TimelineChart:
    chart = picture_of(view).chart
    assert isinstance(chart, TimelineChart)
    return chart


def put(storage: Storage, *filings: Filing) -> None:
    with storage.write() as tx:
        tx.filings.put_issuers([ACME])
        tx.filings.add(filings)


def pay(storage: Storage, *rows: Any) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(rows))


def at_days(exchange: str, rates: list[float | None], coin: str = "EXMP") -> list[Any]:
    """Three settlements a day of a rate, the last rate being yesterday's."""
    rows = []
    for back, rate in enumerate(reversed(rates)):
        midnight = datetime(2026, 4, 26, tzinfo=NOW.tzinfo) - timedelta(days=back)
        rows += [
            (exchange, f"{coin}USDT", coin, 0, rate, 8.0, int((midnight - timedelta(hours=8 * at)).timestamp()))
            for at in range(3)
            if rate is not None
        ]
    return rows


# /coin


def test_a_coin_shows_the_daily_mean_over_exchanges_and_none_where_it_is_not_known(storage: Storage) -> None:
    pay(storage, *at_days("binance", [0.0001] * 8 + [-0.0003, None, -0.0001, -0.0002]))
    pay(storage, *at_days("okx", [0.0003] * 8 + [-0.0001, None, None, -0.0004]))
    chart = coin_chart(ask(storage, "/coin EXMP"))
    assert chart.first_day + timedelta(days=len(chart.funding) - 1) == YESTERDAY
    assert chart.funding == pytest.approx((*[0.0002] * 8, -0.0002, None, -0.0001, -0.0003))
    assert chart.funding_heading.value == "−0.0300 %"
    assert chart.streak is not None
    assert (chart.streak.first_day, chart.streak.label) == (date(2026, 4, 24), "≥ 2 d since 24 Apr")


def test_the_streak_of_the_picture_is_the_one_of_the_card(storage: Storage) -> None:
    fill(storage)
    view = ask(storage, "/coin PUMP")
    chart = coin_chart(view)
    assert chart.streak is not None
    assert view.data["pump"]["signal_start_date"].startswith(chart.streak.first_day.isoformat())  # type: ignore[index,call-overload,union-attr]
    assert (chart.title, chart.name) == ("PUMP", "Pump Coin")
    assert len(chart.funding) == 30
    assert chart.funding[-1] == pytest.approx(-0.0004)
    assert chart.price_heading.value == "$193.00"
    assert chart.price_heading.note == "+93.0 % in 7 d"


def test_the_price_of_a_day_is_its_last_and_the_newest_is_of_now(storage: Storage) -> None:
    pay(storage, *steady("okx", "EXMP", 0.0001, days=10))
    midnight = NOW.replace(hour=0)
    with storage.write() as tx:
        tx.prices.add(
            prices(
                [
                    ("EXMP", midnight - timedelta(hours=30), 1.0),
                    ("EXMP", midnight - timedelta(hours=5), 2.0),
                    ("EXMP", midnight, 3.0),
                    ("EXMP", midnight + timedelta(hours=1), 4.0),
                    ("EXMP", NOW, 5.0),
                ]
            )
        )
    chart = coin_chart(ask(storage, "/coin EXMP"))
    assert chart.prices[-3:] == (1.0, 3.0, 5.0)
    assert len(chart.prices) == len(chart.funding) + 1
    assert (chart.price_low, chart.price_high) == ("$1.00", "$5.00")


def test_a_week_is_shown_of_a_coin_that_is_known_for_a_day(storage: Storage) -> None:
    pay(storage, *at_days("okx", [-0.0001]))
    chart = coin_chart(ask(storage, "/coin EXMP"))
    assert chart.funding == pytest.approx((*[None] * 6, -0.0001))
    assert chart.prices == (None,) * 8
    assert chart.price_heading.value == "–"


def test_a_coin_of_which_no_day_is_known_has_no_picture(storage: Storage) -> None:
    pay(storage, ("okx", "EXMPUSDT", "EXMP", 0, -0.0001, 8.0, int(NOW.timestamp())))
    assert not has_picture(ask(storage, "/coin EXMP"))


def test_what_the_chat_wishes_to_hear_is_marked_where_it_would_ring(storage: Storage) -> None:
    fill(storage)
    for line in ("/alert pump min=3", "/alert selling min=8", "/alert pump min=9.9", "/alert pump coins=CALM min=2"):
        ask(storage, line)
    chart = coin_chart(ask(storage, "/coin PUMP"))
    labels = [mark.label for mark in chart.marks]
    assert labels[0] == "counts in full: −0.05 %"
    assert [label.partition(":")[0] for label in labels[1:]] == ["pump rings from 3", "selling rings from 8"]
    score = ask(storage, "/coin PUMP").data["pump"]["score"]  # type: ignore[index,call-overload]
    # 93 % in 7 days and 7 days or more: the score is proportional to funding.
    assert chart.marks[1].level == pytest.approx(-0.0004 * 3 / score, rel=0.02)  # type: ignore[operator]
    assert chart.marks[0].level == -0.0005


def test_a_level_that_is_far_from_all_days_is_not_marked(storage: Storage) -> None:
    fill(storage)
    picture = picture_of(ask(storage, "/coin CALM"))
    assert coin_chart(ask(storage, "/coin CALM")).marks == ()
    assert "Dashed" not in picture.alt


@given(st.floats(0.0, 12.0), st.floats(0.0, 8.0))
def test_a_level_is_where_the_score_reaches_the_minimum(minimum: float, base: float) -> None:
    def score_at(average: float) -> float:
        return base + min(1.0, -average / 0.0005) * 4

    found = level_of(score_at, minimum, -0.0005)
    if found is None:
        assert score_at(-0.0005) < minimum or score_at(-5e-10) >= minimum
    else:
        assert score_at(found) == pytest.approx(minimum, abs=2e-5)


@given(st.lists(st.sampled_from([-0.0003, -0.0001, 0.0, 0.0001, None]), min_size=1, max_size=33), st.integers(1, 3))
def test_a_negative_last_run_of_the_picture_is_the_streak(rates: list[float | None], exchanges: int) -> None:
    pairs = [Pair(f"ex{at}", "EXMPUSDT", "EXMP", Margin.USDT) for at in range(exchanges)]
    rows = [
        Settlement(pair.exchange, pair.symbol, "EXMP", rate, 24.0, NOW.replace(hour=0) - timedelta(days=back))
        for pair in pairs
        for back, rate in enumerate(reversed(rates))
        if rate is not None
    ]
    stored = history(pairs, rows, now=NOW)
    funding = reference(pairs, rows, now=NOW).get("EXMP")
    picture = coin_picture(COIN, CoinDays(stored, (), NOW), funding, NO_PRICES)
    if picture is None:
        assert all(rate is None for rate in rates[-30:])
        return
    assert isinstance(picture.chart, CoinChart)
    run = 0
    for rate in reversed(picture.chart.funding):
        if rate is None or not rate < 0:
            break
        run += 1
    if funding is not None:
        assert run == funding.streak
        assert (picture.chart.streak is None) == (funding.streak == 0)


# /funding


def test_each_exchange_has_a_strip_of_its_own_average_most_negative_first(storage: Storage) -> None:
    pay(storage, *at_days("okx", [0.0001] * 9 + [-0.0002]), *at_days("binance", [0.0003] * 9 + [-0.0004]))
    pay(storage, *at_days("gate", [0.0001] * 8 + [-0.0009, None]))
    chart = heat_chart(ask(storage, "/funding EXMP"))
    assert [one.name for one in chart.strips] == ["Binance", "OKX", "Gate.io"]
    assert [one.label for one in chart.strips] == ["−0.0400 %", "−0.0200 %", "–"]
    assert chart.strips[1].values == pytest.approx((*[0.0001] * 9, -0.0002))
    assert chart.mean is not None
    assert chart.mean.values[-2:] == pytest.approx((-0.0005 / 3, -0.0003))
    assert (chart.start.date(), chart.step_hours) == (date(2026, 4, 16), 24)
    assert chart.heading.value == chart.mean.label == "−0.0300 %"


def test_one_contract_of_an_exchange_votes_as_in_the_scores(storage: Storage) -> None:
    pay(
        storage,
        *steady("okx", "EXMP", -0.0001),
        *steady("okx", "EXMP", 0.0009, symbol="EXMPUSD", margin=Margin.INVERSE),
    )
    chart = heat_chart(ask(storage, "/funding EXMP"))
    (strip,) = chart.strips
    assert chart.mean is None
    assert strip.values == pytest.approx((-0.0001,) * 30)


def test_few_days_are_shown_by_8_hours(storage: Storage) -> None:
    pay(storage, *steady("okx", "EXMP", -0.0001, hours=4, days=2.5), *steady("gate", "EXMP", 0.0002, hours=8, days=1))
    chart = heat_chart(ask(storage, "/funding EXMP"))
    okx, gate = chart.strips
    assert (chart.step_hours, chart.start) == (8, NOW.replace(hour=8) - timedelta(hours=64))
    assert okx.values[-6:] == pytest.approx((-0.0002,) * 6)
    assert gate.values[-4:] == pytest.approx((None, 0.0002, 0.0002, 0.0002))
    assert okx.label == "−0.0200 %"


def test_the_picture_stands_beside_the_first_page_only(storage: Storage) -> None:
    fill(storage)
    first = ask(storage, "/funding CALM limit=1")
    assert has_picture(first)
    more = next(one.command for one in first.buttons if "cursor=" in one.command)
    assert not has_picture(ask(storage, more))
    assert not has_picture(ask(storage, "/funding"))


# /clusters


def test_a_timeline_has_a_row_an_insider_and_a_dot_a_day(storage: Storage) -> None:
    chief = person(1, "Abel Ann", is_officer=True, officer_title="Chief Executive Officer")
    put(
        storage,
        filing(chief, trade(100, 10), trade(50, 10, row=1), trade(10, 10, days_ago=5, row=2)),
        filing(person(2, "Baker Bo", is_director=True), trade(100, 20, days_ago=4), plan=True),
    )
    chart = timeline(ask(storage, "/clusters ACME min_insiders=2"))
    assert [(one.name, one.role, one.value, one.side) for one in chart.people] == [
        ("Baker Bo", "director", "$2K", Side.BUY),
        ("Abel Ann", "CEO", "$1.6K", Side.BUY),
    ]
    assert [[(dot.value, dot.planned) for dot in one.dots] for one in chart.people] == [
        [(2000.0, True)],
        [(100.0, False), (1500.0, False)],
    ]
    assert (chart.last_day - chart.first_day).days == 30
    assert [one.text for one in chart.headings] == ["2 insiders bought"]


def test_both_sides_are_shown_and_the_smallest_of_many_share_a_row(storage: Storage) -> None:
    put(
        storage,
        *(filing(person(at), trade(100 + at, 10)) for at in range(15)),
        *(filing(person(20 + at), trade(100, 10, code="S")) for at in range(3)),
    )
    chart = timeline(ask(storage, "/clusters ACME"))
    bought = [one for one in chart.people if one.side is Side.BUY]
    assert [one.name for one in bought][-1] == "11 others"
    assert len(bought) == 5
    assert sum(dot.value for one in bought for dot in one.dots) == pytest.approx(
        sum(1000 + 10 * at for at in range(15))
    )
    assert len(chart.people) == 8
    only = timeline(ask(storage, "/clusters ACME side=sell"))
    assert {one.side for one in only.people} == {Side.SELL}


def test_a_timeline_of_a_year_names_both_years(storage: Storage) -> None:
    put(storage, filing(person(1), trade(100, 10)))
    chart = timeline(ask(storage, "/clusters ACME min_insiders=1 days=365"))
    assert chart.footer.startswith("2025-04-26 to 2026-04-26, by trade")


def test_a_company_in_which_nobody_traded_has_no_picture(storage: Storage) -> None:
    put(storage, filing(person(1), trade(100, 10, code="M")))
    assert not has_picture(ask(storage, "/clusters ACME"))


# All of them


@pytest.mark.parametrize("line", ["/coin PUMP", "/funding SHRT", "/clusters ACME"])
def test_a_picture_is_plain_data_and_its_words_fit_a_caption(storage: Storage, line: str) -> None:
    fill(storage)
    view = ask(storage, line)
    picture = picture_of(view)
    assert pickle.loads(pickle.dumps(picture)) == picture  # noqa: S301
    assert hash(picture.chart) == hash(picture_of(ask(storage, line, after=timedelta(minutes=1))).chart)
    assert 0 < len(picture.alt.encode("utf-16-le")) // 2 <= CAPTION_UNITS
    assert picture.alt.endswith(".")
    assert line.split()[1] in picture.alt
    assert picture.alt.split()[0] in render_console(view, width=100, colour=False)
    without = replace(view, body=tuple(one for one in view.body if not isinstance(one, Picture)))
    assert render_telegram(view) == render_telegram(without)
    assert render_discord(view) == render_discord(without)


def test_a_caption_says_no_more_than_it_can_hold(storage: Storage) -> None:
    name = "🐸" * 200
    put(storage, *(filing(person(at, f"{name} {at}"), trade(100, 10 + at)) for at in range(40)))
    alt = picture_of(ask(storage, "/clusters ACME")).alt
    assert len(alt.encode("utf-16-le")) // 2 <= CAPTION_UNITS
    assert alt.startswith("ACME: 40 insiders bought")
    assert alt.endswith(".")


def test_exchanges_are_named_as_everywhere(storage: Storage) -> None:
    fill(storage)
    chart = heat_chart(ask(storage, "/funding CALM"))
    assert {one.name.lower() for one in chart.strips} == set(EXCHANGES)
