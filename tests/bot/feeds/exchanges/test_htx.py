"""HTX: the rates of one answer, the intervals of another."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges.base import AnswerError
from scoring.model import AssetClass, Margin
from tests.builders_exchanges import AT_8, MIDNIGHT, NOW, payload, quotes, read, settlements


def test_a_contract_is_read_from_its_rate_and_its_terms() -> None:
    assert quotes("htx")["ADA-USDT"] == Quote(
        "htx", "ADA-USDT", "ADA", Margin.USDT, -0.00031, 8.0, AT_8, asset=AssetClass.COIN, source_time=NOW
    )


def test_an_interval_of_two_hours_is_read_and_one_that_nothing_tells_is_unknown() -> None:
    found = quotes("htx")
    assert found["2H-USDT"].interval_hours == 2.0
    assert (found["NEW-USDT"].interval_hours, found["NEW-USDT"].asset) == (None, None)


def test_without_the_terms_there_are_no_intervals_and_so_no_quotes() -> None:
    with pytest.raises(AnswerError):
        read("htx", [payload("htx")["quotes"][0], {"status": "ok", "ts": 1}])


def test_a_stock_is_known_by_either_list_of_labels() -> None:
    found = quotes("htx")
    assert found["TSLA-USDT"].asset is AssetClass.TRADFI
    assert found["XOM-USDT"].asset is AssetClass.TRADFI


def test_suspended_and_dated_contracts_are_left_out() -> None:
    assert list(quotes("htx")) == ["ADA-USDT", "2H-USDT", "TSLA-USDT", "XOM-USDT", "NEW-USDT"]


def test_what_was_paid_counts_and_else_what_was_announced() -> None:
    assert settlements("htx") == [
        SettledRate(MIDNIGHT, -0.0002), SettledRate(datetime(2026, 11, 19, 16, tzinfo=UTC), 0.0001),
    ]  # fmt: skip
