"""(line) → View: the one door for every chat."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.commands import COMMANDS
from bot.commands.base import ChatRef, Command, Kind, Param, Request
from bot.commands.parse import choose, example_of, find_command, parse_args, parse_line
from bot.errors import UserError
from bot.feeds import sectors
from bot.settings import AlertSettings, ScoringSettings
from bot.views.elements import View
from bot.views.errors import error_view
from storage import Storage


def answer(
    line: str,
    *,
    chat: ChatRef,
    now: datetime,
    storage: Storage,
    scoring: ScoringSettings,
    alerts: AlertSettings,
) -> View:
    """Answer one line. What the person did wrong comes back as an error View; our own faults are raised."""
    try:
        name, rest = parse_line(line)
        command = find_command(name, COMMANDS)
        args = parse_args(command, rest, _resolver(command, storage))
        return command.run(Request(args, chat, now, storage, scoring, alerts))
    except UserError as error:
        return error_view(error)


def _resolver(command: Command, storage: Storage) -> Callable[[Param, str], Any]:
    def resolve(param: Param, text: str) -> Any:
        if param.kind is Kind.COIN:
            return _coin(command, param, text, storage)
        if param.name in {"sector", "industry"}:
            return _class_name(command, param, text, storage)
        return choose(param, text, param.choices, command)

    return resolve


def _coin(command: Command, param: Param, text: str, storage: Storage) -> str:
    """The base coin that a ticker, slug or name means."""
    with storage.read() as tx:
        tickers = tx.pairs.base_coins()
        names = {
            known.lower(): coin.symbol for coin in tx.pairs.coins().values() for known in (coin.coin_id, coin.name)
        }
    ticker = text.strip().lstrip("$").upper()
    ticker = {"XBT": "BTC"}.get(ticker, ticker)
    if ticker in tickers:
        return ticker
    if text.lower() in names:
        return names[text.lower()]
    if not tickers:
        raise UserError(f"There is no coin {text} yet: no funding is stored; /status says why", "/status")
    close = difflib.get_close_matches(ticker, tickers, n=1, cutoff=0.5)
    if not close:
        closer = difflib.get_close_matches(text.lower(), names, n=1)
        close = [names[closer[0]]] if closer else []
    example = f"/{command.name} {close[0] if close else tickers[0]}"
    hint = f"did you mean {close[0]}?" if close else "give a ticker with a perpetual, such as " + tickers[0]
    raise UserError(f"There is no coin {text}; {hint}", example if param.positional else example_of(command, param))


def _class_name(command: Command, param: Param, text: str, storage: Storage) -> str:
    """A sector or industry, with case and dashes forgiven."""
    with storage.read() as tx:
        issuers = tx.filings.issuers().values()
    stored = {getattr(issuer, param.name) for issuer in issuers} - {None}
    known = sorted(stored | set(sectors.SECTORS if param.name == "sector" else sectors.industries()))
    if found := sectors.match(text, known):
        return found
    near = sectors.nearest(text, known)
    listed = ", ".join(sectors.SECTORS)
    hint = f"did you mean {near}?" if near else f"allowed: {listed}" if param.name == "sector" else "see /clusters"
    raise UserError(f"There is no {param.name} {text}; {hint}", example_of(command, param))
