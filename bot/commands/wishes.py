"""What a person types of a subscription → what it wishes for."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.alerts.holding import Digest
from bot.alerts.matching import Wish
from bot.commands.base import Kind, Param, Request
from bot.commands.clusters import SIDES
from bot.commands.naming import base_coin_of, listed, ticker_of
from bot.commands.values import did_you_mean, shown
from bot.errors import UserError
from bot.feeds.exchanges import EXCHANGES, title_of
from bot.settings import AlertSettings
from bot.views import numbers
from bot.words import tr
from scoring.model import Signal

COIN_KEYS = ("step", "resolve", "coins", "exclude", "exchanges", "min_change", "min_streak", "digest")
CLUSTER_KEYS = ("side", "days", "min_value", "sector", "industry", "tickers", "plan", "digest")
# As they stand in the wish: what is typed is what is meant.
PLAIN = ("step", "resolve", "days", "min_value", "min_streak", "plan")
MOST_INSIDERS, HIGHEST_SCORE = 50, 10
MINUS = "-−"
SIGNS = f"+{MINUS}"
MORE = "; +A, -B: also A, without B"  # of lists
TICKERS = Param(
    "tickers",
    Kind.TEXT,
    "only these companies",
    "NVDA,BRK-A",
    aliases=("ticker",),
    allowed=f"tickers; none: all{MORE}",
    line="/alert clusters tickers=NVDA,BRK-A",
    offers=(Kind.COMPANY,),
)
EXCHANGES_LINE = "/alert pump exchanges={}"


def default_wish(signal: Signal, defaults: AlertSettings) -> Wish:
    """What a person gets who says no more than the signal."""
    minimum = {
        Signal.PUMP: defaults.pump_min,
        Signal.SELLING: defaults.selling_min,
        Signal.CLUSTERS: float(defaults.clusters_min_insiders),
    }[signal]
    return Wish(signal=signal, minimum=minimum, step=defaults.step)


def wish_of(base: Wish, request: Request) -> Wish:
    """The wish with what was typed put in; a key that is not of its signal is refused."""
    args = {key: value for key, value in request.args.items() if value is not None}
    _refuse_foreign(base.signal, args)
    changes: dict[str, Any] = {key: args[key] for key in PLAIN if key in args}
    changes |= {key: args[key] or None for key in ("sector", "industry") if key in args}
    if "min" in args:
        changes["minimum"] = _minimum(base.signal, args["min"])
    if "min_change" in args:
        changes["min_change"] = None if args["min_change"] is False else args["min_change"]
    if "digest" in args:
        changes["digest"] = Digest(args["digest"])
    if "side" in args:
        sides = SIDES[args["side"]]
        changes["side"] = sides[0] if len(sides) == 1 else None
    changes |= {key: _coins(key, args[key], getattr(base, key), request) for key in ("coins", "exclude") if key in args}
    if "exchanges" in args:
        changes["exchanges"] = _exchanges(args["exchanges"], base.exchanges, request)
    if "tickers" in args:
        parts = listed("tickers", args["tickers"], TICKERS.line)
        changes["tickers"] = _names(parts, base.tickers, lambda part: ticker_of(part, "/alert clusters tickers={}"))
    wish = replace(base, **changes)
    if wish.coins and set(wish.coins) <= set(wish.exclude):
        raise UserError(
            tr(
                "{names} is in {one} and in {other}: that would never ring",
                names=", ".join(wish.coins),
                one="coins",
                other="exclude",
            ),
            f"/alert {base.signal} coins={wish.coins[0]}",
        )
    return wish


def _refuse_foreign(signal: Signal, args: Mapping[str, Any]) -> None:
    own, other = (CLUSTER_KEYS, COIN_KEYS) if signal is Signal.CLUSTERS else (COIN_KEYS, CLUSTER_KEYS)
    for key in other:
        if key in args and key not in own:
            raise UserError(
                tr("{key} is not for {signal}; it takes {keys}", key=key, signal=signal, keys=", ".join(("min", *own))),
                f"/alert {signal} min={3 if signal is Signal.CLUSTERS else 6}",
            )


def _minimum(signal: Signal, value: float) -> float:
    if signal is Signal.CLUSTERS:
        if value != int(value) or not 1 <= value <= MOST_INSIDERS:
            raise UserError(
                tr(
                    "{typed} is out of range; for clusters min is a whole number from 1 to {most}",
                    typed=f"min={numbers.plain(value)}",
                    most=MOST_INSIDERS,
                ),
                "/alert clusters min=3",
            )
    elif not 0 <= value <= HIGHEST_SCORE:
        raise UserError(
            tr(
                "{typed} is out of range; min is a score from 0 to {most}",
                typed=f"min={numbers.plain(value)}",
                most=HIGHEST_SCORE,
            ),
            f"/alert {signal} min=6",
        )
    return value


def _names(parts: Sequence[str], before: Sequence[str], read: Callable[[str], str]) -> tuple[str, ...]:
    """What was typed; of +A and -B what was there before, with A and without B."""
    signed = any(part[0] in SIGNS for part in parts)
    found = set(before) if signed else set()
    for part in parts:
        name = read(part.lstrip(SIGNS) or part)
        if part[0] in MINUS:
            found.discard(name)
        else:
            found.add(name)
    return tuple(sorted(found))


def _coins(key: str, text: str, before: Sequence[str], request: Request) -> tuple[str, ...]:
    example = f"/alert pump {key}={{}}"
    parts = listed(key, text, example.format("PEPE,WIF"))
    with request.storage.read() as tx:
        return _names(parts, before, lambda part: base_coin_of(tx, part, example))


def _exchanges(text: str, before: Sequence[str], request: Request) -> tuple[str, ...]:
    parts = listed("exchanges", text, EXCHANGES_LINE.format("binance,okx"))
    names = _names(parts, before, _exchange)
    over = [name for name in names if (day := EXCHANGES[name].closed) is not None and day <= request.now.date()]
    if names and len(over) == len(names):
        closed = tr(" and ").join(title_of(name) for name in over)
        raise UserError(
            tr("{exchanges} ended futures trading: that would never ring; name another exchange", exchanges=closed),
            EXCHANGES_LINE.format("binance,okx"),
        )
    return names


def _exchange(text: str) -> str:
    """The exchange that a name, title or older name means."""
    spelled = {
        spelling.lower(): one.name for one in EXCHANGES.values() for spelling in (one.name, one.title, *one.aliases)
    }
    if text.lower() in spelled:
        return spelled[text.lower()]
    close = difflib.get_close_matches(text.lower(), spelled, n=1, cutoff=0.5)
    near = spelled[close[0]] if close else None
    hint = did_you_mean(title_of(near)) if near else tr("there are {names}", names=", ".join(EXCHANGES))
    said = tr("There is no exchange {typed}; {hint}", typed=shown(text), hint=hint)
    raise UserError(said, EXCHANGES_LINE.format(near or "binance,okx"))
