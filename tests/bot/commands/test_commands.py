"""Every command against a small market."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.commands import COMMANDS
from bot.commands.base import ChatRef
from bot.views.elements import Table, Tone, View
from scoring.model import FundingRate, Margin, Pair
from storage import Storage
from tests.builders_market import ask, fill
from tests.builders_storage import NOW, settlements, steady


@pytest.fixture
def market(storage: Storage) -> Storage:
    fill(storage)
    return storage


def text_of(view: View) -> str:
    return "\n".join([view.title, *(str(element) for element in view.body)])


def test_pump_lists_who_qualifies_and_offers_the_subscription_at_that_threshold(market: Storage) -> None:
    view = ask(market, "/pump min=5")
    (coin,) = view.data["coins"]  # type: ignore[misc]
    assert coin["symbol"] == "PUMP"
    assert coin["coin_id"] == "pump-coin"
    assert coin["score"] == 5.3
    assert coin["avg_funding_72h"] == -0.0004
    assert (coin["funding_magnitude"], coin["pump_magnitude"], coin["divergence_persistence"]) == (0.8, 0.66, 1.0)
    assert coin["price_funding_divergence"] == coin["pump_magnitude"]
    assert coin["consecutive_negative_days"] >= 39
    assert coin["price_change_7d"] == 93.0
    assert coin["updated_at"] == "2026-04-26T12:00:00Z"
    assert view.buttons[0].command == "/alert pump min=5"
    assert view.data["count"] == 1


def test_pump_says_who_is_highest_when_nobody_qualifies(market: Storage) -> None:
    view = ask(market, "/pump min=9")
    assert view.data["count"] == 0
    assert "The highest now is PUMP with 5.3" in text_of(view)


def test_selling_is_not_mistaken_for_insiders_share_sales(market: Storage) -> None:
    view = ask(market, "/selling limit=1")
    (coin,) = view.data["coins"]  # type: ignore[misc]
    assert (coin["symbol"], coin["score"], coin["funding_magnitude"], coin["funding_persistence"]) == (
        "SHRT",
        10.0,
        10.0,
        10.0,
    )
    assert "Short pressure (insider selling)" in view.title
    assert "not share sales" in text_of(view)
    assert "limit=2" in text_of(view)


def test_clusters_have_the_documents_fields(market: Storage) -> None:
    (cluster,) = ask(market, "/clusters").data["clusters"]  # type: ignore[misc]
    assert cluster["ticker"] == "ACME"
    assert (cluster["insider_count"], cluster["total_value"], cluster["net_shares"]) == (3, 3300.0, 300.0)
    assert (cluster["cluster_type"], cluster["sector"], cluster["industry"]) == ("BUY", "Technology", "Semiconductors")
    assert len(cluster["insiders"]) == 3


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ("side=sell", 0), ("side=buy", 1), ("days=1", 0), ("min_insiders=4", 0), ("min_value=3k", 1), ("min_value=1m", 0),
        ("sector=technology", 1), ("sector=Energy", 0), ("industry=semiconductors", 1), ("ticker=acme", 1), ("ACME", 1),
    ],
)  # fmt: skip
def test_clusters_are_filtered(market: Storage, arguments: str, found: int) -> None:
    assert ask(market, f"/clusters {arguments}").data["count"] == found


def test_one_ticker_is_shown_in_full(market: Storage) -> None:
    view = ask(market, "/clusters ticker=ACME")
    assert "3 insiders bought $3.3K of Acme Inc (ACME)" in text_of(view)
    assert "https://www.sec.gov/Archives/edgar/data/1/" in text_of(view)


def test_funding_shows_the_last_settlement_where_there_is_no_live_rate(market: Storage) -> None:
    rows = ask(market, "/funding pump").data["data"]
    assert [row["exchange"] for row in rows] == ["binance", "bybit", "okx"]  # type: ignore[union-attr, index, call-overload]
    first = rows[0]  # type: ignore[index, call-overload]
    assert first["basis"] == "settled"
    assert (first["rate"], first["rate_8h"], first["apr"]) == (-0.0004, -0.0004, -0.438)
    assert first["next_funding_time"] == "2026-04-26T16:00:00Z"


@pytest.mark.parametrize(("age", "shown"), [(6, True), (6.01, False)])
def test_a_live_rate_is_shown_for_six_hours_after_it_was_read(storage: Storage, age: float, shown: bool) -> None:
    rate = FundingRate("okx", "X-USDT-SWAP", "X", 0.0001, 4, None, NOW)
    with storage.write() as tx:
        tx.pairs.put([Pair("okx", "X-USDT-SWAP", "X", Margin.USDT)])
        tx.funding.put_rates([rate])
    rows = ask(storage, "/funding X", after=timedelta(hours=age)).data["data"]
    assert bool(rows) is shown


def test_an_old_settlement_does_not_stand_for_the_present(market: Storage) -> None:
    view = ask(market, "/funding PUMP", after=timedelta(hours=6))
    assert view.data["data"] == []
    assert "3 contracts left out" in text_of(view)


def test_accumulated_and_history_are_the_documents(market: Storage) -> None:
    first = ask(market, "/funding PUMP type=accumulated").data["data"][0]  # type: ignore[index, call-overload]
    assert (first["acc_7d"], first["settlements_7d"], first["acc_90d"], first["settlements_90d"]) == (
        -0.0084,
        21,
        None,
        None,
    )
    rows = ask(market, "/funding PUMP type=history days=1").data["data"]
    assert len(rows) == 9  # type: ignore[arg-type]
    times = [(row["settled_at"], row["exchange"]) for row in rows]  # type: ignore[union-attr, index, call-overload]
    assert times == sorted(times)


def test_a_coin_shows_the_arithmetic_of_both_scores(market: Storage) -> None:
    view = ask(market, "/coin Pump Coin")
    assert view.title == "PUMP · Pump Coin"
    assert "min(1, 0.00040000 / 0.0005)" in text_of(view)
    assert set(view.data) >= {"pump", "selling"}
    calm = ask(market, "/coin calm")
    assert "for its 72-hour funding is not negative" in text_of(calm)


def test_a_subscription_does_not_ring_for_what_stands_and_shows_it(market: Storage) -> None:
    view = ask(market, "/alert pump min=5")
    assert "Subscribed: subscription 1, pump & dump ≥ 5" in view.title
    assert "PUMP 5.3" in text_of(view)
    with market.read() as tx:
        assert tx.outbox.counts() == {}
        (episode,) = tx.episodes.of([1])
    assert (episode.key, episode.opened_at, episode.closed_at) == ("PUMP", NOW, None)


def test_a_subscription_is_listed_changed_and_deleted(market: Storage) -> None:
    ask(market, "/alert pump")
    ask(market, '/alert clusters min=2 sector="technology" min_value=1m tickers=acme,brk.b')
    assert [one["minimum"] for one in ask(market, "/alerts").data["subscriptions"]] == [3.0, 2.0]  # type: ignore[union-attr, index, call-overload]
    changed = ask(market, "/alert change 1 min=6 resolve=yes exclude=calm")
    assert "≥ 6, again every +1, and when it is over, not CALM" in changed.title
    assert ask(market, "/alert off 2").title.startswith("Deleted subscription 2")
    assert len(ask(market, "/alerts").data["subscriptions"]) == 1  # type: ignore[arg-type]


def test_what_a_button_offers_to_make_again_makes_the_same(market: Storage) -> None:
    ask(market, "/alert clusters min=4 side=both days=90 min_value=250k sector=energy plan=no")
    before = ask(market, "/alerts").data["subscriptions"][0]  # type: ignore[index, call-overload]
    again = ask(market, ask(market, "/alert off 1").buttons[0].command)
    assert again.tone is Tone.ANSWER
    after = ask(market, "/alerts").data["subscriptions"][0]  # type: ignore[index, call-overload]
    assert {**before, "id": 0} == {**after, "id": 0}


def test_chats_do_not_touch_each_others_subscriptions(market: Storage) -> None:
    ask(market, "/alert pump")
    other = ChatRef("console", "elsewhere", "you")
    assert ask(market, "/alert off 1", chat=other).tone is Tone.ERROR
    assert len(ask(market, "/alerts").data["subscriptions"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "message", "example"),
    [
        ("/pumo", "did you mean /pump?", "/pump min=6"),
        ("/xyzzy", "/help lists them all", "/help"),
        ("", "type a command", "/help"),
        ("/pump min=11", "min=11 is out of range; min is a number from 0 to 10", "/pump min=6"),
        ("/pump min=-1", "out of range", "/pump min=6"),
        ("/pump min=abc", "min=abc is not a number from 0 to 10", "/pump min=6"),
        ("/pump min=nan", "is not a number", "/pump min=6"),
        ("/pump limit=2.5", "limit=2.5 is not a whole number from 1 to 500", "/pump limit=20"),
        ("/pump mim=6", "did you mean min?", "/pump min=6"),
        ("/pump min=6 min=7", "min is given twice", "/pump min=6"),
        ("/pump min=", "min= has no value", "/pump min=6"),
        ("/pump hello", "'hello' cannot be placed", "/pump min=6"),
        ("/clusters days=0", "days=0 is out of range; days is a whole number from 1 to 365", "/clusters days=90"),
        ("/clusters sector=Helthcare", "did you mean Healthcare?", "/clusters sector=Healthcare"),
        ("/clusters sector=qqq", "allowed: Basic Materials, Communication Services", "/clusters sector=Technology"),
        ("/clusters side=hold", "side=hold is not known", "/clusters side=buy"),
        ("/clusters min_value=lots", "is not an amount such as 250k or 1m", "/clusters min_value=1m"),
        ("/clusters ticker=ZZZZ", "No filing of ZZZZ is stored", "/clusters"),
        ("/funding type=history", "needs a coin", "/funding BTC type=history"),
        ("/funding limit=5 cursor=xyz", "cursor=xyz is no cursor", "/funding limit=5"),
        ("/funding cursor=", "cursor= has no value", "/funding limit=20"),
        ("/funding limit=0", "limit is a whole number from 1 to 5000", "/funding limit=200"),
        ("/funding type=histori", "did you mean history?", "/funding BTC type=history"),
        ("/funding PUMPP", "There is no coin PUMPP; did you mean PUMP?", "/funding PUMP"),
        ("/funding PUMP type=histori", "did you mean history?", "/funding BTC type=history"),
        ("/coin nothinglikeit", "There is no coin nothinglikeit", "/coin"),
        ("/alert", "needs what", "/alert pump min=6"),
        ("/alert pumps", "did you mean pump?", "/alert"),
        ("/alert pump min=11", "min is a score from 0 to 10", "/alert pump min=6"),
        ("/alert clusters min=2.5", "a whole number from 1 to 50", "/alert clusters min=3"),
        ("/alert pump sector=Energy", "sector is not for pump; it takes min, step", "/alert pump min=6"),
        ("/alert clusters step=2", "step is not for clusters", "/alert clusters min=3"),
        ("/alert pump coins=NOPE", "There is no coin NOPE", "coins="),
        ("/alert off", "Which one?", "/alert off 3"),
        ("/alert off 99", "no subscription 99; it has none yet", "/alerts"),
        ("/why zzzzzz", "No alert #zzzzzz went to this chat", "/missed"),
        ("/help pumpp", "did you mean /pump?", "/pump min=6"),
        ("/", "type a command", "/help"),
        ("/pump 6", "6 stands alone; did you mean min=6?", "/pump min=6"),
        ("/pump min= limit=5", "min= has no value", "/pump min=6"),
        ("/pump min=1,000", "min=1,000 is not a number from 0 to 10", "/pump min=6"),
        ("/pump min='6\n7'", "min=6 7 is not a number", "/pump min=6"),
        ("/pump min=" + "9" * 500, "…", "/pump min=6"),
        ("/clusters side=buy sell", "side is given twice: buy and sell", "/clusters side=buy"),
        ("/clusters sector=Helthcare", "Technology, Utilities", "/clusters sector=Healthcare"),
        ("/clusters industry=Biotechnologie", "did you mean Biotechnology?", "/clusters industry=Biotechnology"),
        ("/clusters industry=qqq", "for example", "/clusters industry=Biotechnology"),
        ("/clusters min_value=1.000", "is not an amount", "/clusters min_value=1m"),
        ("/clusters min_value=-5", "out of range; min_value is an amount such as 250k or 1m, 0 or more", "/clusters min_value=1m"),
        ("/clusters ACMEE", "No filing of ACMEE is stored; did you mean ACME?", "/clusters ticker=ACME"),
        ("/clusters ticker=ACME,MSFT", "There is no company ACME,MSFT in the filings; did you mean ACME?", "/clusters ticker=ACME"),
        ("/clusters real estate", "did you mean sector=Real Estate?", "/clusters sector=Real Estate"),
        ("/clusters sector=", "sector= has no value; allowed: Basic Materials, Communication Services", "/clusters sector=Technology"),
        ("/clusters plan=maybe", "plan=maybe is not yes or no", "/clusters plan=no"),
        ("/clusters days=366", "days is a whole number from 1 to 365", "/clusters days=90"),
        ("/clusters min_insiders=0", "min_insiders is a whole number from 1 to 50", "/clusters min_insiders=3"),
        ("/alert pump plan=no", "plan is not for pump", "/alert pump min=6"),
        ("/clusters ticker=technology", "did you mean sector=Technology?", "/clusters sector=Technology"),
        ("/coin ''", "coin= has no value", "/coin PEPE"),
        ("/alert pump 6", "did you mean min=6?", "/alert pump min=6"),
        ("/alert pump min=60", "min is a score from 0 to 10", "/alert pump min=6"),
        ("/alert pump min=-1", "min is a score from 0 to 10", "/alert pump min=6"),
        ("/alert clusters min=60", "a whole number from 1 to 50", "/alert clusters min=3"),
        ("/alert clusters days=0", "out of range", "/alert clusters days=90"),
        ("/alert clusters sector=qqq", "allowed:", "/alert clusters sector=Technology"),
        ("/alert pump coins=PUMPP", "did you mean PUMP?", "/alert pump coins=PUMP"),
        ("/alert pump coins=,", "coins=, names nothing", "/alert pump coins=PEPE,WIF"),
        ("/alert pump coins=PUMP exclude=PUMP,CALM", "would never ring", "/alert pump coins=PUMP"),
        ("/alert clusters tickers=???", "??? is no ticker", "/alert clusters tickers=BRK-A"),
        ("/alert off x", "id=x is not a whole number", "/alert off 3"),
        ("/alert change 99 min=4", "no subscription 99", "/alerts"),
        ("/why #", "Which alert?", "/why k3f9xz"),
        ("/alert pump exchanges=binanc", "There is no exchange binanc; did you mean Binance?", "/alert pump exchanges=binance"),
        ("/alert pump exchanges=xxxxxxx", "there are binance, bybit, okx", "/alert pump exchanges=binance,okx"),
        ("/alert pump exchanges=,", "names nothing", "/alert pump exchanges=binance,okx"),
        ("/alert clusters exchanges=okx", "exchanges is not for clusters", "/alert clusters min=3"),
        ("/alert pump min_change=-101", "min_change is a number from -100 to 10000, or off", "/alert pump min_change=5"),
        ("/alert pump min_streak=400", "min_streak is a whole number from 0 to 365", "/alert pump min_streak=3"),
        ("/alert pump digest=hourly", "digest=hourly is not known; allowed: off, refresh, daily", "/alert pump digest=daily"),
        ("/alerts 99", "no subscription 99; it has none yet", "/alerts"),
        ("/alerts x", "id=x is not a whole number", "/alerts 3"),
        ("/mute 8", "8 has no unit; did you mean 8h?", "/mute 8h"),
        ("/mute for=8", "for=8 has no unit; did you mean 8h?", "/mute 8h"),
        ("/mute 2y", "for=2y is out of range; for is at least 1m and at most a year (365d)", "/mute 8h"),
        ("/mute 0h", "out of range", "/mute 8h"),
        ("/mute for=ever", "for=ever is not a length of time such as 30m, 8h, 2d or 1w", "/mute 8h"),
        ("/mute PUMPP 2d", "There is no coin or company PUMPP; did you mean PUMP?", "/mute PUMP 1d"),
        ("/mute ACMEE 2d", "did you mean ACME?", "/mute ACME 1d"),
        ("/mute technology 2d", "There is no coin or company technology; /mute 8h mutes the whole chat", "/mute 8h"),
        ("/unmute", "Nothing is muted in this chat", "/mute"),
        ("/unmute PUMP", "Nothing is muted in this chat", "/mute"),
        ("/settings zone=Europe/Berlim", "did you mean Europe/Berlin?", "/settings zone=Europe/Berlin"),
        ("/settings zone=Berlim", "did you mean Europe/Berlin?", "/settings zone=Europe/Berlin"),
        ("/settings zone=UTC+2", "UTC+2 is an offset, which is wrong when clocks change", "/settings zone=Europe/Berlin"),
        ("/settings zone=GMT+15", "no large city has that offset now", "/settings zone=Europe/Berlin"),
        ("/settings zone=PST", "did you mean America/Los_Angeles?", "/settings zone=America/Los_Angeles"),
        ("/settings zone=qqqqqq", "give a city, or a name such as Europe/Berlin", "/settings zone=Europe/Berlin"),
        ("/settings quiet=22", "quiet=22 is not from when to when, such as 22:00-07:00, or off", "/settings quiet=22:00-07:00"),
        ("/settings quiet=25:00-07:00", "is not from when to when", "/settings quiet=22:00-07:00"),
        ("/settings quiet=8-8", "begins when it ends; quiet=off takes it away", "/settings quiet=off"),
        ("/settings urgent=11", "urgent is a number from 0 to 10, or off", "/settings urgent=9"),
        ("/settings cap=0", "cap is a whole number from 1 to 10000, or off", "/settings cap=50"),
        ("/settings digest_at=25:00", "is not a time of day such as 08:00", "/settings digest_at=08:00"),
        ("/settings silent=maybe", "silent=maybe is not yes or no", "/settings silent=yes"),
        ("/settings sound=no", "/settings has no sound", "/settings"),
        ("/missed since=8", "since=8 has no unit; did you mean 8h?", "/missed since=8h"),
        ("/missed since=yore", "is not a length of time such as 8h, or an instant such as", "/missed since=8h"),
        ("/missed since=2026-02-31", "is not a length of time", "/missed since=8h"),
        ("/missed since=2031-01-01", "since=2031-01-01T00:00 lies in the future", "/missed since=8h"),
        ("/missed ref=#", "Which message?", "/missed since=8h"),
        ("/missed ref=zzzzz", "No alert #zzzzz went to this chat", "/missed"),
        ("/missed cursor=xyz", "cursor=xyz is no cursor", "/missed"),
        ("/forget sure=maybe", "sure=maybe is not yes or no", "/forget sure=yes"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_line_with_the_way_out_and_changes_nothing(
    market: Storage, line: str, message: str, example: str
) -> None:
    view = ask(market, line)
    assert view.tone is Tone.ERROR
    assert message in view.title
    assert "\n" not in view.title
    assert example in str(view.data["example"])
    with market.read() as tx:
        assert tx.subscriptions.active() == ()
    way_out = ask(market, str(view.data["example"]))
    # The examples of /help name coins, companies and IDs that this small market does not have.
    unknown = ("There is no coin", "No filing of", "This chat has no subscription", "No alert #")
    assert way_out.tone is Tone.ANSWER or way_out.title.startswith(unknown)


def test_the_same_wish_twice_is_answered_with_the_first(market: Storage) -> None:
    ask(market, "/alert pump min=6")
    assert "it is subscription 1" in ask(market, "/alert pump min=6").title


def test_every_example_works(market: Storage) -> None:
    ask(market, "/alert pump")
    needs_data = {"funding": "BTC", "coin": "PEPE", "why": "k3f9xz"}
    for command in COMMANDS:
        line = command.example
        for name, example in needs_data.items():
            if command.name == name:
                line = line.replace(example, "PUMP")
        view = ask(market, line)
        assert view.tone is Tone.ANSWER or command.name == "why", (line, view.title)


def test_no_view_has_an_empty_table(market: Storage) -> None:
    for line in (
        "/start",
        "/help",
        "/help pump",
        "/status",
        "/pump",
        "/clusters side=sell",
        "/alerts",
        "/funding CALM",
    ):
        for element in ask(market, line).body:
            assert not isinstance(element, Table) or element.rows


def test_an_empty_database_answers_everything(storage: Storage) -> None:
    for line in ("/start", "/help", "/pump", "/selling min=3", "/clusters", "/alerts", "/status", "/alert pump"):
        assert ask(storage, line).tone is Tone.ANSWER
    assert "no funding is stored" in ask(storage, "/funding BTC").title


def test_status_tells_the_age_of_each_source(market: Storage) -> None:
    view = ask(market, "/status", after=timedelta(days=2))
    assert "2 d" in text_of(view)
    assert "stale" in text_of(view)
    assert view.data["newest_settlements"]["okx"] == "2026-04-26T08:00:00Z"  # type: ignore[index, call-overload]


def test_pump_takes_the_documents_name_of_the_minimum(market: Storage) -> None:
    assert ask(market, "/pump min_score=5").data == ask(market, "/pump min=5").data


def test_a_score_that_only_rounds_up_to_the_minimum_is_not_shown_as_reaching_it(market: Storage) -> None:
    view = ask(market, "/pump min=5.3")
    assert view.data["count"] == 0
    assert "The highest now is PUMP with 5.26" in text_of(view)


@pytest.mark.parametrize(
    "name",
    ["PUMP", "pump", "$PUMP", "pump-coin", "Pump Coin", "'pump coin'", "PUMPUSDT", "PUMP-USD", "1000PUMP", "kPUMP"],
)
def test_a_coin_is_found_under_every_name_that_people_give_it(market: Storage, name: str) -> None:
    assert ask(market, f"/coin {name}").data["symbol"] == "PUMP"


def test_a_word_that_is_a_choice_needs_no_key(market: Storage) -> None:
    assert ask(market, "/funding PUMP history days=1") == ask(market, "/funding PUMP type=history days=1")
    assert ask(market, "/funding Pump Coin accumulated") == ask(market, "/funding PUMP type=accumulated")
    assert ask(market, "/clusters buy technology") == ask(market, "/clusters side=buy sector=Technology")


def test_the_mean_of_current_rates_gives_each_exchange_one_vote(storage: Storage) -> None:
    rates = {
        "XUSDT": (Margin.USDT, 0.0002), "XUSDC": (Margin.USD, 0.0010), "XUSD": (Margin.INVERSE, 0.0030),
    }  # fmt: skip
    with storage.write() as tx:
        for symbol, (margin, rate) in rates.items():
            tx.pairs.put([Pair("okx", symbol, "X", margin)])
            tx.funding.put_rates([FundingRate("okx", symbol, "X", rate, 8, None, NOW)])
        tx.pairs.put([Pair("bybit", "XUSDT", "X", Margin.USDT)])
        tx.funding.put_rates([FundingRate("bybit", "XUSDT", "X", -0.0004, 8, None, NOW)])
    for line in ("/funding X", "/funding X limit=1"):
        assert "Mean −0.0100 % per 8 h (−10.95 % a year) over 2 exchanges, 1 negative." in text_of(ask(storage, line))
    assert "1 of 4 contracts; more with limit=4" in text_of(ask(storage, "/funding X limit=1"))


@pytest.mark.parametrize("kind", ["accumulated", "history"])
def test_a_list_that_is_cut_says_so(market: Storage, kind: str) -> None:
    view = ask(market, f"/funding PUMP type={kind} days=1 limit=2")
    assert len(view.data["data"]) == 2  # type: ignore[arg-type]
    assert "2 of " in text_of(view)


def test_a_coin_says_what_its_numbers_rest_on(market: Storage) -> None:
    assert "3 exchanges · newest settlement 4 h ago" in text_of(ask(market, "/coin PUMP"))
    with market.write() as tx:
        tx.funding.add(settlements(steady("okx", "THIN", -0.0004)))
    assert "an alert needs 3 exchanges" in text_of(ask(market, "/coin THIN"))


def test_a_coin_without_a_week_of_prices_says_so(market: Storage) -> None:
    with market.write() as tx:
        tx.funding.add(settlements(steady("okx", "NEWC", -0.0004)))
    assert "its price a week ago, or now, is not known" in text_of(ask(market, "/coin NEWC"))


def test_every_button_leads_to_an_answer(market: Storage) -> None:
    lines = (
        "/start", "/pump", "/pump min=0.00001", "/pump min=9", "/selling", "/clusters", "/clusters ACME",
        "/clusters side=sell min_value=1m days=90 sector='real estate' industry=biotechnology", "/funding PUMP",
        "/coin SHRT", "/alert pump min=3.25", "/alert clusters min_value=1.5bn sector='real estate'", "/alerts", "/alerts 1",
        "/alerts 2", "/mute", "/mute PUMP", "/mute PUMP 1d", "/mute 1h", "/mute", "/settings", "/missed", "/test", "/forget",
    )  # fmt: skip
    for line in lines:
        for button in ask(market, line).buttons:
            view = ask(market, button.command)
            assert view.tone is Tone.ANSWER or "You have that already" in view.title, (line, button, view.title)


def test_the_buttons_of_clusters_subscribe_to_the_side_that_is_shown(market: Storage) -> None:
    both, sell = ask(market, "/clusters"), ask(market, "/clusters side=sell")
    assert [button.command for button in both.buttons[:2]] == [
        "/alert clusters min=3 side=buy",
        "/alert clusters min=3 side=sell",
    ]
    assert [button.command for button in sell.buttons] == ["/alert clusters min=3 side=sell"]


def test_filters_are_taken_away_with_none(market: Storage) -> None:
    ask(market, "/alert pump coins=PUMP exclude=CALM")
    ask(market, "/alert clusters sector=Energy tickers=ACME")
    ask(market, "/alert change 1 coins=none exclude=none")
    ask(market, "/alert change 2 sector=any tickers=all")
    coin, cluster = ask(market, "/alerts").data["subscriptions"]  # type: ignore[misc]
    assert (coin["coins"], coin["exclude"]) == ([], [])
    assert (cluster["sector"], cluster["tickers"]) == (None, [])
    assert ask(market, "/clusters sector=all").data["count"] == 1


def test_lists_of_coins_and_tickers_lose_nothing(market: Storage) -> None:
    for text in ("PUMP,SHRT", "PUMP, SHRT", "shrt pump", "pump;shrt"):
        ask(market, "/alert off 1")
        view = ask(market, f"/alert pump coins={text}")
        assert view.data["wish"]["coins"] == ["PUMP", "SHRT"]  # type: ignore[index, call-overload]
        ask(market, f"/alert off {view.data['subscription']}")
    view = ask(market, "/alert clusters tickers=ACME ZZZZ")
    assert view.data["wish"]["tickers"] == ["ACME", "ZZZZ"]  # type: ignore[index, call-overload]
    assert "No filing of ZZZZ is stored yet" in text_of(view)


def test_a_changed_subscription_does_not_ring_for_what_stands(market: Storage) -> None:
    ask(market, "/alert pump min=9")
    changed = ask(market, "/alert change 1 min=5")
    assert changed.data["matching_now"] == ["PUMP 5.3"]
    with market.read() as tx:
        assert [(one.key, one.closed_at) for one in tx.episodes.of([1])] == [("PUMP", None)]
        assert tx.outbox.counts() == {}


def test_status_marks_a_price_that_no_longer_scores(market: Storage) -> None:
    table = next(one for one in ask(market, "/status", after=timedelta(hours=3)).body if isinstance(one, Table))
    states = {row[0]: row[-1] for row in table.rows}
    assert (states["OKX"], states["Prices"]) == ("fresh", "stale")


def test_status_shows_a_source_that_failed_and_an_exchange_that_closed(market: Storage) -> None:
    with market.write() as tx:
        tx.funding.add(settlements(steady("bitmex", "PUMP", -0.0004)))
        tx.refreshes.put_source("script", NOW, ok=False, detail="451 from this country")
    table = next(one for one in ask(market, "/status", after=timedelta(days=200)).body if isinstance(one, Table))
    states = {row[0]: row[-1] for row in table.rows}
    assert states["script"] == "451 from this country"
    assert states["BitMEX"] == "closed on 2026-09-23"


def test_bytes_that_a_terminal_could_not_decode_are_answered_too(market: Storage) -> None:
    assert "No alert #" in ask(market, "/why \udcff\0").title


@given(
    st.sampled_from(
        [
            "/pump", "/clusters", "/funding", "/coin", "/alert", "/alert pump", "/alert change 1", "/why", "/help", "/start",
            "/alerts", "/mute", "/mute PUMP", "/unmute", "/settings", "/settings quiet=", "/settings zone=", "/missed",
            "/missed since=", "/missed ref=", "/missed limit=1 cursor=", "/test", "/export", "/forget",
        ]
    ),
    st.text(max_size=40) | st.text(alphabet=" =:,.'\"+-0123456789PUMPcoinsmindayshwTZ", max_size=40),
)  # fmt: skip
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_is_answered(market: Storage, command: str, text: str) -> None:
    view = ask(market, f"{command} {text}")
    assert view.title
    assert "\n" not in view.title
