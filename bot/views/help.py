"""What tocsin does and what can be typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.views import numbers
from bot.views.elements import Button, Code, Column, Note, Table, Text, View

if TYPE_CHECKING:
    from bot.commands.base import Command, Param


def start_view(subscriptions: int = 0, *, was_off: bool = False) -> View:
    """The first words to a new person, and the word to one who is back that it rings again."""
    count = numbers.count(subscriptions, "subscription")
    again: list[Text] = []
    if was_off:
        rings = f"{count} {'rings' if subscriptions == 1 else 'ring'} again; what stands already is not told anew."
        again = [Text(f"This chat was off, and is on again: {rings}")]
    elif subscriptions:
        again = [Text(f"This chat has {count}.")]
    buttons = [Button("Pumps now", "/pump"), Button("Insider buying", "/clusters side=buy"), Button("Help", "/help")]
    if subscriptions:
        buttons.insert(0, Button("Subscriptions", "/alerts"))
    return View(
        title="tocsin rings when money moves before the price does",
        body=(
            *again,
            Text(
                "Coins: it watches funding rates of perpetual futures for pumps that are sold into, and for shorts "
                "that sit for days. Stocks: it reads insiders' filings for companies that several of them buy."
            ),
            Text("Try one of these." + ("" if subscriptions else " Nothing rings until you subscribe.")),
            Code("/pump min=3"),
            Code("/clusters side=buy"),
            Code("/alert pump min=3"),
        ),
        buttons=tuple(buttons),
        data={"subscriptions": subscriptions, "was_off": was_off},
    )


def list_view(commands: Sequence[Command]) -> View:
    """All commands with an example each."""
    columns = (Column("command"), Column("what it does"), Column("example"))
    rows = tuple((f"/{one.name}", one.summary, one.example) for one in commands)
    return View(
        title="Commands",
        body=(
            Table(columns, rows),
            Note("min=6, min:6 and min 6 mean the same. /help pump tells all of one."),
        ),
        data={"commands": [one.name for one in commands]},
    )


def command_view(command: Command) -> View:
    """One command with all it takes."""
    columns = (Column("parameter"), Column("what"), Column("allowed"), Column("default"), Column("example"))
    rows = tuple((param.name, param.help, allowed(param), default(param), param.example) for param in command.params)
    body = (Text(command.summary + "."), *((Table(columns, rows),) if rows else ()), Code(command.example))
    return View(title=f"/{command.name}", body=body, data={"command": command.name})


def allowed(param: Param) -> str:
    """What a parameter may be, in a few words."""
    if param.allowed:
        return param.allowed
    if param.choices:
        return ", ".join(param.choices)
    if param.minimum is not None and param.maximum is not None:
        return f"{param.minimum:g} to {param.maximum:g}" + ("; off" if param.switchable else "")
    if param.kind == "integer" and param.minimum is not None:
        return f"a whole number from {param.minimum:g}"
    words = {
        "money": "250k, 1m, 1,000,000",
        "flag": "yes, no",
        "coin": "a ticker or name",
        "company": "a ticker, or the beginning of a name",
        "duration": "30m, 8h, 2d, 1w",
        "since": "30m, 8h, 2d, or an instant",
    }
    return words.get(param.kind, "text")


def default(param: Param) -> str:
    """What holds when it is not given."""
    if param.required:
        return "must be given"
    match param.default:
        case None:
            return "none"
        case bool(says):
            return "yes" if says else "no"
        case float(number):
            return f"{number:g}"
        case other:
            return str(other)
