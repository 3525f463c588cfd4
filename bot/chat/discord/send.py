"""Alerts to Discord channels, as the bot: a webhook would have no nonce.

A message under a nonce that Discord saw in the last minutes is answered with the earlier one and adds none. For
what is older, `find` reads the channel. An address is the id of a channel.
"""

from __future__ import annotations

import logging
import re
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from bot import __version__
from bot.alerts.limiter import Limits, Window
from bot.alerts.outgoing import Outgoing, Receipt
from bot.chat.discord.render import fits, render, render_line, render_plain
from bot.chat.texts import fitting, shortest
from bot.chat.wire import Answer, Wire, of_no_chat, seconds
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

WAIT_UNTOLD = 5.0  # seconds, where it asks to wait and does not say how long
WAIT_LONG = 600.0  # after a refusal that is not about one bucket
LOOKED_THROUGH = 50  # messages of a channel

# 10,000 answers of these statuses in 10 minutes, and Discord shuts out the address; we stop long before.
INVALID = (401, 403, 429)
INVALID_SECONDS = 600.0
MOST_INVALID = 2000

UNKNOWN_CHANNEL, MISSING_ACCESS, MISSING_PERMISSIONS, CLOSED_DMS, NO_MUTUAL_GUILD = 10003, 50001, 50013, 50007, 50278
GONE = (UNKNOWN_CHANNEL, MISSING_ACCESS, MISSING_PERMISSIONS, CLOSED_DMS, NO_MUTUAL_GUILD)
DMS_TOO_FAST = 40003


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
        token = settings.token.get_secret_value()
        self._base = settings.base_url.rstrip("/")
        self._wire = Wire(
            "Discord",
            token,
            settings.timeout_seconds,
            {"Authorization": f"Bot {token}", "User-Agent": f"DiscordBot (tocsin, {__version__})"},
        )
        self._monotonic = monotonic
        self._invalid: deque[float] = deque(maxlen=most_invalid)  # when the last invalid requests were answered

    async def send(self, address: str, message: Outgoing) -> Receipt:
        """Send it: one request, unless Discord refuses how it is written, which leaves it certainly unsent.

        Then it is tried as plain text, and at last as one line that says where to look. Raises SendError.
        """
        for form in _forms(message):
            answer = await self._ask("POST", _messages(address), body=form)
            if answer.is_success:
                return self._receipt(answer)
            failed = _failure(answer, self._wire)
            if failed.failure is not Failure.OURS:
                break
            log.warning("a message was refused as it was written: %s", failed)
        raise failed

    async def find(self, address: str, message: Outgoing) -> str | None:
        """The id of a bot's message in the channel that tells of the same alerts; None where none is seen."""
        try:
            answer = await self._ask("GET", _messages(address), params={"limit": LOOKED_THROUGH})
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
        answer = await self._ask("GET", "/users/@me")
        if not answer.is_success:
            raise of_no_chat(_failure(answer, self._wire))
        if not answer.facts.get("id"):
            raise self._wire.error(f"{answer.status}, but the answer cannot be read")

    async def close(self) -> None:
        """Let go of connections."""
        await self._wire.close()

    def _receipt(self, answer: Answer) -> Receipt:
        if not answer.facts.get("id"):
            raise self._wire.error(f"{answer.status}, but the answer cannot be read", Failure.UNKNOWN)
        return Receipt(str(answer.facts["id"]), _pause(answer.headers))

    async def _ask(self, method: str, path: str, **what: Any) -> Answer:
        now = self._monotonic()
        most = self._invalid.maxlen
        if len(self._invalid) == most and self._invalid[0] > now - INVALID_SECONDS:
            told = f"not asked, after {most} refusals in {INVALID_SECONDS / 60:g} minutes"
            raise self._wire.error(told, Failure.LIMITED, retry_after=WAIT_LONG, everywhere=True)
        answer = await self._wire.ask(method, f"{self._base}{path}", **what)
        if answer.status in INVALID and answer.headers.get("X-RateLimit-Scope") != "shared":
            self._invalid.append(self._monotonic())
        return answer


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
    return [form | always for form in (full, render_plain(view), render_line(shortest(message.refs, message.language)))]


def _failure(answer: Answer, wire: Wire) -> SendError:
    """What an answer means that is no success."""
    facts, status, code = answer.facts, answer.status, answer.facts.get("code")
    told = f"{status} {facts.get('message', '')}".strip() + (f" ({code})" if code else "")
    if status >= 500:
        return wire.error(told, Failure.UNKNOWN)
    if code == DMS_TOO_FAST:
        return wire.error(told, Failure.LIMITED, retry_after=WAIT_LONG)
    if status == 429:
        return _limited(answer, told, wire)
    if status == 401:
        return wire.error(told, Failure.REVOKED)
    if code in GONE:
        return wire.error(told, Failure.GONE)
    # A bare 400 is somebody's between us, and a 403 or 404 of another code is no verdict on the channel.
    ours = status == 413 or (status == 400 and code is not None)
    return wire.error(told, Failure.OURS if ours else Failure.UNSENT)


def _limited(answer: Answer, told: str, wire: Wire) -> SendError:
    facts, headers = answer.facts, answer.headers
    wait = seconds(facts.get("retry_after", headers.get("Retry-After")), WAIT_UNTOLD)
    if "Via" not in headers:
        # Not Discord's answer but Cloudflare's in front of it: the address is shut out, not one bucket full.
        return wire.error(f"{told}, by Cloudflare", Failure.LIMITED, retry_after=max(WAIT_LONG, wait), everywhere=True)
    everywhere = facts.get("global") is True or headers.get("X-RateLimit-Scope") == "global"
    return wire.error(told, Failure.LIMITED, retry_after=wait, everywhere=everywhere)


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
