"""Which coins a subscription rings for, how they come together, and what one looks like in full."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.holding import Digest
from bot.alerts.matching import Wish
from bot.commands import COMMANDS
from bot.commands.base import ChatRef, Request
from bot.commands.parse import find_command, parse_args, parse_line
from bot.commands.wishes import default_wish, wish_of
from bot.feeds.exchanges import EXCHANGES
from bot.settings import AlertSettings, ScoringSettings
from bot.views.alerts import describe, typed
from bot.views.elements import Table, Tone, View
from scoring.model import Side, Signal
from storage import Storage
from tests.builders_market import ask, fill
from tests.builders_storage import NOW


@pytest.fixture
def market(storage: Storage) -> Storage:
    fill(storage)
    return storage


def wish(storage: Storage, line: str) -> Wish:
    view = ask(storage, line)
    assert view.tone is Tone.ANSWER, view.title
    return Wish.from_json(view.data["wish"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed_as", "names"),
    [
        ("binance,okx", ("binance", "okx")), ("OKX", ("okx",)), ("Gate.io", ("gate",)), ("huobi", ("htx",)),
        ("okx binance bybit", ("binance", "bybit", "okx")), ("none", ()), ("okx,OKX", ("okx",)),
    ],
)  # fmt: skip
def test_exchanges_are_named_as_people_write_them(market: Storage, typed_as: str, names: tuple[str, ...]) -> None:
    assert wish(market, f"/alert pump exchanges={typed_as}").exchanges == names


@pytest.mark.parametrize(
    ("before", "typed_as", "names"),
    [
        ("binance,okx", "+gate", ("binance", "gate", "okx")), ("binance,okx", "-okx", ("binance",)),
        ("binance,okx", "−OKX +Gate.io", ("binance", "gate")), ("binance", "+okx,gate", ("binance", "gate", "okx")),
        ("binance,okx", "-binance,-okx", ()), ("binance", "+okx,-okx,+gate", ("binance", "gate")), ("okx", "-gate,+mexc", ("mexc", "okx")),
    ],
)  # fmt: skip
def test_a_list_is_changed_by_what_is_put_in_and_taken_out(
    market: Storage, before: str, typed_as: str, names: tuple[str, ...]
) -> None:
    ask(market, f"/alert pump exchanges={before}")
    assert wish(market, f"/alert change 1 exchanges={typed_as}").exchanges == names


def test_coins_and_companies_are_put_in_and_taken_out_too(market: Storage) -> None:
    ask(market, "/alert pump coins=PUMP")
    assert wish(market, "/alert change 1 coins=+SHRT,-PUMP").coins == ("SHRT",)
    ask(market, "/alert clusters tickers=NVDA")
    assert wish(market, "/alert change 2 tickers=+ACME").tickers == ("ACME", "NVDA")
    assert "There is no coin NOPE" in ask(market, "/alert change 1 coins=+NOPE").title


def test_an_exchange_that_has_closed_never_rings(market: Storage) -> None:
    assert wish(market, "/alert pump exchanges=bitmex").exchanges == ("bitmex",)  # open at that time
    view = ask(market, "/alert pump exchanges=bitmex", after=timedelta(days=200))
    assert "BitMEX ended futures trading: that would never ring" in view.title
    assert ask(market, str(view.data["example"]), after=timedelta(days=200)).tone is Tone.ANSWER


def test_filters_are_told_changed_and_taken_away(market: Storage) -> None:
    view = ask(market, "/alert pump exchanges=okx min_change=5 min_streak=3 digest=daily")
    assert view.title.endswith("only with OKX, +5.0 % or more in 7 d, a streak of 3 days or more, in a daily digest")
    changed = wish(market, "/alert change 1 exchanges=any min_change=off min_streak=0 digest=off")
    assert changed == Wish(Signal.PUMP, 3.0)


def test_a_digest_is_for_clusters_too(market: Storage) -> None:
    assert wish(market, "/alert clusters digest=daily").digest is Digest.DAILY
    assert wish(market, "/alert selling daily").digest is Digest.DAILY


def test_what_stands_honours_the_filters(market: Storage) -> None:
    assert ask(market, "/alert pump min=5 min_change=90").data["matching_now"] == ["PUMP 5.3"]
    assert ask(market, "/alert pump min=5 min_change=95").data["matching_now"] == []
    assert ask(market, "/alert pump min=5 exchanges=mexc").data["matching_now"] == []


NUMBERS = st.integers(0, 100).map(lambda tenths: tenths / 10)
COIN_WISHES = st.builds(
    Wish,
    signal=st.sampled_from([Signal.PUMP, Signal.SELLING]),
    minimum=NUMBERS,
    step=st.integers(1, 100).map(lambda tenths: tenths / 10),
    resolve=st.booleans(),
    exchanges=st.sets(st.sampled_from(sorted(EXCHANGES)), max_size=3).map(lambda names: tuple(sorted(names))),
    min_change=st.none() | st.integers(-1000, 100_000).map(lambda tenths: tenths / 10),
    min_streak=st.integers(0, 365),
    digest=st.sampled_from(Digest),
)
CLUSTER_WISHES = st.builds(
    Wish,
    signal=st.just(Signal.CLUSTERS),
    minimum=st.integers(1, 50).map(float),
    side=st.none() | st.sampled_from(Side),
    days=st.integers(1, 365),
    min_value=st.integers(0, 10**9).map(float),
    plan=st.booleans(),
    digest=st.sampled_from(Digest),
)


@given(COIN_WISHES | CLUSTER_WISHES)
def test_a_wish_that_is_typed_out_makes_the_same_wish(wished: Wish) -> None:
    name, rest = parse_line(f"/alert {typed(wished)}")
    args = parse_args(find_command(name, COMMANDS), rest, lambda _, text: text)
    request = Request(args, ChatRef("console", "a", "b"), NOW, None, ScoringSettings(), AlertSettings())  # type: ignore[arg-type]
    assert wish_of(default_wish(Signal(args["what"]), request.alerts), request) == wished
    assert describe(wished)


def tables(view: View) -> list[list[list[str]]]:
    return [[[str(cell) for cell in row] for row in one.rows] for one in view.body if isinstance(one, Table)]


def test_one_subscription_is_shown_with_what_stands_and_buttons_that_change_it(market: Storage) -> None:
    ask(market, "/alert pump min=5")
    ask(market, "/settings zone=Tokyo")
    view = ask(market, "/alerts 1")
    assert view.title.startswith("Subscription 1: pump & dump ≥ 5")
    assert tables(view)[0] == [["PUMP", "5.3", "5.3", "21:00"]]
    commands = [button.command for button in view.buttons]
    assert commands == [
        "/alert change 1 min=4.5", "/alert change 1 min=5.5", "/alert change 1 step=0.5", "/alert change 1 step=2",
        "/alert change 1 resolve=yes", "/alerts 1 coins", "/alerts 1 exclude", "/alerts 1 exchanges", "/alerts 1 price",
        "/alerts 1 digest", "/mute 8h", "/settings menu=quiet", "/alert off 1", "/alerts",
    ]  # fmt: skip
    for command in commands:
        assert ask(market, command).tone is Tone.ANSWER


def test_one_of_clusters_names_them(market: Storage) -> None:
    ask(market, "/alert clusters")
    ((row,),) = tables(ask(market, "/alerts 1"))[:1]
    assert row[0].startswith("3 insiders bought $3.3K of Acme Inc (ACME)")
    assert row[1:] == ["3", "3", "12:00"]


def test_the_list_says_what_is_muted(market: Storage) -> None:
    ask(market, "/alert pump min=5")
    ask(market, "/mute PUMP 8h")
    assert "Muted: PUMP until 20:00." in str(ask(market, "/alerts").body)
    assert "Muted: PUMP until 20:00." in str(ask(market, "/alerts 1").body)
