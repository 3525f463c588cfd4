"""What a message says to the bot: a command of ours, or something else (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.commands.base import Command
from bot.views import numbers
from bot.views.elements import Button
from bot.words import tr
from scoring.model import Signal

COMMAND = re.compile(r"^/(?P<name>\w+)(?:@(?P<bot>\w+))?(?P<rest>\s.*)?$", re.DOTALL)
FIRST_WORD = re.compile(r"^\s*(?P<name>\w+)(?=\s|$)")
# What follows ?start= in a link may hold A-Z, a-z, 0-9, _ and -: a score of 6.5 is written 6-5.
PAYLOAD = re.compile(r"^(?P<what>[a-z]+)(?:_(?P<value>[A-Za-z0-9_-]{1,40}))?$")
NUMBER = re.compile(r"^\d{1,2}(?:[-_]\d{1,2})?$")
RANGES = {Signal.PUMP: (0, 10), Signal.SELLING: (0, 10), Signal.CLUSTERS: (1, 50)}
INSIDERS = "clusters"


def line_of(text: str, username: str, commands: Mapping[str, Command], *, is_group: bool) -> str | None:
    """The command line that a text is to us; None where it is none.

    In a group other bots are spoken to as well, so there a command must be one of ours, or name us.
    """
    text = text.strip()
    found = COMMAND.match(text)
    if found is None:
        word = FIRST_WORD.match(text)
        is_ours = word is not None and word["name"].lower() in commands
        return f"/{text}" if is_ours and not is_group else None
    to_us = found["bot"] is not None and found["bot"].lower() == username.lower()
    if found["bot"] is not None and not to_us:
        return None
    if is_group and not to_us and found["name"].lower() not in commands:
        return None
    return f"/{found['name']}{found['rest'] or ''}"


def is_to_another_bot(text: str, username: str) -> bool:
    """Whether a text is a command that names another bot."""
    found = COMMAND.match(text.strip())
    return found is not None and found["bot"] is not None and found["bot"].lower() != username.lower()


def payload_of(line: str) -> str:
    """What a link gave to /start; empty where it is another command, or nothing was given."""
    words = line.split()
    return words[1] if len(words) == 2 and words[0].lower() == "/start" else ""


def offers_of(payload: str, coins: Sequence[str]) -> tuple[Button, ...]:
    """What a link such as t.me/bot?start=pump_6 or coin_PEPE offers; nothing where it means nothing."""
    found = PAYLOAD.match(payload)
    if found is None:
        return ()
    what, value = found["what"], found["value"]
    if what == "coin":
        return _coin_offers(value or "", coins)
    if what not in set(Signal):
        return ()
    signal = Signal(what)
    if value is None:
        return (Button(tr("🔔 Alert me: {signal}", signal=what), f"/alert {what}"),)
    least = value.replace("-", ".").replace("_", ".")
    lowest, highest = RANGES[signal]
    if not NUMBER.match(value) or not lowest <= float(least) <= highest or (what == INSIDERS and "." in least):
        return ()
    told = numbers.count(int(least), "insider") if what == INSIDERS else numbers.said(float(least))
    return (Button(tr("🔔 Alert me: {signal}", signal=f"{what} ≥ {told}"), f"/alert {what} min={least}"),)


def _coin_offers(value: str, coins: Sequence[str]) -> tuple[Button, ...]:
    coin = next((one for one in coins if one.upper() == value.upper()), None)
    if coin is None:
        return ()
    return (
        Button(coin, f"/coin {coin}"),
        Button(tr("🔔 Alert me about {coin}", coin=coin), f"/alert pump coins={coin}"),
    )
