"""What is listed where, and which coin a ticker means."""

from scoring.model import Coin
from storage import Storage
from tests.builders_storage import settlements, steady


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
