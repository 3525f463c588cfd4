"""Whose numbers they are, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.views.sources import Service, as_given, given_stamp, price_note, service_title
from scoring.model import PriceChanges
from storage import Storage
from tests.builders_market import ask, fill
from tests.builders_storage import NOW


def test_a_service_is_named_as_people_write_it() -> None:
    assert as_given("sharpe") == "as given by Sharpe; tocsin did not compute it"
    assert [service_title(name) for name in ("sharpe", "another", "")] == ["Sharpe", "another", "a hosted service"]
    stamp = given_stamp(Service("sharpe", NOW - timedelta(minutes=41)), NOW)
    assert stamp == "as given by Sharpe, updated 41 min ago"


@pytest.mark.parametrize(
    ("sources", "note"),
    [
        ("", ""),
        ("coingecko coingecko", ""),
        ("marks marks", "7 d change from our own marks."),
        ("candles", "7 d change from an exchange's candles."),
        ("import", "7 d change from imported prices."),
        ("marks coingecko", "7 d change from our own marks: A; the others from CoinGecko."),
        ("marks import marks", "7 d change from imported prices: B; from our own marks: A, C."),
        (
            "marks marks marks marks marks coingecko",
            "7 d change from our own marks: A, B, C and 2 more; the others from CoinGecko.",
        ),
    ],
)
def test_a_change_that_is_not_coingeckos_says_where_it_is_from(sources: str, note: str) -> None:
    prices = {
        coin: PriceChanges(1.0, 2.0, 3.0, source) for coin, source in zip("ABCDEF", sources.split(), strict=False)
    }
    assert price_note(prices | {"UNKNOWN": PriceChanges(1.0, None, 3.0, "marks")}) == note


@pytest.mark.parametrize("line", ["/pump", "/selling", "/coin PUMP"])
def test_lists_and_cards_name_the_source_of_the_price_change(storage: Storage, line: str) -> None:
    fill(storage)
    view = ask(storage, line)
    assert "7 d change from imported prices." in str(view.body)
    found = view.data["pump"] if line.startswith("/coin") else view.data["coins"][0]  # type: ignore[index, call-overload]
    assert found["price_source"] == "import"  # type: ignore[index, call-overload]


def test_a_change_from_coingecko_is_not_mentioned(storage: Storage) -> None:
    fill(storage)
    with storage.write() as tx:
        tx.prices.put_changes({"PUMP": PriceChanges(1.0, 93.0, 2.0)}, "coingecko", NOW)
    view = ask(storage, "/coin PUMP")
    assert "change from" not in str(view.body)
    assert view.data["price_source"] == "coingecko"
