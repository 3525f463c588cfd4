"""Hyperliquid: names and numbers in two lists, every hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges.base import AnswerError
from scoring.model import Margin
from tests.builders_exchanges import ADAPTERS, MIDNIGHT, payload, quotes, read, settlements


def test_a_contract_keeps_the_case_of_its_name_and_settles_at_the_next_hour() -> None:
    assert quotes("hyperliquid")["kPEPE"] == Quote(
        "hyperliquid", "kPEPE", "kPEPE", Margin.USD, -0.0000861, 1.0, datetime(2026, 11, 20, 7, tzinfo=UTC),
        mark_price=0.005121, turnover_usd=3_100_000.0,
    )  # fmt: skip


def test_at_the_full_hour_the_next_settlement_is_an_hour_away() -> None:
    at_7 = datetime(2026, 11, 20, 7, tzinfo=UTC)
    found = read("hyperliquid", payload("hyperliquid")["quotes"], at_7)
    assert found["BTC"].next_funding_time == at_7 + timedelta(hours=1)


def test_delisted_contracts_are_left_out() -> None:
    assert list(quotes("hyperliquid")) == ["BTC", "kPEPE", "KAS"]


def test_numbers_that_might_belong_to_another_coin_are_not_taken() -> None:
    answers = payload("hyperliquid")["quotes"]
    del answers[0][1][0]
    with pytest.raises(AnswerError, match="not as many numbers as names"):
        read("hyperliquid", answers)


def test_the_history_of_a_coin_is_a_post_with_its_exact_name() -> None:
    body = ADAPTERS["hyperliquid"].history("kPEPE").endpoint.body
    assert body is not None
    assert list(body) == ["type", "coin", "startTime", "endTime"]


def test_a_settlement_pays_for_an_hour() -> None:
    assert settlements("hyperliquid") == [
        SettledRate(MIDNIGHT + timedelta(milliseconds=31), -0.0000744, 1.0),
        SettledRate(MIDNIGHT - timedelta(hours=1) + timedelta(milliseconds=118), 0.0000125, 1.0),
    ]
