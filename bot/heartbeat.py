"""A sign of life to a service that rings when it stays away, such as healthchecks.

It is given only while all is well: a refresh has finished, everything that was ever enqueued is accounted for, and
nothing that could go out has waited long. So silence of ours is noticed by somebody else.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import httpx

from bot.settings import HeartbeatSettings
from bot.views import numbers
from storage.outbox import Health

log = logging.getLogger("tocsin.heartbeat")

LONGEST_WAIT = timedelta(minutes=10)  # of a message that could go out
ATTEMPTS = 3
TIMEOUT_SECONDS = 10.0


def why_not(health: Health, fault: str, now: datetime) -> str:
    """What is not well, in a sentence; empty when all is."""
    if fault:
        return fault
    if health.missing:
        return f"{abs(health.missing)} deliveries are {'missing' if health.missing > 0 else 'too many'} in the outbox"
    if health.oldest_due is not None and now - health.oldest_due > LONGEST_WAIT:
        return f"a message has waited {numbers.duration(now - health.oldest_due)}"
    return ""


def health_line(health: Health, fault: str, now: datetime) -> str:
    """The outbox in one line of a log."""
    parts = [f"{count} {state.replace('_', ' ')}" for state, count in health.counts.items()]
    waited = "nothing waits" if health.oldest_due is None else f"oldest {numbers.duration(now - health.oldest_due)}"
    balance = f"{health.enqueued} enqueued, " + ("balanced" if not health.missing else f"MISSING {health.missing}")
    return "; ".join(part for part in (", ".join(parts) or "empty", waited, balance, fault) if part)


class Heartbeat:
    """Asks the address of the config, which is a secret: whoever knows it can pretend to be us."""

    def __init__(self, settings: HeartbeatSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = settings.url.get_secret_value()
        self._client = httpx.AsyncClient(transport=transport, timeout=TIMEOUT_SECONDS, follow_redirects=True)

    async def beat(self, health: Health, fault: str, now: datetime) -> bool:
        """Give the sign of life, unless something is not well; whether it arrived."""
        if not self._url:
            return False
        if problem := why_not(health, fault, now):
            log.error("no heartbeat: %s", problem)
            return False
        for _ in range(ATTEMPTS):
            try:
                answer = await self._client.get(self._url)
            except httpx.HTTPError as error:
                trouble = type(error).__name__
            else:
                if answer.is_success:
                    return True
                trouble = f"status {answer.status_code}"
        log.warning("the heartbeat did not arrive: %s", trouble)
        return False

    async def close(self) -> None:
        """Let go of the connection."""
        await self._client.aclose()
