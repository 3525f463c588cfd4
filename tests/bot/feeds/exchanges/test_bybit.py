"""Bybit: the interval stands in the row or nowhere."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges import bybit
from scoring.model import Margin
from tests.builders_exchanges import MIDNIGHT, NOW, quotes, settlements


def test_a_contract_is_read_with_the_time_of_the_envelope() -> None:
    assert quotes("bybit")["SHIB1000USDT"] == Quote(
        "bybit", "SHIB1000USDT", "SHIB1000", Margin.USDT, -0.0018, 1.0, datetime(2026, 11, 20, 7, tzinfo=UTC),
        mark_price=0.0143, turnover_usd=5_000_000.25, floor=-0.04, cap=0.04, source_time=NOW,
    )  # fmt: skip


def test_an_interval_that_is_not_told_is_unknown() -> None:
    quote = quotes("bybit")["XRPPERP"]
    assert (quote.base, quote.margin, quote.interval_hours, quote.cap) == ("XRP", Margin.USD, None, None)


def test_the_turnover_of_an_inverse_contract_is_in_the_coin_and_so_unknown() -> None:
    quote = quotes("bybit")["BTCUSD"]
    assert (quote.base, quote.margin, quote.turnover_usd) == ("BTC", Margin.INVERSE, None)


def test_dated_contracts_of_both_spellings_are_left_out() -> None:
    assert list(quotes("bybit")) == ["ETHUSDT", "SHIB1000USDT", "XRPPERP", "BTCUSD"]


def test_the_history_is_asked_with_both_ends_in_the_right_category() -> None:
    asked = bybit.history("XRPPERP").endpoint.params
    assert {"startTime", "endTime"} < set(asked)
    assert asked["category"] == "linear"
    assert bybit.history("BTCUSD").endpoint.params["category"] == "inverse"


def test_settlements_are_read() -> None:
    assert settlements("bybit") == [
        SettledRate(MIDNIGHT, 0.00008), SettledRate(datetime(2026, 11, 19, 16, tzinfo=UTC), -0.00003),
    ]  # fmt: skip
