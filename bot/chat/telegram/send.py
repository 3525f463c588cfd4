"""Alerts to Telegram chats, over the Bot API.

The API has no key under which a message counts once, and a bot cannot read a chat: what may have arrived stays in
doubt. An address is "chat", or "chat:topic" for a topic of a forum.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from bot.alerts.limiter import Limits, Window
from bot.alerts.outgoing import Outgoing, Receipt
from bot.chat.telegram.render import fits, keyboard, render
from bot.chat.texts import fitting, shortest
from bot.chat.wire import Answer, Wire, of_no_chat, seconds
from bot.errors import Failure, SendError
from bot.settings import TelegramSettings
from bot.views.alert_message import SHOWN

log = logging.getLogger("tocsin.telegram")

# What Telegram is known to take, with room for what the net does to the distance between two messages:
# https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
TOTAL = Window(30, 1.025)
LEAST_GAP = 1 / 60  # seconds
ONE_CHAT = Window(1, 1.05)
ONE_GROUP = Window(20, 61.0)  # groups and channels; their ids are negative
IN_FLIGHT = 8
WAIT_UNTOLD = 5.0  # seconds, where it asks to wait and does not say how long

# What the descriptions of refusals hold, in lower case. A 403 of other words disables no chat, for it may be the
# firewall of somebody between us.
GONE_403 = (
    "bot was blocked by the user",
    "user is deactivated",
    "bot was kicked",
    "bot is not a member",
    "can't initiate conversation",
    "can't send messages to bots",
    "group chat was deleted",
    "not enough rights to send",
    "chat_write_forbidden",
)
GONE_400 = (
    "chat not found",
    "chat_id is empty",
    "group chat was deactivated",
    "need administrator rights",
    "not enough rights to send",
    "have no rights to send",
    "chat_write_forbidden",
    "chat_send_plain_forbidden",
    "channel_private",
    "peer_id_invalid",
    "user is deactivated",
    "topic_deleted",
    "bot was kicked",
)
TOPIC_SHUT = ("message thread not found", "topic_closed")


class TelegramSender:
    """One bot on Telegram."""

    limits: Limits = Limits(
        total=TOTAL,
        least_gap=LEAST_GAP,
        of_chat=lambda address: (ONE_CHAT, ONE_GROUP) if address.startswith("-") else (ONE_CHAT,),
        counted_as=lambda address: address.partition(":")[0],
        in_flight=IN_FLIGHT,
    )
    nonce_window: timedelta | None = None

    def __init__(self, settings: TelegramSettings) -> None:
        token = settings.token.get_secret_value()
        self._base = f"{settings.base_url.rstrip('/')}/bot{quote(token, safe=':')}"
        self._wire = Wire("Telegram", token, settings.timeout_seconds)

    async def send(self, address: str, message: Outgoing) -> Receipt:
        """Send it: one request, unless Telegram refuses how it is written, which leaves it certainly unsent.

        Then it is tried as plain text, and at last as one line that says where to look. Raises SendError.
        """
        for form in _forms(message):
            answer = await self._wire.ask("POST", f"{self._base}/sendMessage", _place(address) | form)
            if answer.is_success:
                return self._receipt(answer)
            failed = _failure(answer, address, self._wire)
            if failed.failure is not Failure.OURS:
                break
            log.warning("a message was refused as it was written: %s", failed)
        raise failed

    async def find(self, address: str, message: Outgoing) -> str | None:
        """None: a bot cannot read what is in a chat."""
        return None

    async def alive(self) -> None:
        """Ask who we are. Raises SendError when Telegram does not tell."""
        answer = await self._wire.ask("GET", f"{self._base}/getMe")
        if not answer.is_success:
            raise of_no_chat(_failure(answer, "", self._wire))
        if answer.facts.get("ok") is not True:
            raise self._wire.error(f"{answer.status}, but the answer cannot be read")

    async def close(self) -> None:
        """Let go of connections."""
        await self._wire.close()

    def _receipt(self, answer: Answer) -> Receipt:
        message = answer.facts.get("result")
        if not isinstance(message, dict) or "message_id" not in message:
            raise self._wire.error(f"{answer.status}, but the answer cannot be read", Failure.UNKNOWN)
        return Receipt(str(message["message_id"]))


def _place(address: str) -> dict[str, Any]:
    chat, _, topic = address.partition(":")
    place: dict[str, Any] = {"chat_id": chat}
    if topic.isdecimal():
        place["message_thread_id"] = int(topic)
    return place


def _forms(message: Outgoing) -> list[dict[str, Any]]:
    """The message as it should look; in plain text; and what is left where not even that is taken."""
    view = fitting(message.view, fits, min(SHOWN, len(message.entries)))
    text, entities = render(view)
    always: dict[str, Any] = {"link_preview_options": {"is_disabled": True}, "disable_notification": message.silent}
    full: dict[str, Any] = {"text": text, "entities": entities}
    if rows := keyboard(view):
        full["reply_markup"] = {"inline_keyboard": rows}
    if message.reply_to is not None and message.reply_to.isdecimal():
        full["reply_parameters"] = {"message_id": int(message.reply_to), "allow_sending_without_reply": True}
    return [always | full, always | {"text": text}, always | {"text": shortest(message.refs, message.language)}]


def _failure(answer: Answer, address: str, wire: Wire) -> SendError:
    """What an answer means that is no success."""
    facts, status = answer.facts, answer.status
    told = f"{status} {facts.get('description', '')}".strip()
    if status >= 500:
        return wire.error(told, Failure.UNKNOWN)
    if status == 429:
        wait = seconds(_hints(facts).get("retry_after", answer.headers.get("Retry-After")), WAIT_UNTOLD)
        return wire.error(told, Failure.LIMITED, retry_after=wait)
    # A 404 is about the token where Telegram itself says so; else it is somebody's between us, as a bare 400 is.
    if status == 401 or (status == 404 and facts.get("ok") is False):
        return wire.error(told, Failure.REVOKED)
    if status == 400 and facts.get("ok") is False:
        return _bad_request(facts, told, address, wire)
    if status == 403 and _holds(told, GONE_403):
        return wire.error(told, Failure.GONE)
    return wire.error(told, Failure.OURS if status == 413 else Failure.UNSENT)


def _bad_request(facts: Mapping[str, Any], told: str, address: str, wire: Wire) -> SendError:
    if moved_to := _hints(facts).get("migrate_to_chat_id"):
        return wire.error(told, Failure.MOVED, moved_to=str(moved_to))
    if _holds(told, TOPIC_SHUT):
        chat, _, topic = address.partition(":")
        # Without a topic it is the general one that is shut, and there is nowhere to go.
        return wire.error(told, Failure.MOVED, moved_to=chat) if topic else wire.error(told, Failure.GONE)
    return wire.error(told, Failure.GONE if _holds(told, GONE_400) else Failure.OURS)


def _hints(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    found = facts.get("parameters")
    return found if isinstance(found, dict) else {}


def _holds(told: str, phrases: tuple[str, ...]) -> bool:
    return any(phrase in told.lower() for phrase in phrases)
