"""Who may change what in a group, and how a chat comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands import COMMANDS
from bot.commands.alert import MOST_OWNED, MOST_SUBSCRIPTIONS
from bot.commands.base import ChatRef
from bot.commands.chats import owned
from bot.views.elements import Tone
from storage import Storage
from tests.builders_market import CHAT, ask, fill
from tests.builders_storage import NOW

GROUP = ChatRef("telegram", "-100", "5", is_group=True)
MEMBER = replace(GROUP, user="6", is_admin=False)


@pytest.fixture
def market(storage: Storage) -> Storage:
    fill(storage)
    return storage


@pytest.mark.parametrize(
    "line", ["/alert pump", "/alert off 1", "/mute 8h", "/unmute", "/settings cap=5", "/settings silent", "/test"]
)
def test_in_a_group_only_an_administrator_changes_what_it_is_told(market: Storage, line: str) -> None:
    view = ask(market, line, chat=MEMBER)
    assert view.tone is Tone.ERROR
    assert "is for administrators of this group" in view.title
    assert ask(market, str(view.data["example"]), chat=MEMBER).tone is Tone.ANSWER
    assert "administrators" not in ask(market, line, chat=GROUP).title
    assert "administrators" not in ask(market, line, chat=ChatRef("telegram", "6", "6")).title


@pytest.mark.parametrize(
    "line",
    ["/start", "/pump", "/alerts", "/settings", "/mute", "/missed", "/help alert", "/export", "/forget", "/coin PUMP"],
)
def test_everybody_may_look(market: Storage, line: str) -> None:
    assert ask(market, line, chat=MEMBER).tone is Tone.ANSWER


def test_the_commands_that_change_a_chat_are_these() -> None:
    assert {one.name for one in COMMANDS if one.changes} == {"alert", "mute", "unmute", "settings", "test"}


def test_a_chat_and_a_person_have_a_most(storage: Storage) -> None:
    wish = {"signal": "pump", "minimum": 9.0, "side": "BUY"}
    with storage.write() as tx:
        chats = [tx.chats.put("telegram", address, NOW) for address in ("a", "b", "c")]
        for chat, count in zip(chats, (MOST_SUBSCRIPTIONS, MOST_SUBSCRIPTIONS - 2), strict=False):
            for _ in range(count):
                tx.subscriptions.add(chat.id, "telegram:5", "pump", wish, NOW)
    here = ChatRef("telegram", "a", "5")
    assert "This chat has 100 subscriptions; delete one first" in ask(storage, "/alert pump", chat=here).title
    with storage.write() as tx:
        assert len(owned(tx, here)) == MOST_OWNED - 2
        for _ in range(2):
            tx.subscriptions.add(chats[2].id, "5", "pump", wish, NOW)  # as an earlier version stored its owner
    third = replace(here, address="c")
    assert "You have 200 subscriptions in all your chats" in ask(storage, "/alert pump", chat=third).title
    assert ask(storage, "/alert pump", chat=replace(third, user="7")).tone is Tone.ANSWER


def test_an_owner_is_stored_with_the_platform(storage: Storage) -> None:
    ask(storage, "/alert pump", chat=GROUP)
    with storage.read() as tx:
        assert [one.owner for one in tx.subscriptions.active()] == ["telegram:5"]


@pytest.mark.parametrize("line", ["/start", "/alert selling", "/mute 1h", "/settings cap=5"])
def test_a_chat_that_was_off_is_on_again_and_hears_nothing_of_what_stands(market: Storage, line: str) -> None:
    ask(market, "/alert pump min=5")
    with market.write() as tx:
        chat = tx.chats.find(CHAT.platform, CHAT.address)
        assert chat is not None
        tx.episodes.end(1, NOW)
        tx.chats.switch_off(chat.id, "blocked")
    view = ask(market, line, after=timedelta(minutes=5))
    with market.read() as tx:
        (episode,) = tx.episodes.of([1])
        assert tx.chats.active()[chat.id].off_reason is None
        assert tx.outbox.counts() == {}
    assert (episode.key, episode.closed_at, episode.told) == ("PUMP", None, pytest.approx(5.26, abs=0.01))
    if line == "/start":
        assert "on again: 1 subscription rings again" in str(view.body)
        assert "1 subscription." in str(ask(market, "/start").body)
