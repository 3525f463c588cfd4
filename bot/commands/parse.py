"""What a person typed → a command's arguments, or a UserError with the way out (pure).

`min=6`, `min:6` and `min 6` mean the same; a parameter marked positional may stand without its name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.commands.base import Command, Kind, Param
from bot.errors import UserError

# "/pump@tocsin_bot min=6": groups name the bot. The name may lack its slash.
LINE = re.compile(r"^\s*/?(?P<name>[^\s@]+)(@\S+)?(?P<rest>\s.*)?$", re.DOTALL)
TOKEN = re.compile(r"""(?:[^\s"'=:]+[=:])?(?:"[^"]*"|'[^']*'|\S+)""")
UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "mm": 1e6, "mio": 1e6, "b": 1e9, "bn": 1e9}
MONEY = re.compile(r"^\$?\s*(?P<number>[\d.,]+)\s*(?P<unit>[a-z]*)\$?$", re.IGNORECASE)
YES, NO = {"yes", "y", "on", "true", "1"}, {"no", "n", "off", "false", "0"}

Resolve = Callable[[Param, str], Any]  # text of a coin or choice → what it means, or UserError


def parse_line(line: str) -> tuple[str, str]:
    """(command name in lower case, the rest of the line)."""
    match = LINE.match(line)
    if match is None:
        raise UserError("Nothing to do: type a command; /help lists them", "/help")
    return match["name"].lower(), (match["rest"] or "").strip()


def find_command(name: str, commands: Iterable[Command]) -> Command:
    """The command of that name or alias."""
    by_name = {known: command for command in commands for known in (command.name, *command.aliases)}
    if name in by_name:
        return by_name[name]
    close = difflib.get_close_matches(name, by_name, n=1, cutoff=0.5)
    if not close:
        raise UserError(f"There is no command /{name}; /help lists them all", "/help")
    meant = by_name[close[0]]
    raise UserError(f"There is no command /{name}; did you mean /{meant.name}?", meant.example)


def parse_args(command: Command, text: str, resolve: Resolve) -> dict[str, Any]:
    """The arguments by name, defaults filled in. `resolve` knows coins and forgiving choices."""
    given = _given(command, text)
    values: dict[str, Any] = {}
    for param in command.params:
        if param.name in given:
            values[param.name] = read_value(command, param, given[param.name], resolve)
        elif param.required:
            raise UserError(f"/{command.name} needs {param.name}: {param.help}", command.example)
        else:
            values[param.name] = param.default
    return values


def read_value(command: Command, param: Param, text: str, resolve: Resolve) -> Any:
    """One value, read as its kind and checked against its range."""
    match param.kind:
        case Kind.INTEGER | Kind.NUMBER | Kind.MONEY:
            return _number(command, param, text)
        case Kind.FLAG:
            if text.lower() in YES | NO:
                return text.lower() in YES
            raise UserError(f"{param.name}={text} is not yes or no", example_of(command, param))
        case Kind.COIN | Kind.CHOICE:
            return resolve(param, text)
        case Kind.TEXT:
            return text


def example_of(command: Command, param: Param) -> str:
    """A whole command with this parameter in it."""
    if param.positional:
        return command.example
    needed = " ".join(one.example for one in command.params if one.required and one.positional)
    return " ".join(part for part in (f"/{command.name}", needed, f"{param.name}={param.example}") if part)


def choose(param: Param, text: str, choices: Iterable[str], command: Command) -> str:
    """The choice that equals the text but for case, or a UserError with the nearest."""
    listed = list(choices)
    by_lower = {choice.lower(): choice for choice in listed}
    if text.lower() in by_lower:
        return by_lower[text.lower()]
    close = difflib.get_close_matches(text.lower(), by_lower, n=1)
    hint = f"did you mean {by_lower[close[0]]}?" if close else f"allowed: {', '.join(listed)}"
    raise UserError(f"{param.name}={text} is not known; {hint}", example_of(command, param))


def _given(command: Command, text: str) -> dict[str, str]:
    """Name → text for everything that was typed."""
    params = {param.name: param for param in command.params}
    free = [param for param in command.params if param.positional]
    given: dict[str, str] = {}
    last: str | None = None  # the named parameter that a further word may still belong to
    tokens = TOKEN.findall(text)
    while tokens:
        token = tokens.pop(0)
        name, value = _split(token, params, command)
        if name is None and token.lower() in params and tokens and token.lower() not in given:
            name, value = token.lower(), _unquoted(tokens.pop(0))
        if name is not None:
            if name in given:
                raise UserError(f"{name} is given twice: {given[name]} and {value}", command.example)
            given[name] = value
            last = name if params[name].kind in {Kind.CHOICE, Kind.TEXT} else None
        elif last is not None:
            given[last] += f" {_unquoted(token)}"  # sector=Real Estate
        else:
            param = next((one for one in free if one.name not in given), None)
            if param is None:
                raise _leftover(token, command)
            given[param.name] = _unquoted(token)
            last = param.name if param.kind is Kind.COIN else None  # /coin Bitcoin Cash
    return given


def _split(token: str, params: Mapping[str, Param], command: Command) -> tuple[str | None, str]:
    """(parameter, value) of `key=value` or `key:value`; (None, token) of a bare word."""
    match = re.match(r"^([^=:]+)[=:](.*)$", token, re.DOTALL)
    if match is None or token[0] in "\"'":
        return None, token
    name, value = match[1].lower().replace("-", "_"), _unquoted(match[2])
    if name not in params:
        raise _unknown_key(name, params, command)
    if not value:
        raise UserError(f"{name}= has no value", example_of(command, params[name]))
    return name, value


def _unknown_key(name: str, params: Mapping[str, Param], command: Command) -> UserError:
    close = difflib.get_close_matches(name, params, n=1, cutoff=0.5)
    if close:
        hint = f"did you mean {close[0]}?"
        return UserError(f"/{command.name} has no {name}; {hint}", example_of(command, params[close[0]]))
    known = f"it takes {', '.join(params)}" if params else "it takes nothing"
    return UserError(f"/{command.name} has no {name}; {known}", command.example)


def _leftover(token: str, command: Command) -> UserError:
    names = [param.name for param in command.params if not param.positional]
    close = difflib.get_close_matches(token.lower(), names, n=1)
    hint = f"did you mean {close[0]}=…?" if close else f"/help {command.name} shows what it takes"
    return UserError(f"/{command.name}: {token!r} cannot be placed; {hint}", command.example)


def _number(command: Command, param: Param, text: str) -> float | int:
    value = _money(text) if param.kind is Kind.MONEY else _plain_number(text)
    whole = "a whole number" if param.kind is Kind.INTEGER else "an amount" if param.kind is Kind.MONEY else "a number"
    limits = _limits(param)
    if value is None:
        hint = " such as 250k or 1m" if param.kind is Kind.MONEY else ""
        raise UserError(f"{param.name}={text} is not {whole}{hint}{limits}", example_of(command, param))
    if param.kind is Kind.INTEGER and value != int(value):
        raise UserError(f"{param.name}={text} is not {whole}{limits}", example_of(command, param))
    too_low = param.minimum is not None and value < param.minimum
    too_high = param.maximum is not None and value > param.maximum
    if too_low or too_high:
        raise UserError(
            f"{param.name}={text} is out of range; {param.name} is {whole}{limits}", example_of(command, param)
        )
    return int(value) if param.kind is Kind.INTEGER else value


def _limits(param: Param) -> str:
    low = f" from {param.minimum:g}" if param.minimum is not None else ""
    high = f" to {param.maximum:g}" if param.maximum is not None else ""
    return low + high


def _plain_number(text: str) -> float | None:
    if not re.fullmatch(r"[+\-−]?\d{1,15}([.,]\d+)?", text):
        return None
    return float(text.replace(",", ".").replace("−", "-"))


def _money(text: str) -> float | None:
    match = MONEY.match(text.strip())
    if match is None or match["unit"].lower() not in UNITS:
        return None
    digits = re.sub(r",(?=\d{3}(\D|$))", "", match["number"]).replace(",", ".")
    return float(digits) * UNITS[match["unit"].lower()] if re.fullmatch(r"\d{1,15}(\.\d+)?", digits) else None


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
