"""What rang for a chat, sent or not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.views.elements import Table, Tone, View
from storage import Storage
from storage.chats import Chat
from tests.builders_market import CHAT, ask
from tests.builders_outbox import LEASE, chat_of, new_alert, queue
from tests.builders_storage import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def chat(storage: Storage) -> Chat:
    return chat_of(storage, CHAT.address, CHAT.platform)


def refs(storage: Storage, chat: Chat) -> dict[str, str]:
    """Coin → the #ref of its newest alert."""
    with storage.read() as tx:
        return {one.alert.key: one.alert.ref for one in reversed(tx.alerts.since(chat.id, NOW - 100 * HOUR, 100))}


def rows(view: View) -> list[list[str]]:
    return [[str(cell) for cell in row] for one in view.body if isinstance(one, Table) for row in one.rows]


def send(storage: Storage, chat: Chat, at: timedelta = timedelta(0)) -> None:
    with storage.write() as tx:
        flown = tx.outbox.fly(tx.outbox.waiting(chat.id)[-1].id, "me", NOW + at, LEASE)
        assert flown is not None
        assert tx.outbox.sent(flown, NOW + at, "77")


def test_nothing_rang_is_said_with_a_way_to_look_further_back(storage: Storage) -> None:
    view = ask(storage, "/missed")
    assert view.title == "Nothing rang here since 2026-04-25 12:00"
    assert all(ask(storage, button.command).tone is Tone.ANSWER for button in view.buttons)


def test_each_alert_says_what_became_of_it(storage: Storage, chat: Chat) -> None:
    queue(storage, chat, new_alert("a", key="SENT"), now=NOW - 5 * HOUR)
    send(storage, chat, -4 * HOUR)
    queue(storage, chat, new_alert("b", key="LATE"), now=NOW - 3 * HOUR)
    with storage.write() as tx:
        tx.outbox.expire(NOW - HOUR)
    queue(storage, chat, new_alert("c", key="DEAD"), now=NOW - 2 * HOUR)
    with storage.write() as tx:
        tx.outbox.bury_chat(chat.id, NOW - HOUR, "blocked")
    queue(storage, chat, new_alert("d", key="HELD"))
    with storage.write() as tx:
        tx.outbox.hold(tx.outbox.waiting(chat.id)[-1].id, NOW + 8 * HOUR, "quiet", "quiet hours", NOW + 9 * HOUR)
    queue(storage, chat, new_alert("e", key="WAIT"))
    fates = {row[1].split()[1]: (row[0], row[-1]) for row in rows(ask(storage, "/missed"))}
    assert fates == {
        "WAIT": ("12:00", "waits to be sent"),
        "HELD": ("12:00", "held: quiet hours until 20:00"),
        "DEAD": ("10:00", "given up 11:00: blocked"),
        "LATE": ("09:00", "expired 11:00: not sent in time"),
        "SENT": ("07:00", "sent 08:00"),
    }
    assert list(fates)[-1] == "SENT"  # the newest first


def test_times_are_those_of_the_chats_clock(storage: Storage, chat: Chat) -> None:
    ask(storage, "/settings zone=Berlin")
    queue(storage, chat, "a", now=NOW - HOUR)
    view = ask(storage, "/missed since=12:30")
    assert view.title == "1 alert since 12:30"
    assert rows(view)[0][0] == "13:00"
    assert ask(storage, "/missed since=13:30").data["alerts"] == []
    assert len(ask(storage, "/missed 2026-04-26T13:00").data["alerts"]) == 1  # type: ignore[arg-type]
    assert ask(storage, "/missed 2026-04-26T13:00Z").tone is Tone.ERROR  # an hour from now
    assert len(ask(storage, "/missed since=15:00").data["alerts"]) == 1  # type: ignore[arg-type] # yesterday's


def test_pages_lose_nothing_and_repeat_nothing_while_more_rings(storage: Storage, chat: Chat) -> None:
    for number in range(25):
        queue(storage, chat, new_alert(f"a{number}", key=f"C{number}"), now=NOW - HOUR * (number // 7))
    seen: list[str] = []
    line = "/missed 1w limit=10"
    while line:
        view = ask(storage, line)
        seen += [one["key"] for one in view.data["alerts"]]  # type: ignore[union-attr, index, call-overload]
        queue(storage, chat, new_alert(f"new{len(seen)}", key="NEWER"))
        line = next((one.command for one in view.buttons if one.label == "More"), "")
        assert len(line.encode()) <= 64  # what the narrowest platform takes
    assert sorted(seen) == sorted(f"C{number}" for number in range(25))


def test_all_alerts_of_a_message_are_shown_by_any_of_them(storage: Storage, chat: Chat) -> None:
    many = [new_alert(f"a{number}", key=f"C{number:02}", level=3 + number / 10) for number in range(30)]
    queue(storage, chat, *many)
    queue(storage, chat, new_alert("other", key="OTHER"))
    view = ask(storage, f"/missed ref={refs(storage, chat)['C07']}")
    assert view.title.startswith("30 alerts in the message of #")
    assert next(one["key"] for one in view.data["alerts"]) == "C29"  # type: ignore[union-attr, index, call-overload]
    more = next(button.command for button in view.buttons if button.label == "More")
    rest = ask(storage, more).data["alerts"]
    assert [one["key"] for one in rest] == [f"C{number:02}" for number in reversed(range(10))]  # type: ignore[union-attr, index, call-overload]


def test_what_rang_elsewhere_is_not_shown(storage: Storage, chat: Chat) -> None:
    other = chat_of(storage, "elsewhere", CHAT.platform)
    queue(storage, other, "a")
    ref = refs(storage, other)["BTC"]
    assert ask(storage, "/missed").data["alerts"] == []
    assert ask(storage, f"/missed ref={ref}").tone is Tone.ERROR


def test_everything_that_rang_can_be_asked_why(storage: Storage, chat: Chat) -> None:
    queue(storage, chat, new_alert("a", since="2026-04-26T10:00:00Z"))
    for button in ask(storage, "/missed").buttons:
        assert ask(storage, button.command).tone is Tone.ANSWER
