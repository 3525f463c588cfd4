"""What people type for a coin."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.views.elements import Tone
from scoring.model import Coin, Margin, Pair
from storage import Storage
from tests.builders_market import ask


def listing(storage: Storage, *base_coins: str) -> None:
    with storage.write() as tx:
        tx.pairs.put([Pair("okx", f"{coin}-USDT-SWAP", coin, Margin.USDT) for coin in base_coins])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("BTC", "BTC"), ("btc", "BTC"), ("$btc", "BTC"), ("BTCUSDT", "BTC"), ("btc-usdt", "BTC"), ("BTC/USDC", "BTC"),
        ("BTC-PERP", "BTC"), ("BTC-USDT-SWAP", "BTC"), ("BTCUSD_PERP", "BTC"), ("XBT", "BTC"), ("XBTUSD", "BTC"),
        ("PEPE", "PEPE"), ("1000PEPE", "PEPE"), ("1000PEPEUSDT", "PEPE"), ("1000pepeusdt", "PEPE"), ("kPEPE", "PEPE"),
        ("10000PEPE", "PEPE"), ("1MPEPE", "PEPE"), ("PEPE1000", "PEPE"), ("KAVA", "KAVA"), ("kava", "KAVA"),
        ("KAVAUSDT", "KAVA"), ("kas", "KAS"), ("KAS-USD", "KAS"), ("1inch", "1INCH"), ("bitcoin", "BTC"),
        ("CAT", "CAT"), ("CAT@gate", "CAT@gate"), ("cat@GATE", "CAT@gate"), ("$cat@gate", "CAT@gate"),
    ],
)  # fmt: skip
def test_a_ticker_a_contract_a_slug_and_a_token_kept_apart_mean_their_coin(
    storage: Storage, typed: str, meant: str
) -> None:
    listing(storage, "BTC", "PEPE", "KAVA", "AVA", "KAS", "AS", "1INCH", "INCH", "CAT", "CAT@gate")
    with storage.write() as tx:
        tx.pairs.put_coins([Coin("bitcoin", "BTC", "Bitcoin", 1)])
    view = ask(storage, f"/coin {typed}")
    assert view.tone is Tone.ANSWER
    assert view.data["symbol"] == meant


@pytest.mark.parametrize(
    ("known", "typed", "hint"),
    [
        (["AVA"], "KAVA", "did you mean AVA?"),
        (["AVA"], "KAVAUSDT", "There is no coin KAVAUSDT"),
        (["W@gate", "WIF"], "W", "did you mean W@gate?"),
        (["BTC"], "USDT", "There is no coin USDT"),
        (["?"], "USDT", "There is no coin USDT"),
    ],
)
def test_no_letter_of_a_ticker_is_taken_for_a_multiplier(
    storage: Storage, known: Sequence[str], typed: str, hint: str
) -> None:
    listing(storage, *known)
    view = ask(storage, f"/coin {typed}")
    assert view.tone is Tone.ERROR
    assert hint in view.title


@pytest.mark.parametrize(
    ("coin", "said"),
    [
        ("CAT", "CAT@gate and CAT@mexc are other tokens of that ticker."),
        ("CAT@gate", "CAT and CAT@mexc are other tokens of that ticker."),
        ("DOG", "DOG@gate is another token of that ticker."),
        ("DOGE", None),
    ],
)
def test_a_coin_names_the_other_tokens_of_its_ticker(storage: Storage, coin: str, said: str | None) -> None:
    listing(storage, "CAT", "CAT@gate", "CAT@mexc", "DOG", "DOG@gate", "DOGE", "CATS")
    text = str(ask(storage, f"/coin {coin}").body)
    assert ("of that ticker" in text) is (said is not None)
    assert said is None or said in text
