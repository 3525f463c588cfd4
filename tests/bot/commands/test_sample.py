"""A sample alert through the whole path."""

from __future__ import annotations

from datetime import timedelta

from bot.alerts.compose import plan
from bot.alerts.holding import Manners
from bot.alerts.quiet import ChatSettings
from bot.views.alert_message import Entry, alert_view
from bot.views.elements import Tone
from storage import Storage
from storage.outbox import SAMPLE
from tests.builders_market import CHAT, ask
from tests.builders_storage import NOW


def test_a_sample_is_queued_marked_as_one_and_explained(storage: Storage) -> None:
    view = ask(storage, "/test")
    with storage.read() as tx:
        chat = tx.chats.find(CHAT.platform, CHAT.address)
        assert chat is not None
        (waiting,) = tx.outbox.waiting(chat.id)
    assert waiting.kind == SAMPLE
    (alert,) = waiting.alerts
    assert view.data["ref"] == alert.ref
    message = alert_view([Entry(alert, ())])
    assert message.title.startswith("NEW  SAMPLE (a sample, no real coin) · pump & dump 7.6 (your minimum is 6)")
    assert "funding −0.0420 %/8 h, 6 of 9 exchanges negative · +38.0 % in 7 d · streak 5 d" in str(message.body)
    why = ask(storage, f"/why {alert.ref}")
    assert why.tone is Tone.ANSWER
    assert "a sample, asked for with /test" in str(why.body)
    assert all(ask(storage, button.command).tone is Tone.ANSWER for button in (*why.buttons, *view.buttons))


def test_two_samples_at_one_instant_are_two(storage: Storage) -> None:
    first, second = ask(storage, "/test"), ask(storage, "/test")
    assert first.data["ref"] != second.data["ref"]


def test_a_muted_chat_is_told_that_real_alerts_would_wait_and_gets_the_sample(storage: Storage) -> None:
    ask(storage, "/mute 8h")
    view = ask(storage, "/test")
    assert "A real alert would wait now, until 20:00: this chat is muted" in str(view.body)
    with storage.read() as tx:
        chat = tx.chats.find(CHAT.platform, CHAT.address)
        assert chat is not None
        manners = Manners(ChatSettings.from_json(chat.settings), chat.muted_until, {})
        assert plan(tx.outbox.waiting(chat.id), manners, 0, NOW).carrier is not None


def test_quiet_hours_and_a_platform_that_is_down_are_told(storage: Storage) -> None:
    ask(storage, "/settings quiet=11:00-13:00")
    with storage.write() as tx:
        tx.chats.put_platform(CHAT.platform, "down", "it does not answer", NOW)
    view = ask(storage, "/test")
    assert "until 13:00: quiet hours" in str(view.body)
    assert "Sending does not work at the moment: it does not answer" in str(view.body)
    assert "A real alert" not in str(ask(storage, "/test", after=timedelta(hours=2)).body)
