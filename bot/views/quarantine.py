"""Values that are not believed, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.feeds.exchanges import title_of
from bot.views import numbers
from bot.views.elements import Column, Element, Json, Note, Table, Text, View
from bot.words import tr, trn
from bot.words.stored import retold
from scoring.model import Held

SHOWN = 5  # beside other things
LISTED = 100


def quarantine_view(held: Sequence[Held], now: datetime) -> View:
    """Every value that is not believed, with its reason."""
    columns = (
        Column(tr("exchange")),
        Column(tr("contract")),
        Column(tr("coin")),
        Column(tr("rate"), "right"),
        Column(tr("since")),
        Column(tr("for"), "right"),
        Column(tr("why")),
    )
    shown = held[:LISTED]
    rows = tuple(
        (
            title_of(one.exchange),
            one.symbol,
            one.base_coin,
            numbers.rate(one.value) if one.value == one.value else numbers.UNKNOWN,  # NaN differs from itself
            numbers.instant(one.since),
            numbers.count(one.cycles, "refresh", "refreshes"),
            retold(one.reason),
        )
        for one in shown
    )
    nothing = Text(tr("Nothing is held back: every value was believed."))
    body: list[Element] = [Table(columns, rows) if rows else nothing]
    if len(held) > len(shown):
        body.append(Note(tr("The first {some} of {total}.", some=len(shown), total=len(held))))
    never = tr("What is held never reaches a score; the last believed rate stays.")
    body.append(Note(f"{never} {numbers.clock(now)}"))
    data: list[Json] = [held_data(one) for one in held]
    title = tr("Quarantine: {values}", values=numbers.count(len(held), "value"))
    return View(title=title, body=tuple(body), data={"quarantine": data})


def held_notes(held: Sequence[Held]) -> list[Element]:
    """The first of them in a line."""
    if not held:
        return []
    lines = [f"{title_of(one.exchange)} {one.symbol}: {retold(one.reason)}" for one in held[:SHOWN]]
    lines += [tr("and {count} more", count=len(held) - SHOWN)] if len(held) > SHOWN else []
    said = trn(
        "In quarantine, {count} value that no score uses: {values}.",
        "In quarantine, {count} values that no score uses: {values}.",
        len(held),
        values="; ".join(lines),
    )
    return [Note(said)]


def held_data(one: Held) -> dict[str, Json]:
    """One of them, for --json; `cycles` are refreshes."""
    return {
        "exchange": one.exchange,
        "symbol": one.symbol,
        "base_coin": one.base_coin,
        "reason": one.reason,
        "value": one.value if one.value == one.value else None,
        "since": numbers.iso(one.since),
        "cycles": one.cycles,
    }
