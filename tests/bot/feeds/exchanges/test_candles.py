"""Hourly candles: how each exchange writes them, which coins need them, and what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import FixedClock
from bot.errors import FeedError
from bot.feeds.base import PRICE_SCHEMA
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.exchanges.base import AnswerError, Slot
from bot.feeds.exchanges.candles import CANDLES, HOURS, Candle, fetch_candles, needs, to_prices
from bot.feeds.http import HttpOptions, LimitedError, RefusedError, Source, open_client
from scoring.model import AssetClass, Margin, Pair, PriceChanges
from tests.servers.exchange import Asked, Loopback, Reply, refused, text

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAMES = list(CANDLES)
SYMBOLS = {"binance": "NOVAUSDT", "bybit": "NOVAUSDT", "okx": "NOVA-USDT-SWAP", "gate": "NOVA_USDT"}


def ms(at: datetime) -> int:
    return int(at.timestamp()) * 1000


def as_binance(candles: list[Candle]) -> Any:
    return [
        [ms(at), str(price), "9", "1", "7", "100", ms(at) + 3_599_999, "5", 3, "1", "1", "0"] for at, price in candles
    ]


def as_bybit(candles: list[Candle]) -> Any:
    rows = [[str(ms(at)), str(price), "9", "1", "7", "100", "5"] for at, price in reversed(candles)]
    return {"retCode": 0, "retMsg": "OK", "result": {"category": "linear", "list": rows}, "time": ms(NOW)}


def as_okx(candles: list[Candle]) -> Any:
    rows = [[str(ms(at)), str(price), "9", "1", "7", "100", "5", "5", "1"] for at, price in reversed(candles)]
    return {"code": "0", "msg": "", "data": rows}


def as_gate(candles: list[Candle]) -> Any:
    return [{"t": ms(at) // 1000, "o": str(price), "h": "9", "l": "1", "c": "7", "v": 100} for at, price in candles]


WRITTEN: dict[str, Callable[[list[Candle]], Any]] = {
    "binance": as_binance,
    "bybit": as_bybit,
    "okx": as_okx,
    "gate": as_gate,
}
LIMITED: dict[str, Any] = {
    "binance": {"code": -1003, "msg": "too many requests"},
    "bybit": {"retCode": 10006, "retMsg": "too many visits"},
    "okx": {"code": "50011", "msg": "too many requests", "data": []},
    "gate": {"label": "TOO_MANY_REQUESTS", "message": "slow down"},
}


def candles_of(hours: int) -> list[Candle]:
    start = NOW.replace(minute=0) - (hours - 1) * HOUR
    return [(start + n * HOUR, 2.0 + n / 1000) for n in range(hours)]


def fetch(exchange: str, reply: Reply, now: datetime = NOW) -> tuple[list[Candle], list[Asked]]:
    async def run() -> tuple[list[Candle], list[Asked]]:
        async with Loopback() as server, open_client() as client:
            server.route(CANDLES[exchange].candles.endpoint.path, reply)
            source = Source(exchange, client, host=server.url, clock=FixedClock(now), options=HttpOptions(attempts=1))
            return await fetch_candles(source, exchange, SYMBOLS[exchange], now), server.requests

    return asyncio.run(run())


def pair(exchange: str, coin: str = "NOVA", margin: Margin = Margin.USDT, **more: Any) -> Pair:
    return Pair(exchange, f"{coin}{margin.name}", coin, margin, **more)


@pytest.mark.parametrize("exchange", NAMES)
def test_a_week_of_open_prices_comes_oldest_first(exchange: str) -> None:
    made = candles_of(HOURS)
    found, asked = fetch(exchange, WRITTEN[exchange](made))
    assert found == made
    assert len(asked) == 1
    assert SYMBOLS[exchange] in asked[0].params.values()
    assert asked[0].params["limit"] == str(HOURS)


@pytest.mark.parametrize("exchange", NAMES)
def test_one_answer_reaches_the_price_of_168_hours_ago(exchange: str) -> None:
    found, _ = fetch(exchange, WRITTEN[exchange](candles_of(HOURS)))
    nearest = min(found, key=lambda candle: abs(candle[0] - (NOW - timedelta(hours=168))))
    assert abs(nearest[0] - (NOW - timedelta(hours=168))) <= timedelta(hours=1)
    assert found[0][0] <= NOW - timedelta(hours=170)


def test_each_exchange_is_asked_for_hours_where_its_documents_say() -> None:
    asked = {name: fetch(name, WRITTEN[name](candles_of(2)))[1][0] for name in NAMES}
    assert {name: one.path for name, one in asked.items()} == {
        "binance": "/fapi/v1/klines",
        "bybit": "/v5/market/kline",
        "okx": "/api/v5/market/candles",
        "gate": "/api/v4/futures/usdt/candlesticks",
    }
    assert [asked[name].params.get("interval", asked[name].params.get("bar")) for name in NAMES] == [
        "1h",
        "60",
        "1H",
        "1h",
    ]
    assert asked["bybit"].params["category"] == "linear"


@pytest.mark.parametrize("exchange", NAMES)
def test_the_table_names_live_exchanges_and_whom_to_ask(exchange: str) -> None:
    served = CANDLES[exchange]
    assert EXCHANGES[exchange].closed is None
    assert Slot.SYMBOL in served.candles.endpoint.params.values()
    assert served.candles.endpoint.path.startswith("/")
    assert served.candles.per_second > 0


@pytest.mark.parametrize("exchange", NAMES)
def test_what_is_no_price_is_left_out(exchange: str) -> None:
    good = (NOW - HOUR, 2.0)
    bad = [(NOW - n * HOUR, price) for n, price in enumerate([0.0, -1.0, float("nan"), float("inf")], start=2)]
    assert fetch(exchange, WRITTEN[exchange]([*bad, good]))[0] == [good]


@pytest.mark.parametrize("exchange", NAMES)
def test_a_candle_of_the_future_is_none(exchange: str) -> None:
    assert fetch(exchange, WRITTEN[exchange]([*candles_of(3), (NOW + HOUR, 9.0)]))[0] == candles_of(3)


@pytest.mark.parametrize("exchange", NAMES)
def test_a_contract_without_candles_gives_none(exchange: str) -> None:
    assert fetch(exchange, WRITTEN[exchange]([]))[0] == []


@pytest.mark.parametrize("exchange", NAMES)
def test_too_fast_is_told_apart_from_a_failure(exchange: str) -> None:
    with pytest.raises(LimitedError, match=exchange):
        fetch(exchange, LIMITED[exchange])


@pytest.mark.parametrize("exchange", NAMES)
@pytest.mark.parametrize("reply", [text("<html>"), text("{}"), text("null"), text('"x"'), text('{"data": {"a": 1}}')])
def test_garbage_is_a_failure_that_names_the_exchange(exchange: str, reply: Reply) -> None:
    with pytest.raises(FeedError, match=exchange):
        fetch(exchange, reply)


def test_a_country_that_is_turned_away_is_told_so() -> None:
    with pytest.raises(RefusedError, match="451"):
        fetch("binance", refused(451))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["t", "o", "result", "list", "data", "code", "retCode"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from(NAMES), JSON)
def test_no_answer_breaks_a_parser(exchange: str, answer: Any) -> None:
    try:
        found = CANDLES[exchange].parse(answer)
    except AnswerError:
        return
    assert all(price > 0 for _, price in found)


def test_a_coin_that_nobody_knows_the_changes_of_needs_them() -> None:
    known = {
        "FULL": PriceChanges(1.0, 2.0, 5.0, "coingecko"),
        "YOUNG": PriceChanges(1.0, None, 5.0, "marks"),
        "GAP": PriceChanges(None, 2.0, 5.0, "marks"),
    }
    pairs = [pair("binance", coin) for coin in ("FULL", "YOUNG", "GAP", "NEW")]
    found = needs(pairs, known, {}, answered={"binance"})
    assert [one.base_coin for one in found] == ["GAP", "NEW", "YOUNG"]


def test_the_most_negative_coin_comes_first_and_those_without_funding_last() -> None:
    pairs = [pair("binance", coin) for coin in ("AAA", "BBB", "CCC", "DDD")]
    found = needs(pairs, {}, {"DDD": -0.002, "CCC": 0.0001, "BBB": -0.0004}, answered={"binance"})
    assert [one.base_coin for one in found] == ["DDD", "BBB", "CCC", "AAA"]


def test_the_first_exchange_of_the_table_that_answered_is_asked() -> None:
    pairs = [pair("gate"), pair("okx"), pair("binance"), pair("mexc")]
    assert needs(pairs, {}, {}, answered={"binance", "okx", "gate", "mexc"}) == [pair("binance")]
    assert needs(pairs, {}, {}, answered={"gate", "okx", "mexc"}) == [pair("okx")]
    assert needs(pairs, {}, {}, answered={"mexc"}) == []


def test_of_an_exchanges_contracts_the_best_margined_and_most_liquid_is_asked() -> None:
    usd, thin, thick = (
        Pair("binance", "NOVAUSDC", "NOVA", Margin.USD, 9e9),
        Pair("binance", "1000NOVAUSDT", "NOVA", Margin.USDT, None),
        Pair("binance", "NOVAUSDT", "NOVA", Margin.USDT, 5.0),
    )
    assert needs([usd, thin, thick], {}, {}, answered={"binance"}) == [thick]
    assert needs([usd, thin], {}, {}, answered={"binance"}) == [thin]
    assert needs([usd], {}, {}, answered={"binance"}) == [usd]


def test_contracts_that_the_endpoint_does_not_know_are_not_asked() -> None:
    inverse = [pair(name, margin=Margin.INVERSE) for name in NAMES]
    assert needs([*inverse, pair("gate", margin=Margin.USD)], {}, {}, answered=NAMES) == []


def test_stocks_and_coins_asked_already_are_left_out() -> None:
    pairs = [pair("binance", "STOCK", asset=AssetClass.TRADFI), pair("binance", "DONE"), pair("binance", "TODO")]
    assert needs(pairs, {}, {}, answered={"binance"}, asked={"DONE"}) == [pair("binance", "TODO")]


def test_prices_are_per_coin() -> None:
    frame = to_prices("NOVA", [(NOW - HOUR, 2.5), (NOW, 3.0)], multiplier=1000)
    instant = int(NOW.timestamp())
    assert frame.rows() == [("NOVA", instant - 3600, 0.0025), ("NOVA", instant, 0.003)]
    assert dict(frame.schema) == PRICE_SCHEMA
    assert dict(to_prices("NOVA", []).schema) == PRICE_SCHEMA
