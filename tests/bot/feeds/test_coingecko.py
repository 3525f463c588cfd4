"""Prices and names from a price service, over a real socket."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.clock import FixedClock
from bot.feeds.base import Batch, Outcome, QuotedPrice, SourceReport
from bot.feeds.coingecko import CoinGecko, PriceSettings, key_problem, open_source, parse_coins
from bot.feeds.http import open_client
from scoring.model import Coin
from tests.servers.exchange import Asked, Loopback, Reply, failing, hang, in_turn, limited, reset, text
from tests.shared_data import real

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CANARY = "CG-canary-4711-never-shown"
PATH = "/api/v3/coins/markets"


def row(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "id": f"coin-{number}",
        "symbol": f"c{number}",
        "name": f"Coin {number}",
        "current_price": 1.25,
        "market_cap_rank": number,
        "last_updated": "2026-11-20T11:58:30.123Z",
        "price_change_percentage_24h_in_currency": -3.5,
        "price_change_percentage_7d_in_currency": 61.0,
    } | changed


def pages(total: int) -> Reply:
    """The service with so many coins."""

    def serve(asked: Asked) -> Any:
        page, size = int(asked.params["page"]), int(asked.params["per_page"])
        return [row(n) for n in range((page - 1) * size + 1, min(page * size, total) + 1)]

    return serve


def first_pages(count: int, then: Reply) -> Reply:
    return in_turn(*[pages(9999)] * count, then)


def settings(plan: str = "demo", key: str = CANARY, **more: Any) -> PriceSettings:
    return PriceSettings.model_validate({"plan": plan, "key": key, **more}, strict=True)


@dataclass
class Service:
    """The price service on loopback, asked by the feed at each of `times`."""

    reply: Reply
    settings: PriceSettings = field(default_factory=settings)
    times: Sequence[datetime] = (NOW,)
    deadline: float = 30.0
    pauses: list[float] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def fetch(self) -> Batch:
        return asyncio.run(self._fetch())[-1]

    def report(self) -> SourceReport:
        (report,) = self.fetch().reports
        return report

    async def _fetch(self) -> list[Batch]:
        clock = FixedClock(NOW)

        async def sleep(seconds: float) -> None:
            self.pauses.append(seconds)
            clock.advance(timedelta(seconds=seconds))

        batches = []
        async with Loopback() as server, open_client() as client:
            server.route(PATH, self.reply)
            source = open_source(self.settings, client, clock, host=f"{server.url}/api/v3", sleep=sleep)
            feed = CoinGecko(self.settings, source, deadline_seconds=self.deadline)
            for time in self.times:
                clock.instant = max(clock.instant, time)
                batches.append(await feed.fetch(None, time))
            self.asked = server.requests
        return batches


def test_coins_come_with_price_changes_and_name() -> None:
    batch = Service(pages(2)).fetch()
    assert batch.coins == (Coin("coin-1", "C1", "Coin 1", 1), Coin("coin-2", "C2", "Coin 2", 2))
    at = datetime(2026, 11, 20, 11, 58, 30, 123_000, tzinfo=UTC)
    assert batch.quoted_prices[0] == QuotedPrice("coin-1", "C1", 1.25, -3.5, 61.0, at, 1)
    assert batch.reports == (SourceReport("prices", ok=True),)


def test_it_asks_for_what_the_documents_say() -> None:
    service = Service(pages(2))
    service.fetch()
    assert service.asked[0].params == {
        "vs_currency": "usd",
        "order": "market_cap_desc",
        "per_page": "250",
        "page": "1",
        "price_change_percentage": "24h,7d",
        "sparkline": "false",
    }


@pytest.mark.parametrize(
    ("plan", "key", "count", "header"),
    [("keyless", "", 4, None), ("demo", CANARY, 6, "x-cg-demo-api-key"), ("pro", CANARY, 8, "x-cg-pro-api-key")],
)
def test_each_plan_asks_as_many_pages_as_its_limits_allow(plan: str, key: str, count: int, header: str | None) -> None:
    service = Service(pages(9999), settings(plan, key))
    batch = service.fetch()
    assert [asked.params["page"] for asked in service.asked] == [str(n + 1) for n in range(count)]
    assert len(batch.coins) == len(batch.quoted_prices) == 250 * count
    keys = {name.lower(): value for name, value in service.asked[0].headers.items() if name.lower().startswith("x-cg")}
    assert keys == ({header: CANARY} if header else {})


def test_a_month_of_demo_refreshes_stays_within_10_000_calls() -> None:
    service = Service(pages(9999))
    service.fetch()
    assert len(service.asked) * 48 * 31 < 10_000


def test_pages_are_paced() -> None:
    service = Service(pages(9999), settings("keyless", ""))
    service.fetch()
    assert service.pauses == pytest.approx([2.0] * 3)


def test_a_short_page_is_the_last() -> None:
    service = Service(pages(260))
    assert len(service.fetch().coins) == 260
    assert len(service.asked) == 2


def test_the_first_429_ends_it_and_the_pages_before_it_count() -> None:
    service = Service(first_pages(2, limited()))
    batch = service.fetch()
    assert len(batch.coins) == 500
    assert len(service.asked) == 3
    (report,) = batch.reports
    assert (report.ok, report.outcome) == (True, Outcome.PARTIAL)
    assert report.detail == (
        "only the 500 largest coins came: wants fewer requests (429); "
        "the demo key's 30 calls a minute or 10,000 a month are used up"
    )


def test_limited_at_once_nothing_came() -> None:
    report = Service(limited(), settings("keyless", "")).report()
    assert (report.ok, report.outcome) == (False, Outcome.FAILED)
    assert "the few calls a minute that all keyless users of this address share are used up" in report.detail


def test_retry_after_is_remembered_until_it_is_over() -> None:
    reply = in_turn(limited(retry_after=3600), pages(3))
    early = Service(reply, times=(NOW, NOW + timedelta(minutes=30)))
    assert "not asked" in early.report().detail
    assert len(early.asked) == 1
    later = Service(in_turn(limited(retry_after=3600), pages(3)), times=(NOW, NOW + timedelta(minutes=61)))
    assert len(later.fetch().coins) == 3


@pytest.mark.parametrize(
    ("plan", "status", "told"),
    [
        ("demo", 401, "refuses the key (401); check prices.key, and that prices.plan is the plan of the key"),
        ("demo", 402, "pay for the plan"),
        ("demo", 403, "it is this address that it turns away, not the key"),
        ("keyless", 401, "a demo key is free"),
        ("keyless", 451, "refuses this country (451); it is this address"),
    ],
)
def test_a_refusal_says_what_to_do(plan: str, status: int, told: str) -> None:
    report = Service(text("no", status), settings(plan, CANARY if plan == "demo" else "")).report()
    assert (report.ok, report.outcome) == (False, Outcome.REFUSED)
    assert told in report.detail


def test_a_key_of_the_other_plan_is_explained() -> None:
    body = {"status": {"error_code": 10011, "error_message": "If you are using Demo API key, change the root URL"}}
    report = Service(text(json.dumps(body), 400), settings("pro")).report()
    assert (report.ok, report.outcome) == (False, Outcome.FAILED)
    assert 'a demo key needs prices.plan = "demo", a paid one "pro"' in report.detail


def test_a_failing_service_says_that_there_is_nothing_to_do() -> None:
    service = Service(failing(503))
    assert service.report().detail == (
        "answers 503; nothing to do here: it is asked again at the next refresh; see status.coingecko.com"
    )


@pytest.mark.parametrize("fault", [failing(502), reset(), text("<html>"), text('{"status": 1}')])
def test_one_failure_is_given_a_second_try(fault: Reply) -> None:
    service = Service(in_turn(fault, pages(3)))
    batch = service.fetch()
    assert len(batch.coins) == 3
    assert batch.reports == (SourceReport("prices", ok=True),)


@pytest.mark.parametrize("reply", [text("<html>"), text('{"status": 1}'), text("null"), text("[[[["), text("")])
def test_garbage_is_a_failure_with_a_reason(reply: Reply) -> None:
    report = Service(reply).report()
    assert (report.ok, report.outcome) == (False, Outcome.FAILED)
    assert report.detail


def test_a_list_without_any_coin_is_a_failure() -> None:
    assert Service([[1], "x", {"id": 5}]).report() == SourceReport.failed(
        "prices", "no coin in the answer could be read"
    )


def test_a_hanging_service_holds_the_refresh_no_longer_than_the_deadline() -> None:
    batch = Service(first_pages(1, hang()), deadline=0.3).fetch()
    assert len(batch.coins) == 250
    assert "no answer within 0.3 s" in batch.reports[0].detail
    assert "no answer within 0.1 s" in Service(hang(), deadline=0.1).report().detail


def test_without_its_key_a_plan_is_not_asked() -> None:
    service = Service(pages(3), settings("pro", ""))
    report = service.report()
    assert (report.outcome, report.detail) == (
        Outcome.REFUSED,
        'prices.plan is "pro" but prices.key is empty: set it, or prices.plan = "keyless"',
    )
    assert not service.asked


def test_an_unused_key_is_told_and_not_sent() -> None:
    service = Service(pages(3), settings("keyless", CANARY))
    report = service.report()
    assert (report.ok, report.detail) == (True, key_problem(service.settings))
    assert "not used" in report.detail
    assert CANARY not in str(service.asked)


def test_the_key_is_in_no_log_report_repr_or_url(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for fault in (text(f"your key {CANARY}", 400), text(f"{CANARY} <", 200), failing(500), limited(), reset(), hang()):
        service = Service(fault, deadline=0.2)
        seen = repr(service.fetch()) + repr(service.settings) + str(service.settings)
        assert CANARY not in seen
        assert all(CANARY not in value for asked in service.asked for value in [asked.path, *asked.params.values()])
    assert CANARY not in caplog.text


@pytest.mark.parametrize("key", ["two words", "ключ", "line\nbreak"])
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="copy it again"):
        settings(key=key)


def test_blanks_around_a_key_are_not_part_of_it() -> None:
    assert settings(key=f" {CANARY}\n").key.get_secret_value() == CANARY


@pytest.mark.parametrize("price", [None, 0, -1, "n/a", float("nan"), float("inf"), True])
def test_a_coin_without_a_price_keeps_its_name(price: Any) -> None:
    coins, quoted = parse_coins([row(1, current_price=price)], NOW)
    assert coins == [Coin("coin-1", "C1", "Coin 1", 1)]
    assert quoted == []


@pytest.mark.parametrize("percent", [None, "", "n/a", float("nan"), float("inf"), -100.5, False])
def test_a_change_that_cannot_be_is_unknown(percent: Any) -> None:
    changed = row(1, price_change_percentage_7d_in_currency=percent, price_change_percentage_24h_in_currency=-100)
    _, (quoted,) = parse_coins([changed], NOW)
    assert (quoted.pct_7d, quoted.pct_24h) == (None, -100)


def test_an_old_price_is_not_the_price_now() -> None:
    assert parse_coins([row(1, last_updated="2026-11-20T09:59:00Z")], NOW)[1] == []
    assert len(parse_coins([row(1, last_updated="2026-11-20T10:01:00Z")], NOW)[1]) == 1


@pytest.mark.parametrize("stamp", [None, "soon", 5, "0001-01-01T00:00:00+05:00"])
def test_without_a_time_the_price_is_of_now(stamp: Any) -> None:
    assert parse_coins([row(1, last_updated=stamp)], NOW)[1][0].at == NOW


@pytest.mark.parametrize("rank", [None, 0, -3, 2.5, "7", True, 10**30])
def test_a_rank_that_is_none_is_unknown(rank: Any) -> None:
    assert parse_coins([row(1, market_cap_rank=rank)], NOW)[0][0].market_cap_rank is None


def test_a_coin_on_two_pages_counts_once() -> None:
    coins, quoted = parse_coins([row(1), row(2), row(1, current_price=9)], NOW)
    assert [coin.coin_id for coin in coins] == ["coin-1", "coin-2"]
    assert [one.price for one in quoted] == [1.25, 1.25]


def test_a_name_holds_only_what_can_be_stored_and_shown() -> None:
    (coin,), _ = parse_coins([row(1, name="\x1b[31mCo\ud800in\u202e \x00")], NOW)
    assert coin.name == "[31mCoin"


def test_a_row_of_another_shape_costs_only_itself() -> None:
    broken = [None, [], "x", {}, row(3, id=None), row(4, symbol=""), row(5, name=7)]
    coins, _ = parse_coins([*broken, row(1), *broken], NOW)
    assert [coin.coin_id for coin in coins] == ["coin-1"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(row(1), JSON)), max_size=5))
def test_no_answer_breaks_it(rows: list[Any]) -> None:
    coins, quoted = parse_coins([*rows, row(1)], NOW)
    assert coins
    assert all((coin.coin_id + coin.symbol + coin.name).encode() for coin in coins)
    assert all(one.price > 0 for one in quoted)


def test_a_real_answer_is_read() -> None:
    rows = json.loads(real("coins", "coins_markets_20260427_3coins.json").read_text())
    coins, quoted = parse_coins(rows, datetime(2026, 4, 27, 2, 40, tzinfo=UTC))
    assert [(coin.coin_id, coin.symbol, coin.market_cap_rank) for coin in coins] == [
        ("bitcoin", "BTC", 1),
        ("ethereum", "ETH", 2),
        ("solana", "SOL", 7),
    ]
    assert [round(one.pct_7d or 0, 2) for one in quoted] == [6.38, 4.83, 4.31]
