"""One platform's road: claim, send at its pace, note the outcome.

A message is marked in flight, and that is committed, before its first byte leaves; the outcome is committed after
the last. So nothing queued is ever lost, and what a crash leaves in doubt is sent again and says so. Where an
outcome cannot be stored (a full disk), nothing more is sent until it can: each further message would be a repeat.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
from sqlalchemy.exc import DBAPIError

from bot.alerts.dispatch import Claimed, Dispatch, Outcome
from bot.alerts.limiter import Limiter
from bot.alerts.outgoing import Receipt, Sender
from bot.alerts.retry import Attempt, decide
from bot.clock import Clock
from bot.errors import Failure, SendError
from bot.feeds.breaker import Admission, Breaker
from storage.chats import DOWN, REFUSED, UP

log = logging.getLogger("tocsin.delivery")

IDLE_SECONDS = 1.0
TIDY_SECONDS = 5.0
LONG_PAUSE = 2.0  # seconds; a longer one is no reason to keep a look at the outbox waiting
STOP_SECONDS = 10.0  # a message under way at the end is waited for so long
TRANSIENT = {Failure.UNSENT, Failure.UNKNOWN}


@dataclass
class Lane:
    """Sends what the outbox holds for one platform."""

    dispatch: Dispatch
    sender: Sender
    clock: Clock
    wake: asyncio.Event
    limiter: Limiter  # shared with whatever else sends there
    fault: str = ""  # why nothing is sent: the database, in words for /status
    _breaker: Breaker = field(default_factory=Breaker)
    _flying: dict[int, tuple[Claimed, asyncio.Task[bool]]] = field(default_factory=dict)  # chat →
    _unnoted: list[Outcome] = field(default_factory=list)
    _chats: dict[str, set[int]] = field(default_factory=dict)  # what the limiter counts → our chats
    _state: str | None = None  # of the platform, as it was noted last
    _tidied: float = float("-inf")
    _jitter: np.random.Generator = field(default_factory=np.random.default_rng)

    async def run(self) -> None:
        """Deliver for ever; a refresh sets `wake` so that nothing waits for the next look."""
        while True:
            self.wake.clear()
            try:
                await self.drain()
            except Exception:
                # One message that breaks must not silence the bell for all.
                log.exception("delivering to %s failed; it goes on in a moment", self.dispatch.platform)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), IDLE_SECONDS)

    async def drain(self) -> int:
        """Deliver all that is due now; returns how many messages were sent."""
        sent = 0
        try:
            while True:
                sent += await self._landed(wait=len(self._flying) >= self.sender.limits.in_flight)
                if not await self._ready():
                    break
                claimed = await self._claim()
                if claimed is not None:
                    await self._begin(claimed)
                elif self._flying:
                    sent += await self._landed(wait=True)
                elif not await self._wait_for_a_chat():
                    break
        finally:
            sent += await self._all_landed()
        return sent

    async def stop(self) -> None:
        """Let what is under way arrive, so that an orderly end leaves nothing in doubt."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_landed(), STOP_SECONDS)

    async def _ready(self) -> bool:
        """Whether a message may go out now; waits for the platform's pace."""
        if not await self._all_noted() or not await self._is_up():
            return False
        if self.clock.monotonic() - self._tidied >= TIDY_SECONDS:
            in_hand = [claimed.delivery.id for claimed, _ in self._flying.values()]
            if not await self._stored(lambda: self.dispatch.tidy(self.clock.now(), in_hand)):
                return False
            self._tidied = self.clock.monotonic()
        pause = self.limiter.free_at() - self.clock.monotonic()
        if pause > LONG_PAUSE:
            return False  # what is held meanwhile is to be looked at again
        if pause > 0:
            await self.clock.sleep(pause)
        return True

    async def _claim(self) -> Claimed | None:
        counted = self.limiter.busy(self.clock.monotonic())
        busy = self._flying.keys() | {chat for one in counted for chat in self._chats.get(one, ())}
        found: list[Claimed | None] = []
        work = asyncio.ensure_future(self._stored(lambda: found.append(self.dispatch.claim(self.clock.now(), busy))))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            # An orderly end: what was claimed and not begun was certainly not sent.
            await work
            if claimed := next(iter(found), None):
                await self._stored(lambda: self.dispatch.give_back(claimed))
            raise
        return next(iter(found), None)

    async def _begin(self, claimed: Claimed) -> None:
        chat = claimed.chat
        # Somebody who asks may have been answered while it was claimed.
        while (pause := self._pause_for(chat.address)) > 0:
            if pause > LONG_PAUSE:
                await self._stored(lambda: self.dispatch.give_back(claimed))
                return
            await self.clock.sleep(pause)
        self._chats.setdefault(self.sender.limits.counted_as(chat.address), set()).add(chat.id)
        self.limiter.passed(chat.address, self.clock.monotonic())
        self._flying[chat.id] = (claimed, asyncio.create_task(self._deliver(claimed)))

    def _pause_for(self, address: str) -> float:
        return max(self.limiter.free_at(), self.limiter.chat_free_at(address)) - self.clock.monotonic()

    async def _wait_for_a_chat(self) -> bool:
        """Wait until a chat that has something takes it; False when none does, or not for some time."""
        now = self.clock.monotonic()
        busy = self.limiter.busy(now)
        if not busy or self.fault or not await asyncio.to_thread(self.dispatch.is_due, self.clock.now()):
            return False
        pause = min(busy.values()) - now
        if pause > LONG_PAUSE:
            return False
        await self.clock.sleep(max(pause, 0.001))
        return True

    async def _landed(self, *, wait: bool) -> int:
        """How many messages arrived since the last look; with `wait`, of at least one the outcome is known."""
        tasks = [task for _, task in self._flying.values()]
        if wait and tasks:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        done = {chat_id: task for chat_id, (_, task) in self._flying.items() if task.done()}
        for chat_id in done:
            del self._flying[chat_id]
        return sum(task.result() for task in done.values())

    async def _all_landed(self) -> int:
        sent = 0
        while self._flying:
            sent += await self._landed(wait=True)
        return sent

    async def _deliver(self, claimed: Claimed) -> bool:
        message_id, error = None, None
        try:
            message_id = await self._send(claimed)
        except SendError as failure:
            error = failure
        except Exception as fault:
            # Of ours, in a renderer or a sender: whether it was sent is not known.
            log.exception("delivery %d to %s failed", claimed.delivery.id, self.dispatch.platform)
            error = SendError(f"a fault of ours ({type(fault).__name__})", Failure.UNKNOWN)
        if error is None:
            await self._works()
            await self._note(Outcome(claimed, self.clock.now(), message_id))
            return True
        await self._note(await self._failed(claimed, error))
        return False

    async def _send(self, claimed: Claimed) -> str | None:
        """Send it; what is in doubt only after the platform has shown that it answers, and has no such message."""
        address, message = claimed.chat.address, claimed.message
        if message.maybe_repeat:
            try:
                await self.sender.alive()
            except SendError as error:
                # Nothing of it was sent this time: what is known of it stays as it is.
                failure = Failure.UNSENT if error.failure in TRANSIENT else error.failure
                raise SendError(str(error), failure, retry_after=error.retry_after, everywhere=True) from error
            # Also where the nonce should do: how long ago it was, a clock that may have been set cannot prove.
            if (found := await self.sender.find(address, message)) is not None:
                return found
            if self._in_window(claimed):
                message = replace(message, maybe_repeat=False)  # under its nonce it is the same message
        receipt: Receipt = await self.sender.send(address, message)
        if receipt.pause > 0:
            self.limiter.pause(address, receipt.pause, self.clock.monotonic())
        return receipt.message_id

    async def _failed(self, claimed: Claimed, error: SendError) -> Outcome:
        now = self.clock.now()
        if error.failure is Failure.LIMITED:
            wait = error.retry_after or 1.0
            self.limiter.refused(claimed.chat.address, wait, self.clock.monotonic(), everywhere=error.everywhere)
        elif error.failure in TRANSIENT:
            self._breaker = self._breaker.failed(now, str(error))
            if self._breaker.open_until is not None:
                await self._note_platform(DOWN, str(error))
        elif error.failure is Failure.REVOKED:
            self._breaker = self._breaker.turned_away(now, str(error))
            await self._note_platform(REFUSED, str(error))
        else:
            await self._works()
        delivery = claimed.delivery
        attempt = Attempt(
            delivery.attempts,
            delivery.expires_at,
            maybe_repeat=delivery.maybe_repeat,
            in_window=self._in_window(claimed),
            may_repeat=claimed.settings.repeat,
        )
        return Outcome(claimed, now, None, error, decide(error, attempt, now, jitter=float(self._jitter.random())))

    def _in_window(self, claimed: Claimed) -> bool:
        window = self.sender.nonce_window
        since = self.clock.now() - claimed.delivery.in_flight_at
        return window is not None and timedelta(0) <= since < window

    async def _is_up(self) -> bool:
        """Whether the platform is to be sent to; one that did not answer is asked for something harmless first."""
        now = self.clock.now()
        match self._breaker.admit(now):
            case Admission.GO:
                return True
            case Admission.PROBE:
                self._breaker = self._breaker.probed()
            case _:
                return False
        try:
            await self.sender.alive()
        except SendError as error:
            if error.failure is Failure.REVOKED:
                self._breaker = self._breaker.turned_away(now, str(error), probe=True)
            else:
                self._breaker = self._breaker.failed(now, str(error), probe=True)
            return False
        await self._works()
        return True

    async def _works(self) -> None:
        self._breaker = self._breaker.succeeded()
        await self._note_platform(UP, "")

    async def _note_platform(self, state: str, detail: str) -> None:
        if state == self._state:
            return
        self._state = state
        platform = self.dispatch.platform
        log.log(logging.INFO if state == UP else logging.ERROR, "%s is %s %s", platform, state, detail)
        await self._stored(lambda: self.dispatch.note_platform(state, detail, self.clock.now()))

    async def _note(self, outcome: Outcome) -> None:
        if not await self._stored(lambda: self.dispatch.note(outcome)):
            self._unnoted.append(outcome)

    async def _all_noted(self) -> bool:
        """Store the outcomes that could not be stored; until they are, nothing more is sent."""
        while self._unnoted:
            outcome = self._unnoted[0]
            if not await self._stored(lambda: self.dispatch.note(outcome)):  # noqa: B023 - called at once
                return False
            self._unnoted.pop(0)
        return True

    async def _stored(self, work: Callable[[], object]) -> bool:
        """Do something in the database; False when it takes nothing, which is told once."""
        try:
            await asyncio.to_thread(work)
        except DBAPIError as error:
            # Without the statement: it holds what people are told.
            fault = f"the database takes nothing: {error.orig}"
            if fault != self.fault:
                log.error("%s; nothing is sent until it does, and nothing is lost", fault)
            self.fault = fault
            return False
        if self.fault:
            log.error("the database takes what is stored again; sending goes on")
        self.fault = ""
        return True
