"""Names that are offered while somebody types."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.chat.names import Name, Names
from bot.commands.base import ChatRef
from bot.views.elements import View
from scoring.model import Coin
from storage import Storage
from tests.builders_storage import settlements, steady
from tests.servers.discord_world import World, listening

COINS = Names([Name("BTC", "Bitcoin", 1), Name("BCH", "Bitcoin Cash", 20), Name("WBTC", "Wrapped Bitcoin", 15),
               Name("BIT", "BitDAO", 90), Name("PEPE", "Pepe", 40)])  # fmt: skip


def tickers(text: str, most: int = 25) -> list[str]:
    return [one.ticker for one in COINS.find(text, most)]


def test_the_ticker_itself_comes_first_then_tickers_then_names_by_rank() -> None:
    assert tickers("bit") == ["BIT", "BTC", "WBTC", "BCH"]
    assert tickers("btc") == ["BTC", "WBTC"]
    assert tickers("$pe") == ["PEPE"]
    assert tickers("cash") == ["BCH"]
    assert tickers("") == ["BTC", "WBTC", "BCH", "PEPE", "BIT"]
    assert tickers("bitcoin cash") == ["BCH"]
    assert tickers("zzz") == []
    assert tickers("b", 2) == ["BTC", "BCH"]


WORDS = st.text(alphabet="abcAB ß$", min_size=1, max_size=6)


@given(names=st.lists(st.tuples(WORDS, WORDS), max_size=30), text=WORDS)
def test_all_that_begins_with_it_is_found_and_nothing_that_does_not_hold_it(
    names: list[tuple[str, str]], text: str
) -> None:
    found = Names(Name(ticker, title) for ticker, title in names).find(text, 100)
    wanted = text.strip().lstrip("$").casefold()
    for ticker, title in names:
        if ticker.casefold().startswith(wanted):
            assert any(one.ticker == ticker and one.title == title for one in found)
    for one in found:
        assert wanted in one.ticker.casefold() or wanted in one.title.casefold()


async def offered(world: World, name: str, option: str, text: str) -> list[str]:
    return [str(one["value"]) for one in await world.server.choices(world.server.types(name, option, text))]


async def none(line: str, _: ChatRef) -> View:
    raise AssertionError("nothing is run while somebody types")


def test_coins_companies_and_lists_of_them_are_offered(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, none) as world:
            labels = await world.server.choices(world.server.types("coin", "coin", "pu"))
            assert labels == [{"name": "PUMP · Pump Coin", "value": "PUMP"}]
            assert await offered(world, "coin", "coin", "") == ["PUMP", "CALM", "SHRT"]
            assert await offered(world, "clusters", "ticker", "acm") == ["ACME"]
            assert await offered(world, "mute", "name", "a") == ["CALM", "ACME"]
            assert await offered(world, "alert", "coins", "PUMP, sh") == ["PUMP,SHRT"]
            assert await offered(world, "alert", "tickers", "") == ["ACME"]
            assert "Biotechnology" in await offered(world, "clusters", "industry", "biotech")
            assert await offered(world, "settings", "mention", "t") == ["off"]

    asyncio.run(run())


def test_new_coins_are_offered_some_minutes_later_without_a_restart(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            assert await offered(world, "coin", "coin", "new") == []
            with market.write() as tx:
                tx.funding.add(settlements(steady("okx", "NEWCOIN", -0.0004)))
                tx.pairs.put_coins([Coin("new-coin", "NEWCOIN", "New Coin", 3)])
            assert await offered(world, "coin", "coin", "new") == []
            world.clock.advance(timedelta(minutes=6))
            for _ in range(100):
                if await offered(world, "coin", "coin", "new") == ["NEWCOIN"]:
                    break
            else:
                raise AssertionError("it was never offered")

    asyncio.run(run())


def test_what_is_put_into_a_list_and_taken_out_of_it_is_offered_too(market: Storage) -> None:
    async def run() -> None:
        async with listening(market, none) as world:
            assert await offered(world, "alert", "coins", "+pu") == ["+PUMP"]
            assert await offered(world, "alert", "coins", "+PUMP, -sh") == ["+PUMP,-SHRT"]
            assert await offered(world, "alert", "tickers", "-") == ["-ACME"]

    asyncio.run(run())


def test_a_long_list_is_not_offered_beyond_what_discord_takes(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            begun = ",".join(["PUMP"] * 20)
            assert await offered(world, "alert", "coins", begun + ",SH") == []

    asyncio.run(run())
