"""/test: a sample alert through the whole path."""

from __future__ import annotations

from datetime import timedelta

from bot.alerts.holding import Manners, chat_hold
from bot.commands.base import Command, Request
from bot.commands.chats import open_chat, settings_of
from bot.views import numbers
from bot.views.elements import View
from bot.views.sample import sample_view
from scoring.model import ChangeKind, Signal
from storage.alerts import NewAlert
from storage.chats import DOWN, REFUSED
from storage.outbox import SAMPLE, NewDelivery

SAMPLES = "samples"  # counted in the tally, so that no two are taken for one
KEPT = timedelta(minutes=10)
FACTS = {
    "title": "SAMPLE",
    "name": "a sample, no real coin",
    "level": 7.6,
    "before": None,
    "minimum": 6.0,
    "reason": "a sample, asked for with /test",
    "peak": 7.6,
    "avg_funding_72h": -0.00042,
    "exchanges": 9,
    "negative_exchanges": 6,
    "streak": 5,
    "streak_open": False,
    "price_change_7d": 38.0,
    "coverage": "9 of 9 exchanges answered",
    "sample": True,
}


def run(request: Request) -> View:
    """Queue it for this chat, and say what to expect."""
    now = request.now
    with request.storage.write() as tx:
        chat = open_chat(tx, request)
        name = f"sample:{tx.tally.add(SAMPLES, 1)}"
        alert = NewAlert(
            dedup_key=name,
            subscription_id=None,
            signal=Signal.PUMP.value,
            key="SAMPLE",
            episode=int(now.timestamp()),
            kind=ChangeKind.NEW.value,
            facts=FACTS | {"since": numbers.iso(now)},
        )
        delivery = NewDelivery(
            chat_id=chat.id,
            platform=chat.platform,
            dedup_key=name,
            alerts=(alert,),
            priority=0,
            not_before=now,
            expires_at=now + KEPT,
            kind=SAMPLE,
        )
        tx.outbox.enqueue([delivery], now)
        settings = settings_of(chat)
        hold = chat_hold(Manners(settings, chat.muted_until), now)
        state = next((one for one in tx.chats.platforms() if one.name == chat.platform), None)
        (told, *_) = tx.alerts.since(chat.id, now, 1)
    trouble = state.detail if state is not None and state.state in {DOWN, REFUSED} else ""
    waits = None if hold is None else (hold.reason, hold.until)
    return sample_view(told.alert.ref, waits, trouble, settings.tz, now)


COMMAND = Command(
    name="test",
    summary="Send a sample alert here, the way that real ones go",
    run=run,
    example="/test",
    changes=True,
)
