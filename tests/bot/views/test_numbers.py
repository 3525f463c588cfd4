"""Numbers as people read them."""

from __future__ import annotations

import doctest
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.base import Kind, Param
from bot.commands.pump import COMMAND
from bot.commands.values import read_value
from bot.views import numbers
from tests.builders_storage import NOW


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(numbers).failed == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [(97012.5, "$97,012.50"), (1, "$1.00"), (0.5, "$0.500"), (0.0000098, "$0.00000980"), (0, "$0.00"), (None, "–")],
)
def test_a_price_has_the_digits_that_matter(value: float | None, text: str) -> None:
    assert numbers.price(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "$0"), (950, "$950"), (3300, "$3.3K"), (999_999, "$1M"), (1_240_000, "$1.24M"), (6.4e9, "$6.4B")],
)
def test_money_is_short(value: float, text: str) -> None:
    assert numbers.money(value) == text


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "under 1 min"), (41, "41 min"), (200, "3 h 20 min"), (2940, "2 d 1 h")]
)
def test_a_duration_has_its_two_largest_units(minutes: int, text: str) -> None:
    assert numbers.duration(timedelta(minutes=minutes)) == text


def test_what_lies_in_the_future_is_not_a_negative_age() -> None:
    assert numbers.ago(NOW + timedelta(hours=1), NOW) == "under 1 min ago"
    assert numbers.ago(None, NOW) == "never"


@given(st.floats(-1, 1).filter(lambda rate: abs(rate) > 1e-9))
def test_a_rate_that_is_not_zero_shows_its_sign(rate: float) -> None:
    assert numbers.rate(rate)[0] == ("−" if rate < 0 else "+")


@given(st.floats(-1e9, 1e9))
def test_a_hyphen_never_stands_for_a_minus(value: float) -> None:
    assert not any("-" in text for text in (numbers.percent(value), numbers.rate(value / 1e9)))


@given(st.floats(0, 1e9, allow_nan=False))
def test_a_plain_number_is_read_back_as_the_same_number(value: float) -> None:
    param = Param("x", Kind.MONEY, "", "")
    text = numbers.plain(value)
    # Three decimals under a thousand are the one form that the parser refuses to guess at: 1.250.
    if len(text.partition(".")[2]) != 3:
        assert read_value(COMMAND, param, text, lambda _, given: given) == value


@given(st.floats(0, 10), st.floats(0, 10))
def test_a_score_below_a_minimum_never_looks_as_if_it_reached_it(score: float, minimum: float) -> None:
    if score < minimum - 1e-7:
        assert float(numbers.score_below(score, minimum)) < minimum
