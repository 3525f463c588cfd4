"""How long EDGAR is left alone after it wanted fewer requests (pure).

Its page says: ten minutes, and longer for whoever goes on meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.feeds.pace import LONG_AGO

SHORTEST, LONGEST = timedelta(minutes=10), timedelta(hours=2)
CALM = timedelta(hours=6)  # after a stop, from when on another one is not its continuation


@dataclass(frozen=True, slots=True)
class Throttle:
    """Whether EDGAR may be asked; a stop that soon follows another is twice as long."""

    until: datetime = LONG_AGO  # the end of the last stop
    span: timedelta = timedelta(0)  # how long the last stop was

    def stops(self, now: datetime) -> bool:
        """Whether no request may go at this moment."""
        return now < self.until

    def hit(self, now: datetime, wanted: timedelta = timedelta(0)) -> Throttle:
        """EDGAR wanted fewer requests, for `wanted` at least.

        Requests that were under way when it stopped us are told the same, and change nothing.
        """
        if self.stops(now):
            return self
        goes_on = now < self.until + CALM
        span = max(wanted, min(LONGEST, self.span * 2) if goes_on else SHORTEST)
        return Throttle(now + span, span)
