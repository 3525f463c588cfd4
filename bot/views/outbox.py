"""What waits to be sent, what was sent, and whether all that ever rang is accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.views import numbers
from bot.views.elements import Field, Json
from storage.chats import UP, PlatformState
from storage.outbox import OPEN, Health

LONGEST_DETAIL = 120


@dataclass(frozen=True, slots=True)
class Delivering:
    """How delivery stands."""

    outbox: Health
    platforms: Sequence[PlatformState] = ()
    fault: str = ""  # why nothing is sent, or nobody answered


def outbox_fields(delivering: Delivering, now: datetime) -> list[Field]:
    """The lines of /status about messages, the worst news first."""
    outbox = delivering.outbox
    fields = [Field("fault", delivering.fault)] if delivering.fault else []
    fields += [
        Field(one.name.capitalize(), f"{_state(one)}, for {numbers.duration(now - one.since)}")
        for one in delivering.platforms
        if one.state != UP
    ]
    waiting = [_count(outbox, state) for state in OPEN if outbox.counts.get(state)]
    oldest = "" if outbox.oldest_due is None else f", the oldest for {numbers.duration(now - outbox.oldest_due)}"
    ended = [_count(outbox, state) for state in outbox.counts if state not in OPEN]
    fields.append(Field("waiting", f"{', '.join(waiting)}{oldest}" if waiting else "nothing"))
    fields.append(Field("messages", f"{outbox.enqueued:,} enqueued: {', '.join([*ended, *waiting]) or 'none yet'}"))
    if outbox.missing:
        fields.append(Field("MISSING", f"{outbox.missing:+,} messages: the sum does not agree; please report it"))
    return fields


def outbox_data(delivering: Delivering) -> dict[str, Json]:
    """The same as data."""
    outbox = delivering.outbox
    return {
        "outbox": dict(outbox.counts),
        "enqueued": outbox.enqueued,
        "missing": outbox.missing,
        "oldest_waiting": numbers.iso(outbox.oldest_due),
        "platforms": {one.name: {"state": one.state, "detail": one.detail} for one in delivering.platforms},
        "fault": delivering.fault,
    }


def _count(outbox: Health, state: str) -> str:
    return f"{outbox.counts[state]:,} {state.replace('_', ' ')}"


def _state(one: PlatformState) -> str:
    return f"{one.state}: {one.detail[:LONGEST_DETAIL]}" if one.detail else one.state
