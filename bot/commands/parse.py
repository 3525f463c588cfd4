"""What a person typed → a command's arguments, or a UserError with the way out (pure).

`min=6`, `min:6` and `min 6` mean the same; a parameter marked positional may stand without its name, and so
may a word that is one of a parameter's choices.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.commands.base import NAMES, TIMES, Command, Kind, Param
from bot.commands.times import close_up_durations, read_duration, read_since
from bot.commands.values import NO, YES, Resolve, did_you_mean, example_of, is_number, read_value, shown
from bot.errors import UserError
from bot.words import tr

# "/pump@tocsin_bot min=6": groups name the bot. The name may lack its slash.
LINE = re.compile(r"^\s*/*\s*(?P<name>[^\s@/][^\s@]*)(@\S*)?(?P<rest>\s.*)?$", re.DOTALL)
TOKEN = re.compile(r"""(?:[^\s"'=:]+[=:])?(?:"[^"]*"|'[^']*'|\S+)""")
KEYED = re.compile(r"^(?P<key>[^=:>≥\"']+)(>=|≥|[=:])(?P<value>.*)$", re.DOTALL)
TYPOGRAPHIC = str.maketrans("“”„‘’‚", "\"\"\"'''")  # what telephones make of quotation marks


def parse_line(line: str) -> tuple[str, str]:
    """(command name in lower case, the rest of the line)."""
    match = LINE.match(line)
    if match is None:
        raise UserError(tr("Nothing to do: type a command; /help lists them"), "/help")
    return match["name"].lower(), (match["rest"] or "").strip()


def find_command(name: str, commands: Iterable[Command]) -> Command:
    """The command of that name or alias."""
    by_name = {known: command for command in commands for known in (command.name, *command.aliases)}
    if name in by_name:
        return by_name[name]
    close = difflib.get_close_matches(name, by_name, n=1, cutoff=0.5)
    if not close:
        raise UserError(tr("There is no command {command}; /help lists them all", command=f"/{shown(name)}"), "/help")
    meant = by_name[close[0]]
    hint = did_you_mean(f"/{meant.name}")
    raise UserError(tr("There is no command {command}; {hint}", command=f"/{shown(name)}", hint=hint), meant.example)


def parse_args(command: Command, text: str, resolve: Resolve) -> dict[str, Any]:
    """The arguments by name, defaults filled in. `resolve` knows coins and forgiving choices."""
    given = given_texts(command, text)
    values: dict[str, Any] = {}
    for param in command.params:
        if param.name in given:
            values[param.name] = read_value(command, param, given[param.name], resolve)
        elif param.required:
            needs = {"command": f"/{command.name}", "parameter": param.name, "what": tr(param.help)}
            raise UserError(tr("{command} needs {parameter}: {what}", **needs), command.example)
        else:
            values[param.name] = param.default
    return values


def given_texts(command: Command, text: str) -> dict[str, str]:
    """Name → text for everything that was typed. Raises UserError."""
    known = {name: param for param in command.params for name in (param.name, *param.aliases)}
    given: dict[str, str] = {}
    last: Param | None = None  # what was given last: a further word may still belong to it
    line = text.translate(TYPOGRAPHIC)
    if any(param.kind in TIMES for param in command.params):
        line = close_up_durations(line)
    tokens = TOKEN.findall(_close_up(line, known))
    while tokens:
        token = tokens.pop(0)
        named = _named(token, tokens, known, given, command)
        param, value = named or (
            _timed(token, given, command) or _place(token, last, given, command),
            _unquoted(token),
        )
        if not value:
            said = tr("{key} has no value", key=f"{param.name}=")
            if param.choices:
                choices = ", ".join(param.choices)
                said = tr("{key} has no value; allowed: {choices}", key=f"{param.name}=", choices=choices)
            raise UserError(said, example_of(command, param))
        if named is None and param is last and not _is_choice(token, param):
            given[param.name] += f" {value}"  # sector=Real Estate, /coin Bitcoin Cash
        elif param.name in given:
            twice = {"parameter": param.name, "one": shown(given[param.name]), "other": shown(value)}
            raise UserError(tr("{parameter} is given twice: {one} and {other}", **twice), example_of(command, param))
        else:
            given[param.name] = value
        # A positional text is one word, else the words after it would vanish in it.
        is_begun = named is not None or param is last
        joins = param.kind in {Kind.CHOICE, Kind.SINCE, *NAMES} or (param.kind is Kind.TEXT and is_begun)
        last = param if joins else None
    return given


def _close_up(text: str, known: Iterable[str]) -> str:
    """`min = 6` and `min>= 6` as `min=6`, for the keys that the command has."""
    names = "|".join(re.escape(name).replace("_", "[-_]") for name in sorted(known, key=len, reverse=True))
    return re.sub(rf"(?i)(?<!\S)({names})\s*(?:>=|≥|==?|:)\s*", r"\1=", text) if names else text


def _named(
    token: str, tokens: list[str], known: Mapping[str, Param], given: Mapping[str, str], command: Command
) -> tuple[Param, str] | None:
    """The parameter and value of `key=value`, or of `key value`, whose value is then taken from the tokens."""
    match = KEYED.match(token)
    if match is not None and not match["key"][:1].isdigit():  # 07:00 is a time, and no key
        param = known.get(_key(match["key"]))
        if param is None:
            raise _unknown_key(_key(match["key"]), known, command)
        value = _unquoted(match["value"])
        return param, "" if _begins_with_key(value, known) else value
    param = known.get(_key(token))
    # "Coin" in /funding Pump Coin history is no key: the coin has been given.
    if param is None or (param.kind in NAMES and param.name in given):
        return None
    if param.kind is Kind.FLAG:
        says = bool(tokens) and tokens[0].lower() in YES | NO
        return param, tokens.pop(0) if says else "yes"
    if not tokens:
        return None
    return param, "" if _begins_with_key(tokens[0], known) else _unquoted(tokens.pop(0))


def _place(token: str, last: Param | None, given: Mapping[str, str], command: Command) -> Param:
    """The parameter to which a word without a key belongs."""
    if last is not None and _continues(last, given[last.name], token):
        return last
    for param in command.params:
        if param.positional and param.required and param.name not in given:
            return param
    is_open = last is not None and not last.choices  # any word may go on with it: industry=Drug Manufacturers
    if last is None or not is_open or last.kind in NAMES:
        for param in command.params:
            if _is_choice(token, param):
                return param
    if last is not None and is_open:
        return last
    for param in command.params:
        if param.positional and param.name not in given:
            return param
    raise _leftover(token, given, command)


def _continues(param: Param, begun: str, token: str) -> bool:
    whole = f"{begun} {_unquoted(token)}".lower()
    return any(choice.lower().startswith(whole) for choice in param.choices)


def _timed(token: str, given: Mapping[str, str], command: Command) -> Param | None:
    """The parameter of which a word can only be the length of time, or the instant: /mute 2d PEPE."""
    readers = {Kind.DURATION: read_duration, Kind.SINCE: read_since}
    free = (param for param in command.params if param.positional and param.name not in given)
    return next((param for param in free if param.kind in TIMES and readers[param.kind](token) is not None), None)


def _is_choice(token: str, param: Param) -> bool:
    return token.lower() in {choice.lower() for choice in param.choices}


def _begins_with_key(text: str, known: Mapping[str, Param]) -> bool:
    match = KEYED.match(text)
    return match is not None and _key(match["key"]) in known


def _key(text: str) -> str:
    return text.strip().lower().replace("-", "_")


def _unknown_key(key: str, known: Mapping[str, Param], command: Command) -> UserError:
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    if close:
        meant = known[close[0]]
        return UserError(_has_none(command, key, did_you_mean(meant.name)), example_of(command, meant))
    names = ", ".join(param.name for param in command.params)
    hint = tr("it takes {names}", names=names) if names else tr("it takes nothing")
    return UserError(_has_none(command, key, hint), command.example)


def _has_none(command: Command, key: str, hint: str) -> str:
    return tr("{command} has no {key}; {hint}", command=f"/{command.name}", key=shown(key), hint=hint)


def _leftover(token: str, given: Mapping[str, str], command: Command) -> UserError:
    free = {param.name: param for param in command.params if not param.positional and param.name not in given}
    number = token.lstrip(">=≥")
    numeric = next((one for one in free.values() if one.kind in {Kind.NUMBER, Kind.INTEGER}), None)
    if numeric is not None and is_number(number):
        meant = replace(numeric, example=number)
        hint, example = did_you_mean(f"{numeric.name}={shown(number)}"), example_of(command, meant)
        said = tr("{command}: {typed} stands alone; {hint}", command=f"/{command.name}", typed=shown(token), hint=hint)
        return UserError(said, example)
    close = difflib.get_close_matches(token.lower(), free, n=1)
    if close:
        hint, example = did_you_mean(f"{close[0]}=…"), example_of(command, free[close[0]])
    else:
        hint, example = tr("{help} shows what it takes", help=f"/help {command.name}"), command.example
    what = {"command": f"/{command.name}", "typed": repr(shown(token)), "hint": hint}
    return UserError(tr("{command}: {typed} cannot be placed; {hint}", **what), example)


def _unquoted(text: str) -> str:
    """The text without quotation marks; one that was never closed is dropped too."""
    if not text or text[0] not in "\"'":
        return text
    return (text[1:-1] if len(text) > 1 and text[0] == text[-1] else text[1:]).strip()
