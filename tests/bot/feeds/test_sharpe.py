"""The hosted service, over a loopback server that is as strict as its documents."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.clock import FixedClock
from bot.errors import FeedError
from bot.feeds.base import Batch, HostedAccumulated, Outcome, SourceReport
from bot.feeds.http import open_client
from bot.feeds.sharpe import SharpeFeed, SharpeSettings
from scoring.model import Coin, ExchangeAverage, FundingRate, PriceChanges, Settlement, Signal
from tests.servers.sharpe import KEY, PUMP, SELLING, Failure, SharpeServer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Result = TypeVar("Result")


def pump(**changes: Any) -> dict[str, Any]:
    return {
        "coin_id": "moon-coin", "symbol": "MOON", "name": "Moon Coin", "score": 6.9, "avg_funding_72h": -0.00037,
        "funding_magnitude": 0.74, "pump_magnitude": 0.61, "divergence_persistence": 0.43,
        "price_funding_divergence": 0.6, "consecutive_negative_days": 3, "price_change_24h": 7.25,
        "price_change_7d": 66.5, "signal_start_date": "2026-11-17T00:00:00Z", "updated_at": "2026-11-20T11:30:00Z",
    } | changes  # fmt: skip


def selling(**changes: Any) -> dict[str, Any]:
    return {
        "coin_id": "sink-token", "symbol": "SINK", "name": "Sink Token", "score": 8.7, "avg_funding_72h": -0.00042,
        "funding_magnitude": 8.4, "funding_persistence": 8.9, "consecutive_negative_days": 13,
        "price_change_24h": -2.5, "price_change_7d": -14.75, "signal_start_date": "2026-11-07T00:00:00Z",
        "updated_at": "2026-11-20T11:30:00Z",
    } | changes  # fmt: skip


def current(exchange: str = "binance", symbol: str = "MOONUSDT", **changes: Any) -> dict[str, Any]:
    return {
        "exchange": exchange, "symbol": symbol, "base_coin": "MOON", "rate": -0.0002, "interval_hours": 4,
        "next_funding_time": "2026-11-20T16:00:00Z", "updated_at": "2026-11-20T11:45:00Z",
    } | changes  # fmt: skip


def accumulated(symbol: str = "MOONUSDT", **changes: Any) -> dict[str, Any]:
    return {
        "base_coin": "MOON", "exchange": "binance", "symbol": symbol,
        "acc_1d": -0.0012, "acc_7d": -0.0081, "acc_30d": 0.0022, "acc_90d": None, "acc_1y": None,
        "settlements_1d": 6, "settlements_7d": 42, "settlements_30d": 180, "settlements_90d": None, "settlements_1y": None,
    } | changes  # fmt: skip


def settled(hour: int, exchange: str = "binance", **changes: Any) -> dict[str, Any]:
    at = f"2026-11-19T{hour:02}:00:00Z"
    return {"exchange": exchange, "rate": -0.00031, "interval_hours": 8, "settled_at": at} | changes


def full() -> SharpeServer:
    server = SharpeServer()
    server.lists |= {
        PUMP: [pump()],
        SELLING: [selling()],
        "current": [current(), current("Gate.io", "MOON_USDT", rate=0.0001, interval_hours=8)],
        "accumulated": [accumulated()],
    }
    return server


@dataclass
class Asking:
    """A feed over a server, and how long it has slept."""

    feed: SharpeFeed
    clock: FixedClock
    slept: list[float]


def asked(server: SharpeServer, what: Callable[[Asking], Awaitable[Result]], key: str = KEY) -> Result:
    clock, slept = FixedClock(NOW), []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.advance(timedelta(seconds=seconds))

    async def main() -> Result:
        async with server.open(), open_client() as client:
            feed = SharpeFeed(
                SharpeSettings(key=key, url=server.url), client, clock, sleep=sleep, jitter=lambda: 0.5
            )  # fmt: skip
            return await what(Asking(feed, clock, slept))

    return asyncio.run(main())


def fetched(server: SharpeServer, key: str = KEY) -> Batch:
    return asked(server, lambda asking: asking.feed.fetch(None, NOW), key)


def history(server: SharpeServer, coin: str = "MOON", days: int = 7) -> list[Settlement]:
    return asked(server, lambda asking: asking.feed.history(coin, days))


def report(batch: Batch) -> SourceReport:
    (only,) = batch.reports
    return only


def test_one_refresh_gives_scores_coins_rates_and_sums() -> None:
    batch = fetched(full())
    assert report(batch) == SourceReport("sharpe", ok=True)
    assert {(one.signal, one.base_coin, one.score) for one in batch.scores} == {
        (Signal.PUMP, "MOON", 6.9),
        (Signal.SELLING, "SINK", 8.7),
    }
    assert batch.scored == {Signal.PUMP, Signal.SELLING}
    assert set(batch.coins) == {
        Coin("moon-coin", "MOON", "Moon Coin", None),
        Coin("sink-token", "SINK", "Sink Token", None),
    }
    assert len(batch.rates) == 2
    assert batch.accumulated == (
        HostedAccumulated(
            "MOON",
            "binance",
            "MOONUSDT",
            sums={1: -0.0012, 7: -0.0081, 30: 0.0022, 90: None, 365: None},
            counts={1: 6, 7: 42, 30: 180, 90: None, 365: None},
        ),
    )


def test_it_asks_for_all_lists_with_the_documented_limits() -> None:
    server = full()
    fetched(server)
    asked_for = {(one["path"], one.get("type"), one["limit"]) for one in server.asked}
    assert asked_for == {
        ("/api/v1/pump-dump/data", None, "500"),
        ("/api/v1/insider-selling/data", None, "500"),
        ("/api/v1/funding/rates", "current", "5000"),
        ("/api/v1/funding/rates", "accumulated", "5000"),
    }


def test_a_pump_score_is_as_the_service_gives_it() -> None:
    score = next(one for one in fetched(full()).scores if one.signal is Signal.PUMP)
    assert (score.funding_magnitude, score.pump_magnitude, score.persistence) == (0.74, 0.61, 0.43)
    assert score.prices == PriceChanges(7.25, 66.5, None, "sharpe")
    assert (score.source, score.formula_version) == ("sharpe", 0)
    assert (score.funding.avg_72h, score.funding.median_72h, score.funding.streak) == (-0.00037, -0.00037, 3)
    assert score.funding.signal_start == datetime(2026, 11, 17, tzinfo=UTC)


def test_a_selling_score_has_parts_of_ten_and_no_pump() -> None:
    score = next(one for one in fetched(full()).scores if one.signal is Signal.SELLING)
    assert (score.funding_magnitude, score.pump_magnitude, score.persistence) == (8.4, None, 8.9)


def test_the_exchanges_behind_a_score_are_those_that_list_the_coin_and_claim_no_settlement() -> None:
    score = next(one for one in fetched(full()).scores if one.base_coin == "MOON")
    assert score.funding.exchanges == (
        ExchangeAverage("binance", "MOONUSDT", -0.0004, hours=0.0, settlements=0),
        ExchangeAverage("gate", "MOON_USDT", 0.0001, hours=0.0, settlements=0),
    )
    assert score.funding.negative_exchanges == 1


def test_an_exchange_with_several_contracts_of_a_coin_counts_once() -> None:
    server = full()
    server.lists["current"] = [current(symbol=name) for name in ("MOONUSD_PERP", "MOONUSDT", "MOONUSDC")]
    score = next(one for one in fetched(server).scores if one.base_coin == "MOON")
    assert [one.symbol for one in score.funding.exchanges] == ["MOONUSDT"]


def test_a_coin_that_no_exchange_lists_has_none_behind_it() -> None:
    score = next(one for one in fetched(full()).scores if one.base_coin == "SINK")
    assert score.funding.exchanges == ()


def test_the_deprecated_name_serves_where_the_new_one_is_missing() -> None:
    server, row = full(), pump()
    del row["pump_magnitude"]
    server.lists[PUMP] = [row]
    assert fetched(server).scores[0].pump_magnitude == 0.6


def test_a_rate_is_read_with_its_own_times_and_the_exchange_by_our_name() -> None:
    server = full()
    server.lists["current"] = [current("HUOBI", "MOON-USDT", base_coin="moon", next_funding_time=None)]
    assert fetched(server).rates == (
        FundingRate("htx", "MOON-USDT", "MOON", -0.0002, 4.0, None, datetime(2026, 11, 20, 11, 45, tzinfo=UTC)),
    )


def test_an_exchange_that_we_do_not_know_keeps_its_name() -> None:
    server = full()
    server.lists["current"] = [current("NewDex")]
    assert fetched(server).rates[0].exchange == "newdex"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"updated_at": "2026-11-20T05:59:59Z"}, "older than 6 h"),
        ({"interval_hours": None}, "without an interval"),
        ({"base_coin": None}, "without a base coin"),
        ({"exchange": "CoinEx"}, "of an exchange that has closed"),
        ({"rate": "-0.0002"}, "of another shape than documented"),
        ({"rate": float("nan")}, "of another shape than documented"),
        ({"rate": True}, "of another shape than documented"),
        ({"interval_hours": 0}, "of another shape than documented"),
        ({"updated_at": 1763640000}, "of another shape than documented"),
        ({"symbol": "MOON\ud800"}, "of another shape than documented"),
    ],
)
def test_a_rate_that_cannot_be_used_is_left_out_and_counted(changes: dict[str, Any], reason: str) -> None:
    server = full()
    server.lists["current"] = [current(), *(current(**{"exchange": name} | changes) for name in ("bybit", "okx"))]
    batch = fetched(server)
    assert [one.exchange for one in batch.rates] == ["binance"]
    assert report(batch) == SourceReport("sharpe", ok=True, detail=f"current rates: left out 2 {reason}")


def test_a_rate_refreshed_exactly_six_hours_ago_still_counts() -> None:
    server = full()
    server.lists["current"] = [current(updated_at="2026-11-20T07:00:00+01:00")]
    assert fetched(server).rates[0].updated_at == NOW - timedelta(hours=6)


def test_of_a_pair_given_twice_the_newer_rate_counts() -> None:
    server = full()
    newer = current(rate=0.0003, updated_at="2026-11-20T11:50:00Z")
    server.lists["current"] = [newer, current()]
    assert [one.rate for one in fetched(server).rates] == [0.0003]


@pytest.mark.parametrize(
    "changes",
    [
        {"score": 10.01}, {"score": -0.1}, {"score": float("nan")}, {"score": float("inf")}, {"score": "8"},
        {"score": None}, {"score": True}, {"score": 10**400}, {"symbol": ""}, {"symbol": None}, {"coin_id": 7},
        {"funding_magnitude": 11}, {"avg_funding_72h": None}, {"avg_funding_72h": -float("inf")},
        {"consecutive_negative_days": 2.5}, {"consecutive_negative_days": -1}, {"signal_start_date": "yesterday"},
        {"price_change_7d": -101}, {"name": "a\u0000b"},
    ],
)  # fmt: skip
def test_a_score_that_cannot_be_used_costs_only_itself_and_leaves_the_list_unwhole(changes: dict[str, Any]) -> None:
    server = full()
    server.lists[SELLING] = [selling(), selling(symbol="BAD") | changes]
    batch = fetched(server)
    assert [one.base_coin for one in batch.scores if one.signal is Signal.SELLING] == ["SINK"]
    assert batch.scored == {Signal.PUMP}
    assert report(batch).detail == "insider selling: left out 1 of another shape than documented"
    assert report(batch).ok


@pytest.mark.parametrize("row", [None, 7, "text", [], {}, [selling()]])
def test_a_row_that_is_no_object_costs_only_itself(row: object) -> None:
    server = full()
    server.lists[SELLING] = [selling(), row]
    assert len(fetched(server).scores) == 2


def test_what_may_be_null_may_be_null() -> None:
    server = full()
    nothing = dict.fromkeys(["price_change_24h", "price_change_7d", "signal_start_date", "updated_at"])
    server.lists[SELLING] = [selling(**nothing)]
    score = next(one for one in fetched(server).scores if one.signal is Signal.SELLING)
    assert score.prices == PriceChanges(None, None, None, "sharpe")
    assert score.funding.signal_start is None


def test_a_stale_score_is_left_out_and_leaves_the_list_unwhole() -> None:
    server = full()
    server.lists[PUMP] = [pump(updated_at="2026-11-20T05:30:00Z")]
    batch = fetched(server)
    assert batch.scored == {Signal.SELLING}
    assert report(batch).detail == "pump & dump: left out 1 older than 6 h"


def test_of_two_coins_with_one_ticker_the_higher_score_counts() -> None:
    server = full()
    server.lists[PUMP] = [pump(score=3.0, coin_id="fake-moon", name="Fake Moon"), pump()]
    batch = fetched(server)
    assert [one.score for one in batch.scores if one.signal is Signal.PUMP] == [6.9]
    assert Coin("moon-coin", "MOON", "Moon Coin", None) in batch.coins
    assert report(batch).detail == "pump & dump: left out 1 of a ticker that a coin with a higher score has"
    assert Signal.PUMP in batch.scored


def test_an_empty_list_is_whole() -> None:
    server = full()
    server.lists[PUMP] = []
    batch = fetched(server)
    assert batch.scored == {Signal.PUMP, Signal.SELLING}
    assert report(batch) == SourceReport("sharpe", ok=True)


def test_a_list_shorter_than_its_own_count_is_not_whole() -> None:
    server = full()
    server.count = 2
    batch = fetched(server)
    assert batch.scored == set()
    assert len(batch.scores) == 2
    assert report(batch) == SourceReport.failed(
        "sharpe", "pump & dump, insider selling: has 1 of 2 coins", Outcome.PARTIAL
    )


def test_a_format_that_has_changed_is_a_failure_and_no_empty_list() -> None:
    server = full()
    server.lists[PUMP] = [{"coin": "MOON"}, {"coin": "SINK"}]
    batch = fetched(server)
    assert Signal.PUMP not in batch.scored
    assert report(batch) == SourceReport.failed(
        "sharpe", "pump & dump: none of 2 rows has the documented shape", Outcome.PARTIAL
    )


def test_all_pages_are_read() -> None:
    server = full()
    server.most_per_page = 3
    server.lists["current"] = [current(symbol=f"A{n}USDT") for n in range(10)]
    server.lists["accumulated"] = [accumulated(f"A{n}USDT") for n in range(7)]
    batch = fetched(server)
    assert [one.symbol for one in batch.rates] == [f"A{n}USDT" for n in range(10)]
    assert [one.symbol for one in batch.accumulated] == [f"A{n}USDT" for n in range(7)]
    assert report(batch).ok
    assert sum(one.get("type") == "current" for one in server.asked) == 4


def paged(**changes: Any) -> SharpeServer:
    server = full()
    server.most_per_page = 2
    server.lists["current"] = [current(symbol=f"A{n}USDT") for n in range(4)]
    for name, value in changes.items():
        setattr(server, name, value)
    return server


@pytest.mark.parametrize(
    ("cursors", "why"),
    [
        (["b", "c", "b"], "the cursor of page 3 is that of page 1"),
        (["b"], "the cursor of page 2 is that of page 1"),
        ([7], "a cursor that is none"),
        ([{"after": 2}], "a cursor that is none"),
        (["b\n"], "a cursor that is none"),
        (["b" * 3000], "a cursor that is none"),
    ],
)
def test_a_cursor_that_leads_nowhere_ends_the_list_with_what_came(cursors: list[Any], why: str) -> None:
    batch = fetched(paged(cursors=cursors))
    assert batch.rates
    assert report(batch) == SourceReport.failed("sharpe", f"current rates, accumulated: {why}", Outcome.PARTIAL)
    assert batch.scored == {Signal.PUMP, Signal.SELLING}


def test_a_list_that_never_ends_is_left_after_twenty_pages() -> None:
    server = paged(endless=True)
    batch = fetched(server)
    assert len(batch.rates) == 4
    assert "no end after 20 pages" in report(batch).detail
    assert sum(one.get("type") == "current" for one in server.asked) == 20


def test_a_page_without_a_pagination_object_is_the_only_one() -> None:
    batch = fetched(paged(paginates=False))
    assert len(batch.rates) == 2
    assert report(batch).ok


def test_a_full_page_without_a_pagination_object_is_not_believed_to_be_the_last() -> None:
    server = full()
    server.paginates = False
    server.lists["current"] = [current(symbol=f"A{n}USDT") for n in range(5001)]
    batch = fetched(server)
    assert len(batch.rates) == 5000
    assert report(batch) == SourceReport.failed(
        "sharpe", "current rates: a full page without a cursor", Outcome.PARTIAL
    )


@pytest.mark.parametrize(
    ("status", "outcome", "detail"),
    [
        (401, Outcome.REFUSED, "sharpe refuses the key (401): check [sharpe] key or make a new one at the service's account page"),
        (402, Outcome.REFUSED, "the plan has no balance left (402): top up at the service's account page"),
        (403, Outcome.REFUSED, "sharpe refuses access (403)"),
        (429, Outcome.FAILED, "asked too often (429); asked again at the next refresh"),
        (418, Outcome.FAILED, "has banned this address (418); tocsin waits 300 s"),
        (500, Outcome.FAILED, "fails on its side (500); nothing to do, asked again at the next refresh"),
        (503, Outcome.FAILED, "fails on its side (503); nothing to do, asked again at the next refresh"),
    ],
)  # fmt: skip
def test_each_refusal_and_failure_says_in_one_line_what_to_do(status: int, outcome: Outcome, detail: str) -> None:
    server = full()
    server.failures["*"] = Failure(status)
    batch = fetched(server)
    assert report(batch) == SourceReport.failed("sharpe", detail, outcome)
    assert batch.scores == batch.rates == batch.coins == batch.accumulated == ()
    assert batch.scored == set()


def test_a_wrong_key_is_refused() -> None:
    assert report(fetched(full(), key="sk_live_another_one")).outcome is Outcome.REFUSED


def test_without_a_key_nothing_is_asked() -> None:
    server = full()
    assert report(fetched(server, key="")) == SourceReport.failed(
        "sharpe", "sharpe asks for a key: set key under [sharpe]", Outcome.REFUSED
    )
    with pytest.raises(FeedError, match="set key under"):
        asked(server, lambda asking: asking.feed.history("MOON", 7), key="")
    assert server.asked == []


def test_a_long_pause_that_it_asks_for_is_told_and_kept() -> None:
    server = full()
    server.failures["*"] = Failure(429, {"Retry-After": "90"})

    async def twice(asking: Asking) -> tuple[SourceReport, SourceReport, int]:
        first = await asking.feed.fetch(None, NOW)
        server.failures.clear()
        before = len(server.asked)
        asking.clock.advance(timedelta(seconds=30))
        second = await asking.feed.fetch(NOW, asking.clock.now())
        assert len(server.asked) == before
        asking.clock.advance(timedelta(seconds=61))
        third = await asking.feed.fetch(NOW, asking.clock.now())
        return report(first), report(second), len(third.scores)

    first, second, scores = asked(server, twice)
    assert first == SourceReport.failed("sharpe", "asked too often (429); tocsin waits 90 s")
    assert second == SourceReport.failed("sharpe", "asked too often; tocsin waits 60 s")
    assert scores == 2


def test_a_short_pause_is_waited_for() -> None:
    server = full()
    server.failures[PUMP] = Failure(429, {"Retry-After": "3"})

    async def main(asking: Asking) -> list[float]:
        await asking.feed.fetch(None, NOW)
        return asking.slept

    assert asked(server, main).count(3.0) >= 2


@pytest.mark.parametrize("missing", [PUMP, SELLING, "current", "accumulated"])
def test_what_came_is_kept_when_one_list_fails(missing: str) -> None:
    server = full()
    server.failures[missing] = Failure(503)
    batch = fetched(server)
    lists = {
        PUMP: [one for one in batch.scores if one.signal is Signal.PUMP],
        SELLING: [one for one in batch.scores if one.signal is Signal.SELLING],
        "current": batch.rates,
        "accumulated": batch.accumulated,
    }
    assert {name for name, found in lists.items() if not found} == {missing}
    assert report(batch).outcome is Outcome.PARTIAL
    assert not report(batch).ok
    assert "(503)" in report(batch).detail
    assert batch.scored == {Signal.PUMP, Signal.SELLING} - {{PUMP: Signal.PUMP, SELLING: Signal.SELLING}.get(missing)}


def test_a_plan_without_one_list_still_reads_all_pages_of_the_others() -> None:
    server = paged()
    server.failures[PUMP] = Failure(403)
    batch = fetched(server)
    assert len(batch.rates) == 4
    assert report(batch) == SourceReport.failed("sharpe", "pump & dump: sharpe refuses access (403)", Outcome.PARTIAL)


def test_pages_that_came_before_a_failure_are_kept() -> None:
    server = paged(from_page=2)
    server.failures["current"] = Failure(502)
    batch = fetched(server)
    assert len(batch.rates) == 2
    assert report(batch).outcome is Outcome.PARTIAL


def test_an_answer_cut_short_is_a_failure() -> None:
    server = full()
    server.cuts_short = True
    batch = fetched(server)
    assert report(batch).outcome is Outcome.FAILED
    assert batch.scores == ()


def test_the_history_is_ordered_and_the_coin_stands_for_a_symbol_that_is_not_given() -> None:
    server = full()
    server.most_per_page = 2
    server.lists["history"] = [settled(8), settled(16), settled(8, "OKX"), settled(0, symbol="MOON-USDT-SWAP")]
    found = history(server, " moon ")
    assert [(one.settled_at.hour, one.exchange, one.symbol) for one in found] == [
        (0, "binance", "MOON-USDT-SWAP"), (8, "binance", "MOON"), (8, "okx", "MOON"), (16, "binance", "MOON"),
    ]  # fmt: skip
    assert found[1] == Settlement("binance", "MOON", "MOON", -0.00031, 8.0, datetime(2026, 11, 19, 8, tzinfo=UTC))
    assert {(one["coin"], one["days"]) for one in server.asked} == {("MOON", "7")}


def test_a_row_of_the_history_that_cannot_be_read_is_counted_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    server = full()
    server.lists["history"] = [settled(8), settled(16, interval_hours=None)]
    assert len(history(server)) == 1
    assert "left out 1 rows of the history of MOON, of another shape than documented" in caplog.text


@pytest.mark.parametrize(("status", "permanent"), [(401, True), (503, False)])
def test_a_history_that_is_not_whole_is_an_error(status: int, permanent: bool) -> None:
    server = full()
    server.most_per_page, server.from_page = 1, 2
    server.lists["history"] = [settled(8), settled(16)]
    server.failures["history"] = Failure(status)
    with pytest.raises(FeedError, match=rf"^sharpe: .*\({status}\)") as raised:
        history(server)
    assert raised.value.permanent is permanent


@pytest.mark.parametrize("days", [0, -1, 1096])
def test_a_history_reaches_back_1_to_1095_days(days: int) -> None:
    server = full()
    with pytest.raises(ValueError, match="1 to 1095"):
        history(server, days=days)
    assert server.asked == []


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 418, 429, 500, 503])
def test_the_key_is_in_no_log_report_error_or_repr(status: int, caplog: pytest.LogCaptureFixture) -> None:
    server = full()
    server.failures["*"] = Failure(status)  # whose body repeats the key

    async def main(asking: Asking) -> str:
        said = repr(await asking.feed.fetch(None, NOW)) + repr(asking.feed) + repr(vars(asking.feed).keys())
        try:
            await asking.feed.history("MOON", 7)
        except FeedError as error:
            said += repr(error) + str(error) + repr(error.__cause__) + repr(error.__context__)
        return said

    with caplog.at_level(logging.DEBUG):
        said = asked(server, main)
    assert str(status) in said
    assert KEY not in said + caplog.text


def test_the_key_is_in_no_repr_of_the_settings_and_lost_blanks_are_forgiven() -> None:
    given_key = SharpeSettings(key=f" {KEY}\n")
    assert given_key.key.get_secret_value() == KEY
    assert KEY not in repr(given_key) + str(given_key)


@pytest.mark.parametrize("key", ["sk live", "sk_ключ", "sk\u0007live"])
def test_a_key_that_no_header_can_hold_is_a_fault_of_the_settings(key: str) -> None:
    with pytest.raises(ValidationError, match="is no key"):
        SharpeSettings(key=key)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=8)
    | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def nearly(draw: st.DrawFn, row: dict[str, Any]) -> dict[str, Any]:
    """A documented row with some fields replaced by anything, or missing."""
    changed = draw(st.dictionaries(st.sampled_from(sorted(row)), JSON, max_size=2))
    without = draw(st.sets(st.sampled_from(sorted(row)), max_size=1))
    return {name: value for name, value in (row | changed).items() if name not in without}


def listed(*rows: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.lists(st.one_of(JSON, *(nearly(row) for row in rows)), max_size=3)


ANSWER = (
    JSON
    | st.fixed_dictionaries(
        {"data": st.fixed_dictionaries({"coins": listed(pump(), selling())}, optional={"count": JSON})}
    )
    | st.fixed_dictionaries(
        {"data": listed(current(), accumulated(), settled(8))},
        optional={"pagination": JSON | st.fixed_dictionaries({"cursor": JSON})},
    )
)


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys((PUMP, SELLING, "current", "accumulated", "history"), ANSWER)))
def test_no_json_at_all_breaks_it(answers: dict[str, Any]) -> None:
    server = SharpeServer(raw={name: json.dumps(answer).encode() for name, answer in answers.items()})

    async def main(asking: Asking) -> Batch:
        with contextlib.suppress(FeedError):
            await asking.feed.history("MOON", 7)
        return await asking.feed.fetch(None, NOW)

    batch = asked(server, main)
    assert "\n" not in report(batch).detail
    assert all(0 <= one.score <= 10 for one in batch.scores)
    assert len({(one.signal, one.base_coin) for one in batch.scores}) == len(batch.scores)
    assert len({(one.exchange, one.symbol) for one in batch.rates}) == len(batch.rates)
    for text in (*(one.symbol for one in batch.rates), *(one.name for one in batch.coins)):
        text.encode()
