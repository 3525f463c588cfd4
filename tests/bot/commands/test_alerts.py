"""What each subscription would have rung for, and what another minimum would have done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.alerts.matching import Wish
from bot.chat.telegram.render import CALLBACK_BYTES
from bot.feeds.settings import FeedSettings
from bot.views.elements import Note, Table, View
from bot.views.subscription_menus import menus_of
from scoring.detection import CoinState, Standing
from scoring.model import Signal
from storage import Storage
from tests.builders_filings import ACME
from tests.builders_market import CHAT, ask, fill
from tests.builders_storage import NOW

DAY = timedelta(days=1)
INDUSTRY = ACME.industry


def refreshes(storage: Storage, levels: Iterable[float | None], begin: datetime, step: timedelta) -> None:
    """Finished refreshes with the pump score of one coin."""
    with storage.write() as tx:
        for number, level in enumerate(levels):
            at = begin + number * step
            slot = int(at.timestamp()) // 1800 * 30
            claim = tx.refreshes.claim(slot, "me", at, DAY)
            assert claim is not None
            states = [] if level is None else [CoinState("PUMP", Signal.PUMP, Standing.SCORED, level, 3)]
            tx.scores.put(slot, Signal.PUMP, states, {})
            assert tx.refreshes.finish(claim, at, {})


@pytest.fixture
def week(storage: Storage) -> Storage:
    """Every six hours of the last seven days: up to 4.2, down, and up to 6.1 in two steps."""
    fill(storage)
    day = [2.0, 4.2, 4.3, 1.0]
    levels = [*day, *([1.0] * 16), 3.1, 3.2, 5.0, 6.1, *([6.1] * 4)]
    refreshes(storage, levels, NOW - 7 * DAY + timedelta(hours=6), timedelta(hours=6))
    return storage


def tables(view: View) -> list[list[list[str]]]:
    return [[[str(cell) for cell in row] for row in one.rows] for one in view.body if isinstance(one, Table)]


def notes(view: View) -> list[str]:
    return [one.text for one in view.body if isinstance(one, Note)]


def test_the_list_says_what_each_would_have_rung_for(week: Storage) -> None:
    ask(week, "/alert pump min=3")
    ask(week, "/alert pump min=6")
    view = ask(week, "/alerts")
    ((first, second),) = tables(view)
    assert first[-1] == "2 new, 2 risen"
    assert second[-1] == "1 new"
    assert not any("stored" in note for note in notes(view))


def test_each_of_many_subscriptions_is_reached_by_buttons(storage: Storage) -> None:
    fill(storage)
    for tenths in range(45):
        ask(storage, f"/alert pump min={tenths / 10}")
    view = ask(storage, "/alerts")
    seen = []
    while True:
        assert view.title == "45 subscriptions in this chat"
        assert len(view.buttons) <= 25  # as many as Discord takes
        seen += [one.command for one in view.buttons if one.label.startswith("Look at")]
        on = [one.command for one in view.buttons if one.label == "More ▶"]
        if not on:
            break
        view = ask(storage, on[0])
    assert seen == [f"/alerts {number}" for number in range(1, 46)]
    assert "41 to 45 of 45." in notes(view)
    assert [one.command for one in view.buttons if one.label == "◀ Back"] == ["/alerts page=2"]
    assert ask(storage, "/alerts page=9").body == view.body


def test_one_subscription_shows_the_latest_and_what_other_minimums_would_have_done(week: Storage) -> None:
    ask(week, "/alert pump min=3")
    view = ask(week, "/alerts 1")
    _, latest, minimums = tables(view)
    assert latest[0] == ["2026-04-25 12:00", "ESCALATED PUMP", "5.0", "6.1"]
    assert latest[-1][1] == "NEW PUMP"
    by_minimum = {row[0]: row[1:] for row in minimums}
    assert by_minimum["3 (now)"] == ["4", "2"]
    assert by_minimum["5"] == ["2", "1"]
    assert by_minimum["6"] == ["1", "1"]
    assert view.data["past"] == {"days": 7, "new": 2, "risen": 2, "over": 1}


def test_ends_count_where_the_subscription_asks_to_be_told_of_them(week: Storage) -> None:
    ask(week, "/alert pump min=3 resolve=yes")
    ((listed,),) = tables(ask(week, "/alerts"))
    assert listed[-1] == "2 new, 2 risen, 1 over"
    _, latest, minimums = tables(ask(week, "/alerts 1"))
    assert [row[1].split()[0] for row in latest] == ["ESCALATED", "ESCALATED", "NEW", "RESOLVED", "NEW"]
    assert {row[0]: row[1:] for row in minimums}["3 (now)"] == ["5", "2"]


def test_what_is_not_stored_is_said(storage: Storage) -> None:
    fill(storage)
    refreshes(storage, [1.0, 4.0, 4.0, 4.0], NOW - timedelta(hours=20), timedelta(hours=6))
    ask(storage, "/alert pump min=3 exchanges=okx")
    assert any("rests on 1 day of scores" in note for note in notes(ask(storage, "/alerts")))
    view = ask(storage, "/alerts 1")
    assert tables(view)[-1][1] == ["3 (now)", "about 7", "about 7"]
    assert any("exchanges would have left out" in note for note in notes(view))


def test_an_empty_past_is_not_taken_for_silence(storage: Storage) -> None:
    fill(storage)
    ask(storage, "/alert pump min=3")
    view = ask(storage, "/alerts")
    assert tables(view)[0][0][-1] == "–"
    assert any("nothing of the last 7 days is stored" in note for note in notes(view))


def wish_of(storage: Storage, number: int) -> dict[str, object]:
    return ask(storage, f"/alerts {number}").data["wish"]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("made", "presses", "became"),
    [
        ("/alert pump min=3", ["min 3.5", "min 4"], {"minimum": 4.0}),
        ("/alert pump min=3", ["step 2", "step 3"], {"step": 3.0}),
        ("/alert pump min=3", ["Also when over"], {"resolve": True}),
        ("/alert pump min=3", ["Also when over", "Not when over"], {"resolve": False}),
        ("/alert pump min=3", ["How told…", "Once a day"], {"digest": "daily"}),
        ("/alert pump min=3", ["How told…", "Once a day", "A line each", "◀ Back", "min 3.5"],
         {"digest": "refresh", "minimum": 3.5}),
        ("/alert pump min=3", ["Only coins…", "+ PUMP"], {"coins": ["PUMP"]}),
        ("/alert pump min=3 coins=PUMP,CALM", ["Only coins…", "✕ PUMP"], {"coins": ["CALM"]}),
        ("/alert pump min=3 coins=PUMP", ["Only coins…", "All coins"], {"coins": []}),
        ("/alert selling min=3", ["Not coins…", "+ SHRT", "+ PUMP", "✕ SHRT"], {"exclude": ["PUMP"]}),
        ("/alert pump min=3 exclude=CALM", ["Not coins…", "Exclude none"], {"exclude": []}),
        ("/alert pump min=3", ["Exchanges…", "OKX", "Binance", "✓ OKX"], {"exchanges": ["binance"]}),
        ("/alert pump min=3 exchanges=okx", ["Exchanges…", "Any exchange"], {"exchanges": []}),
        ("/alert pump min=3", ["Price & streak…", "7 d ≥ 10 %", "Streak ≥ 3 d"], {"min_change": 10.0, "min_streak": 3}),
        ("/alert pump min=3 min_change=10 min_streak=3", ["Price & streak…", "Any price", "Any streak"],
         {"min_change": None, "min_streak": 0}),
        ("/alert clusters min=3", ["min 4", "Only selling"], {"minimum": 4.0, "side": "SELL"}),
        ("/alert clusters min=3", ["Both sides", "Without 10b5-1"], {"side": None, "plan": False}),
        ("/alert clusters min=3", ["Value & days…", "≥ $1M", "90 d"], {"min_value": 1e6, "days": 90}),
        ("/alert clusters min=3 min_value=1m", ["Value & days…", "Any value"], {"min_value": 0.0}),
        ("/alert clusters min=3", ["Sector…", "Technology"], {"sector": "Technology"}),
        ("/alert clusters min=3 sector=Technology", ["Sector…", "Any sector"], {"sector": None}),
        ("/alert clusters min=3", ["Industry…", INDUSTRY], {"industry": INDUSTRY}),
        ("/alert clusters min=3", ["Industry…", INDUSTRY, "Any industry"], {"industry": None}),
        ("/alert clusters min=3", ["Companies…", "+ ACME"], {"tickers": ["ACME"]}),
        ("/alert clusters tickers=ACME", ["Companies…", "All companies"], {"tickers": []}),
    ],
)  # fmt: skip
def test_a_subscription_is_changed_without_typing(
    week: Storage, made: str, presses: list[str], became: dict[str, object]
) -> None:
    number = ask(week, made).data["subscription"]
    view = ask(week, f"/alerts {number}")
    for label in presses:
        (command,) = [one.command for one in view.buttons if one.label == label]
        assert len(command.encode()) <= CALLBACK_BYTES
        view = ask(week, command)
        assert view.tone == "answer", view.title
    wish = wish_of(week, int(str(number)))
    assert {key: wish[key] for key in became} == became


EVERY_FILTER = (
    "/alert pump min=5 coins=PUMP,CALM exclude=SHRT exchanges=okx,mexc min_change=5 min_streak=3 digest=daily",
    '/alert clusters side=both min_value=1m days=60 sector=Technology industry="Drug Manufacturers - Specialty & Generic" '
    "tickers=ACME digest=refresh",
)


@pytest.mark.parametrize("made", ["/alert pump min=0", "/alert selling min=10 exchanges=binance", "/alert clusters min=50",
                                  *EVERY_FILTER])  # fmt: skip
def test_no_button_of_a_subscription_leads_nowhere(week: Storage, made: str) -> None:
    number = ask(week, made).data["subscription"]
    wish = Wish.from_json(wish_of(week, int(str(number))))
    views = [ask(week, f"/alerts {number}"), *(ask(week, f"/alerts {number} {menu}") for menu in menus_of(wish.signal))]
    for view in views:
        assert view.tone == "answer", view.title
        assert len({one.command for one in view.buttons}) == len(view.buttons)
        for button in view.buttons:
            assert len(button.command.removeprefix("/").encode()) <= CALLBACK_BYTES, button
            if not button.command.startswith("/alert off"):
                assert ask(week, button.command).tone == "answer", button
                with week.write() as tx:
                    tx.subscriptions.change(int(str(number)), wish.to_json())


def test_a_part_that_a_subscription_has_not_is_refused_with_the_way_out(week: Storage) -> None:
    ask(week, "/alert clusters min=3")
    view = ask(week, "/alerts 1 coins")
    assert view.title == (
        "Subscription 1 is one of clusters, and has no coins; it has value, sector, industry, tickers, digest"
    )
    assert ask(week, str(view.data["example"])).tone == "answer"
    assert "Give the subscription's ID" in ask(week, "/alerts coins").title


def test_exchanges_that_are_not_read_are_not_offered(week: Storage) -> None:
    ask(week, "/alert pump min=3")
    feeds = FeedSettings(exchanges=["okx", "gate"])
    labels = [one.label for one in ask(week, "/alerts 1 exchanges", feeds=feeds).buttons]
    assert labels == ["OKX", "Gate.io", "◀ Back"]
    assert "BitMEX" not in [one.label for one in ask(week, "/alerts 1 exchanges", after=timedelta(days=200)).buttons]


@pytest.mark.parametrize("made", EVERY_FILTER)
def test_what_was_deleted_is_made_again_with_all_its_filters(week: Storage, made: str) -> None:
    before = ask(week, made).data["wish"]
    again, _ = ask(week, "/alert off 1").buttons
    assert (again.label, len(again.command) <= CALLBACK_BYTES) == ("Make it again", True)
    view = ask(week, again.command)
    assert (view.data["wish"], view.title.split(":")[0]) == (before, "Subscribed")
    assert ask(week, again.command).title.startswith("You have that already")


def test_nobody_makes_again_what_another_chat_had(week: Storage) -> None:
    ask(week, "/alert pump min=3")
    ask(week, "/alert off 1")
    ask(week, "/alert pump min=4", replace(CHAT, address="other"))
    view = ask(week, "/alert again 1", replace(CHAT, address="other"))
    assert view.title.startswith("Which one? Give the ID of a subscription that this chat had")
    assert ask(week, "/alert again").title == view.title
    assert ask(week, "/alert again 99999999999999999999").title == view.title  # a number that no database holds
