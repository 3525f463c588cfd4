"""What can be typed, as it is told."""

from __future__ import annotations

import pytest

from bot.commands import COMMANDS
from bot.commands.base import Command
from bot.commands.parse import find_command, parse_args, parse_line
from bot.commands.values import example_of
from bot.views.help import allowed, command_view


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_example_parses(command: Command) -> None:
    examples = [command.example, *(example_of(command, param) for param in command.params)]
    for example in examples:
        name, rest = parse_line(example)
        assert name == command.name
        parse_args(find_command(name, COMMANDS), rest, lambda _, text: text)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_tells_what_every_parameter_may_be(command: Command) -> None:
    assert command_view(command).title == f"/{command.name}"
    for param in command.params:
        limits = (param.minimum, param.maximum)
        assert allowed(param) != "text" or limits == (None, None)


def test_no_parameter_has_two_names_that_clash() -> None:
    for command in COMMANDS:
        names = [name for param in command.params for name in (param.name, *param.aliases)]
        assert len(names) == len(set(names))
