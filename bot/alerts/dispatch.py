"""What one platform's lane asks of the storage: claim a message, note its outcome. Each is one transaction."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from bot.alerts.compose import Plan, Wait, plan
from bot.alerts.digest import merged
from bot.alerts.holding import Digest, Manners, is_urgent
from bot.alerts.notices import ensure_notice, lost
from bot.alerts.outgoing import Outgoing
from bot.alerts.quiet import ChatSettings, day_began
from bot.alerts.retry import Action, RetryDecision
from bot.errors import SendError
from bot.views.alert_message import Entry
from bot.words import speaking, trn
from scoring.model import ChangeKind
from storage import Storage, Transaction
from storage.alerts import Alert
from storage.chats import ACTIVE, Chat
from storage.outbox import ALERTS, NOTICE, Delivery, NewDelivery, Waiting

log = logging.getLogger("tocsin.delivery")

LEASE = timedelta(seconds=120)  # longer than any message of ours can be under way
NONCE_LENGTH = 24  # of the 25 that Discord allows
MOST_PASSED_OVER = 200  # chats


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send, and everything that is needed for it."""

    delivery: Delivery
    chat: Chat
    message: Outgoing
    settings: ChatSettings


@dataclass(frozen=True, slots=True)
class Outcome:
    """How sending a claimed message ended; `decision` is None when it arrived."""

    claimed: Claimed
    at: datetime
    message_id: str | None = None
    error: SendError | None = None
    decision: RetryDecision | None = None


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One platform's door to the outbox."""

    storage: Storage
    platform: str
    owner: str
    expire: timedelta  # how long an alert is worth sending after it was released
    is_gone: Callable[[str], bool] = lambda _: False  # whether an owner is known to be dead

    def claim(self, now: datetime, busy: Collection[int]) -> Claimed | None:
        """The most urgent message that may go out now, marked in flight; None when nothing may.

        A chat of which everything must wait is passed over, and its deliveries are held; so many chats at a time,
        for others want to write too.
        """
        passed_over = set(busy)
        with self.storage.write() as tx:
            for _ in range(MOST_PASSED_OVER):
                chat_id = tx.outbox.next_chat(self.platform, now, passed_over)
                if chat_id is None:
                    return None
                passed_over.add(chat_id)
                chat = tx.chats.by_id(chat_id)
                if chat is None or chat.status != ACTIVE:
                    why = (chat and chat.off_reason) or "this chat is off"
                    tx.outbox.bury_chat(chat_id, now, why, untold=True)
                elif tx.outbox.is_flying(chat_id):
                    continue  # another process sends there
                elif (claimed := self._claim_of(tx, chat, now)) is not None:
                    return claimed
        return None

    def give_back(self, claimed: Claimed) -> None:
        """Queue again what was claimed and not begun."""
        with self.storage.write() as tx:
            tx.outbox.retry(claimed.delivery, "not begun", maybe_repeat=claimed.delivery.maybe_repeat)

    def tidy(self, now: datetime, in_hand: Collection[int]) -> None:
        """Release what was held long enough, expire what is too late, take back what a dead sender had in flight."""
        with self.storage.read() as tx:
            others = tx.outbox.owners() - {self.owner}
        with self.storage.write() as tx:
            tx.chats.use(self.platform, now)
            dead = [owner for owner in others if self.is_gone(owner)]
            recovered = tx.outbox.recover(now, LEASE, but=in_hand)
            recovered += sum(tx.outbox.recover(now, LEASE, owner=owner) for owner in dead)
            tx.outbox.release(now)
            expired = tx.outbox.expire(now)
            for chat_id in sorted({chat_id for chat_id, platform in expired}):
                ensure_notice(tx, chat_id, now)
        if recovered or expired:
            log.warning("outbox: %d in doubt are sent again, %d expired unsent", recovered, len(expired))

    def is_due(self, now: datetime) -> bool:
        """Whether anything may go out now, were its chat free."""
        with self.storage.read() as tx:
            return tx.outbox.next_chat(self.platform, now) is not None

    def note_platform(self, state: str, detail: str, now: datetime) -> None:
        """Store how the platform stands."""
        with self.storage.write() as tx:
            tx.chats.put_platform(self.platform, state, detail, now)

    def note(self, outcome: Outcome) -> None:
        """Store how it ended."""
        claimed, decision, now = outcome.claimed, outcome.decision, outcome.at
        delivery, chat = claimed.delivery, claimed.chat
        with self.storage.write() as tx:
            if decision is None:
                if not tx.outbox.sent(delivery, now, outcome.message_id):
                    log.warning("delivery %d was sent, but its claim had been lost", delivery.id)
                    return
                self._note_notices(tx, claimed, now)
                if chat.retry_at is not None:
                    tx.chats.retry_at(chat.id, None)
                return
            self._note_failure(tx, outcome, decision)
        log.warning("delivery %d to %s: %s: %s", delivery.id, self.platform, decision.action.value, decision.reason)

    def _note_notices(self, tx: Transaction, claimed: Claimed, now: datetime) -> None:
        chat_id = claimed.chat.id
        with speaking(claimed.settings.spoken):
            missing = set(lost(tx, chat_id))
        if missing <= set(claimed.message.notices):
            tx.outbox.told(chat_id)
        else:
            # More was lost while it was under way, or it was in doubt and said nothing of it.
            ensure_notice(tx, chat_id, now)

    def _note_failure(self, tx: Transaction, outcome: Outcome, decision: RetryDecision) -> None:
        delivery, chat, now = outcome.claimed.delivery, outcome.claimed.chat, outcome.at
        if not self._note_delivery(tx, delivery, decision, now):
            return  # the claim was lost, and with it perhaps the chat: another may have its number now
        match decision.action:
            case Action.RETRY | Action.REPEAT:
                tx.chats.retry_at(chat.id, decision.at)
            case Action.BURY:
                ensure_notice(tx, chat.id, now)
            case Action.CHAT_OFF:
                tx.chats.switch_off(chat.id, decision.reason)
                tx.outbox.bury_chat(chat.id, now, decision.reason, untold=True)
            case Action.MOVE:
                tx.chats.move(chat.id, (outcome.error and outcome.error.moved_to) or chat.address)

    def _note_delivery(self, tx: Transaction, delivery: Delivery, decision: RetryDecision, now: datetime) -> bool:
        """What becomes of a message that was not taken; False when its claim was lost meanwhile."""
        if decision.action in (Action.BURY, Action.CHAT_OFF):
            return tx.outbox.bury(delivery, now, decision.reason, untold=delivery.kind != NOTICE)
        doubt = delivery.maybe_repeat or decision.action is Action.REPEAT
        return tx.outbox.retry(delivery, decision.reason, maybe_repeat=doubt)

    def _claim_of(self, tx: Transaction, chat: Chat, now: datetime) -> Claimed | None:
        settings = ChatSettings.from_json(chat.settings)
        # Else it might be in time again, under a clock that is set back, and come after what came after it.
        tx.outbox.expire(now, chat.id)
        waiting = tx.outbox.waiting(chat.id)
        if empty := [one.id for one in waiting if one.kind == ALERTS and not one.alerts]:
            tx.outbox.supersede(empty, now, "no alert is left in it")
        with speaking(settings.spoken):
            made = planned(tx, chat, waiting, now)
        for wait in made.waits:
            self._hold(tx, wait, now)
        if made.carrier is None:
            return None
        tx.outbox.move(made.joining, made.carrier.id)
        tx.outbox.supersede(made.emptied, now, f"sent together with delivery {made.carrier.id}")
        delivery = tx.outbox.fly(made.carrier.id, self.owner, now, LEASE)
        if delivery is None:
            return None
        with speaking(settings.spoken):
            return Claimed(delivery, chat, _message(tx, made, delivery, settings), settings)

    def _hold(self, tx: Transaction, wait: Wait, now: datetime) -> None:
        hold, row = wait.hold, wait.delivery
        expires_at = hold.until + self.expire
        if not wait.refs:
            tx.outbox.hold(row.id, hold.until, hold.why.value, hold.reason, expires_at)
            return
        apart = NewDelivery(
            chat_id=row.chat_id,
            platform=self.platform,
            dedup_key=f"held:{uuid4().hex}",
            alerts=(),
            priority=row.priority,
            not_before=hold.until,
            expires_at=expires_at,
            hold=hold.why.value,
            reason=hold.reason,
        )
        tx.outbox.hold_apart(row.id, apart, wait.refs, now)


def planned(tx: Transaction, chat: Chat, waiting: Sequence[Waiting], now: datetime) -> Plan:
    """What goes out to a chat now of all that waits for it, and what must wait on."""
    settings = ChatSettings.from_json(chat.settings)
    manners = Manners(settings, chat.muted_until, tx.chats.mutes(chat.id, now))
    sent_today = 0 if settings.cap is None else tx.alerts.sent_since(chat.id, day_began(settings, now))
    return plan(waiting, manners, sent_today, now)


def _message(tx: Transaction, made: Plan, delivery: Delivery, settings: ChatSettings) -> Outgoing:
    over = tx.alerts.over(made.alerts)
    groups = merged(made.alerts, over)
    entries = tuple(
        Entry(alert, ids, brief=_is_brief(alert, made), is_over=alert.ref in over and alert.kind != ChangeKind.RESOLVED)
        for alert, ids in groups
    )
    # What was in doubt is sent as it was: where its nonce is known, what is new in it would be dropped.
    notices = () if delivery.maybe_repeat and entries else _notices(tx, made, delivery.chat_id)
    follows = entries and entries[0].alert.kind != ChangeKind.NEW
    silent = settings.silent and not any(is_urgent(alert, settings) for alert in made.alerts)
    return Outgoing(
        entries=entries,
        nonce=_nonce(delivery, () if entries else notices),
        occasion=made.occasion,
        notices=notices,
        reply_to=tx.alerts.first_message(entries[0].alert, delivery.chat_id) if follows else None,
        silent=silent,
        mention=settings.mention if entries and not silent else "",
        maybe_repeat=delivery.maybe_repeat,
        language=settings.spoken,
    )


def _nonce(delivery: Delivery, notices: tuple[str, ...]) -> str:
    """The same for the same message; a notice that has more to say is another one."""
    parts = (str(delivery.chat_id), str(delivery.id), delivery.dedup_key, *notices)
    return hashlib.sha256(":".join(parts).encode()).hexdigest()[:NONCE_LENGTH]


def _is_brief(alert: Alert, made: Plan) -> bool:
    return bool(made.occasion) or alert.facts.get("digest", Digest.OFF) != Digest.OFF


def _notices(tx: Transaction, made: Plan, chat_id: int) -> tuple[str, ...]:
    lines = lost(tx, chat_id)
    if made.capped:
        lines.append(
            trn(
                "Your cap for today is reached: {count} more waits until midnight. /missed shows it now.",
                "Your cap for today is reached: {count} more wait until midnight. /missed shows them now.",
                made.capped,
            )
        )
    return tuple(lines)
