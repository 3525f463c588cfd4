"""When a source that does not answer is left alone, and when it is tried again (pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

FAILURES = 5  # requests in a row that came to nothing, before a source is left alone
SHORTEST, LONGEST = timedelta(seconds=60), timedelta(minutes=15)


class Admission(StrEnum):
    """What to do with a request."""

    GO = "go"
    PROBE = "probe"  # the one request that finds out whether the source is back
    WAIT = "wait"  # for the outcome of the probe that is under way
    NO = "no"


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether a source is asked.

    Closed, it lets all requests through. It opens after `FAILURES` failed ones in a row, for a minute, and at
    once, for a quarter of an hour, when the source refuses us. After that time it is half open: one request
    goes through as a probe. A probe that fails opens it again for twice as long, a success closes it. A clock that
    shows less than when it opened was set back, and tells nothing of how long that was ago: then it is half open too.
    """

    failures: int = 0  # in a row
    open_until: datetime | None = None  # None: closed
    open_for: timedelta = timedelta(0)  # how long it was last opened for
    refused: bool = False  # it was opened because the source refuses us
    reason: str = ""  # why the last request failed
    probing: bool = False  # a probe is under way

    def admit(self, now: datetime) -> Admission:
        """What to do with a request at this moment; the caller of a PROBE goes on with `probed()`."""
        if self.open_until is None:
            return Admission.GO
        if self.probing:
            return Admission.WAIT
        since = self.open_until - self.open_for
        return Admission.NO if since <= now < self.open_until else Admission.PROBE

    def probed(self) -> Breaker:
        """The probe has been sent."""
        return replace(self, probing=True)

    def abandoned(self) -> Breaker:
        """The probe was called off before it had an outcome: the next request is the probe."""
        return replace(self, probing=False)

    def succeeded(self) -> Breaker:
        """An answer came, be it of a request made before it opened: the source is back."""
        return Breaker()

    def failed(self, now: datetime, reason: str, *, probe: bool = False) -> Breaker:
        """A request came to nothing. What was sent before it opened, and fails after, opens it no further."""
        if self.open_until is not None and not probe:
            return self
        failures = self.failures + 1
        if self.open_until is None and failures < FAILURES:
            return Breaker(failures, reason=reason)
        return Breaker(failures, *_opened(now, max(SHORTEST, min(LONGEST, self.open_for * 2))), reason=reason)

    def turned_away(self, now: datetime, reason: str, *, probe: bool = False) -> Breaker:
        """The source refuses this country or this key, and will for a while."""
        probing = self.probing and not probe
        return Breaker(self.failures + 1, *_opened(now, LONGEST), refused=True, reason=reason, probing=probing)


def _opened(now: datetime, span: timedelta) -> tuple[datetime, timedelta]:
    return now + span, span
