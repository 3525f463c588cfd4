"""What a chat does not wish to hear for a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.views.elements import Tone
from storage import Storage
from storage.outbox import HELD, QUEUED
from tests.builders_market import CHAT, ask, fill
from tests.builders_outbox import chat_of, new_alert, queue
from tests.builders_storage import NOW


@pytest.fixture
def market(storage: Storage) -> Storage:
    fill(storage)
    return storage


def hold(storage: Storage, name: str, why: str = "muted", key: str = "BTC") -> None:
    """One alert that waits."""
    chat = chat_of(storage, CHAT.address, CHAT.platform)
    queue(storage, chat, new_alert(name, key=key))
    with storage.write() as tx:
        newest = tx.outbox.waiting(chat.id)[-1]
        tx.outbox.hold(newest.id, NOW + timedelta(hours=8), why, why, NOW + timedelta(hours=9))


def states(storage: Storage) -> dict[str, int]:
    with storage.read() as tx:
        return tx.outbox.counts()


def test_a_mute_says_until_when_and_that_nothing_is_lost(market: Storage) -> None:
    view = ask(market, "/mute 8h")
    assert view.title == "The whole chat is muted until 20:00 (8h)"
    assert "waits, and comes as one message afterwards; /missed shows it at once" in str(view.body)
    with market.read() as tx:
        chat = tx.chats.find(CHAT.platform, CHAT.address)
    assert chat is not None
    assert chat.muted_until == NOW + timedelta(hours=8)
    assert view.buttons[0].command == "/unmute"


@pytest.mark.parametrize(("line", "name"), [
    ("/mute PUMP 2d", "PUMP"), ("/mute pump coin 2d", "PUMP"), ("/mute 2d $pump", "PUMP"), ("/mute ACME 48h", "ACME"),
    ("/mute acme inc 2 days", "ACME"), ("/mute PUMPUSDT for 2d", "PUMP"),
])  # fmt: skip
def test_a_coin_or_a_company_is_muted_by_whatever_people_call_it(market: Storage, line: str, name: str) -> None:
    assert ask(market, line).title == f"{name} is muted until 2026-04-28 12:00 (2d)"
    assert ask(market, "/mute").data["muted"] == {"chat": None, "names": {name: "2026-04-28T12:00:00Z"}}


def test_what_is_muted_is_shown_until_it_is_over(market: Storage) -> None:
    assert ask(market, "/mute").title == "Nothing is muted in this chat"
    ask(market, "/mute 1h")
    ask(market, "/mute PUMP 1d")
    view = ask(market, "/mute")
    assert [button.command for button in view.buttons] == ["/unmute", "/unmute PUMP", "/missed"]
    later = ask(market, "/mute", after=timedelta(hours=2))
    assert later.data["muted"] == {"chat": None, "names": {"PUMP": "2026-04-27T12:00:00Z"}}


def test_a_mute_without_a_time_asks_for_how_long_with_buttons(market: Storage) -> None:
    view = ask(market, "/mute PUMP")
    assert view.title == "Mute PUMP for how long?"
    for button in view.buttons:
        assert ask(market, button.command).title.startswith("PUMP is muted until")


def test_unmute_releases_what_waits_for_the_mute_and_nothing_else(market: Storage) -> None:
    ask(market, "/mute 8h")
    hold(market, "a")
    hold(market, "b", why="quiet")
    view = ask(market, "/unmute")
    assert view.title == "This chat rings again"
    assert view.data["released"] == 1
    assert states(market) == {HELD: 1, QUEUED: 1}


def test_unmute_in_quiet_hours_says_until_when_what_has_waited_waits_on(market: Storage) -> None:
    ask(market, "/mute 8h")
    hold(market, "a")
    ask(market, "/settings quiet=10:00-16:00")
    view = ask(market, "/unmute")
    assert "What has waited waits on, until 16:00" in str(view.body)
    assert "quiet hours" in str(view.body)
    assert view.data["waits_until"] == "2026-04-26T16:00:00Z"


def test_unmuting_one_name_does_not_announce_what_waits_for_another(market: Storage) -> None:
    ask(market, "/mute PUMP 8h")
    ask(market, "/mute SHRT 1h")
    hold(market, "b", key="PUMP")
    view = ask(market, "/unmute SHRT")
    assert "waits on, until 20:00: PUMP is muted." in str(view.body)


def test_what_is_released_before_its_time_waits_from_then_on(market: Storage) -> None:
    ask(market, "/mute 8h")
    hold(market, "a")
    ask(market, "/unmute", after=timedelta(hours=1))
    with market.read() as tx:
        assert tx.outbox.health(NOW + timedelta(hours=1)).oldest_due == NOW + timedelta(hours=1)


def test_a_mute_that_is_changed_lets_what_waits_be_judged_anew(market: Storage) -> None:
    hold(market, "a")
    ask(market, "/mute 1h")
    assert states(market) == {QUEUED: 1}


def test_unmuting_one_name_leaves_the_others(market: Storage) -> None:
    ask(market, "/mute PUMP 1d")
    ask(market, "/mute SHRT 1d")
    assert ask(market, "/unmute shrt").title == "SHRT rings again"
    assert list(ask(market, "/mute").data["muted"]["names"]) == ["PUMP"]  # type: ignore[index, call-overload]
    assert "CALM is not muted; muted are PUMP" in ask(market, "/unmute CALM").title
    assert "The chat is not muted, PUMP is; name it" in ask(market, "/unmute").title
    assert ask(market, "/unmute all").tone is Tone.ANSWER
    assert ask(market, "/mute").title == "Nothing is muted in this chat"


def test_mute_off_is_unmute(market: Storage) -> None:
    ask(market, "/mute PUMP 1d")
    assert ask(market, "/mute PUMP off").title == "PUMP rings again"
    ask(market, "/mute 8h")
    assert ask(market, "/mute off").title == "This chat rings again"


def test_times_are_those_of_the_chats_clock(market: Storage) -> None:
    ask(market, "/settings zone=Asia/Tokyo")
    assert "until 2026-04-27 05:00" in ask(market, "/mute 8h").title
