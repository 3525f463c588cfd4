"""What a chat is told of alerts that did not come."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from bot.words import trn
from bot.words.stored import retold
from storage import Transaction
from storage.chats import ACTIVE
from storage.outbox import NOTICE, NewDelivery

PRIORITY = 3000
KEPT = timedelta(days=7)


def lost(tx: Transaction, chat_id: int) -> list[str]:
    """How many alerts did not come and why, in sentences; those that the chat has not been told of."""
    return [
        trn(
            "{count} alert did not come ({reason}): /missed shows what rang.",
            "{count} alerts did not come ({reason}): /missed shows what rang.",
            count,
            reason=retold(reason),
        )
        for reason, count in tx.outbox.untold(chat_id).items()
    ]


def ensure_notice(tx: Transaction, chat_id: int, now: datetime) -> None:
    """Where something did not come the next message says so; where none is coming, one is made.

    A chat that is off is told once it is on again.
    """
    chat = tx.chats.by_id(chat_id)
    if chat is None or chat.status != ACTIVE or not tx.outbox.untold(chat_id) or tx.outbox.waiting(chat_id):
        return
    notice = NewDelivery(
        chat_id=chat_id,
        platform=chat.platform,
        dedup_key=f"notice:{uuid4().hex}",
        alerts=(),
        priority=PRIORITY,
        not_before=now,
        expires_at=now + KEPT,
        kind=NOTICE,
    )
    tx.outbox.enqueue([notice], now)
