"""Binance: two markets of the same shapes, and the interval of what is not listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges import binance
from scoring.model import Margin
from tests.builders_exchanges import AT_8, MIDNIGHT, NOW, payload, quotes, read, settlements


def test_an_adjusted_contract_has_its_own_interval_and_bounds() -> None:
    assert quotes("binance")["1000PEPEUSDT"] == Quote(
        "binance", "1000PEPEUSDT", "1000PEPE", Margin.USDT, -0.00042, 4.0, AT_8,
        mark_price=0.005123, floor=-0.02, cap=0.02, source_time=NOW,
    )  # fmt: skip


def test_a_contract_that_was_never_adjusted_settles_every_8_hours() -> None:
    quote = quotes("binance")["BTCUSDT"]
    assert (quote.interval_hours, quote.floor, quote.cap) == (8.0, None, None)


def test_an_adjusted_contract_whose_interval_is_unreadable_has_none_rather_than_8_hours() -> None:
    answers = payload("binance")["quotes"]
    answers[1][0]["fundingIntervalHours"] = "four"
    assert read("binance", answers)["1000PEPEUSDT"].interval_hours is None


def test_dated_closing_and_coin_quoted_contracts_are_left_out() -> None:
    assert list(quotes("binance")) == ["BTCUSDT", "1000PEPEUSDT", "BTCU", "SOLUSDC", "BTCUSD_PERP"]


@pytest.mark.parametrize(
    ("symbol", "base", "margin"),
    [("BTCU", "BTC", Margin.USD), ("SOLUSDC", "SOL", Margin.USD), ("BTCUSD_PERP", "BTC", Margin.INVERSE)],
)
def test_the_name_tells_base_and_margin(symbol: str, base: str, margin: Margin) -> None:
    assert (quotes("binance")[symbol].base, quotes("binance")[symbol].margin) == (base, margin)


def test_the_history_of_a_coin_margined_contract_lies_on_the_other_host() -> None:
    assert binance.history("BTCUSDT").endpoint.path == "https://fapi.binance.com/fapi/v1/fundingRate"
    assert binance.history("BTCUSD_PERP").endpoint.path == "https://dapi.binance.com/dapi/v1/fundingRate"


def test_settlements_keep_their_milliseconds() -> None:
    assert settlements("binance") == [
        SettledRate(datetime(2026, 11, 19, 16, tzinfo=UTC), -0.00012),
        SettledRate(MIDNIGHT + timedelta(milliseconds=4), 0.000025),
    ]
