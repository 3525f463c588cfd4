"""Taking out and deleting what is stored of a chat and a person."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.chat.console.render import render
from bot.commands.base import ChatRef
from bot.views.elements import Document, Tone, View
from storage import Storage, open_storage
from storage.outbox import IN_FLIGHT, Delivery, NewDelivery
from storage.tables import AlertRow, ChatRow, DeliveryRow, EpisodeRow, FindingRow, MuteRow, SubscriptionRow
from tests.builders_market import ask, fill
from tests.builders_outbox import LEASE, chat_of, new_alert, queue
from tests.builders_storage import NOW

PERSONAL = (AlertRow, DeliveryRow, EpisodeRow, SubscriptionRow, MuteRow, ChatRow)
HERE = ChatRef("telegram", "5", "5")
GROUP = ChatRef("telegram", "-100", "5", is_group=True)
MEMBER = replace(GROUP, user="6", is_admin=False)


@pytest.fixture
def market(storage: Storage) -> Storage:
    fill(storage)
    return storage


def counts(storage: Storage) -> dict[str, int]:
    with storage.read() as tx:
        return {
            table.__tablename__: tx.connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in PERSONAL
        }


def missing(storage: Storage) -> int:
    with storage.read() as tx:
        return tx.outbox.health(NOW).missing


def exported(view: View) -> dict[str, list[dict[str, object]]]:
    (document,) = (one for one in view.body if isinstance(one, Document))
    assert json.loads(document.text) == view.data
    return json.loads(document.text)


def live(storage: Storage, here: ChatRef) -> None:
    """A chat that has something of everything."""
    ask(storage, "/alert pump min=3", chat=here)
    ask(storage, "/alert clusters", chat=here)
    ask(storage, "/alert off 2", chat=here)
    ask(storage, "/mute SHRT 2d", chat=here)
    ask(storage, "/settings zone=Berlin", chat=here)
    chat = chat_of(storage, here.address, here.platform, zone="Europe/Berlin")
    for name in ("sent", "held", "queued", "flying"):
        queue(storage, chat, new_alert(f"{here.address}:{name}", key="PUMP"))
        with storage.write() as tx:
            newest = tx.outbox.waiting(chat.id)[-1]
            if name == "held":
                tx.outbox.hold(newest.id, NOW + timedelta(hours=8), "muted", "muted", NOW + timedelta(hours=9))
            elif name != "queued":
                flown = tx.outbox.fly(newest.id, "me", NOW, LEASE)
                assert flown is not None
                if name == "sent":
                    tx.outbox.sent(flown, NOW, "1")


def test_an_export_holds_everything_as_one_document(market: Storage) -> None:
    live(market, HERE)
    data = exported(ask(market, "/export", chat=HERE))
    assert data["person"] == "telegram:5"
    assert [(one["address"], one["settings"]) for one in data["chats"]] == [("5", {"zone": "Europe/Berlin"})]
    assert [(one["name"], one["until"]) for one in data["mutes"]] == [("SHRT", "2026-04-28T12:00:00Z")]
    assert [(one["signal"], one["deleted_at"]) for one in data["subscriptions"]] == [
        ("pump", None), ("clusters", "2026-04-26T12:00:00Z"),
    ]  # fmt: skip
    assert {one["key"] for one in data["episodes"]} >= {"PUMP"}
    assert sorted(str(one["state"]) for one in data["alerts"]) == ["held", "in_flight", "queued", "sent"]
    assert all(one["facts"]["title"] == "PUMP" for one in data["alerts"])  # type: ignore[index, call-overload]
    assert len(data["deliveries"]) == 4


def test_an_export_has_the_shared_facts_of_an_alert_too(storage: Storage) -> None:
    chat = chat_of(storage, HERE.address, HERE.platform)
    with storage.write() as tx:
        queue_one = replace(new_alert("a"), facts={"minimum": 3}, finding=0)
        delivery = replace(_delivery(chat.id), alerts=(queue_one,))
        tx.outbox.enqueue([delivery], NOW, findings=[{"title": "BTC"}], slot=1)
    (alert,) = exported(ask(storage, "/export", chat=HERE))["alerts"]
    assert alert["facts"] == {"title": "BTC", "minimum": 3}
    assert ask(storage, "/forget sure=yes", chat=HERE).tone is Tone.ANSWER
    with storage.read() as tx:
        assert tx.connection.execute(select(func.count()).select_from(FindingRow)).scalar_one() == 1


def _delivery(chat_id: int) -> NewDelivery:
    return NewDelivery(chat_id, "telegram", "d", (), 0, NOW, NOW + timedelta(hours=1))


def test_on_a_terminal_what_is_copied_of_an_export_is_whole(market: Storage) -> None:
    ask(market, "/alert pump coins=PUMP,SHRT,CALM exclude=none", chat=HERE)
    view = ask(market, "/export", chat=HERE)
    lines = render(view, width=40, colour=False).splitlines()
    begin, end = lines.index("{"), lines.index("}")
    assert json.loads("\n".join(lines[begin : end + 1])) == view.data


def test_nothing_is_deleted_before_one_is_sure(market: Storage) -> None:
    live(market, HERE)
    before = counts(market)
    view = ask(market, "/forget", chat=HERE)
    assert "2 subscriptions, " in str(view.body)
    assert "4 alerts, 4 messages, 1 mute, 1 chat with its settings" in str(view.body)
    assert [button.command for button in view.buttons] == ["/forget sure=yes", "/export"]
    assert counts(market) == before


def test_forget_leaves_nothing_and_the_outbox_still_balances(market: Storage) -> None:
    live(market, HERE)
    flying = _flying(market)
    view = ask(market, "/forget sure=yes", chat=HERE)
    assert view.title == "Forgotten"
    assert set(counts(market).values()) == {0}
    assert missing(market) == 0
    with market.write() as tx:  # whoever was sending finds that it has lost its claim, and counts nothing twice
        assert not tx.outbox.sent(flying, NOW, "9")
    assert missing(market) == 0
    assert ask(market, "/forget sure=yes", chat=HERE).title == "Nothing was stored of you and this chat"
    assert ask(market, "/start", chat=HERE).tone is Tone.ANSWER


def _flying(storage: Storage) -> Delivery:
    names = [getattr(DeliveryRow, name) for name in Delivery.__dataclass_fields__]
    with storage.read() as tx:
        return Delivery(*tx.connection.execute(select(*names).where(DeliveryRow.state == IN_FLIGHT)).one())


def test_another_chat_is_left_as_it_was(market: Storage) -> None:
    other = ChatRef("telegram", "7", "7")
    ask(market, "/alert pump min=4", chat=other)
    queue(market, chat_of(market, "7", "telegram"), new_alert("theirs", subscription=1))
    before = counts(market)
    ask(market, "/alert pump min=3", chat=HERE)
    ask(market, "/mute 8h", chat=HERE)
    ask(market, "/forget sure=yes", chat=HERE)
    assert counts(market) == before
    assert missing(market) == 0


def test_what_the_person_made_elsewhere_goes_too_with_messages_that_are_left_empty(market: Storage) -> None:
    ask(market, "/alert pump min=3", chat=GROUP)  # 1, of person 5
    ask(market, "/alert pump min=4", chat=replace(GROUP, user="7"))  # 2, of person 7
    group = chat_of(market, GROUP.address, GROUP.platform)
    queue(market, group, new_alert("both-1", subscription=1), new_alert("both-2", subscription=2))
    queue(market, group, new_alert("mine", subscription=1))
    ask(market, "/start", chat=HERE)
    assert len(exported(ask(market, "/export", chat=HERE))["subscriptions"]) == 1
    ask(market, "/forget sure=yes", chat=HERE)
    left = counts(market)
    assert (left["subscription"], left["delivery"], left["alert"], left["chat"]) == (1, 1, 1, 1)
    assert missing(market) == 0


def test_a_member_of_a_group_takes_out_and_deletes_no_more_than_their_own(market: Storage) -> None:
    live(market, GROUP)
    with market.write() as tx:
        chat = tx.chats.find(GROUP.platform, GROUP.address)
        assert chat is not None
        tx.subscriptions.add(chat.id, "telegram:6", "pump", {"signal": "pump", "minimum": 9.0}, NOW)
    data = exported(ask(market, "/export", chat=MEMBER))
    assert [one["owner"] for one in data["subscriptions"]] == ["telegram:6"]
    assert data["chats"] == data["alerts"] == data["mutes"] == []
    before = counts(market)
    assert "of yours in this group" in ask(market, "/forget", chat=MEMBER).title
    ask(market, "/forget sure=yes", chat=MEMBER)
    assert counts(market) == before | {"subscription": before["subscription"] - 1}


def test_a_group_is_not_shown_what_its_administrator_has_elsewhere(market: Storage) -> None:
    ask(market, "/alert pump min=3", chat=HERE)
    ask(market, "/alert pump min=4", chat=GROUP)
    (only,) = exported(ask(market, "/export", chat=GROUP))["subscriptions"]
    assert only["wish"]["minimum"] == 4.0  # type: ignore[index, call-overload]


def test_an_owner_of_an_earlier_version_is_known_on_their_own_platform(market: Storage) -> None:
    chat = chat_of(market, "-1", "telegram")
    other = chat_of(market, "-1", "discord")
    with market.write() as tx:
        tx.subscriptions.add(chat.id, "5", "pump", {}, NOW)
        tx.subscriptions.add(other.id, "5", "pump", {}, NOW)
    ask(market, "/forget sure=yes", chat=HERE)
    with market.read() as tx:
        assert [one.chat_id for one in tx.subscriptions.active() if one.owner == "5"] == [other.id]


ACTS = st.lists(st.sampled_from(["queue", "fly", "sent", "hold", "expire", "bury", "forget"]), max_size=25)


@given(ACTS, st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_sums_agree_whatever_happens_around_a_forgetting(acts: list[str], data: st.DataObject) -> None:
    storage = open_storage("sqlite://")
    flown = []
    for number, act in enumerate([*acts, "forget"]):
        refs = [ChatRef("telegram", address, address) for address in "ab"]
        here = data.draw(st.sampled_from(refs))
        chat = chat_of(storage, here.address, here.platform)
        with storage.read() as tx:
            waiting = tx.outbox.waiting(chat.id)
        match act:
            case "queue":
                queue(storage, chat, new_alert(str(number), subscription=None))
            case "forget":
                ask(storage, "/forget sure=yes", chat=here)
            case "bury" | "expire":
                with storage.write() as tx:
                    tx.outbox.bury_chat(chat.id, NOW, "x") if act == "bury" else tx.outbox.expire(NOW)
            case "sent" if flown:
                with storage.write() as tx:
                    tx.outbox.sent(flown.pop(), NOW, None)
            case "fly" | "hold" if waiting:
                with storage.write() as tx:
                    if act == "fly":
                        flown.append(tx.outbox.fly(waiting[0].id, "me", NOW, LEASE))
                    else:
                        tx.outbox.hold(waiting[0].id, NOW, "quiet", "quiet", NOW)
        assert missing(storage) == 0
    storage.close()
