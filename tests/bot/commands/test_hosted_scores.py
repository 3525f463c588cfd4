"""Lists, cards and subscriptions on the scores of a hosted service."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.views.elements import Table, View
from scoring.model import Signal
from storage import Storage
from tests.builders_hosted import given, put
from tests.builders_market import ask, fill
from tests.builders_storage import settlements, steady

LATER = timedelta(minutes=12)
NOT_OURS = "as given by Sharpe; tocsin did not compute it"


def said(view: View) -> str:
    return "\n".join([view.title, *(str(element) for element in view.body)])


def tables(view: View) -> list[Table]:
    return [element for element in view.body if isinstance(element, Table)]


@pytest.fixture
def market(storage: Storage) -> Storage:
    put(storage, given(6.9), given(8.7, signal=Signal.SELLING))
    return storage


@pytest.mark.parametrize(("line", "score"), [("/pump", 6.9), ("/selling", 8.7)])
def test_a_list_shows_what_was_given_and_by_whom(market: Storage, line: str, score: float) -> None:
    view = ask(market, line, after=LATER)
    (coin,) = view.data["coins"]  # type: ignore[misc]
    assert (coin["symbol"], coin["score"], coin["source"]) == ("MOON", score, "sharpe")
    assert coin["updated_at"] == "2026-04-26T12:00:00Z"
    assert coin["price_source"] == "sharpe"
    assert NOT_OURS in str(view.data["signal"]["methodology"])  # type: ignore[call-overload, index]
    assert NOT_OURS in str(view.data["description"])
    assert NOT_OURS in said(view)
    assert "as given by Sharpe, updated 12 min ago" in said(view)
    assert "settlement" not in said(view)
    assert tables(view)[0].columns[-1].title == "negative now"


def test_a_list_of_our_own_does_not_name_a_service(storage: Storage) -> None:
    fill(storage)
    view = ask(storage, "/pump")
    assert "as given" not in said(view) + str(view.data)
    assert view.data["coins"][0]["source"] == "own"  # type: ignore[index, call-overload]


def test_an_empty_list_still_says_whose_it_is(storage: Storage) -> None:
    put(storage, given(8.7, signal=Signal.SELLING))
    view = ask(storage, "/pump")
    assert "No coin passes the gate now." in said(view)
    assert "as given by Sharpe, updated under 1 min ago" in said(view)


def test_a_card_has_no_arithmetic_and_the_rates_of_this_moment(market: Storage) -> None:
    view = ask(market, "/coin moon", after=LATER)
    assert f"Pump & dump: 6.9 of 10, {NOT_OURS}" in said(view)
    assert f"Short pressure (insider selling): 8.7 of 10, {NOT_OURS}" in said(view)
    (rates,) = tables(view)
    assert [column.title for column in rates.columns] == ["exchange", "contract", "rate now", "APR"]
    assert rates.rows[0] == ("Binance", "MOONUSDT", "−0.0400 %", "−43.8 %")
    assert "as given by Sharpe, updated 12 min ago" in said(view)
    assert "settle" not in said(view)
    assert "median" not in said(view)
    assert "7 d change from Sharpe." in said(view)
    pump = view.data["pump"]
    assert (pump["score"], pump["updated_at"]) == (6.9, "2026-04-26T12:00:00Z")  # type: ignore[index, call-overload]


def test_a_card_says_that_the_service_gives_no_score(market: Storage) -> None:
    put(market, given(6.9))
    assert "Short pressure (insider selling): no score, for Sharpe gives none." in said(ask(market, "/coin MOON"))


def test_a_coin_without_an_exchange_behind_it_has_no_table_and_will_not_ring(storage: Storage) -> None:
    put(storage, given(6.9, exchanges=()))
    view = ask(storage, "/coin MOON")
    assert tables(view) == []
    assert "It is listed, and will not ring: an alert needs 3 exchanges" in said(view)
    assert tables(ask(storage, "/pump"))[0].rows[0][-1] == "–"


def test_our_own_funding_is_shown_where_there_is_some(market: Storage) -> None:
    with market.write() as tx:
        tx.funding.add(settlements(steady("okx", "MOON", -0.0002)))
    view = ask(market, "/coin MOON")
    (votes,) = tables(view)
    assert votes.rows == (("OKX", "MOONUSDT", "−0.0200 %", "−21.9 %", "9", "72 h"),)
    assert f"6.9 of 10, {NOT_OURS}" in said(view)


def test_a_new_subscription_is_answered_with_what_stands_at_the_service(market: Storage) -> None:
    view = ask(market, "/alert pump min=6")
    assert "MOON 6.9" in said(view)
