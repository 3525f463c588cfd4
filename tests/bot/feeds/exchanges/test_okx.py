"""OKX: the interval lies between two settlements, and the last one is told beside it."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges import okx
from bot.feeds.exchanges.base import Slot
from scoring.model import Margin
from tests.builders_exchanges import AT_8, MIDNIGHT, NOW, payload, quotes, read, settlements


def test_a_contract_is_read_with_its_mark_and_its_last_settlement() -> None:
    assert quotes("okx")["SUI-USDT-SWAP"] == Quote(
        "okx", "SUI-USDT-SWAP", "SUI", Margin.USDT, -0.00072, 4.0, AT_8,
        mark_price=1.7312, floor=-0.015, cap=0.015, source_time=NOW, settled=SettledRate(MIDNIGHT, -0.00061),
    )  # fmt: skip


def test_an_interval_of_six_hours_is_an_interval() -> None:
    quote = quotes("okx")["SOL-USD_UM-SWAP"]
    assert (quote.base, quote.margin, quote.interval_hours, quote.mark_price) == ("SOL", Margin.USD, 6.0, None)


def test_a_settlement_counts_only_when_it_is_over_and_told() -> None:
    found = quotes("okx")
    assert found["BTC-USD-SWAP"].settled is None
    assert found["SOL-USD_UM-SWAP"].settled is None


def test_times_that_run_backwards_give_no_interval() -> None:
    answers = payload("okx")["quotes"]
    answers[0]["data"][0]["nextFundingTime"] = answers[0]["data"][0]["prevFundingTime"]
    assert read("okx", answers)["SUI-USDT-SWAP"].interval_hours is None


def test_what_is_no_swap_is_left_out() -> None:
    assert list(quotes("okx")) == ["SUI-USDT-SWAP", "BTC-USD-SWAP", "SOL-USD_UM-SWAP"]


def test_the_history_is_asked_for_what_is_older_than_the_end() -> None:
    assert okx.history("SUI-USDT-SWAP").endpoint.params["after"] is Slot.UNTIL_MS


def test_what_was_paid_counts_and_else_what_was_announced() -> None:
    assert settlements("okx") == [
        SettledRate(MIDNIGHT, -0.00061), SettledRate(datetime(2026, 11, 19, 20, tzinfo=UTC), 0.00002),
    ]  # fmt: skip
