"""What a chat does not hear for a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.views import local, numbers
from bot.views.elements import Button, Code, Column, Element, Json, Note, Table, Text, View
from bot.views.titles import capitalised
from bot.words import mark, tr
from bot.words.stored import retold

SPANS = ("1h", "8h", "1d", "1w")
BUTTONS = 5
WAITS = mark("What would have rung waits, and comes as one message afterwards; /missed shows it at once.")


@dataclass(frozen=True, slots=True)
class Muted:
    """All that is muted in a chat."""

    until: datetime | None  # of the whole chat
    names: Mapping[str, datetime]  # coin or company → until
    zone: tzinfo
    now: datetime

    def words(self) -> list[str]:
        """Each in a few words: the whole chat until 22:00."""
        return self.words_but(None)

    def words_but(self, left_out: str | None) -> list[str]:
        """The same without one name; empty is the whole chat's."""
        found = [] if self.until is None or left_out == "" else [(tr("the whole chat"), self.until)]
        found += [(name, until) for name, until in self.names.items() if name != left_out]
        return [tr("{name} until {time}", name=name, time=self._at(until)) for name, until in found]

    def data(self) -> dict[str, Json]:
        """The same as values."""
        return {"chat": numbers.iso(self.until), "names": {name: numbers.iso(at) for name, at in self.names.items()}}

    def _at(self, instant: datetime) -> str:
        return local.at(instant, self.zone, self.now)


def mutes_view(muted: Muted) -> View:
    """What is muted now."""
    if muted.until is None and not muted.names:
        return View(
            title=tr("Nothing is muted in this chat"),
            body=(Text(f"{tr('Mute it for a time.')} {tr(WAITS)}"), Code("/mute 8h"), Code("/mute PEPE 2d")),
            buttons=tuple(Button(tr("Mute {span}", span=span), f"/mute {span}") for span in SPANS),
            data={"muted": muted.data()},
        )
    return View(
        title=tr("Muted in this chat"), body=_table(muted), buttons=_buttons(muted), data={"muted": muted.data()}
    )


def muted_view(name: str, until: datetime, span: str, muted: Muted) -> View:
    """The answer to a mute; `name` is empty for the whole chat."""
    what, again = (name, f"/unmute {name}") if name else (capitalised(tr("the whole chat")), "/unmute")
    time = local.at(until, muted.zone, muted.now)
    return View(
        title=tr("{name} is muted until {time} ({span})", name=what, time=time, span=span),
        body=(Text(tr(WAITS)), *(Note(tr("Also muted: {what}.", what=one)) for one in muted.words_but(name))),
        buttons=(Button(tr("Unmute"), again), *_buttons_of_all()),
        data={"muted": muted.data()},
    )


def unmuted_view(names: Sequence[str], released: int, waits: tuple[str, datetime] | None, muted: Muted) -> View:
    """The answer to /unmute.

    `released` counts the messages that have waited; `waits`: why nothing of them comes now, and until when.
    """
    what = tr("{name} rings again", name=", ".join(names)) if names else tr("This chat rings again")
    waited = tr("What has waited comes now, in one message.") if released else tr("Nothing has waited.")
    if waits is not None:
        why, until = waits
        time = local.at(until, muted.zone, muted.now)
        waited = tr("What has waited waits on, until {time}: {why}.", time=time, why=retold(why))
    return View(
        title=what,
        body=(Text(waited), *(Note(tr("Still muted: {what}.", what=one)) for one in muted.words())),
        buttons=tuple(reversed(_buttons_of_all())),
        data={
            "muted": muted.data(),
            "released": released,
            "waits_until": None if waits is None else numbers.iso(waits[1]),
        },
    )


def how_long_view(name: str) -> View:
    """The question that a mute without a time leaves; `name` is empty for the whole chat."""
    what = f"{name} " if name else ""
    return View(
        title=tr("Mute {name} for how long?", name=name or tr("the whole chat")),
        body=(Code(f"/mute {what}8h"),),
        buttons=tuple(Button(span, f"/mute {what}{span}") for span in SPANS),
        data={"name": name or None},
    )


def _table(muted: Muted) -> tuple[Element, ...]:
    rows = [(tr("the whole chat"), muted.until)] if muted.until is not None else []
    rows += list(muted.names.items())
    cells = tuple(
        (name, local.at(until, muted.zone, muted.now), numbers.duration(until - muted.now)) for name, until in rows
    )
    return (Table((Column(tr("muted")), Column(tr("until")), Column(tr("that is in"))), cells), Note(tr(WAITS)))


def _buttons(muted: Muted) -> tuple[Button, ...]:
    whole = [Button(tr("Unmute the chat"), "/unmute")] if muted.until is not None else []
    names = [Button(tr("Unmute {name}", name=name), f"/unmute {name}") for name in list(muted.names)[:BUTTONS]]
    return (*whole, *names, Button(tr("What rang"), "/missed"))


def _buttons_of_all() -> tuple[Button, ...]:
    return (Button(tr("What rang"), "/missed"), Button(tr("What is muted"), "/mute"))
