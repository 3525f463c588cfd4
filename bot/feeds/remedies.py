"""What happened to a request of a hosted service, and what to do about it, in one line for people."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from bot.feeds.base import Outcome
from bot.feeds.faults import AskError, LimitedError, RefusedError

# "answers 503", "refuses the key (401)": foreign text in a reason follows a colon or a comma.
STATUS = re.compile(r"(?:answers |[a-z ]+\()([1-5]\d\d)\b")


def remedy(error: AskError, service: str, remedies: Mapping[int, str]) -> tuple[str, Outcome] | None:
    """What happened, without foreign text, and how the service answered; None where only `error.reason` can tell.

    `remedies`: HTTP status → what to say of it.
    """
    found = STATUS.match(error.reason)
    status = int(found[1]) if found else 0
    if isinstance(error, RefusedError):
        return remedies.get(status, f"{service} {error.reason}"), Outcome.REFUSED
    if status in remedies:
        return remedies[status], Outcome.FAILED
    if status >= 500:
        return f"fails on its side ({status}); nothing to do, asked again at the next refresh", Outcome.FAILED
    if isinstance(error, LimitedError):
        asked = {0: "asked too often", 429: "asked too often (429)"}.get(status, error.reason)
        wait = error.retry_after
        waits = "asked again at the next refresh" if wait is None else f"tocsin waits {math.ceil(wait)} s"
        return f"{asked}; {waits}", Outcome.FAILED
    return None
