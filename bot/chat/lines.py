"""Command lines as chats send them (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.commands.base import Command
from scoring.model import Signal


def by_name(commands: Collection[Command]) -> dict[str, Command]:
    """Each command under its name and its aliases."""
    return {name: command for command in commands for name in (command.name, *command.aliases)}


def command_name(line: str, commands: Mapping[str, Command]) -> str:
    """The name of the command of a line, whatever alias was typed; as typed where it is unknown."""
    words = line.removeprefix("/").split(maxsplit=1)
    name = words[0].lower() if words else ""
    return commands[name].name if name in commands else name


def topic_of(line: str, commands: Mapping[str, Command]) -> str:
    """What the command of a line is about: answers about one thing are changed in place."""
    name = command_name(line, commands)
    return (commands[name].topic or name) if name in commands else name


def changes(line: str, commands: Mapping[str, Command]) -> bool:
    """Whether a line changes what a chat is told, and does not only show it."""
    command = commands.get(command_name(line, commands))
    return command is not None and command.changes and not (command.shows and len(line.split()) == 1)


def subscribes(line: str, commands: Mapping[str, Command]) -> bool:
    """Whether a line makes a subscription."""
    words = line.split(maxsplit=2)
    return command_name(line, commands) == "alert" and len(words) > 1 and words[1] in set(Signal)
