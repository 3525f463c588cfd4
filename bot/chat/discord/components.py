"""The buttons of a View as Discord's components (pure).

What a press does stands in its custom_id, so that buttons and menus outlive a restart: the way in which it is
answered, and the command line that it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.chat.discord.words import OPEN_A_CARD
from bot.chat.lines import subscribes, topic_of
from bot.chat.texts import clean, cut, units
from bot.commands.base import Command
from bot.views.elements import Button, View
from bot.words import tr

# https://discord.com/developers/docs/components/reference
ROWS, BUTTONS_IN_A_ROW = 5, 5
CUSTOM_ID_UNITS = 100
BUTTON_UNITS = 80
OPTIONS, OPTION_UNITS = 25, 100
MENU = "menu"  # the custom_id of the menu: what its options stand for is in their values
PRIMARY, SECONDARY, DANGER = 1, 2, 4  # styles of a button
TAKES_AWAY = ("/alert off", "/forget")
BEGIN_TO_RING = ("/alert here", "/alert again", "/test")


class Way(StrEnum):
    """How a press is answered: what stands before the command in a custom_id."""

    RUN = "run"  # with a message of its own
    PUT = "put"  # in the place of what was there
    DM = "dm"  # with a message of its own, and done in the chat that the person has with the bot alone


@dataclass(frozen=True, slots=True)
class Press:
    """What a button says and does."""

    label: str
    way: Way
    command: str
    end: str = ""  # of what it says, where a long label is cut before it

    @property
    def custom_id(self) -> str:
        """As Discord carries it."""
        return f"{self.way}:{self.command}"


Presses = Callable[[Button], Sequence[Press]]


def read(custom_id: str) -> Press | None:
    """Back from a custom_id; None where it is none of ours."""
    way, colon, command = custom_id.partition(":")
    return Press("", Way(way), command) if colon and way in set(Way) and command.startswith("/") else None


def runs(button: Button) -> Sequence[Press]:
    """The button as it is."""
    return (Press(button.label, Way.RUN, button.command),)


def presses(topic: str, commands: Mapping[str, Command], *, is_group: bool) -> Presses:
    """What the buttons under an answer about a topic do: those whose lines are about the same change it in place.

    Where others are told as well, a button that subscribes is two: for this channel, and for the person alone.
    """

    def of(button: Button) -> Sequence[Press]:
        if is_group and subscribes(button.command, commands):
            return (
                Press(button.label, Way.RUN, button.command, tr(" · here")),
                Press(button.label, Way.DM, button.command, tr(" · in DM")),
            )
        way = Way.PUT if topic_of(button.command, commands) == topic else Way.RUN
        return (Press(button.label, way, button.command),)

    return of


def makes_ring(line: str, commands: Mapping[str, Command]) -> bool:
    """Whether something rings in a chat by a line that did not before."""
    return subscribes(line, commands) or line.startswith(BEGIN_TO_RING)


def rows(view: View, of: Presses = runs) -> list[dict[str, Any]]:
    """The menu and the rows of buttons; what Discord cannot carry back is left out."""
    menu = _menu(view.menu)
    opened = {one["value"] for one in menu}
    buttons = list(_buttons([one for one in view.buttons if clean(one.command) not in opened], of))
    free = ROWS - bool(menu)
    starts = range(0, min(len(buttons), free * BUTTONS_IN_A_ROW), BUTTONS_IN_A_ROW)
    select = {"type": 3, "custom_id": MENU, "placeholder": tr(OPEN_A_CARD), "options": menu}
    return [
        *([{"type": 1, "components": [select]}] if menu else []),
        *({"type": 1, "components": buttons[at : at + BUTTONS_IN_A_ROW]} for at in starts),
    ]


def _buttons(buttons: Sequence[Button], of: Presses) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()  # an id may stand in a message once
    for press in (press for button in buttons for press in of(button)):
        label = _label(press)
        one = Press(label, press.way, clean(press.command))
        name = one.custom_id
        if label and one.command and units(name) <= CUSTOM_ID_UNITS and name not in seen:
            style = DANGER if one.command.startswith(TAKES_AWAY) else SECONDARY if seen else PRIMARY
            seen.add(name)
            yield {"type": 2, "style": style, "label": label, "custom_id": name}


def _label(press: Press) -> str:
    """What it says; of a long name the end is left out, and not where it rings."""
    label = cut(clean(press.label), BUTTON_UNITS - units(press.end))
    return label + press.end if label else ""


def _menu(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for button in buttons:
        label, value = cut(clean(button.label), OPTION_UNITS), clean(button.command)
        if label and value and units(value) <= OPTION_UNITS:
            found.setdefault(value, {"label": label, "value": value})
    return list(found.values())[:OPTIONS]
