"""The live market from socket to score: whole refreshes over eleven made exchanges and a made price service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from bot.chat.console.render import render
from bot.refresh import Refreshed
from bot.signals import coin_fundings, score_coins, score_fundings
from bot.views.elements import View
from scoring.funding import coin_funding
from scoring.model import AssetClass, CoinFunding, Margin, Pair, Settlement, Signal
from storage import Storage
from tests.builders_funding import history
from tests.builders_live import Bot, Row, bot, check_complete
from tests.chats import FakePlatform, delivering
from tests.servers.exchange import Reply, refused, text
from tests.servers.universe import STOCK, STOCK_EXCHANGES, TWIN, TWIN_EXCHANGE
from tests.servers.universe_history import ENDPOINTS
from tests.servers.universe_market import Perpetual, coin_price, ticker
from tests.servers.universe_prices import ANOTHER, CANDLE_PATHS, OFF, change_of, coin_id, has_price

T = TypeVar("T")
EXCHANGES = sorted(ENDPOINTS)
HALF_HOUR, HOUR = timedelta(minutes=30), timedelta(hours=1)


def with_bot(storage: Storage, story: Callable[[Bot], Awaitable[T]], **more: Any) -> T:
    async def main() -> T:
        async with bot(storage, **more) as one:
            return await story(one)

    return asyncio.run(main())


def shown(view: View) -> str:
    return render(view, width=400, colour=False)


def contracts(one: Bot) -> list[Perpetual]:
    return [each for exchange in EXCHANGES for each in one.here.listed(exchange) if each.is_coin]


def expected(one: Bot, rows: list[Row]) -> dict[str, CoinFunding]:
    """The averages and streaks of settlements, straight through the formulas."""
    names = {
        (each.exchange, each.symbol): f"{TWIN}@{TWIN_EXCHANGE}"
        if each.exchange == TWIN_EXCHANGE and each.base == TWIN and one.here.odd
        else each.base
        for each in contracts(one)
    }
    pairs = [Pair(exchange, symbol, base, Margin.USDT) for (exchange, symbol), base in names.items()]
    settlements = [
        Settlement(exchange, symbol, names[exchange, symbol], rate, hours, datetime.fromtimestamp(second, UTC))
        for exchange, symbol, second, rate, hours in rows
        if (exchange, symbol) in names
    ]
    now = one.here.clock.now()
    return coin_funding(history(pairs, settlements, now=now, days=120), now)


def stored(one: Bot) -> dict[str, CoinFunding]:
    with one.here.storage.read() as tx:
        return coin_fundings(tx, one.here.clock.now(), one.config.scoring)


def test_the_first_refresh_stores_rates_marks_and_names(storage: Storage) -> None:
    async def story(one: Bot) -> tuple[Bot, Refreshed]:
        return one, await one.refresh()

    one, done = with_bot(storage, story, pairs=150)
    now = one.here.clock.now()
    assert [report.source for report in done.reports if not report.ok] == []
    assert {report.source for report in done.reports} == {*EXCHANGES, "prices"}
    assert done.set_aside == ()
    with storage.read() as tx:
        known, coins, changes = tx.pairs.known(), tx.pairs.coins(), tx.prices.changes(now)
        assert tx.quarantine.entries() == ()
    assert len(known) == one.here.made.count == 150
    second = now.timestamp()
    for each in contracts(one):
        rate = known[each.exchange, each.symbol].rate
        assert rate is not None
        assert (rate.rate, rate.interval_hours) == (
            each.rate(second, each.quoted_hours(second)),
            each.quoted_hours(second),
        )
        assert rate.mark_price is None or rate.mark_price == pytest.approx(each.price.at(second), rel=0.01, abs=1e-6)
    listed = {each.base for each in contracts(one)}
    for number in range(len(listed)):
        base, change = ticker(number), changes[ticker(number)]
        if has_price(number):
            assert coins[base].coin_id == coin_id(base)
            assert change.pct_7d == pytest.approx(change_of(number, now, 7))
            assert change.source == "coingecko"
        else:
            assert change.pct_7d is None
        assert change.price == pytest.approx(coin_price(number).at(second), rel=0.01)
    assert coins[ANOTHER].name != "Another"  # a larger coin of that ticker, at 57 times the price
    assert OFF not in coins


def test_scores_after_the_history_was_read_are_those_of_the_made_schedule(storage: Storage) -> None:
    async def story(one: Bot) -> Bot:
        await one.refresh()
        await one.read_candles()
        await one.read_history()
        await one.refresh(HALF_HOUR)
        return one

    one = with_bot(storage, story, pairs=90)
    now = one.here.clock.now()
    rows = one.here.rows()
    check_complete(one.here, EXCHANGES, 40, one.here.made.now)
    fundings = expected(one, rows)
    assert stored(one) == fundings
    assert len(fundings) >= 15
    assert any(each.streak > 30 for each in fundings.values())
    with storage.read() as tx:
        changes = tx.prices.changes(now)
        last = tx.refreshes.last()
        assert last is not None
        scores = score_fundings(fundings, changes, one.config.scoring)
        assert score_coins(tx, now, one.config.scoring) == scores
        for signal in (Signal.PUMP, Signal.SELLING):
            states = tx.scores.states(last.slot, signal)
            assert {coin: state.score for coin, state in states.items()} == {
                coin: score.score for coin, score in scores[signal].items()
            }
    assert scores[Signal.PUMP]
    assert len(scores[Signal.SELLING]) >= 3
    for number in range(len(fundings)):
        if not has_price(number):
            assert changes[ticker(number)].source == "candles" or changes[ticker(number)].pct_7d is None


def test_what_was_estimated_at_a_settlement_is_confirmed_by_the_exchange(storage: Storage) -> None:
    async def story(one: Bot) -> None:
        await one.refresh()
        await one.read_history()
        started = one.here.made.now
        await one.refresh(HOUR)  # 13:05: what settles every hour has settled
        estimates = one.here.rows(provisional=True)
        due = [each for each in contracts(one) if each.charged_hours(started.timestamp()) == 1]
        # OKX tells what was settled last together with the rates; that is no estimate.
        assert {row[:2] for row in estimates} == {
            (each.exchange, each.symbol) for each in due if each.exchange != "okx"
        }
        by_key = {(each.exchange, each.symbol): each for each in due}
        for exchange, symbol, second, rate, hours in estimates:
            each = by_key[exchange, symbol]
            quoted = each.quoted_hours(started.timestamp())
            assert second == started.timestamp() // 3600 * 3600 + 3600
            assert (rate, hours) == (pytest.approx(each.rate(started.timestamp(), quoted) / quoted), 1)
        assert stored(one) == expected(one, one.here.rows() + estimates)
        assert "provisional" in shown(one.ask("/status"))
        for _ in range(7):
            await one.refresh(HOUR)
        await one.read_history()
        assert one.here.rows(provisional=True) == []
        check_complete(one.here, EXCHANGES, 6)
        await one.refresh(HALF_HOUR)
        assert stored(one) == expected(one, one.here.rows())

    with_bot(storage, story, pairs=60, days=6)


def test_an_exchange_that_refuses_this_country_is_said_everywhere_and_the_rest_goes_on(storage: Storage) -> None:
    async def story(one: Bot) -> tuple[Bot, FakePlatform]:
        here = one.here
        for path in (*here.made.answers["binance"], ENDPOINTS["binance"][0], CANDLE_PATHS["binance"]):
            here.fail(f"/binance{path}", refused(451))
        first = await one.refresh()
        assert [report.source for report in first.reports if not report.ok] == ["binance"]
        assert "pump" in shown(one.ask("/alert pump min=0.01"))
        await one.read_history()
        second = await one.refresh(HALF_HOUR)
        assert second.alerts > 0
        chat = FakePlatform()
        await delivering(storage, here.clock.now(), chat)
        return one, chat

    one, chat = with_bot(storage, story, pairs=100, days=12)
    assert "refuses this country (451)" in shown(one.ask("/status"))
    (told,) = [shown(view) for view in chat.views]
    assert "without Binance (refuses this country (451))" in told
    assert "without Binance (refuses this country (451))" in shown(one.ask("/pump"))
    with storage.read() as tx:
        assert not any(exchange == "binance" for exchange, _ in tx.pairs.known())
    check_complete(one.here, set(EXCHANGES) - {"binance"}, 12)


def rewritten(
    one: Bot, exchange: str, path: str, change: Callable[[list[dict[str, Any]]], None], *inside: str
) -> Reply:
    """The exchange's answer with its rows changed in place."""
    found = json.loads(next(iter(one.here.made.answers[exchange][path].values())))
    rows = found
    for key in inside:
        rows = rows[key]
    change(rows)
    return text(json.dumps(found))


def in_percent(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["fundingRate"] = str(float(row["fundingRate"]) * 100)


def no_number(rows: list[dict[str, Any]]) -> None:
    for row in rows[:5]:
        row["funding_rate"] = "NaN"


def beyond_cap(rows: list[dict[str, Any]]) -> None:
    rows[0]["fundingRate"] = "-0.0031"
    rows[1]["fundingRate"] = "0.9"


def half(rows: list[dict[str, Any]]) -> None:
    del rows[len(rows) * 2 // 5 :]


def test_what_is_not_believed_never_reaches_a_score_and_is_seen(storage: Storage) -> None:
    async def story(one: Bot) -> None:
        await one.refresh()
        await one.read_history()
        here = one.here
        frozen = text(here.made.answers["bingx"]["/openApi/swap/v2/quote/premiumIndex"][""])
        started = here.made.now
        here.move(HALF_HOUR)
        poison: dict[str, tuple[str, Reply]] = {
            "bybit": (
                "/v5/market/tickers",
                rewritten(one, "bybit", "/v5/market/tickers", in_percent, "result", "list"),
            ),
            "gate": (
                "/api/v4/futures/usdt/contracts",
                rewritten(one, "gate", "/api/v4/futures/usdt/contracts", no_number),
            ),
            "bitget": (
                "/api/v2/mix/market/current-fund-rate",
                rewritten(one, "bitget", "/api/v2/mix/market/current-fund-rate", beyond_cap, "data"),
            ),
            "kucoin": ("/api/v1/contracts/active", rewritten(one, "kucoin", "/api/v1/contracts/active", half, "data")),
            "bingx": ("/openApi/swap/v2/quote/premiumIndex", frozen),
        }
        for exchange, (path, reply) in poison.items():
            here.fail(f"/{exchange}{path}", reply)
        done = await one.refresh()
        poisoned = here.made.now
        partial = {report.source: report.detail for report in done.reports if not report.ok}
        assert set(partial) == {"bybit", "kucoin", "bingx"}
        assert "only 14 of 36 contracts came" in partial["kucoin"]
        told = shown(one.ask("/status quarantine"))
        for reason in (
            "its rates look like percent",
            "no rate, or none that is a number",
            "beyond its exchange's floor of -0.3 %",
            "beyond ±5 % per settlement",
            "its values have not moved since 2026-11-23 12:05 UTC",
        ):
            assert reason in told
        here.faults.clear()
        await one.refresh(HALF_HOUR)  # 13:05, after a settlement
        by_key = {(each.exchange, each.symbol): each for each in contracts(one)}
        estimates = here.rows(provisional=True)
        for exchange, symbol, _, rate, hours in estimates:
            each = by_key[exchange, symbol]
            read_at = [at.timestamp() for at in (started, poisoned)]
            believed = {each.rate(at, each.quoted_hours(at)) * hours / each.quoted_hours(at) for at in read_at}
            assert any(rate == pytest.approx(one, rel=1e-12) for one in believed), (exchange, symbol)
        assert {row[0] for row in estimates} >= {"bybit", "gate", "bingx"}
        assert stored(one) == expected(one, here.rows() + estimates)
        assert "Nothing is held back" in shown(one.ask("/status quarantine"))

    with_bot(storage, story, pairs=300, days=5)


def test_another_token_of_a_ticker_is_apart_and_a_stock_is_shown_and_never_scored(storage: Storage) -> None:
    async def story(one: Bot) -> Bot:
        await one.refresh()
        await one.read_candles()
        await one.read_history()
        await one.refresh(HALF_HOUR)
        return one

    one = with_bot(storage, story, pairs=100, days=10, odd=True)
    twin = f"{TWIN}@{TWIN_EXCHANGE}"
    with storage.read() as tx:
        listed, scores = tx.pairs.listed(), score_coins(tx, one.here.clock.now(), one.config.scoring)
        stock = tx.pairs.of(STOCK)
        paid = tx.funding.settlements(STOCK, one.here.clock.now() - timedelta(days=30), one.here.clock.now())
    assert listed[twin] == {TWIN_EXCHANGE}
    assert TWIN_EXCHANGE not in listed[TWIN]
    assert twin in shown(one.ask("/status"))
    assert "bingx" not in shown(one.ask(f"/funding {TWIN}")).lower()
    assert {(pair.exchange, pair.asset) for pair in stock} == {(name, AssetClass.TRADFI) for name in STOCK_EXCHANGES}
    assert paid
    assert all(each.rate < 0 for each in paid)
    funding = shown(one.ask(f"/funding {STOCK}"))
    assert all(name in funding for name in ("Gate.io", "Bitget", "HTX", "KuCoin", "MEXC"))
    assert all(STOCK not in found for found in scores.values())
    assert scores[Signal.SELLING]
    assert stored(one) == expected(one, one.here.rows())
