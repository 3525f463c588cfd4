"""What became of an alert, and whether it still stands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.commands.base import ChatRef
from bot.views.elements import Fields, Tone, View
from storage import Storage
from tests.builders_market import CHAT, ask, fill
from tests.builders_outbox import LEASE, chat_of, new_alert, queue
from tests.builders_storage import NOW


@pytest.fixture
def ref(storage: Storage) -> str:
    """An alert of a subscription whose episode stands."""
    fill(storage)
    ask(storage, "/alert pump min=5")
    chat = chat_of(storage, CHAT.address, CHAT.platform)
    with storage.read() as tx:
        (episode,) = tx.episodes.of([1])
    queue(storage, chat, new_alert("a", key="PUMP", episode=episode.number, since="2026-04-26T12:00:00Z"))
    with storage.read() as tx:
        return tx.alerts.since(chat.id, NOW, 1)[0].alert.ref


def fields(view: View) -> dict[str, str]:
    return {one.label: one.value for element in view.body if isinstance(element, Fields) for one in element.items}


def test_it_says_since_when_it_stands_and_that_it_waits(storage: Storage, ref: str) -> None:
    view = ask(storage, f"/why #{ref}", after=timedelta(hours=2))
    assert fields(view)["episode"] == "stands for 2 h, since 12:00"
    assert fields(view)["at"] == "2026-04-26 12:00 UTC: waits to be sent"
    assert [button.command for button in view.buttons] == ["/coin PUMP", "/mute PUMP 1d", "/alert off 1"]
    assert all(ask(storage, button.command).tone is Tone.ANSWER for button in view.buttons)


def test_it_says_when_it_was_sent(storage: Storage, ref: str) -> None:
    with storage.write() as tx:
        chat = tx.chats.find(CHAT.platform, CHAT.address)
        assert chat is not None
        flown = tx.outbox.fly(tx.outbox.waiting(chat.id)[0].id, "me", NOW, LEASE)
        assert flown is not None
        tx.outbox.sent(flown, NOW + timedelta(minutes=1), "5")
    assert fields(ask(storage, f"/why {ref}"))["at"].endswith("sent 12:01")


def test_it_still_explains_when_the_subscription_is_deleted(storage: Storage, ref: str) -> None:
    ask(storage, "/alert off 1", after=timedelta(hours=1))
    view = ask(storage, f"/why {ref}", after=timedelta(hours=2))
    assert fields(view)["subscription"] == "1 (deleted), minimum 3"
    assert fields(view)["episode"] == "over: stood for 1 h, since 12:00"
    assert [button.command for button in view.buttons] == ["/coin PUMP", "/mute PUMP 1d"]


def test_an_earlier_episode_is_over_though_a_later_one_stands(storage: Storage, ref: str) -> None:
    ask(storage, "/alert change 1 min=4", after=timedelta(hours=3))
    view = ask(storage, f"/why {ref}", after=timedelta(hours=5))
    assert fields(view)["episode"] == "over: stood for 3 h, since 12:00"


def test_what_waits_is_not_said_to_be_over_because_its_subscription_was_changed(storage: Storage, ref: str) -> None:
    with storage.read() as tx:
        (alert,) = (one.alert for one in tx.alerts.since(1, NOW, 1))
    for hours, minimum in ((1, 4), (2, 3), (3, 6)):
        with storage.read() as tx:
            assert tx.alerts.over([alert]) == frozenset()
        ask(storage, f"/alert change 1 min={minimum}", after=timedelta(hours=hours))
    with storage.read() as tx:
        assert tx.alerts.over([alert]) == {ref}  # it stands no more above the minimum
    ask(storage, "/alert off 1", after=timedelta(hours=4))
    with storage.read() as tx:
        assert tx.alerts.over([alert]) == frozenset()  # what became of it is not known


def test_what_rang_elsewhere_is_not_explained(storage: Storage, ref: str) -> None:
    assert "went to this chat" in ask(storage, f"/why {ref}", chat=ChatRef("console", "other", "x")).title
