"""One price per base coin, out of the marks of its contracts."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.base import PRICE_SCHEMA
from bot.feeds.marks import marks
from scoring.model import FundingRate

NOW = datetime(2026, 11, 20, 12, 30, 7, 900_000, tzinfo=UTC)


def contract(
    exchange: str,
    mark: float | None,
    turnover: float | None = None,
    base_coin: str = "NOVA",
    age: timedelta = timedelta(0),
) -> FundingRate:
    return FundingRate(exchange, f"{base_coin}USDT", base_coin, 0.0001, 8, None, NOW - age, mark, turnover)


def price(*rates: FundingRate) -> float | None:
    frame = marks(rates, NOW)
    return frame["price"].item() if len(frame) else None


def test_one_row_a_coin_at_the_whole_second() -> None:
    frame = marks([contract("okx", 2.0), contract("okx", 9.0, base_coin="ORB"), contract("bybit", 2.1, 5)], NOW)
    instant = int(NOW.timestamp())
    assert frame.rows() == [("NOVA", instant, 2.1), ("ORB", instant, 9.0)]
    assert dict(frame.schema) == PRICE_SCHEMA


def test_of_two_contracts_the_most_liquid_counts() -> None:
    assert price(contract("okx", 2.0, 9e6), contract("bybit", 2.1, 1e6)) == 2.0


def test_an_unknown_turnover_counts_as_none() -> None:
    assert price(contract("binance", 2.0, None), contract("okx", 2.1, 1)) == 2.1
    assert price(contract("binance", 2.0, math.nan), contract("okx", 2.1, 1)) == 2.1


def test_on_ties_the_exchange_decides() -> None:
    assert price(contract("okx", 2.1), contract("bybit", 2.0)) == 2.0


def test_a_bad_print_of_the_most_liquid_of_three_makes_no_jump() -> None:
    assert price(contract("binance", 0.2, 9e9), contract("bybit", 2.0, 5), contract("okx", 2.02, 4)) == 2.0


@pytest.mark.parametrize("mark", [None, 0.0, -1.0, math.nan, math.inf])
def test_what_is_no_price_is_left_out(mark: float | None) -> None:
    assert price(contract("binance", mark, 9e9), contract("okx", 2.0)) == 2.0
    assert price(contract("binance", mark)) is None


def test_a_mark_of_an_earlier_refresh_is_not_the_price_now() -> None:
    old = contract("binance", 3.0, 9e9, age=timedelta(minutes=30))
    assert price(old) is None
    assert price(old, contract("okx", 2.0, age=timedelta(minutes=2))) == 2.0


def test_no_rates_give_an_empty_frame_of_the_schema() -> None:
    assert dict(marks([], NOW).schema) == PRICE_SCHEMA


@given(
    st.lists(
        st.tuples(st.sampled_from(["binance", "bybit", "gate", "okx"]), st.floats(1e-6, 1e6), st.none() | st.floats()),
        unique_by=lambda one: one[0],
    ),
    st.data(),
)
def test_the_price_lies_within_the_marks_whatever_their_order(
    made: list[tuple[str, float, float | None]], data: st.DataObject
) -> None:
    rates = [contract(*one) for one in made]
    frame = marks(rates, NOW)
    assert frame.equals(marks(data.draw(st.permutations(rates)), NOW))
    assert frame.select(pl.col("price").is_between(min((m for _, m, _ in made), default=0), 1e6)).to_series().all()
