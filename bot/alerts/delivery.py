"""Delivery: claim, send at the platform's pace, note the outcome. `send` is passed in.

A delivery is marked in flight, and that is committed, before its first byte leaves; the outcome is
committed after the last. So nothing queued is ever lost, and what a crash leaves in doubt is sent again
and says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from bot.alerts.digest import merged
from bot.alerts.retry import Action, decide
from bot.clock import Clock
from bot.errors import SendError
from bot.views.alert_message import alert_view
from bot.views.elements import View
from storage import Storage
from storage.outbox import Delivery
from storage.subscriptions import OFF, Chat

log = logging.getLogger("tocsin.delivery")

Send = Callable[[str, View], Awaitable[str | None]]  # (address, view) → the platform's message id

LEASE = timedelta(seconds=60)
IDLE_SECONDS = 1.0


@dataclass
class Courier:
    """Sends what the outbox holds; one per process."""

    storage: Storage
    senders: Mapping[str, Send]  # platform → how to send there
    clock: Clock
    owner: str
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _jitter: np.random.Generator = field(default_factory=np.random.default_rng)

    async def run(self) -> None:
        """Deliver for ever; a refresh sets `wake` so that nothing waits for the next look."""
        while True:
            self.wake.clear()
            try:
                await self.drain()
            except Exception:
                # One message that breaks must not silence the bell for all.
                log.exception("delivering failed; what was in flight is sent again when its lease is over")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), IDLE_SECONDS)

    async def drain(self) -> int:
        """Deliver all that is due now; returns how many messages were sent."""
        await asyncio.to_thread(self._tidy)
        sent = 0
        while delivery := await asyncio.to_thread(self._claim):
            sent += await self._deliver(delivery)
        return sent

    async def _deliver(self, delivery: Delivery) -> bool:
        chat, view = await asyncio.to_thread(self._prepare, delivery)
        send = self.senders.get(chat.platform)
        if chat.status == OFF or send is None:
            why = chat.off_reason or f"{chat.platform} is not configured"
            await asyncio.to_thread(self._bury, delivery, why)
            return False
        try:
            message_id = await send(chat.address, view)
        except SendError as error:
            await asyncio.to_thread(self._failed, delivery, chat, error)
            return False
        await asyncio.to_thread(self._sent, delivery, message_id)
        return True

    def _tidy(self) -> None:
        with self.storage.write() as tx:
            recovered = tx.outbox.recover(self.clock.now())
            expired = tx.outbox.expire(self.clock.now())
        if recovered or expired:
            log.warning("outbox: %d in doubt are sent again, %d expired unsent", recovered, expired)

    def _claim(self) -> Delivery | None:
        with self.storage.write() as tx:
            claimed = tx.outbox.claim(self.owner, self.clock.now(), LEASE)
        return claimed[0] if claimed else None

    def _prepare(self, delivery: Delivery) -> tuple[Chat, View]:
        with self.storage.read() as tx:
            chat = tx.subscriptions.chat_by_id(delivery.chat_id)
            alerts = tx.outbox.alerts_of(delivery.id)
        if chat is None:
            raise LookupError(f"delivery {delivery.id} is for chat {delivery.chat_id}, which is not stored")
        return chat, alert_view(merged(alerts), maybe_repeat=delivery.maybe_repeat)

    def _sent(self, delivery: Delivery, message_id: str | None) -> None:
        with self.storage.write() as tx:
            if not tx.outbox.sent(delivery, self.clock.now(), message_id):
                log.warning("delivery %d was sent, but its claim had been lost", delivery.id)

    def _bury(self, delivery: Delivery, reason: str) -> None:
        with self.storage.write() as tx:
            tx.outbox.bury(delivery, reason)
        log.warning("delivery %d is dead: %s", delivery.id, reason)

    def _failed(self, delivery: Delivery, chat: Chat, error: SendError) -> None:
        now = self.clock.now()
        decision = decide(error, delivery.attempts, now, delivery.expires_at, jitter=float(self._jitter.random()))
        with self.storage.write() as tx:
            if decision.action is Action.RETRY and decision.at is not None:
                tx.outbox.retry(delivery, decision.at, decision.reason, maybe_sent=delivery.maybe_repeat)
            else:
                tx.outbox.bury(delivery, decision.reason)
            if error.permanent:
                tx.subscriptions.switch_chat_off(chat.id, str(error))
        log.warning("delivery %d to %s: %s", delivery.id, chat.platform, decision.reason)
