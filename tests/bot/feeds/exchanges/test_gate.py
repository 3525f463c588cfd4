"""Gate.io: seconds, prices of one coin, and names of any script."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges import gate
from scoring.model import AssetClass, Margin
from tests.builders_exchanges import AT_8, MIDNIGHT, payload, quotes, read, settlements
from tests.shared_data import real


def test_a_contract_is_read_with_a_price_of_one_coin() -> None:
    assert quotes("gate")["PEPE_USDT"] == Quote(
        "gate", "PEPE_USDT", "PEPE", Margin.USDT, -0.00091, 2.0, AT_8,
        mark_price=0.000005123, floor=-0.0075, cap=0.0075, asset=AssetClass.COIN,
    )  # fmt: skip


def test_suspended_contracts_and_those_being_delisted_are_left_out() -> None:
    assert list(quotes("gate")) == ["AVAX_USDT", "PEPE_USDT", "龙虾_USDT", "TSLA_USDT"]


def test_a_stock_is_no_coin_and_a_row_without_the_flag_may_be_either() -> None:
    answers = payload("gate")["quotes"]
    del answers[0][0]["contract_type"]
    found = read("gate", answers)
    assert found["TSLA_USDT"].asset is AssetClass.TRADFI
    assert found["AVAX_USDT"].asset is None


def test_the_list_is_asked_whole() -> None:
    assert gate.QUOTES[0].params == {}


def test_settlements_keep_their_seconds_of_delay() -> None:
    assert settlements("gate") == [
        SettledRate(MIDNIGHT + timedelta(seconds=2), -0.0002), SettledRate(datetime(2026, 11, 19, 16, tzinfo=UTC), 0.00003),
    ]  # fmt: skip


def test_a_real_list_is_read_whole() -> None:
    line = real("exchanges", "samples", "cryptofeed_recorded", "GATEIO_FUTURES.0").read_text(encoding="utf-8")
    recorded = json.JSONDecoder().raw_decode(line.partition(": ")[2])[0]
    found = read("gate", [recorded])
    assert {one["name"] for one in recorded if not one["in_delisting"]} == set(found)
    assert {quote.interval_hours for quote in found.values()} <= {1.0, 2.0, 4.0, 8.0}
    assert all(quote.rate is not None and abs(quote.rate) < 0.1 for quote in found.values())
