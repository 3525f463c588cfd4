"""One person on two platforms: codes, what both sides show, and what ends it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.chat.discord.render import render
from bot.commands.base import ChatRef
from bot.commands.link import LETTERS, MOST_GUESSES
from bot.views.elements import Button, Code, Document, Table, Tone, View
from storage import Storage
from storage.tables import ChatRow, LinkCodeRow, LinkGuessRow, PersonRow, SubscriptionRow
from tests.builders_market import ask, fill
from tests.builders_outbox import chat_of, new_alert, queue
from tests.builders_storage import NOW

TELEGRAM = ChatRef("telegram", "5", "5")
DISCORD = ChatRef("discord", "742", "42")
OTHER_TELEGRAM = ChatRef("telegram", "6", "6")
OTHER_DISCORD = ChatRef("discord", "743", "43")
GROUP = ChatRef("telegram", "-100", "5", is_group=True)
LATER = timedelta(minutes=10)


@pytest.fixture
def market(storage: Storage) -> Storage:
    fill(storage)
    return storage


def code_in(view: View) -> str:
    (code,) = (one.text for one in view.body if isinstance(one, Code))
    return code.removeprefix("/link ")


def link(storage: Storage, one: ChatRef = TELEGRAM, other: ChatRef = DISCORD) -> View:
    return ask(storage, f"/link {code_in(ask(storage, '/link', chat=one))}", chat=other)


def ids(view: View) -> list[tuple[int, str]]:
    """(subscription, where it rings if elsewhere)."""
    return [(one["id"], one.get("where", "")) for one in view.data["subscriptions"]]  # type: ignore[index, union-attr, misc]


def rows(storage: Storage, table: type) -> int:
    with storage.read() as tx:
        return tx.connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.mark.parametrize(("one", "other"), [(TELEGRAM, DISCORD), (DISCORD, TELEGRAM)])
def test_both_sides_show_and_change_all_subscriptions(market: Storage, one: ChatRef, other: ChatRef) -> None:
    ask(market, "/alert pump min=3", chat=one)
    ask(market, "/alert selling min=4", chat=other)
    told = link(market, one, other)
    assert told.title == f"You are one person here and on {one.platform.capitalize()} now"
    assert told.data["subscriptions"] == 2
    assert [(at.platform, at.address) for at in told.elsewhere] == [(one.platform, one.address)]
    assert ids(ask(market, "/alerts", chat=one)) == [(1, ""), (2, other.platform.capitalize())]
    assert ids(ask(market, "/alerts", chat=other)) == [(2, ""), (1, one.platform.capitalize())]
    assert ask(market, "/alerts 1", chat=other).title.startswith("Subscription 1: pump")
    assert ask(market, "/alert change 1 min=5", chat=other).title.startswith("Changed: subscription 1")
    assert ask(market, "/alert off 1", chat=other).title.startswith("Deleted subscription 1")
    assert ids(ask(market, "/alerts", chat=one)) == [(2, other.platform.capitalize())]


def test_the_same_wish_is_not_made_twice(market: Storage) -> None:
    ask(market, "/alert pump min=3", chat=TELEGRAM)
    link(market)
    refused = ask(market, "/alert pump min=3", chat=DISCORD)
    assert refused.title == "You have that already: it is subscription 1 on Telegram"


def test_a_subscription_rings_where_it_was_made_until_it_is_moved(market: Storage) -> None:
    ask(market, "/alert pump min=3", chat=TELEGRAM)
    link(market)
    view = ask(market, "/alerts", chat=DISCORD)
    assert Button("Ring here: 1", "/alert here 1") in view.buttons
    (table,) = (one for one in view.body if isinstance(one, Table))
    assert str(table.rows[0][1]).endswith(", on Telegram")
    assert ask(market, "/alert here 1", chat=DISCORD).title.startswith("Subscription 1 rings here now")
    with market.read() as tx:
        (one,) = tx.subscriptions.active()
        chat = tx.chats.by_id(one.chat_id)
        assert chat is not None
        assert (chat.platform, one.owner) == ("discord", "telegram:5")
    assert ids(ask(market, "/alerts", chat=DISCORD)) == [(1, "")]
    assert ids(ask(market, "/alerts", chat=TELEGRAM)) == [(1, "Discord")]
    assert ask(market, "/alert here 1", chat=DISCORD).title == "Subscription 1 rings here already"
    assert ask(market, "/alert here 9", chat=DISCORD).tone is Tone.ERROR


def test_what_is_not_linked_is_not_moved_or_seen(market: Storage) -> None:
    ask(market, "/alert pump min=3", chat=OTHER_TELEGRAM)
    ask(market, "/alert pump min=3", chat=GROUP)
    link(market)
    for line in ("/alert here 1", "/alert off 1", "/alerts 1", "/alert change 2 min=5", "/alert here 2"):
        assert "has no subscription" in ask(market, line, chat=DISCORD).title
    assert ask(market, "/alerts", chat=DISCORD).data["subscriptions"] == []


def test_an_alert_is_explained_on_either_side_also_after_its_subscription_was_moved(market: Storage) -> None:
    ask(market, "/alert pump min=3", chat=TELEGRAM)
    queue(market, chat_of(market, TELEGRAM.address, TELEGRAM.platform), new_alert("a", key="PUMP"))
    with market.read() as tx:
        (told,) = tx.alerts.since(chat_of(market, TELEGRAM.address, TELEGRAM.platform).id, NOW, 1)
    ref = told.alert.ref
    assert ask(market, f"/why {ref}", chat=DISCORD).tone is Tone.ERROR  # nobody's business, as yet
    link(market)
    assert ask(market, f"/why {ref}", chat=DISCORD).data["key"] == "PUMP"
    ask(market, "/alert here 1", chat=DISCORD)
    for chat in (TELEGRAM, DISCORD):
        view = ask(market, f"/why {ref}", chat=chat)
        assert "/alert off 1" in [button.command for button in view.buttons]  # it is not deleted
    assert ask(market, f"/why {ref}", chat=GROUP).tone is Tone.ERROR


def test_in_a_group_nothing_of_a_private_chat_is_shown(market: Storage) -> None:
    ask(market, "/alert pump min=3", chat=TELEGRAM)
    ask(market, "/alert selling min=3", chat=DISCORD)
    link(market)
    assert ask(market, "/alerts", chat=GROUP).data["subscriptions"] == []
    assert ask(market, "/alert off 1", chat=GROUP).tone is Tone.ERROR
    assert ask(market, "/link", chat=GROUP).tone is Tone.ERROR
    assert ask(market, "/link ABCD-EFGH", chat=GROUP).tone is Tone.ERROR


def test_a_code_is_for_one_use_and_for_ten_minutes(market: Storage) -> None:
    code = code_in(ask(market, "/link", chat=TELEGRAM))
    assert "older than ten minutes" in ask(market, f"/link {code}", chat=DISCORD, after=LATER).title
    code = code_in(ask(market, "/link", chat=TELEGRAM))
    newer = code_in(ask(market, "/link", chat=TELEGRAM))
    assert code != newer
    assert ask(market, f"/link {code}", chat=DISCORD).tone is Tone.ERROR
    assert ask(market, f"/link {newer.lower().replace('-', '')}", chat=DISCORD).tone is Tone.ANSWER
    assert ask(market, f"/link {newer}", chat=OTHER_DISCORD).tone is Tone.ERROR
    assert rows(market, LinkCodeRow) == 0


def test_a_code_is_eight_letters_that_cannot_be_mistaken_and_is_stored_as_its_hash(market: Storage) -> None:
    code = code_in(ask(market, "/link", chat=TELEGRAM))
    assert (len(code), code[4], set(code) - {"-"} <= set(LETTERS)) == (9, "-", True)
    with market.read() as tx:
        stored = tx.connection.execute(select(LinkCodeRow.digest)).scalar_one()
    assert code.replace("-", "") not in stored
    assert len(stored) == 64


def test_who_guesses_is_stopped_even_with_the_right_code_and_others_are_not(market: Storage) -> None:
    code = code_in(ask(market, "/link", chat=TELEGRAM))
    for _ in range(MOST_GUESSES):
        assert "is no code" in ask(market, "/link AAAA-AAAA", chat=DISCORD).title
    assert "Too many of your codes were wrong" in ask(market, f"/link {code}", chat=DISCORD).title
    assert "Too many" in ask(market, f"/link {code}", chat=DISCORD, after=LATER).title
    assert ask(market, f"/link {code}", chat=OTHER_DISCORD).tone is Tone.ANSWER
    code = code_in(ask(market, "/link", chat=OTHER_TELEGRAM, after=2 * LATER))
    assert ask(market, f"/link {code}", chat=DISCORD, after=2 * LATER).tone is Tone.ANSWER


def test_a_list_of_both_has_its_pages_also_where_not_every_button_has_room(market: Storage) -> None:
    for at in range(1, 14):
        ask(market, f"/alert pump min={at / 4}", chat=TELEGRAM)
        ask(market, f"/alert selling min={at / 4}", chat=DISCORD)
    link(market)
    for line, label in (("/alerts", "More ▶"), ("/alerts page=2", "◀ Back")):
        rows = render(ask(market, line, chat=DISCORD))["components"]
        assert label in [one["label"] for row in rows for one in row["components"]]


def test_a_code_is_not_for_the_platform_that_gave_it_and_is_not_used_up_there(market: Storage) -> None:
    code = code_in(ask(market, "/link", chat=TELEGRAM))
    for chat in (TELEGRAM, OTHER_TELEGRAM):
        assert ask(market, f"/link {code}", chat=chat).title.startswith("That code was made here")
    assert ask(market, f"/link {code}", chat=DISCORD).tone is Tone.ANSWER


def test_a_person_has_one_chat_on_each_platform(market: Storage) -> None:
    link(market)
    refused = link(market, TELEGRAM, OTHER_DISCORD)  # it is not who types it that is linked already
    assert refused.title.startswith("Who made that code is linked with another chat on Discord")
    assert code_in(refused) == "/link"
    refused = link(market, OTHER_TELEGRAM, DISCORD)
    assert refused.title.startswith("You are linked with another chat on Telegram")
    assert code_in(refused) == "off"
    console = ChatRef("console", "local", "owner")
    assert link(market, DISCORD, console).tone is Tone.ANSWER  # a third one
    ask(market, "/alert pump min=3", chat=TELEGRAM)
    assert ids(ask(market, "/alerts", chat=console)) == [(1, "Telegram")]


def test_a_link_ends_on_either_side_and_each_keeps_what_rings_there(market: Storage) -> None:
    ask(market, "/alert pump min=3", chat=TELEGRAM)
    link(market)
    ask(market, "/alert here 1", chat=DISCORD)
    assert ask(market, "/link off", chat=TELEGRAM).title == "You are no longer linked with Discord"
    assert ask(market, "/alerts", chat=TELEGRAM).data["subscriptions"] == []
    assert ids(ask(market, "/alerts", chat=DISCORD)) == [(1, "")]
    assert ask(market, "/link off", chat=DISCORD).tone is Tone.ERROR
    link(market)
    assert ids(ask(market, "/alerts", chat=TELEGRAM)) == [(1, "Discord")]


def test_forget_on_one_side_deletes_both_and_the_link(market: Storage) -> None:
    ask(market, "/alert pump min=3", chat=TELEGRAM)
    ask(market, "/alert selling min=3", chat=DISCORD)
    ask(market, "/alert selling min=3", chat=OTHER_DISCORD)
    link(market)
    ask(market, "/link", chat=DISCORD)
    ask(market, "/link AAAA-AAAA", chat=TELEGRAM)
    preview = ask(market, "/forget", chat=DISCORD)
    assert "What is stored on Telegram goes too" in str(preview.body)
    assert ask(market, "/forget sure=yes", chat=DISCORD).data["deleted"]["subscriptions"] == 2  # type: ignore[index, call-overload]
    assert (rows(market, ChatRow), rows(market, SubscriptionRow), rows(market, PersonRow)) == (1, 1, 1)
    assert (rows(market, LinkCodeRow), rows(market, LinkGuessRow)) == (0, 0)
    assert ask(market, "/alerts", chat=TELEGRAM).data["subscriptions"] == []


def test_forgetting_a_group_leaves_the_link(market: Storage) -> None:
    ask(market, "/alert selling min=3", chat=DISCORD)
    link(market)
    ask(market, "/alert pump min=3", chat=GROUP)
    ask(market, "/forget sure=yes", chat=GROUP)
    assert ids(ask(market, "/alerts", chat=TELEGRAM)) == [(1, "Discord")]


def test_an_export_on_one_side_holds_both(market: Storage) -> None:
    ask(market, "/alert pump min=3", chat=TELEGRAM)
    ask(market, "/alert selling min=3", chat=DISCORD)
    link(market)
    (document,) = (one for one in ask(market, "/export", chat=DISCORD).body if isinstance(one, Document))
    data = json.loads(document.text)
    assert (data["person"], data["linked"]) == ("discord:42", ["telegram:5"])
    assert {one["address"] for one in data["chats"]} == {"5", "742"}
    assert {one["signal"] for one in data["subscriptions"]} == {"pump", "selling"}
    assert {one["owner"] for one in data["persons"]} == {"discord:42", "telegram:5"}


def test_limits_count_what_a_linked_person_has_everywhere(market: Storage) -> None:
    for at in range(100):
        ask(market, f"/alert pump min={at / 10:g}", chat=TELEGRAM)
        ask(market, f"/alert selling min={at / 10:g}", chat=DISCORD)
    link(market)
    assert "This chat has 100" in ask(market, "/alert clusters", chat=DISCORD).title
    assert "This chat has 100" in ask(market, "/alert here 1", chat=DISCORD).title
    third = ChatRef("console", "local", "owner")
    link(market, DISCORD, third)
    assert "You have 200 subscriptions" in ask(market, "/alert clusters", chat=third).title
