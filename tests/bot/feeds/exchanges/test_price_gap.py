"""The week before the first start, filled with candles over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import polars as pl
import pytest

from bot.feeds.exchanges.candles import CANDLES
from bot.feeds.exchanges.price_gap import PriceGap
from scoring.model import PriceChanges
from storage import Storage
from tests.builders_live import World, world
from tests.servers.exchange import Reply, answer, failing, refused, reset, text
from tests.servers.universe import STOCK, TWIN, TWIN_EXCHANGE
from tests.servers.universe_market import ticker
from tests.servers.universe_prices import CANDLE_PATHS, change_of

T = TypeVar("T")
FOUR = tuple(CANDLES)


def on(storage: Storage, story: Callable[[World, PriceGap], Awaitable[T]], **more: object) -> T:
    async def main() -> T:
        async with world(storage, **({"pairs": 60, "only": FOUR} | more)) as here:  # type: ignore[arg-type]
            await here.refresh_pairs()
            return await story(here, PriceGap(storage, here.feed.sources, here.clock))

    return asyncio.run(main())


def known(here: World) -> dict[str, PriceChanges]:
    with here.storage.read() as tx:
        return tx.prices.changes(here.clock.now())


def asked(here: World) -> dict[str, list[str]]:
    """Exchange → the contracts whose candles it was asked for, in that order."""
    return {
        exchange: [
            one.params.get("symbol") or one.params.get("instId") or one.params["contract"]
            for one in here.server.asked(f"/{exchange}{path}")
        ]
        for exchange, path in CANDLE_PATHS.items()
    }


def test_the_change_of_every_coin_is_known_after_the_first_start(storage: Storage) -> None:
    async def story(here: World, gap: PriceGap) -> tuple[dict[str, PriceChanges], World]:
        assert all(one.pct_7d is None for one in known(here).values())
        await gap.fill()
        return known(here), here

    changes, here = on(storage, story)
    assert len(changes) >= 10
    young = {
        one.base
        for name in FOUR
        for one in here.listed(name)
        if here.clock.now().timestamp() - one.listed_at < 8 * 86_400
    }
    for number in range(len(changes)):
        if ticker(number) not in young:
            found = changes[ticker(number)]
            assert found.source == "candles"
            # A mark of some minutes past the hour against the candle of the full hour.
            assert found.pct_7d == pytest.approx(change_of(number, here.clock.now(), 7), abs=2.0)
            assert found.pct_24h == pytest.approx(change_of(number, here.clock.now(), 1), abs=2.0)


def test_only_what_nobody_knows_is_asked_for_and_once_a_day(storage: Storage) -> None:
    told = {ticker(0): PriceChanges(1.0, 2.0, 3.0), ticker(1): PriceChanges(1.0, None, 3.0)}

    async def story(here: World, gap: PriceGap) -> list[int]:
        counts = []
        for hours in (0, 1, 24):
            here.move(timedelta(hours=hours))
            await here.refresh_pairs()
            with storage.write() as tx:
                tx.prices.put_changes(told, "coingecko", here.clock.now())
            here.server.requests.clear()
            await gap.fill()
            counts.append(sum(len(found) for found in asked(here).values()))
            assert not any(symbol.startswith(ticker(0)) for symbol in asked(here)["binance"])
        return counts

    first, again, next_day = on(storage, story)
    with storage.read() as tx:
        assert first == len(tx.pairs.listed()) - 1
    assert (again, next_day) == (0, 0)


def test_the_first_exchange_that_lists_a_coin_is_asked_and_the_most_negative_coin_first(storage: Storage) -> None:
    async def story(here: World, gap: PriceGap) -> tuple[dict[str, list[str]], World]:
        await gap.fill()
        return asked(here), here

    found, here = on(storage, story, pairs=200)
    taken: set[str] = set()
    for exchange in FOUR:
        listed = {one.symbol: one for one in here.listed(exchange)}
        bases = [listed[symbol].base for symbol in found[exchange]]
        assert set(bases) == {one.base for one in listed.values()} - taken
        taken |= set(bases)
    rates = {one.base: [] for one in here.listed("gate")}
    for exchange in FOUR:
        for one in here.listed(exchange):
            rates[one.base].append(one.rate_8h(here.made.now.timestamp()))
    bases = [symbol.removesuffix("USDT") for symbol in found["binance"]]
    averages = [sum(rates[base]) / len(rates[base]) for base in bases]
    assert averages == pytest.approx(sorted(averages), abs=1e-6)


FAULTS: dict[str, Reply] = {
    "down": failing(503),
    "cut off": reset(),
    "no JSON": text("<html>"),
    "refusing this country": refused(451),
    "moved": answer("gone", 404),
    "without the contract": answer({"code": -1121, "msg": "Invalid symbol."}, 400),
    "no candles": {"code": 0},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_one_exchange_does_not_answer_is_asked_of_the_next(storage: Storage, fault: str) -> None:
    async def story(here: World, gap: PriceGap) -> tuple[dict[str, list[str]], dict[str, PriceChanges]]:
        here.fail("/binance/fapi/v1/klines", FAULTS[fault])
        await gap.fill()
        return asked(here), known(here)

    found, changes = on(storage, story)
    assert found["bybit"]
    assert {symbol.removesuffix("USDT") for symbol in found["bybit"]} == set(changes) - {
        symbol.removesuffix("_USDT") for symbol in found["gate"]
    }
    assert sum(one.pct_7d is not None for one in changes.values()) >= len(changes) - 2


def test_when_none_answers_the_next_refresh_asks_again(storage: Storage) -> None:
    async def story(here: World, gap: PriceGap) -> dict[str, PriceChanges]:
        for exchange, path in CANDLE_PATHS.items():
            here.fail(f"/{exchange}{path}", failing(502))
        await gap.fill()
        assert all(one.pct_7d is None for one in known(here).values())
        here.faults.clear()
        here.move(timedelta(minutes=30))
        await here.refresh_pairs()
        await gap.fill()
        return known(here)

    changes = on(storage, story)
    assert sum(one.pct_7d is not None for one in changes.values()) >= len(changes) - 2


def test_neither_stocks_nor_tokens_kept_apart_are_taken_for_the_coin(storage: Storage) -> None:
    async def story(here: World, gap: PriceGap) -> tuple[dict[str, list[str]], dict[str, PriceChanges]]:
        await gap.fill()
        return asked(here), known(here)

    found, changes = on(storage, story, odd=True, only=(), pairs=120)
    assert not any(STOCK in symbol for symbols in found.values() for symbol in symbols)
    assert changes[f"{TWIN}@{TWIN_EXCHANGE}"].pct_7d is None
    assert changes[TWIN].pct_7d is not None


def test_what_is_stored_is_told_and_is_one_price_an_hour(storage: Storage) -> None:
    heard: list[pl.DataFrame] = []

    async def story(here: World, _: PriceGap) -> None:
        gap = PriceGap(storage, here.feed.sources, here.clock, stored=heard.append)
        await gap.fill()

    on(storage, story, pairs=200)
    rows = pl.concat(heard)
    assert len(heard) >= 2  # a piece at a time, so that an end in between keeps most of it
    assert not rows.select("base_coin", "time").is_duplicated().any()
    assert rows["time"].to_numpy().tolist() == [second // 3600 * 3600 for second in rows["time"]]
    assert rows.group_by("base_coin").len()["len"].max() == 171
