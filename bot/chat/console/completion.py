"""What could be typed next (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from bot.commands.base import Command, Kind, Param
from bot.feeds import sectors

MOST = 30


def complete(text: str, commands: Sequence[Command], coins: Sequence[str]) -> list[str]:
    """Words that could stand in place of the last word of `text`."""
    words = text.lstrip().split(" ")
    last = words[-1]
    if len(words) == 1:
        names = [f"/{command.name}" for command in commands]
        wanted = last if last.startswith("/") else f"/{last}"
        return [name for name in names if name.startswith(wanted.lower())]
    name = words[0].lstrip("/").lower()
    command = next((one for one in commands if one.name == name), None)
    if command is None:
        return []
    key, sign, value = last.partition("=")
    if sign:
        param = next((one for one in command.params if one.name == key.lower()), None)
        found = [] if param is None else [f"{key}={one}" for one in _values(param, value, commands, coins)]
        return found[:MOST]
    given = {word.partition("=")[0] for word in words[1:-1]}
    free = [param for param in command.params if param.positional]
    bare = [word for word in words[1:-1] if word and "=" not in word]
    found = _values(free[len(bare)], last, commands, coins) if len(bare) < len(free) else []
    found += [f"{one.name}=" for one in command.params if one.name.startswith(last.lower()) and one.name not in given]
    return found[:MOST]


def _values(param: Param, begun: str, commands: Sequence[Command], coins: Sequence[str]) -> list[str]:
    if param.kind is Kind.COIN:
        return [coin for coin in coins if coin.startswith(begun.upper())]
    if param.name == "command":
        return [command.name for command in commands if command.name.startswith(begun.lower())]
    if param.name in {"sector", "industry"}:
        return sectors.beginning(begun.strip("\"'"), param.choices or sectors.industries())
    return [choice for choice in param.choices if choice.lower().startswith(begun.lower())]


class CommandCompleter(Completer):
    """`complete` for prompt_toolkit; coins are asked for each time, for they change."""

    def __init__(self, commands: Sequence[Command], coins: Callable[[], Sequence[str]]) -> None:
        self._commands = commands
        self._coins = coins

    def get_completions(self, document: Document, _event: CompleteEvent) -> Iterator[Completion]:
        """Suggestions for the word before the cursor."""
        text = document.text_before_cursor
        last = text.split(" ")[-1]
        for word in complete(text, self._commands, self._coins()):
            yield Completion(word, start_position=-len(last))
