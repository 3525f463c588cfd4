"""Alerts to Discord channels, as the bot: a webhook would have no nonce.

A message under a nonce that Discord saw in the last minutes is answered with the earlier one and adds none. For
what is older, `find` reads the channel. An address is the id of a channel.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from bot.alerts.limiter import Limits, Window
from bot.alerts.outgoing import Outgoing, Receipt
from bot.chat.discord.api import NO_REPLY, Api
from bot.chat.discord.render import CONTENT_UNITS, fits, render, render_line, render_plain
from bot.chat.discord.traffic import MOST_INVALID, Refusals
from bot.chat.texts import cut, fitting, shortest
from bot.chat.wire import Answer, of_no_chat, seconds
from bot.errors import Failure, SendError
from bot.settings import DiscordSettings
from bot.views.alert_message import SHOWN

log = logging.getLogger("tocsin.discord")

# https://discord.com/developers/docs/topics/rate-limits, with room for what the net does to the distance of two
# messages. What a channel takes is in the headers of each answer; this is what it is before the first.
TOTAL = Window(50, 1.025)
LEAST_GAP = 1 / 120  # seconds
ONE_CHANNEL = Window(5, 5.1)
IN_FLIGHT = 8

SUPPRESS_NOTIFICATIONS = 1 << 12
# "The past few minutes" is what Discord says; relied on is less.
NONCE_WINDOW = timedelta(minutes=2)
NONCE_CHARACTERS = 25

LOOKED_THROUGH = 50  # messages of a channel


class DiscordSender:
    """One bot on Discord."""

    limits: Limits = Limits(
        total=TOTAL, least_gap=LEAST_GAP, of_chat=lambda _address: (ONE_CHANNEL,), in_flight=IN_FLIGHT
    )
    nonce_window: timedelta | None = NONCE_WINDOW

    def __init__(
        self,
        settings: DiscordSettings,
        monotonic: Callable[[], float] = time.monotonic,
        most_invalid: int = MOST_INVALID,
    ) -> None:
        self.api = Api(settings, Refusals(most_invalid, monotonic))
        self.on_gone: Callable[[str, str], None] = lambda _address, _why: None  # a channel takes nothing any more

    async def send(self, address: str, message: Outgoing) -> Receipt:
        """Send it: one request, unless Discord refuses how it is written, which leaves it certainly unsent.

        Where it must be no reply, it is tried as none; then as plain text, and at last as one line that says where to
        look. Raises SendError.
        """
        forms = _forms(message)
        while forms:
            form = forms.pop(0)
            answer = await self.api.ask("POST", _messages(address), body=form)
            if answer.is_success:
                return self._receipt(answer)
            failed = self.api.failure(answer)
            if failed.failure is Failure.GONE:
                self.on_gone(address, str(failed))
            if failed.failure is not Failure.OURS:
                break
            if form.pop("message_reference", None) and answer.facts.get("code") == NO_REPLY:
                forms.insert(0, form)
                continue
            log.warning("a message was refused as it was written: %s", failed)
        raise failed

    async def find(self, address: str, message: Outgoing) -> str | None:
        """The id of a bot's message in the channel that tells of the same alerts; None where none is seen."""
        try:
            answer = await self.api.ask("GET", _messages(address), params={"limit": LOOKED_THROUGH})
        except SendError:
            return None
        if not answer.is_success or not isinstance(answer.body, list):
            return None
        full = _forms(message)[0]
        # What this message would show: a longer list of alerts is cut.
        refs = [ref for ref in message.refs if _tells_of(_texts(full), ref)]
        for found in answer.body:
            if isinstance(found, dict) and _is_of_a_bot(found) and refs:
                texts = _texts(found)
                if all(_tells_of(texts, ref) for ref in refs):
                    return str(found.get("id"))
        return None

    async def alive(self) -> None:
        """Ask who we are. Raises SendError when Discord does not tell."""
        answer = await self.api.ask("GET", "/users/@me")
        if not answer.is_success:
            raise of_no_chat(self.api.failure(answer))
        if not answer.facts.get("id"):
            raise self.api.wire.error(f"{answer.status}, but the answer cannot be read")

    async def close(self) -> None:
        """Let go of connections."""
        await self.api.close()

    def _receipt(self, answer: Answer) -> Receipt:
        if not answer.facts.get("id"):
            raise self.api.wire.error(f"{answer.status}, but the answer cannot be read", Failure.UNKNOWN)
        return Receipt(str(answer.facts["id"]), _pause(answer.headers))


def _messages(address: str) -> str:
    return f"/channels/{quote(address, safe='')}/messages"


def _forms(message: Outgoing) -> list[dict[str, Any]]:
    """The message as it should look; in plain text; and what is left where not even that is taken."""
    view = fitting(message.view, fits, min(SHOWN, len(message.entries)))
    always: dict[str, Any] = {"nonce": message.nonce[:NONCE_CHARACTERS], "enforce_nonce": True}
    if message.silent:
        always["flags"] = SUPPRESS_NOTIFICATIONS
    full = render(view)
    if message.reply_to is not None and message.reply_to.isdecimal():
        full["message_reference"] = {"message_id": message.reply_to, "fail_if_not_exists": False}
    forms = [
        form | always for form in (full, render_plain(view), render_line(shortest(message.refs, message.language)))
    ]
    return [mentioning(form, message.mention) for form in forms]


def mentioning(form: dict[str, Any], role: str) -> dict[str, Any]:
    """The message with a role before it whose people are called, and nobody else; as it is where there is no role."""
    if not role:
        return form
    called = f"<@&{role}> {form['content']}"
    return form | {"content": cut(called, CONTENT_UNITS), "allowed_mentions": {"parse": [], "roles": [role]}}


def _pause(headers: Mapping[str, str]) -> float:
    """How long the channel takes no further message."""
    return seconds(headers.get("X-RateLimit-Reset-After"), 0.0) if headers.get("X-RateLimit-Remaining") == "0" else 0.0


def _is_of_a_bot(message: Mapping[str, Any]) -> bool:
    author = message.get("author")
    return isinstance(author, dict) and author.get("bot") is True


def _texts(message: Mapping[str, Any]) -> Sequence[str]:
    embeds = message.get("embeds")
    described = [one.get("description") for one in embeds if isinstance(one, dict)] if isinstance(embeds, list) else []
    return [text for text in (message.get("content"), *described) if isinstance(text, str)]


def _tells_of(texts: Sequence[str], ref: str) -> bool:
    return any(re.search(rf"#{re.escape(ref)}(?!\w)", text) for text in texts)
