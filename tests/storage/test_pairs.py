"""What is listed where, and which coin a ticker means."""

from datetime import timedelta

import polars as pl
import pytest

from scoring.model import AssetClass, Coin, FundingRate, Margin, Pair
from storage import Storage
from tests.builders_storage import NOW, settlements, steady

BTC = Pair("okx", "BTC-USDT-SWAP", "BTC", Margin.USDT, 5e6)
GOLD = Pair("okx", "XAU-USDT-SWAP", "XAU", Margin.USDT, None, AssetClass.TRADFI)


def test_the_best_ranked_coin_takes_a_shared_symbol(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "BTC", 1e-4, days=1)))
        tx.pairs.put_coins(
            [
                Coin("bitcoin-clone", "BTC", "Clone", None),
                Coin("bitcoin", "BTC", "Bitcoin", 1),
                Coin("batcoin", "BTC", "Bat", 900),
            ]
        )
        assert tx.pairs.coins()["BTC"].coin_id == "bitcoin"


def test_an_ambiguous_symbol_has_no_name_rather_than_a_wrong_one(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "CAT", 1e-4, days=1) + steady("okx", "DOG", 1e-4, days=1)))
        tx.pairs.put_coins(
            [Coin("cat-1", "CAT", "Cat", None), Coin("cat-2", "CAT", "Cat", None), Coin("dog", "DOG", "Dog", None)]
        )
        assert set(tx.pairs.coins()) == {"DOG"}


def test_a_known_coin_takes_its_newer_rank(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "BTC", 1e-4, days=1)))
        assert tx.pairs.put_coins([Coin("bitcoin", "BTC", "Bitcoin", None)]).new == 1
        assert tx.pairs.put_coins([Coin("bitcoin", "BTC", "Bitcoin", 1)]).new == 0
        assert tx.pairs.coins()["BTC"].market_cap_rank == 1


def test_listings_say_which_exchanges_have_a_coin(storage: Storage) -> None:
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "BTC", 1e-4, days=1) + steady("binance", "BTC", 1e-4, days=1)))
        assert tx.pairs.listed() == {"BTC": frozenset({"okx", "binance"})}
        assert tx.pairs.base_coins() == ("BTC",)


def test_a_known_pair_takes_what_is_newer_and_keeps_a_turnover_that_nobody_tells(storage: Storage) -> None:
    with storage.write() as tx:
        tx.pairs.put([BTC, GOLD])
        tx.pairs.put([Pair("okx", "BTC-USDT-SWAP", "BTCNEW", Margin.USD, None, AssetClass.TRADFI)])
        tx.pairs.put([Pair("okx", "XAU-USDT-SWAP", "XAU", Margin.USDT, 7e6, AssetClass.TRADFI)])
        (renewed,) = tx.pairs.of("BTCNEW")
        (gold,) = tx.pairs.of("XAU")
        assert tx.pairs.of("BTC") == ()
    assert renewed == Pair("okx", "BTC-USDT-SWAP", "BTCNEW", Margin.USD, 5e6, AssetClass.TRADFI)
    assert gold.turnover_usd == 7e6


def test_known_pairs_come_with_the_rate_that_was_last_believed(storage: Storage) -> None:
    rate = FundingRate("okx", "BTC-USDT-SWAP", "BTC", 0.0001, 8, NOW, NOW, 60_000.0, 6e6)
    with storage.write() as tx:
        tx.pairs.put([BTC, GOLD])
        tx.funding.put_rates([rate])
        known = tx.pairs.known()
    assert known.keys() == {("okx", "BTC-USDT-SWAP"), ("okx", "XAU-USDT-SWAP")}
    assert known["okx", "BTC-USDT-SWAP"].rate == rate
    assert known["okx", "BTC-USDT-SWAP"].pair.turnover_usd == 6e6
    assert (known["okx", "XAU-USDT-SWAP"].rate, known["okx", "XAU-USDT-SWAP"].pair) == (None, GOLD)


def test_a_rate_of_a_pair_that_was_never_put_is_refused(storage: Storage) -> None:
    with pytest.raises(LookupError, match="okx BTC-USDT-SWAP"), storage.write() as tx:
        tx.funding.put_rates([FundingRate("okx", "BTC-USDT-SWAP", "BTC", 0.0001, 8, NOW, NOW)])


def test_what_is_no_coin_is_shown_and_never_scored(storage: Storage) -> None:
    rows = steady("okx", "BTC", 1e-4) + steady("okx", "XAU", 1e-4, symbol="XAU-USDT-SWAP")
    with storage.write() as tx:
        tx.pairs.put([GOLD])
        tx.funding.add(settlements(rows))
        tx.funding.put_rates([FundingRate("okx", "XAU-USDT-SWAP", "XAU", 0.0001, 8, NOW, NOW)])
        history = tx.funding.history(NOW, 30)
        assert [pair.base_coin for pair in history.pairs] == ["BTC"]
        assert set(history.window.pair.tolist()) == set(history.days.pair.tolist()) == {0}
        assert tx.funding.history(NOW, 30, ["XAU"]).pairs == ()
        assert tx.pairs.listed() == {"BTC": frozenset({"okx"})}
        assert tx.pairs.base_coins() == ("BTC", "XAU")
        assert len(tx.funding.rates("XAU")) == len(tx.funding.last_settlements("XAU", NOW)) == 1
        assert len(tx.funding.accumulated("XAU", NOW)) == 1


def test_settlements_may_say_what_a_new_pair_is_written_on(storage: Storage) -> None:
    rows = steady("okx", "BTC", 1e-4, days=1) + steady("okx", "XAU", 1e-4, days=1)
    frame = settlements(rows).with_columns(
        asset=pl.when(pl.col("base_coin") == "XAU").then(pl.lit("tradfi")).otherwise(pl.lit(None))
    )
    with storage.write() as tx:
        tx.funding.add(frame)
        tx.funding.add(settlements(rows))  # a known pair keeps what it is
        assert [one.asset for one in (*tx.pairs.of("BTC"), *tx.pairs.of("XAU"))] == [AssetClass.COIN, AssetClass.TRADFI]


def test_silent_contracts_stop_counting(storage: Storage) -> None:
    """One exchange gave a rate just now, one settled yesterday, one closed long ago, one never said anything."""
    now, long_ago = NOW - timedelta(minutes=10), NOW - timedelta(days=60)
    with storage.write() as tx:
        tx.pairs.put([Pair(exchange, "A", "A", Margin.USDT) for exchange in ("okx", "bybit", "closed", "mute")])
        tx.funding.put_rates(
            [FundingRate("okx", "A", "A", 1e-4, 8, None, now), FundingRate("closed", "A", "A", 1e-4, 8, None, long_ago)]
        )
        tx.funding.add(settlements(steady("bybit", "A", 1e-4, symbol="A", now=NOW - timedelta(days=1))))
        tx.funding.add(settlements(steady("closed", "A", 1e-4, symbol="A", now=long_ago)))
        assert tx.pairs.listed()["A"] == {"okx", "bybit", "closed", "mute"}
        assert tx.pairs.listed(NOW - timedelta(days=2))["A"] == {"okx", "bybit"}
        assert tx.pairs.listed(now)["A"] == {"okx"}
        assert tx.pairs.listed(NOW) == {}


def test_a_stock_does_not_get_the_name_of_a_coin_of_its_ticker(storage: Storage) -> None:
    with storage.write() as tx:
        tx.pairs.put([GOLD, BTC])
        tx.pairs.put_coins([Coin("gold-coin", "XAU", "Gold Coin", 900), Coin("bitcoin", "BTC", "Bitcoin", 1)])
        assert set(tx.pairs.coins()) == {"BTC"}


def test_a_match_by_price_names_a_base_coin_and_a_lost_one_takes_nothing_back(storage: Storage) -> None:
    with storage.write() as tx:
        tx.pairs.put([BTC])
        tx.pairs.put_coins([Coin("bitcoin", "BTC", "Bitcoin", 1), Coin("batcoin", "BTC", "Bat", 900)])
        tx.pairs.put_slugs({"BTC": "batcoin"})
        assert tx.pairs.coins()["BTC"].name == "Bat"
        tx.pairs.put_slugs({"BTC": None})
        assert tx.pairs.coins()["BTC"].name == "Bat"


def test_a_base_coin_whose_price_fits_no_coin_has_no_name(storage: Storage) -> None:
    with storage.write() as tx:
        tx.pairs.put([BTC])
        tx.pairs.put_coins([Coin("bitcoin", "BTC", "Bitcoin", 1)])
        tx.pairs.put_slugs({"BTC": None})
        assert "BTC" not in tx.pairs.coins()


def test_a_source_without_ranks_does_not_make_them_forgotten(storage: Storage) -> None:
    with storage.write() as tx:
        tx.pairs.put([BTC])
        tx.pairs.put_coins([Coin("bitcoin", "BTC", "Bitcoin", 1)])
        tx.pairs.put_coins([Coin("bitcoin", "BTC", "Bitcoin", None)])
        assert tx.pairs.coins()["BTC"].market_cap_rank == 1
