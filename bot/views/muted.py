"""What a chat does not hear for a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.views import local, numbers
from bot.views.elements import Button, Code, Column, Element, Json, Note, Table, Text, View

SPANS = ("1h", "8h", "1d", "1w")
BUTTONS = 5
WAITS = "What would have rung waits, and comes as one message afterwards; /missed shows it at once."


@dataclass(frozen=True, slots=True)
class Muted:
    """All that is muted in a chat."""

    until: datetime | None  # of the whole chat
    names: Mapping[str, datetime]  # coin or company → until
    zone: tzinfo
    now: datetime

    def words(self) -> list[str]:
        """Each in a few words: the whole chat until 22:00."""
        whole = [] if self.until is None else [f"the whole chat until {self._at(self.until)}"]
        return whole + [f"{name} until {self._at(until)}" for name, until in self.names.items()]

    def data(self) -> dict[str, Json]:
        """The same as values."""
        return {"chat": numbers.iso(self.until), "names": {name: numbers.iso(at) for name, at in self.names.items()}}

    def _at(self, instant: datetime) -> str:
        return local.at(instant, self.zone, self.now)


def mutes_view(muted: Muted) -> View:
    """What is muted now."""
    if muted.until is None and not muted.names:
        return View(
            title="Nothing is muted in this chat",
            body=(Text(f"Mute it for a time. {WAITS}"), Code("/mute 8h"), Code("/mute PEPE 2d")),
            buttons=tuple(Button(f"Mute {span}", f"/mute {span}") for span in SPANS),
            data={"muted": muted.data()},
        )
    return View(title="Muted in this chat", body=_table(muted), buttons=_buttons(muted), data={"muted": muted.data()})


def muted_view(name: str, until: datetime, span: str, muted: Muted) -> View:
    """The answer to a mute; `name` is empty for the whole chat."""
    what, again = (name, f"/unmute {name}") if name else ("The whole chat", "/unmute")
    others = [one for one in muted.words() if not one.startswith(f"{name or 'the whole chat'} until")]
    return View(
        title=f"{what} is muted until {local.at(until, muted.zone, muted.now)} ({span})",
        body=(Text(WAITS), *(Note(f"Also muted: {one}.") for one in others)),
        buttons=(Button("Unmute", again), Button("What rang", "/missed"), Button("What is muted", "/mute")),
        data={"muted": muted.data()},
    )


def unmuted_view(names: Sequence[str], released: int, muted: Muted) -> View:
    """The answer to /unmute; `released` counts the messages that have waited."""
    what = f"{', '.join(names)} rings again" if names else "This chat rings again"
    waited = "What has waited comes now, in one message." if released else "Nothing has waited."
    return View(
        title=what,
        body=(Text(waited), *(Note(f"Still muted: {one}.") for one in muted.words())),
        buttons=(Button("What is muted", "/mute"), Button("What rang", "/missed")),
        data={"muted": muted.data(), "released": released},
    )


def how_long_view(name: str) -> View:
    """The question that a mute without a time leaves; `name` is empty for the whole chat."""
    what = f"{name} " if name else ""
    return View(
        title=f"Mute {name or 'the whole chat'} for how long?",
        body=(Code(f"/mute {what}8h"),),
        buttons=tuple(Button(span, f"/mute {what}{span}") for span in SPANS),
        data={"name": name or None},
    )


def _table(muted: Muted) -> tuple[Element, ...]:
    rows = [("the whole chat", muted.until)] if muted.until is not None else []
    rows += list(muted.names.items())
    cells = tuple(
        (name, local.at(until, muted.zone, muted.now), numbers.duration(until - muted.now)) for name, until in rows
    )
    return (Table((Column("muted"), Column("until"), Column("that is in")), cells), Note(WAITS))


def _buttons(muted: Muted) -> tuple[Button, ...]:
    whole = [Button("Unmute the chat", "/unmute")] if muted.until is not None else []
    names = [Button(f"Unmute {name}", f"/unmute {name}") for name in list(muted.names)[:BUTTONS]]
    return (*whole, *names, Button("What rang", "/missed"))
