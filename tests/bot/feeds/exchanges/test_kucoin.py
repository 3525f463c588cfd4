"""KuCoin: one list with everything, in which the running interval differs from the usual one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges import kucoin
from bot.feeds.exchanges.base import AnswerError
from scoring.model import AssetClass, Margin
from tests.builders_exchanges import AT_8, MIDNIGHT, payload, quotes, settlements


def test_a_contract_is_read_with_the_interval_that_runs_now() -> None:
    assert quotes("kucoin")["10000CATUSDTM"] == Quote(
        "kucoin", "10000CATUSDTM", "10000CAT", Margin.USDT, -0.00097, 4.0, AT_8,
        mark_price=0.0312, turnover_usd=810_000.75, floor=-0.005, cap=0.005, asset=AssetClass.COIN,
    )  # fmt: skip


def test_without_a_running_interval_the_usual_one_counts() -> None:
    quote = quotes("kucoin")["ETHUSDCM"]
    assert (quote.interval_hours, quote.margin, quote.asset) == (8.0, Margin.USD, None)


def test_the_base_stays_as_it_is_written_and_an_inverse_turnover_is_unknown() -> None:
    quote = quotes("kucoin")["XBTUSDM"]
    assert (quote.base, quote.margin, quote.turnover_usd) == ("XBT", Margin.INVERSE, None)


def test_a_stock_is_no_coin() -> None:
    assert quotes("kucoin")["TSLAUSDTM"].asset is AssetClass.TRADFI


def test_dated_and_paused_contracts_are_left_out() -> None:
    assert list(quotes("kucoin")) == ["XBTUSDTM", "10000CATUSDTM", "ETHUSDCM", "XBTUSDM", "TSLAUSDTM"]


def test_being_turned_away_by_country_is_told_without_our_address() -> None:
    with pytest.raises(AnswerError, match="country") as told:
        kucoin.unwrap(payload("kucoin")["refusals"][1]["answer"])
    assert "203.0.113.7" not in str(told.value)


def test_settlements_are_read() -> None:
    assert settlements("kucoin") == [
        SettledRate(MIDNIGHT, 0.00005), SettledRate(datetime(2026, 11, 19, 16, tzinfo=UTC), -0.000031),
    ]  # fmt: skip
