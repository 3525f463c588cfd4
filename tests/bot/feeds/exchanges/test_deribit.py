"""Deribit: continuous funding, told per 8 hours and charged by the hour."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.feeds.base import Quote, SettledRate
from scoring.model import Margin
from tests.builders_exchanges import NOW, quotes, settlements


def test_a_contract_has_a_rate_per_8_hours_and_no_next_settlement() -> None:
    assert quotes("deribit")["SOL_USDC-PERPETUAL"] == Quote(
        "deribit", "SOL_USDC-PERPETUAL", "SOL", Margin.USD, -0.000412, 8.0, None,
        mark_price=141.31, turnover_usd=250_000.0, source_time=NOW,
    )  # fmt: skip


def test_linear_and_inverse_perpetuals_are_read_and_dated_futures_left_out() -> None:
    found = quotes("deribit")
    assert [(one.symbol, one.base, one.margin) for one in found.values()] == [
        ("SOL_USDC-PERPETUAL", "SOL", Margin.USD), ("1000MOG_USDC-PERPETUAL", "1000MOG", Margin.USD),
        ("BTC-PERPETUAL", "BTC", Margin.INVERSE), ("ETH-PERPETUAL", "ETH", Margin.INVERSE),
    ]  # fmt: skip


def test_a_settlement_is_the_charge_of_an_hour_and_not_the_look_back_over_eight() -> None:
    assert settlements("deribit") == [
        SettledRate(datetime(2026, 11, 20, 5, tzinfo=UTC), -0.00005, 1.0),
        SettledRate(datetime(2026, 11, 20, 6, tzinfo=UTC), 0.00001, 1.0),
    ]
