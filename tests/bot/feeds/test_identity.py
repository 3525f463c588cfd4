"""One ticker on different tokens is kept apart by price."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.assets import classify
from bot.feeds.base import Quote
from bot.feeds.contracts import Known, agree, key_of, mark_of
from bot.feeds.exchanges.symbols import base_coin
from bot.feeds.identity import Identities, changing_reason, identify
from scoring.model import AssetClass, Held
from tests.builders_quotes import NOW, RECORDED_AT, quote, recorded_quotes

Stored = dict[tuple[str, str], Known]
GATE = ("gate", "CAT-USDT")


def cats(**prices: float | None) -> list[Quote]:
    return [quote(exchange, "CAT", mark_price=price) for exchange, price in prices.items()]


def stored(**coins: str) -> Stored:
    return {(exchange, "CAT-USDT"): Known(coin) for exchange, coin in coins.items()}


def told(quotes: list[Quote], known: Stored | None = None, held: tuple[Held, ...] = ()) -> Identities:
    known = known or {}
    return identify(quotes, classify(quotes, known), known, held, NOW)


def waiting(old: str, new: str) -> Held:
    return Held("gate", "CAT-USDT", new, changing_reason(old, new), 0.0001, NOW - timedelta(minutes=30), 1)


def test_contracts_at_one_price_are_one_coin_whatever_their_multiplier() -> None:
    quotes = [
        quote("okx", "1000CAT", mark_price=2.0),
        quote("gate", "CAT", mark_price=0.0021),
        quote("bybit", "CAT", mark_price=0.0019),
    ]
    found = told(quotes)
    assert set(found.base_coins.values()) == {"CAT"}
    assert found.apart == ()


def test_the_plain_ticker_belongs_to_the_price_with_the_most_exchanges() -> None:
    found = told(cats(okx=0.002, bybit=0.002, gate=815.0))
    assert found.base_coins == {("okx", "CAT-USDT"): "CAT", ("bybit", "CAT-USDT"): "CAT", GATE: "CAT@gate"}
    assert found.apart == ("CAT on Gate.io is another token: its price is 407,500 times the others'",)
    assert found.changing == {}


def test_two_contracts_of_one_exchange_have_one_vote() -> None:
    twice = [quote("gate", "CAT", symbol=symbol, mark_price=815.0) for symbol in ("CAT_USDT", "CAT_USDC", "CAT_USD")]
    found = told([*twice, *cats(okx=0.002, bybit=0.002)])
    assert found.base_coins["okx", "CAT-USDT"] == "CAT"


def test_on_a_tie_the_one_that_has_it_keeps_it_else_turnover_decides() -> None:
    quotes = [
        quote("okx", "CAT", mark_price=1.0, turnover_usd=5.0),
        quote("gate", "CAT", mark_price=9.0, turnover_usd=7.0),
    ]
    assert told(quotes).base_coins[GATE] == "CAT"
    assert told(quotes, stored(okx="CAT")).base_coins[GATE] == "CAT@gate"


def test_a_coin_bears_the_ticker_before_a_stock_on_more_exchanges() -> None:
    stocks = [
        quote(exchange, "CAT", mark_price=815.0, asset=AssetClass.TRADFI) for exchange in ("gate", "bybit", "mexc")
    ]
    found = told([quote("okx", "CAT", mark_price=0.002), *stocks])
    assert found.base_coins["okx", "CAT-USDT"] == "CAT"
    assert found.base_coins[GATE] == "CAT@gate"


def test_a_contract_without_a_price_keeps_what_is_stored_else_the_plain_ticker() -> None:
    quotes = cats(okx=1.0, bybit=1.0, gate=None)
    assert told(quotes).base_coins[GATE] == "CAT"
    assert told(quotes, stored(gate="CAT@gate")).base_coins[GATE] == "CAT@gate"
    assert told(cats(gate=float("nan"))).base_coins[GATE] == "CAT"


def test_a_stored_coin_changes_in_the_second_refresh_that_says_so() -> None:
    quotes, known = cats(okx=1.0, bybit=1.0, gate=5.0), stored(okx="CAT", bybit="CAT", gate="CAT")
    first = told(quotes, known)
    assert first.base_coins[GATE] == "CAT"
    assert first.changing == {GATE: "CAT@gate"}
    second = told(quotes, known, (waiting("CAT", "CAT@gate"),))
    assert second.base_coins[GATE] == "CAT@gate"
    assert second.changing == {}


def test_it_goes_back_the_same_way() -> None:
    quotes, known = cats(okx=1.0, bybit=1.0, gate=1.0), stored(okx="CAT", gate="CAT@gate")
    assert told(quotes, known).changing == {GATE: "CAT"}
    assert told(quotes, known, (waiting("CAT@gate", "CAT"),)).base_coins[GATE] == "CAT"


def test_another_change_than_the_one_that_waits_begins_anew() -> None:
    quotes, known = cats(okx=1.0, bybit=1.0, gate=5.0), stored(gate="KITTEN")
    found = told(quotes, known, (waiting("KITTEN", "CAT"),))
    assert found.base_coins[GATE] == "KITTEN"
    assert found.changing == {GATE: "CAT@gate"}


def test_an_outage_does_not_give_a_ticker_to_another_token() -> None:
    known = stored(gate="CAT@gate") | {
        (exchange, "CAT-USDT"): Known("CAT", updated_at=NOW - timedelta(hours=5), mark_price=0.002)
        for exchange in ("okx", "bybit")
    }
    found = told(cats(gate=815.0, mexc=815.0), known)
    assert found.base_coins == {GATE: "CAT@gate", ("mexc", "CAT-USDT"): "CAT@mexc"}
    assert found.changing == {}


def test_the_last_price_of_an_absent_contract_goes_with_those_that_share_its_name() -> None:
    absent = {
        (name, "CAT-USDT"): Known("CAT", updated_at=NOW - timedelta(days=2), mark_price=1.0)
        for name in ("bybit", "htx")
    }
    found = told(cats(okx=1.5, gate=9.0, mexc=9.0), absent | stored(okx="CAT"))
    assert found.base_coins[("okx", "CAT-USDT")] == "CAT"


def test_a_ticker_that_nobody_has_quoted_for_a_week_is_free() -> None:
    known = {("okx", "CAT-USDT"): Known("CAT", updated_at=NOW - timedelta(days=8), mark_price=0.002)}
    assert told(cats(gate=815.0), known).base_coins[GATE] == "CAT"


def test_a_thin_market_is_told_as_such() -> None:
    assert told(cats(okx=1.0, bybit=1.0, gate=1.13)).apart == (
        "CAT on Gate.io is kept apart: its price is 13% above the others', which may be another token",
    )
    assert told(cats(okx=1.0, bybit=1.0, gate=0.25)).apart == (
        "CAT on Gate.io is another token: the others' price is 4.0 times its own",
    )


prices = st.lists(st.sampled_from([0.5, 0.52, 1.0, 1.05, 30.0, None]), min_size=1, max_size=8)


@given(prices, st.randoms(use_true_random=False))
def test_the_order_of_quotes_changes_nothing(found: list[float | None], random: object) -> None:
    names = ["okx", "gate", "bybit", "mexc", "htx", "bitget", "kucoin", "binance"]
    quotes = cats(**dict(zip(names, found, strict=False)))
    shuffled = list(quotes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert told(shuffled) == told(quotes)


@given(prices)
def test_all_that_share_the_plain_ticker_agree_with_one_price(found: list[float | None]) -> None:
    names = ["okx", "gate", "bybit", "mexc", "htx", "bitget", "kucoin", "binance"]
    quotes = cats(**dict(zip(names, found, strict=False)))
    plain = [
        mark for one in quotes if told(quotes).base_coins[key_of(one)] == "CAT" and (mark := mark_of(one)) is not None
    ]
    assert not plain or any(all(agree(mark, other) for mark in plain) for other in plain)


def test_real_clashes_are_apart_and_real_coins_are_not() -> None:
    quotes = recorded_quotes()
    found = identify(quotes, classify(quotes, {}), {}, [], RECORDED_AT)
    apart = {base_coin(one.exchange, one.base).ticker for one in quotes if "@" in found.base_coins[key_of(one)]}
    assert {"CAT", "BB", "BOB", "CYBER", "EDGE", "PURR", "STX", "ON"} <= apart
    assert len(apart) < 25
    assert found.base_coins["hyperliquid", "PURR"] == "PURR"
    assert any(line.startswith("CAT on Gate.io is another token: its price is 44") for line in found.apart)


def test_a_number_that_no_price_has_is_no_price_and_sets_nobody_apart() -> None:
    quotes = [quote("okx", "WIF", mark_price=5.5e57), quote("gate", "WIF", mark_price=1.4e-266)]
    quotes.append(quote("bybit", "WIF", mark_price=2.0))
    assert [mark_of(one) for one in quotes] == [None, None, 2.0]
    found = identify(quotes, classify(quotes, {}), {}, (), NOW)
    assert set(found.base_coins.values()) == {"WIF"}
    assert found.apart == ()
