"""Bitget: three products, prices and flags of one."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges import bitget
from scoring.model import AssetClass, Margin
from tests.builders_exchanges import AT_8, MIDNIGHT, NOW, payload, quotes, read, settlements


def test_a_contract_is_read_from_its_rate_its_ticker_and_its_flags() -> None:
    assert quotes("bitget")["LTCUSDT"] == Quote(
        "bitget", "LTCUSDT", "LTC", Margin.USDT, -0.000084, 8.0, AT_8,
        mark_price=84.12, turnover_usd=1_177_000.5, floor=-0.005, cap=0.005, asset=AssetClass.COIN, source_time=NOW,
    )  # fmt: skip


def test_a_real_world_asset_is_no_coin_and_an_unlisted_contract_may_be_either() -> None:
    found = quotes("bitget")
    assert found["NVDAUSDT"].asset is AssetClass.TRADFI
    assert found["1000BONKUSDT"].asset is None


def test_test_products_dated_and_switched_off_contracts_are_left_out() -> None:
    assert list(quotes("bitget")) == ["LTCUSDT", "1000BONKUSDT", "NVDAUSDT", "BTCPERP", "BTCUSD"]


def test_without_tickers_and_flags_the_rates_remain() -> None:
    quote = read("bitget", [*payload("bitget")["quotes"][:3], None, None])["LTCUSDT"]
    assert (quote.rate, quote.mark_price, quote.turnover_usd, quote.asset) == (-0.000084, None, None, None)


def test_the_history_is_asked_of_the_product_that_the_name_tells() -> None:
    assert [bitget.history(one).endpoint.params["productType"] for one in ("LTCUSDT", "BTCPERP", "BTCUSD")] == [
        "USDT-FUTURES", "USDC-FUTURES", "COIN-FUTURES",
    ]  # fmt: skip


def test_settlements_are_read() -> None:
    assert settlements("bitget") == [
        SettledRate(MIDNIGHT, -0.00006), SettledRate(datetime(2026, 11, 19, 16, tzinfo=UTC), 0.0001),
    ]  # fmt: skip
