"""One subscription in full: what stands, what would have rung, and what another minimum would have done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from bot.views import local, numbers
from bot.views.alerts import covered, describe, past_data, rang
from bot.views.elements import Column, Element, Note, Table, Text, View
from bot.views.subscription_menus import Part, part_buttons
from bot.views.titles import kind_title
from bot.words import tr, trc
from scoring.model import Signal

if TYPE_CHECKING:
    from bot.alerts.matching import Wish
    from bot.alerts.rehearsal import Rehearsal

SHOWN = 20
WEEK = 7  # days


@dataclass(frozen=True, slots=True)
class Stands:
    """Something that stands above a subscription."""

    title: str
    level: str  # now
    told: str  # the highest that was told
    since: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """A subscription, and all that is known of it."""

    id: int
    wish: Wish
    standing: Sequence[Stands]
    past: Rehearsal
    others: Mapping[float, Rehearsal]  # minimum → what it would have done
    muted: Sequence[str]  # in words
    zone: tzinfo
    now: datetime


def subscription_view(shown: Shown) -> View:
    """All of one subscription, with buttons that change it."""
    body: list[Element] = []
    body += _standing(shown)
    body += _recent(shown)
    body += _others(shown)
    body += [Note(tr("Muted: {what}.", what=one)) for one in shown.muted]
    return View(
        title=tr("Subscription {id}: {wish}", id=shown.id, wish=describe(shown.wish)),
        body=tuple(body),
        buttons=part_buttons(Part(shown.id, shown.wish)),
        data={
            "id": shown.id,
            "wish": dict(shown.wish.to_json()),
            "standing": [{"title": one.title, "level": one.level, "since": numbers.iso(one.since)}
                         for one in shown.standing],
            "past": past_data(shown.past),
            "other_minimums": [{"minimum": minimum, **past_data(past)} for minimum, past in shown.others.items()],
        },
    )  # fmt: skip


def _standing(shown: Shown) -> list[Element]:
    if not shown.standing:
        return [Text(tr("Nothing stands above it now."))]
    columns = (
        Column(tr("standing now")),
        Column(tr("now"), "right"),
        Column(tr("told"), "right"),
        Column(tr("since")),
    )
    rows = [(one.title, one.level, one.told, local.at(one.since, shown.zone, shown.now)) for one in shown.standing]
    left = len(rows) - SHOWN
    return [Table(columns, tuple(rows[:SHOWN])), *([Note(tr("And {count} more.", count=left))] if left > 0 else [])]


def _recent(shown: Shown) -> list[Element]:
    past = shown.past
    elements: list[Element] = []
    if past.covered:
        elements.append(
            Text(tr("In the last {days} days it would have rung for {rings}.", days=past.days, rings=rang(past)))
        )
    if past.latest:
        columns = (
            Column(tr("would have rung")),
            Column(tr("what")),
            Column(trc("level", "from"), "right"),
            Column(trc("level", "to"), "right"),
        )
        rows = tuple(
            (
                local.at(one.at, shown.zone, shown.now),
                f"{kind_title(one.kind)} {one.title}",
                _level(one.before, shown.wish.signal),
                _level(one.level, shown.wish.signal),
            )
            for one in past.latest
        )
        elements.append(Table(columns, rows))
    if past.without:
        filters = tr(" and ").join(past.without)
        said = tr("Of the past it is not stored what {filters} would have left out: it may be fewer.", filters=filters)
        elements.append(Note(said))
    return elements + [Note(note) for note in [covered(past, shown.wish.signal)] if note]


def _others(shown: Shown) -> list[Element]:
    known = {minimum: past for minimum, past in shown.others.items() if past.covered}
    if not known:
        return []
    columns = (
        Column(tr("with min"), "right"),
        Column(tr("rings a week"), "right"),
        Column(tr("of them new"), "right"),
    )
    rows = tuple(
        (
            numbers.said(minimum) + (f" ({tr('now')})" if minimum == shown.wish.minimum else ""),
            _a_week(past.rings, past),
            _a_week(past.new, past),
        )
        for minimum, past in sorted(known.items())
    )
    return [Table(columns, rows)]


def _a_week(count: int, past: Rehearsal) -> str:
    if past.covered >= past.days:
        return f"{count * WEEK / past.days:.0f}"
    return tr("about {span}", span=f"{count * WEEK / past.covered:.0f}")


def _level(level: float | None, signal: Signal) -> str:
    if level is None:
        return numbers.UNKNOWN
    return f"{level:.0f}" if signal is Signal.CLUSTERS else numbers.score(level)
