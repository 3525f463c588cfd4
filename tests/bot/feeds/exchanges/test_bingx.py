"""BingX: an estimate called last, and a time that is not the values'."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.feeds.base import Quote, SettledRate
from scoring.model import AssetClass, Margin
from tests.builders_exchanges import MIDNIGHT, quotes, settlements


def test_a_contract_is_read_without_a_time_of_its_values() -> None:
    assert quotes("bingx")["1000PEPE-USDT"] == Quote(
        "bingx", "1000PEPE-USDT", "1000PEPE", Margin.USDT, -0.00133, 1.0, datetime(2026, 11, 20, 7, tzinfo=UTC),
        mark_price=0.00512, floor=-0.004, cap=0.004,
    )  # fmt: skip


def test_a_prefix_tells_a_stock_and_its_absence_tells_nothing() -> None:
    found = quotes("bingx")
    assert found["NCSKTSLA2USD-USDT"].asset is AssetClass.TRADFI
    assert (found["XRP-USDC"].asset, found["XRP-USDC"].margin) == (None, Margin.USD)


def test_settlements_are_read() -> None:
    assert settlements("bingx") == [
        SettledRate(MIDNIGHT, 0.000091), SettledRate(datetime(2026, 11, 19, 16, tzinfo=UTC), -0.00001),
    ]  # fmt: skip
