"""What /status says of messages."""

from __future__ import annotations

from datetime import timedelta

from bot.views.outbox import Delivering, outbox_data, outbox_fields
from storage.chats import PlatformState
from storage.outbox import Health
from tests.builders_storage import NOW

MINUTE = timedelta(minutes=1)


def lines(delivering: Delivering) -> dict[str, str]:
    return {field.label: field.value for field in outbox_fields(delivering, NOW)}


def test_all_is_well_in_two_lines() -> None:
    assert lines(Delivering(Health({"sent": 1200, "expired": 3}, 1203, None))) == {
        "waiting": "nothing",
        "messages": "1,203 enqueued: 1,200 sent, 3 expired",
    }


def test_what_waits_says_how_long() -> None:
    found = lines(Delivering(Health({"held": 2, "in_flight": 1, "sent": 4}, 7, NOW - 3 * MINUTE)))
    assert found["waiting"] == "2 held, 1 in flight, the oldest for 3 min"


def test_a_sum_that_does_not_agree_and_a_platform_that_is_down_are_said() -> None:
    platforms = (
        PlatformState("telegram", "down", "502 Bad Gateway", NOW - 90 * MINUTE),
        PlatformState("discord", "up", "", NOW),
    )
    delivering = Delivering(Health({"sent": 4}, 5, None), platforms, fault="the database takes nothing: disk is full")
    found = lines(delivering)
    assert found["MISSING"].startswith("+1 messages")
    assert found["Telegram"] == "down: 502 Bad Gateway, for 1 h 30 min"
    assert found["fault"] == "the database takes nothing: disk is full"
    assert "Discord" not in found
    assert outbox_data(delivering)["missing"] == 1
