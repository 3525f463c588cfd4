"""The text of one argument → its value, or a UserError with the way out (pure)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from bot.commands.base import Command, Kind, Param
from bot.commands.times import Since, read_duration, read_since
from bot.errors import UserError
from bot.views.numbers import general
from bot.words import formats, spoken, tr

YES, NO = {"yes", "y", "on", "true", "1"}, {"no", "n", "off", "false", "0"}
UNITS = {"": 1.0, "usd": 1.0, "k": 1e3, "m": 1e6, "mm": 1e6, "mio": 1e6, "b": 1e9, "bn": 1e9}
DECIMAL = re.compile(r"[+-]?\d{1,30}([.,]\d+)?", re.ASCII)
WHOLE = re.compile(r"#?[+-]?\d{1,30}(\.0{1,2})?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d{1,2})?", re.ASCII)  # 1,000,000
DOTTED = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3}){2,}(,\d{1,2})?", re.ASCII)  # 1.000.000
ONE_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)  # 1.000, 1,000: a thousand, or one?
MONEY = re.compile(r"(?P<sign>[+-]?)\$?(?P<number>[\d.,]+)\s*(?P<unit>[a-z]*)\$?", re.IGNORECASE | re.ASCII)
OFF = NO - {"0"} | {"none", "never"}
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=365)  # of a length of time
LONGEST_SHOWN = 40  # characters of an input that are repeated to the person

Resolve = Callable[[Param, str], Any]  # text of a coin or choice → what it means, or UserError


def read_value(command: Command, param: Param, text: str, resolve: Resolve) -> Any:
    """One value, read as its kind and checked against its range."""
    is_off = param.switchable and text.lower() in OFF
    return False if is_off else _read(command, param, text, resolve)


def _read(command: Command, param: Param, text: str, resolve: Resolve) -> Any:
    match param.kind:
        case Kind.INTEGER | Kind.NUMBER | Kind.MONEY:
            return _number(command, param, text)
        case Kind.FLAG:
            if text.lower() in YES | NO:
                return text.lower() in YES
            raise UserError(tr("{typed} is not yes or no", typed=_typed(param, text)), example_of(command, param))
        case Kind.DURATION:
            return _span(command, param, text, read_duration(text))
        case Kind.SINCE:
            return _since(command, param, text)
        case Kind.COIN | Kind.CHOICE:
            return resolve(param, text)
        case Kind.TEXT | Kind.COMPANY | Kind.ROLE:
            return text


def choose(param: Param, text: str, choices: Iterable[str], command: Command) -> str:
    """The choice that equals the text but for case, or a UserError with the nearest."""
    listed = list(choices)
    by_lower = {choice.lower(): choice for choice in listed}
    if text.lower() in by_lower:
        return by_lower[text.lower()]
    close = difflib.get_close_matches(text.lower(), by_lower, n=1)
    hint = did_you_mean(by_lower[close[0]]) if close else tr("allowed: {choices}", choices=", ".join(listed))
    example = example_of(command, param, by_lower[close[0]] if close else None)
    raise UserError(tr("{typed} is not known; {hint}", typed=_typed(param, text), hint=hint), example)


def example_of(command: Command, param: Param, value: str | None = None) -> str:
    """A whole command with this parameter in it, at the value that was meant."""
    if param.positional:
        return param.line or command.example
    given = f"{param.name}={param.example if value is None else value}"
    if param.line:
        return param.line if value is None else param.line.replace(f"{param.name}={param.example}", given)
    needed = " ".join(one.example for one in command.params if one.required and one.positional)
    return " ".join(part for part in (f"/{command.name}", needed, given) if part)


def shown(text: str) -> str:
    """What was typed, in one line and short enough to be repeated."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SHOWN else line[: LONGEST_SHOWN - 1] + "…"


def did_you_mean(meant: str) -> str:
    """What is asked behind a typo: did you mean PEPE."""
    return tr("did you mean {meant}?", meant=meant)


def is_number(text: str) -> bool:
    """Whether the text can only be meant as a number."""
    return DECIMAL.fullmatch(text) is not None


def _since(command: Command, param: Param, text: str) -> Since:
    found = read_since(text)
    if isinstance(found, timedelta):
        return _span(command, param, text, found)
    if found is None and is_number(text):
        return _span(command, param, text, None)
    if found is None:
        said = tr(
            "{typed} is not a length of time such as {span}, or an instant such as {instant}",
            typed=_typed(param, text),
            span="8h",
            instant="2026-11-25T08:00",
        )
        raise UserError(said, example_of(command, param))
    return found


def _span(command: Command, param: Param, text: str, span: timedelta | None) -> timedelta:
    if span is None and text.isascii() and text.isdigit():
        example = example_of(command, param, f"{shown(text)}h") if len(text) < 4 else example_of(command, param)
        hours = f"{shown(text)}h"
        said = tr("{typed} has no unit; did you mean {meant}?", typed=_typed(param, text), meant=hours)
        raise UserError(said, example)
    if span is None:
        said = tr("{typed} is not a length of time such as 30m, 8h, 2d or 1w", typed=_typed(param, text))
        raise UserError(said, example_of(command, param))
    if not SHORTEST <= span <= LONGEST:
        said = tr(
            "{typed} is out of range; {parameter} is at least 1m and at most a year (365d)",
            typed=_typed(param, text),
            parameter=param.name,
        )
        raise UserError(said, example_of(command, param))
    return span


def _number(command: Command, param: Param, text: str) -> float | int:
    plain = text.strip().rstrip(",;").replace("−", "-")
    if param.kind is Kind.NUMBER and formats.has_decimal_comma(spoken()) and ONE_GROUP.fullmatch(plain):
        raise _ambiguous(command, param, text)
    value = {Kind.INTEGER: _whole, Kind.MONEY: _money}.get(param.kind, _decimal)(plain)
    if value is None:
        said = tr("{typed} is not {wanted}", typed=_typed(param, text), wanted=_wanted(param))
        raise UserError(said, example_of(command, param))
    too_low = param.minimum is not None and value < param.minimum
    too_high = param.maximum is not None and value > param.maximum
    if too_low or too_high:
        said = tr(
            "{typed} is out of range; {parameter} is {wanted}",
            typed=_typed(param, text),
            parameter=param.name,
            wanted=_wanted(param),
        )
        raise UserError(said, example_of(command, param))
    return value


def _ambiguous(command: Command, param: Param, text: str) -> UserError:
    """Where a comma begins the decimals, 1.000 may be a thousand or, as in English, one."""
    said = tr(
        "{typed} may be meant in thousands or with decimals; write it without separators, or with fewer decimals",
        typed=_typed(param, text),
    )
    return UserError(said, example_of(command, param))


def _typed(param: Param, text: str) -> str:
    """What was typed for a parameter, as it can be repeated."""
    return f"{param.name}={shown(text)}"


def _wanted(param: Param) -> str:
    names = {
        Kind.INTEGER: tr("a whole number"),
        Kind.MONEY: tr("an amount such as {one} or {other}", one="250k", other="1m"),
    }
    name = names.get(param.kind) or tr("a number")
    if param.minimum is not None and param.maximum is not None:
        range_ = {"number": name, "least": general(param.minimum), "most": general(param.maximum)}
        if param.switchable:
            return tr("{number} from {least} to {most}, or off", **range_)
        return tr("{number} from {least} to {most}", **range_)
    if param.minimum is None:
        return name
    return tr("{number}, {least} or more", number=name, least=general(param.minimum))


def _whole(text: str) -> int | None:
    if THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    return int(text.lstrip("#").partition(".")[0]) if WHOLE.fullmatch(text) else None


def _decimal(text: str) -> float | None:
    if not DECIMAL.fullmatch(text) or (THOUSANDS.fullmatch(text) and ONE_GROUP.fullmatch(text)):
        return None
    return float(text.replace(",", "."))


def _money(text: str) -> float | None:
    match = MONEY.fullmatch(text)
    if match is None or match["unit"].lower() not in UNITS:
        return None
    number, unit = match["number"], UNITS[match["unit"].lower()]
    # 1.000 without a unit may be a thousand, and 1,250m may be 1.25 million: neither is guessed.
    if ONE_GROUP.fullmatch(number) and ("." in number) == (unit == 1.0):
        return None
    if THOUSANDS.fullmatch(number):
        number = number.replace(",", "")
    elif DOTTED.fullmatch(number):
        number = number.replace(".", "")
    if not DECIMAL.fullmatch(number):
        return None
    return float(match["sign"] + number.replace(",", ".")) * unit
