"""Asking Discord, and what its answers mean: for the sender of alerts, and for what the library does not do for us."""

from __future__ import annotations

from typing import Any

from bot import __version__
from bot.chat.discord.traffic import INVALID_SECONDS, Refusals
from bot.chat.wire import Answer, Wire, seconds
from bot.errors import Failure, SendError
from bot.settings import DiscordSettings

WAIT_UNTOLD = 5.0  # seconds, where it asks to wait and does not say how long
WAIT_LONG = 600.0  # after a refusal that is not about one bucket

UNKNOWN_CHANNEL, MISSING_ACCESS, MISSING_PERMISSIONS = 10003, 50001, 50013
CLOSED_DMS, NO_MUTUAL_GUILD = 50007, 50278
ARCHIVED_THREAD, LOCKED_THREAD = 50083, 160005
GONE = (
    UNKNOWN_CHANNEL, MISSING_ACCESS, MISSING_PERMISSIONS, CLOSED_DMS, NO_MUTUAL_GUILD, ARCHIVED_THREAD, LOCKED_THREAD,
)  # fmt: skip
DMS_TOO_FAST = 40003
NO_REPLY = 160002  # it may write there, and not read what a reply would be to; a 403


class Api:
    """Discord's REST API, as one bot."""

    def __init__(self, settings: DiscordSettings, refusals: Refusals) -> None:
        token = settings.token.get_secret_value()
        self.base = settings.base_url.rstrip("/")
        self.refusals = refusals
        self.wire = Wire(
            "Discord",
            token,
            settings.timeout_seconds,
            {"Authorization": f"Bot {token}", "User-Agent": f"DiscordBot (tocsin, {__version__})"},
        )

    async def ask(self, method: str, path: str, **what: Any) -> Answer:
        """The answer, whatever its status. Raises SendError where there is none, or where nothing may be asked."""
        if self.refusals.are_too_many:
            told = f"not asked for {INVALID_SECONDS / 60:g} minutes, for too much was refused"
            raise self.wire.error(told, Failure.LIMITED, retry_after=WAIT_LONG, everywhere=True)
        answer = await self.wire.ask(method, f"{self.base}{path}", **what)
        self.refusals.note(answer.status, answer.headers)
        return answer

    async def open_dm(self, user: str) -> str:
        """The id of the channel that a person has with the bot alone. Raises SendError."""
        answer = await self.ask("POST", "/users/@me/channels", body={"recipient_id": user})
        if not answer.is_success:
            raise self.failure(answer)
        if not answer.facts.get("id"):
            raise self.wire.error(f"{answer.status}, but the answer cannot be read")
        return str(answer.facts["id"])

    async def close(self) -> None:
        """Let go of connections."""
        await self.wire.close()

    def failure(self, answer: Answer) -> SendError:
        """What an answer means that is no success."""
        facts, status, code = answer.facts, answer.status, answer.facts.get("code")
        told = f"{status} {facts.get('message', '')}".strip() + (f" ({code})" if code else "")
        if status >= 500:
            return self.wire.error(told, Failure.UNKNOWN)
        if code == DMS_TOO_FAST:
            return self.wire.error(told, Failure.LIMITED, retry_after=WAIT_LONG)
        if status == 429:
            return self._limited(answer, told)
        if status == 401:
            return self.wire.error(told, Failure.REVOKED)
        if code in GONE:
            return self.wire.error(told, Failure.GONE)
        # A bare 400 is somebody's between us, and a 403 or 404 of another code is no verdict on the channel.
        ours = status == 413 or code == NO_REPLY or (status == 400 and code is not None)
        return self.wire.error(told, Failure.OURS if ours else Failure.UNSENT)

    def _limited(self, answer: Answer, told: str) -> SendError:
        facts, headers = answer.facts, answer.headers
        wait = seconds(facts.get("retry_after", headers.get("Retry-After")), WAIT_UNTOLD)
        if "Via" not in headers:
            # Not Discord's answer but Cloudflare's in front of it: the address is shut out, not one bucket full.
            longer = max(WAIT_LONG, wait)
            return self.wire.error(f"{told}, by Cloudflare", Failure.LIMITED, retry_after=longer, everywhere=True)
        everywhere = facts.get("global") is True or headers.get("X-RateLimit-Scope") == "global"
        return self.wire.error(told, Failure.LIMITED, retry_after=wait, everywhere=everywhere)
