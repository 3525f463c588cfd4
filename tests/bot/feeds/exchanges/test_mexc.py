"""MEXC: a zero may mean nothing, and each settlement tells its interval."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges import mexc
from scoring.model import AssetClass, Margin
from tests.builders_exchanges import AT_8, MIDNIGHT, NOW, payload, quotes, read, settlements


def test_a_contract_is_read_from_its_rate_and_its_terms() -> None:
    assert quotes("mexc")["LINK_USDT"] == Quote(
        "mexc", "LINK_USDT", "LINK", Margin.USDT, -0.000123, 8.0, AT_8,
        mark_price=13.4, floor=-0.004, cap=0.004, asset=AssetClass.COIN, source_time=NOW,
    )  # fmt: skip


def test_a_stock_is_no_coin_and_an_unlisted_contract_may_be_either() -> None:
    found = quotes("mexc")
    assert found["TESLA_USDT"].asset is AssetClass.TRADFI
    assert (found["NEW_USDT"].asset, found["NEW_USDT"].interval_hours) == (None, 24.0)


def test_contracts_that_are_offline_are_left_out_once_that_is_known() -> None:
    assert list(quotes("mexc")) == ["LINK_USDT", "1000BONK_USDC", "ETH_USD", "TESLA_USDT", "NEW_USDT"]
    assert "GONE_USDT" in read("mexc", [payload("mexc")["quotes"][0], None])


def test_the_margin_follows_the_name() -> None:
    found = quotes("mexc")
    assert (found["1000BONK_USDC"].margin, found["ETH_USD"].margin) == (Margin.USD, Margin.INVERSE)


def test_a_zero_is_handed_on_as_what_it_says_and_marked_as_doubtful() -> None:
    assert quotes("mexc")["TESLA_USDT"].rate == 0.0
    assert mexc.ZERO_IS_PLACEHOLDER


def test_settlements_have_the_interval_they_were_settled_with() -> None:
    assert settlements("mexc") == [
        SettledRate(MIDNIGHT, -0.0002, 8.0), SettledRate(datetime(2026, 11, 19, 20, tzinfo=UTC), 0.00004, 4.0),
    ]  # fmt: skip
