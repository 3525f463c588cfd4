"""What tocsin does and what can be typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.views import numbers
from bot.views.elements import Button, Code, Column, Note, Table, Text, View
from bot.words import tr, trn

if TYPE_CHECKING:
    from bot.commands.base import Command, Param


def start_view(subscriptions: int = 0, *, was_off: bool = False) -> View:
    """The first words to a new person, and the word to one who is back that it rings again."""
    again: list[Text] = []
    if was_off:
        rings = trn(
            "This chat was off, and is on again: {count} subscription rings again; "
            "what stands already is not told anew.",
            "This chat was off, and is on again: {count} subscriptions ring again; "
            "what stands already is not told anew.",
            subscriptions,
        )
        again = [Text(rings)]
    elif subscriptions:
        again = [
            Text(trn("This chat has {count} subscription.", "This chat has {count} subscriptions.", subscriptions))
        ]
    buttons = [
        Button(tr("Pumps now"), "/pump"),
        Button(tr("Insider buying"), "/clusters side=buy"),
        Button(tr("Help"), "/help"),
    ]
    if subscriptions:
        buttons.insert(0, Button(tr("Subscriptions"), "/alerts"))
    return View(
        title=tr("tocsin rings when money moves before the price does"),
        body=(
            *again,
            Text(
                tr(
                    "Coins: it watches funding rates of perpetual futures for pumps that are sold into, and for shorts "
                    "that sit for days. Stocks: it reads insiders' filings for companies that several of them buy."
                )
            ),
            Text(
                tr("Try one of these.") if subscriptions else tr("Try one of these. Nothing rings until you subscribe.")
            ),
            Code("/pump min=3"),
            Code("/clusters side=buy"),
            Code("/alert pump min=3"),
        ),
        buttons=tuple(buttons),
        data={"subscriptions": subscriptions, "was_off": was_off},
    )


def list_view(commands: Sequence[Command]) -> View:
    """All commands with an example each."""
    columns = (Column(tr("command")), Column(tr("what it does"), is_plain=True), Column(tr("example")))
    rows = tuple((f"/{one.name}", tr(one.summary), _example(one)) for one in commands)
    return View(
        title=tr("Commands"),
        body=(
            Table(columns, rows),
            Note(tr("Typed, min=6, min:6 and min 6 mean the same. /help pump tells all of one.")),
        ),
        data={"commands": [one.name for one in commands]},
    )


def command_view(command: Command) -> View:
    """One command with all it takes."""
    columns = (
        Column(tr("parameter")),
        Column(tr("what"), is_plain=True),
        Column(tr("allowed")),
        Column(tr("default")),
        Column(tr("example")),
    )
    rows = tuple(
        (param.name, tr(param.help), allowed(param), _default(param), param.example) for param in command.params
    )
    summary = tr("{sentence}.", sentence=tr(command.summary))
    body = (Text(summary), *((Table(columns, rows),) if rows else ()), Code(command.example))
    return View(title=f"/{command.name}", body=body, data={"command": command.name})


def _default(param: Param) -> str:
    """What holds when it is not given, if anything does."""
    return "" if param.default is None and not param.required else default(param)


def _example(command: Command) -> str:
    """An example that tells more than the command's name."""
    return "" if command.example == f"/{command.name}" else command.example


def allowed(param: Param) -> str:
    """What a parameter may be, in a few words."""
    if param.allowed:
        return tr(param.allowed)
    if param.choices:
        return ", ".join(param.choices)
    if param.minimum is not None and param.maximum is not None:
        least, most = numbers.general(param.minimum), numbers.general(param.maximum)
        return tr("{least} to {most}", least=least, most=most) + ("; off" if param.switchable else "")
    if param.kind == "integer" and param.minimum is not None:
        return tr("a whole number from {least}", least=numbers.general(param.minimum))
    words = {
        "money": "250k, 1m, 1,000,000",
        "flag": "yes, no",
        "coin": tr("a ticker or name"),
        "company": tr("a ticker, or the beginning of a name"),
        "duration": "30m, 8h, 2d, 1w",
        "since": tr("{spans}, or an instant", spans="30m, 8h, 2d"),
    }
    return words.get(param.kind) or tr("text")


def default(param: Param) -> str:
    """What holds when it is not given."""
    if param.required:
        return tr("must be given")
    match param.default:
        case None:
            return tr("none")
        case bool(says):
            return "yes" if says else "no"
        case float(number):
            return numbers.general(number)
        case other:
            return str(other)
