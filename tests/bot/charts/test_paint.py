"""Pictures as people see them: size, colours, and names of all kinds. Warnings are errors here as everywhere."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.charts.coin import FUNDING_HIGH, FUNDING_TOP, LEFT, PRICE_TOP, WIDE
from bot.charts.heat import FLOOR, LIMITS, colour_of, limit_of
from bot.charts.lettering import fitted, is_legible, shown, width
from bot.charts.look import GAP, PALETTES, ticks_of
from bot.charts.model import Chart, Heading, Theme, TimelineChart
from bot.charts.paint import paint
from tests.bot.charts.builders import HOSTILE, coin_chart, every_chart, heat_chart, pixel, pixels, timeline_chart

ROOT = Path(__file__).resolve().parents[3]
LIGHT = PALETTES[Theme.LIGHT]
EDGES: list[Chart] = [
    coin_chart(()),
    coin_chart((None,) * 7),
    coin_chart((0.0,)),
    coin_chart((-0.03, *[0.00001] * 29)),
    replace(coin_chart(), prices=(None,) * 8, marks=(), streak=None),
    replace(coin_chart(), prices=(0.5,) * 8),
    replace(coin_chart(), prices=(None, 1.0, None, 2.0, 3.0, None, None, 4.0)),
    heat_chart(0),
    heat_chart(1, 1),
    heat_chart(4, 8),
    heat_chart(15),
    timeline_chart(0),
    timeline_chart(1),
    timeline_chart(15),
    TimelineChart("", "", (Heading("", ""),) * 2, coin_chart().first_day, coin_chart().first_day, ()),
]


def dot_at(png: bytes, colour: str) -> bool:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return bool((np.abs(pixels(png).astype(int) - (red, green, blue)).sum(axis=2) < 6).any())


@pytest.mark.parametrize("chart", every_chart(), ids=lambda chart: type(chart).__name__)
def test_a_picture_is_sized_for_a_telephone_and_always_the_same(chart: Chart) -> None:
    first = paint(chart, theme=Theme.LIGHT)
    assert paint(copy.deepcopy(chart), theme=Theme.LIGHT) == first
    high, wide, _ = pixels(first).shape
    assert wide == 1080
    assert 0.6 <= high / wide <= 1.5
    assert len(first) < 500_000
    assert b"Software" not in first


@pytest.mark.parametrize("chart", every_chart(), ids=lambda chart: type(chart).__name__)
def test_each_theme_has_its_paper(chart: Chart) -> None:
    for theme in Theme:
        assert pixel(paint(chart, theme=theme, scale=0.25), 2, 2) == PALETTES[theme].paper


def test_a_scale_makes_the_same_picture_larger() -> None:
    assert pixels(paint(coin_chart(), theme=Theme.DARK, scale=0.5)).shape[:2] == (675, 540)


@pytest.mark.parametrize("chart", EDGES, ids=lambda chart: type(chart).__name__)
def test_few_and_many_and_nothing_at_all_make_a_picture(chart: Chart) -> None:
    assert pixels(paint(chart, theme=Theme.DARK, scale=0.25)).shape[1] == 270


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_breaks_a_picture(name: str) -> None:
    for chart in every_chart(name):
        assert pixel(paint(chart, theme=Theme.LIGHT, scale=0.25), 2, 2) == LIGHT.paper


def test_negative_funding_is_shaded_below_zero_and_positive_above() -> None:
    picture = paint(replace(coin_chart((-0.0004, 0.0004)), marks=(), streak=None), theme=Theme.LIGHT)
    day, middle = WIDE / 2.5, FUNDING_TOP + FUNDING_HIGH / 2
    below, above = middle + FUNDING_HIGH / 4, middle - FUNDING_HIGH / 4
    assert pixel(picture, LEFT + day * 0.5, below) == LIGHT.low
    assert pixel(picture, LEFT + day * 1.5, above) == LIGHT.high
    assert pixel(picture, LEFT + day * 0.5, above) not in {LIGHT.low, LIGHT.high}


def test_the_days_of_a_streak_have_a_ground_of_their_own() -> None:
    picture = paint(coin_chart((0.0001, *[-0.0004] * 4)), theme=Theme.LIGHT)
    day, top = WIDE / 5.5, FUNDING_TOP + 22
    assert pixel(picture, LEFT + day * 4.6, top) == LIGHT.band
    assert pixel(picture, LEFT + day * 0.9, FUNDING_TOP + FUNDING_HIGH - 5) == LIGHT.paper


def test_who_bought_and_who_sold_have_their_colours_and_planned_trades_are_hollow() -> None:
    people = timeline_chart(4).people
    sold = replace(timeline_chart(), people=(people[3],))
    picture = paint(sold, theme=Theme.LIGHT)
    assert dot_at(picture, LIGHT.low)
    assert not dot_at(picture, LIGHT.bought)
    hollow = replace(people[0], dots=tuple(replace(dot, planned=True) for dot in people[0].dots))
    filled = replace(people[0], dots=tuple(replace(dot, planned=False) for dot in people[0].dots))
    inked = [paint(replace(sold, people=(one,)), theme=Theme.LIGHT) for one in (hollow, filled)]
    assert pixels(inked[0]).astype(int).sum() > pixels(inked[1]).astype(int).sum()  # less ink


def test_the_floor_looks_neutral_and_less_than_zero_does_not() -> None:
    for palette in PALETTES.values():
        assert colour_of(0.0, LIMITS[0], palette) == colour_of(FLOOR, LIMITS[0], palette) == palette.neutral
        assert colour_of(-0.00001, LIMITS[0], palette) != palette.neutral
        assert colour_of(-1.0, LIMITS[0], palette) == palette.low
        assert colour_of(1.0, LIMITS[0], palette) == palette.bought


def test_one_mad_day_does_not_pale_all_others() -> None:
    assert limit_of([0.0001] * 99 + [0.04]) == LIMITS[0]
    assert limit_of([]) == LIMITS[0]
    assert limit_of([9.0]) == LIMITS[-1]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_fits_where_it_stands(name: str) -> None:
    for most in (0.0, 5.0, 60.0, 200.0):
        found = fitted(name, 11, most)
        assert not found or width(found, 11) <= most
    assert "\n" not in shown(name)
    assert shown(shown(name)) == shown(name)


def test_a_long_value_keeps_its_distance_from_what_stands_before_it() -> None:
    heading = Heading("Price", "$123,456,789.00", "+1,234.0 % in 7 d")
    png = paint(replace(coin_chart(), price_heading=heading), theme=Theme.LIGHT)
    line = pixels(png)[round(3 * (PRICE_TOP - 26)) : round(3 * (PRICE_TOP - 8))]
    blank = (line == 255).all(axis=(0, 2))
    gaps = [len(run) for run in "".join(" x"[not one] for one in blank).split("x") if run][1:-1]
    assert sorted(gaps)[-2] >= 3 * (GAP - 1)  # the widest is that after the text


def test_what_the_fonts_do_not_have_is_replaced_and_a_name_of_it_gives_way_to_another() -> None:
    assert shown("$PEPE_x^2 中本") == "$PEPE_x^2 □□"
    assert is_legible("PEPE 中")
    assert not is_legible("中本聪")
    fallen_back = paint(replace(coin_chart(), title="中本聪", name="satoshi"), theme=Theme.LIGHT)
    assert fallen_back == paint(replace(coin_chart(), title="satoshi", name=""), theme=Theme.LIGHT)


def test_the_last_column_is_always_labelled() -> None:
    assert ticks_of(30, 5) == [5, 11, 17, 23, 29]
    assert ticks_of(0, 5) == []


def test_the_modules_that_the_bot_loads_do_not_load_matplotlib() -> None:
    code = "import sys, bot.app, bot.commands.coin, bot.charts.painter; print('matplotlib' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
