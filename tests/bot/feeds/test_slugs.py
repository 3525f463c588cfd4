"""Which coin a ticker means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.base import QuotedPrice
from bot.feeds.slugs import Matching, changes, match
from scoring.model import PriceChanges

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def coin(coin_id: str, symbol: str, price: float, rank: int | None = None, pct_7d: float | None = 40.0) -> QuotedPrice:
    return QuotedPrice(coin_id, symbol, price, pct_24h=1.5, pct_7d=pct_7d, at=AT, rank=rank)


NOVA = coin("nova-network", "NOVA", 2.00, rank=120)
OTHER_NOVA = coin("nova-meme", "NOVA", 0.003, rank=640)


def test_the_best_ranked_coin_is_meant_when_its_price_agrees() -> None:
    bridged = coin("bridged-nova", "NOVA", 2.01, rank=800)
    assert match({"NOVA": 2.05}, [bridged, OTHER_NOVA, NOVA], {}).slugs == {"NOVA": "nova-network"}


def test_a_lower_ranked_coin_is_meant_when_only_its_price_agrees() -> None:
    assert match({"NOVA": 0.0031}, [NOVA, OTHER_NOVA], {}).slugs == {"NOVA": "nova-meme"}


def test_without_a_mark_the_best_rank_counts() -> None:
    assert match({"NOVA": None}, [OTHER_NOVA, NOVA], {}) == Matching({"NOVA": "nova-network"}, ())


def test_when_no_price_agrees_there_is_no_slug_and_it_is_said() -> None:
    assert match({"NOVA": 17.0}, [NOVA, OTHER_NOVA], {}) == Matching({}, ("NOVA",))


def test_a_ticker_that_no_coin_has_is_not_called_disagreeing() -> None:
    assert match({"ZZZ": 1.0, "YYY": None}, [NOVA], {}) == Matching({}, ())


@pytest.mark.parametrize(("mark", "agrees"), [(2.2, True), (2.21, False), (1.82, True), (1.81, False)])
def test_ten_percent_either_way_still_agree(mark: float, agrees: bool) -> None:
    assert bool(match({"NOVA": mark}, [NOVA], {}).slugs) is agrees


def test_an_override_holds_against_price_and_rank() -> None:
    found = match({"NOVA": 17.0, "Orb": None}, [NOVA], {"nova": "nova-two", "ORB": "orb-protocol"})
    assert found == Matching({"NOVA": "nova-two", "Orb": "orb-protocol"}, ())


def test_a_coin_given_away_by_an_override_is_not_given_twice() -> None:
    found = match({"NOVA": 2.0, "NOVA@bybit": 2.0}, [NOVA], {"NOVA@bybit": "nova-network"})
    assert found == Matching({"NOVA@bybit": "nova-network"}, ())


def test_a_token_kept_apart_never_goes_by_rank() -> None:
    assert match({"NOVA@bybit": None}, [NOVA], {}) == Matching({}, ())
    assert match({"NOVA@bybit": 0.003}, [NOVA, OTHER_NOVA], {}).slugs == {"NOVA@bybit": "nova-meme"}
    assert match({"NOVA@bybit": 0.003}, [NOVA], {}) == Matching({}, ("NOVA@bybit",))


def test_of_two_tokens_near_one_coin_the_nearer_has_it() -> None:
    found = match({"NOVA": 1.85, "NOVA@bybit": 2.06}, [NOVA], {})
    assert found == Matching({"NOVA@bybit": "nova-network"}, ("NOVA",))


def test_a_guess_by_rank_takes_only_what_the_prices_leave() -> None:
    found = match({"NOVA": None, "NOVA@bybit": 2.0}, [NOVA, OTHER_NOVA], {})
    assert found.slugs == {"NOVA@bybit": "nova-network", "NOVA": "nova-meme"}


def test_without_ranks_and_without_a_mark_only_the_unambiguous_coin_counts() -> None:
    one, two = coin("orb-a", "ORB", 1.0), coin("orb-b", "ORB", 5.0)
    assert match({"ORB": None}, [one], {}).slugs == {"ORB": "orb-a"}
    assert match({"ORB": None}, [one, two], {}).slugs == {}


def test_changes_are_the_services_own() -> None:
    matching = match({"NOVA": 2.0, "ORB": None}, [NOVA], {"ORB": "not-in-the-list"})
    assert changes(matching, [NOVA, OTHER_NOVA]) == {"NOVA": PriceChanges(1.5, 40.0, 2.0, "coingecko")}


def test_a_coin_without_any_change_says_nothing() -> None:
    silent = QuotedPrice("nova-network", "NOVA", 2.0, pct_24h=None, pct_7d=None, at=AT)
    assert changes(match({"NOVA": 2.0}, [silent], {}), [silent]) == {}


TICKERS = st.sampled_from(["NOVA", "ORB", "NOVA@bybit", "NOVA@gate"])
PRICES = st.sampled_from([0.9, 1.0, 1.05, 1.09, 1.2, 3.0]) | st.floats(1e-9, 1e6)
COINS = st.lists(
    st.builds(
        coin,
        st.sampled_from("abcdefgh"),
        st.sampled_from(["NOVA", "ORB"]),
        PRICES,
        st.none() | st.integers(1, 5),
    ),
    unique_by=lambda one: one.coin_id,
)


@given(st.dictionaries(TICKERS, st.none() | PRICES), COINS, st.data())
def test_the_order_of_the_candidates_does_not_matter(
    tickers: dict[str, float | None], coins: list[QuotedPrice], data: st.DataObject
) -> None:
    assert match(tickers, data.draw(st.permutations(coins)), {}) == match(tickers, coins, {})


@given(st.dictionaries(TICKERS, st.none() | PRICES), COINS)
def test_no_coin_goes_to_two_tickers_and_none_against_its_price(
    tickers: dict[str, float | None], coins: list[QuotedPrice]
) -> None:
    found = match(tickers, coins, {})
    of = {one.coin_id: one for one in coins}
    assert len(set(found.slugs.values())) == len(found.slugs)
    assert not set(found.disagreeing) & found.slugs.keys()
    for ticker, slug in found.slugs.items():
        mark = tickers[ticker]
        assert of[slug].symbol == ticker.partition("@")[0]
        if mark is None:
            assert "@" not in ticker
        else:
            assert max(of[slug].price, mark) <= 1.1 * min(of[slug].price, mark) * (1 + 1e-12)
