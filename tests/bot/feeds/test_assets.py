"""Coin or stock: what exchanges say of it, then what is stored, then the table of well-known names."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.assets import TABLE, classify, is_tradfi
from bot.feeds.contracts import Known, key_of
from bot.feeds.exchanges.symbols import base_coin
from scoring.model import AssetClass
from tests.builders_quotes import quote, recorded_quotes
from tests.shared_data import real

COIN, TRADFI = AssetClass.COIN, AssetClass.TRADFI
HERE = ("okx", "ZYX-USDT")


def test_an_exchanges_own_flag_wins_over_everything() -> None:
    here = quote("okx", "ZYX", asset=COIN)
    there = quote("gate", "ZYX", asset=TRADFI)
    assert classify([here, there], {HERE: Known("ZYX", TRADFI)})[HERE] is COIN
    assert classify([quote("okx", "TSLA", asset=COIN)], {})["okx", "TSLA-USDT"] is COIN


def test_a_flag_elsewhere_says_it_for_a_contract_at_the_same_price() -> None:
    here = quote("okx", "ZYX", mark_price=100.0)
    assert classify([here, quote("gate", "ZYX", mark_price=104.0, asset=TRADFI)], {})[HERE] is TRADFI
    assert classify([here, quote("gate", "ZYX", mark_price=4.0, asset=TRADFI)], {})[HERE] is COIN
    assert classify([quote("okx", "TSLA"), quote("gate", "TSLA", asset=COIN)], {})["okx", "TSLA-USDT"] is COIN


def test_prices_are_compared_per_coin() -> None:
    here = quote("okx", "1000ZYX", symbol="ZYX-USDT", mark_price=2000.0)
    assert classify([here, quote("gate", "ZYX", mark_price=2.0, asset=TRADFI)], {})[HERE] is TRADFI


def test_most_exchanges_decide_where_flags_differ() -> None:
    here = quote("okx", "QNT", mark_price=60.0)
    stock = quote("bingx", "NCSKQNT2USD", mark_price=56.0)
    coins = [quote(exchange, "QNT", mark_price=60.0, asset=COIN) for exchange in ("gate", "mexc")]
    assert classify([here, stock, *coins], {})["okx", "QNT-USDT"] is COIN
    assert classify([here, stock], {})["okx", "QNT-USDT"] is TRADFI


def test_a_spelling_can_be_a_flag() -> None:
    found = classify([quote("bingx", "NCSKZYX2USD"), quote("bybit", "ZYX")], {})
    assert set(found.values()) == {TRADFI}


def test_without_flags_what_is_stored_stands_before_the_table() -> None:
    assert classify([quote("okx", "ZYX")], {HERE: Known("ZYX", TRADFI)})[HERE] is TRADFI
    assert classify([quote("okx", "TSLA")], {("okx", "TSLA-USDT"): Known("TSLA", COIN)})["okx", "TSLA-USDT"] is COIN
    assert classify([quote("okx", "TSLA")], {("okx", "TSLA-USDT"): Known("TSLA")})["okx", "TSLA-USDT"] is TRADFI
    assert classify([quote("okx", "TSLA", mark_price=None)], {})["okx", "TSLA-USDT"] is TRADFI
    assert classify([quote("okx", "ZYX", mark_price=None)], {})[HERE] is COIN


@given(st.randoms(use_true_random=False))
def test_the_order_of_quotes_changes_nothing(random: object) -> None:
    quotes = [
        quote("okx", "QNT"), quote("gate", "QNT", asset=COIN), quote("bybit", "QNT", asset=TRADFI), quote("mexc", "TSLA"),
    ]  # fmt: skip
    shuffled = list(quotes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert classify(shuffled, {}) == classify(quotes, {})


@pytest.mark.parametrize(
    "ticker", ["AAPL", "TSLA", "MSTR", "COIN", "SPY", "XAU", "EURUSD", "NATGAS", "tsla", "xyz:TSLA", "TSLA@gate"]
)
def test_well_known_names_are_in_the_table(ticker: str) -> None:
    assert is_tradfi(ticker)


@pytest.mark.parametrize("ticker", ["BTC", "CAT", "ARB", "PAXG", "XAUT", "DIA", "CVX", "ON", "T", "", "@gate"])
def test_coins_and_names_that_a_coin_bears_too_are_not(ticker: str) -> None:
    assert not is_tradfi(ticker)


def test_the_table_has_each_ticker_once_with_a_kind_and_a_name() -> None:
    rows = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")][1:]
    assert all(len(row) == 3 and all(row) for row in rows)
    assert max(Counter(ticker for ticker, *_ in rows).values()) == 1
    assert {kind for _, kind, _ in rows} == {"stock", "private", "etf", "index", "metal", "energy", "farm", "currency"}


def test_no_coin_with_a_rank_is_in_the_table() -> None:
    with real("coins", "coins_2026-05-12.csv").open(encoding="utf-8", newline="") as file:
        ranked = [row["symbol"] for row in csv.DictReader(file) if row["market_cap_rank"]]
    assert len(ranked) > 100
    assert not [symbol for symbol in ranked if is_tradfi(symbol)]


def test_the_stocks_of_a_real_market_are_told_from_its_coins() -> None:
    quotes = recorded_quotes()
    found = classify(quotes, {})
    exchanges: dict[AssetClass, Counter[str]] = defaultdict(Counter)
    for one in quotes:
        exchanges[found[key_of(one)]][one.exchange] += 1
    assert not exchanges[TRADFI].keys() & {"binance", "bitmex", "deribit", "hyperliquid"}
    assert all(exchanges[TRADFI][name] > 100 for name in ("bingx", "bitget", "bybit", "gate", "kucoin", "mexc"))
    big = {"BTC", "ETH", "SOL", "XRP", "DOGE", "PAXG", "XAUT", "QNT", "AAVE", "HYPE", "GRAM", "PEPE", "TRUMP"}
    assert not [one for one in quotes if base_coin(one.exchange, one.base).ticker in big and not one.base.startswith("NCSK")
                and "STOCK" not in one.base and found[key_of(one)] is TRADFI]  # fmt: skip
