"""What waits to be sent, what was sent, and whether all that ever rang is accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.views import numbers
from bot.views.elements import Field, Json
from bot.words import tr
from bot.words.stored import retold
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
    fields = [Field(tr("fault"), retold(delivering.fault))] if delivering.fault else []
    fields += [
        Field(
            one.name.capitalize(), tr("{state}, for {span}", state=_state(one), span=numbers.duration(now - one.since))
        )
        for one in delivering.platforms
        if one.state != UP
    ]
    waiting = [_count(outbox, state) for state in OPEN if outbox.counts.get(state)]
    oldest = ""
    if outbox.oldest_due is not None:
        oldest = tr(", the oldest for {span}", span=numbers.duration(now - outbox.oldest_due))
    ended = [_count(outbox, state) for state in outbox.counts if state not in OPEN]
    fields.append(Field(tr("waiting"), f"{', '.join(waiting)}{oldest}" if waiting else tr("nothing")))
    all_of_them = ", ".join([*ended, *waiting]) or tr("none yet")
    said = tr("{count} enqueued: {states}", count=numbers.whole(outbox.enqueued), states=all_of_them)
    fields.append(Field(tr("messages"), said))
    if outbox.missing:
        missing = f"{'+' if outbox.missing > 0 else '-'}{numbers.whole(abs(outbox.missing))}"
        said = tr("{count} messages: the sum does not agree; please report it", count=missing)
        fields.append(Field(tr("MISSING"), said))
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
    return f"{numbers.whole(outbox.counts[state])} {retold(state.replace('_', ' '))}"


def _state(one: PlatformState) -> str:
    return f"{retold(one.state)}: {retold(one.detail)[:LONGEST_DETAIL]}" if one.detail else retold(one.state)
