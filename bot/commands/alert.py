"""/alert: subscribe, change, delete."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.alerts.matching import Wish
from bot.alerts.standing import open_standing
from bot.commands.base import Command, Kind, Param, Request
from bot.commands.clusters import DAYS, INDUSTRY, MIN_VALUE, PLAN, SECTOR, SIDE, SIDES
from bot.commands.naming import base_coin_of, listed, ticker_of
from bot.errors import UserError
from bot.settings import AlertSettings
from bot.views import numbers
from bot.views.alerts import deleted_view, subscribed_view
from bot.views.elements import View
from scoring.model import Signal
from storage import Transaction
from storage.chats import Chat
from storage.subscriptions import Subscription

ACTIONS = ("change", "off")
COIN_KEYS = ("step", "resolve", "coins", "exclude")
CLUSTER_KEYS = ("side", "days", "min_value", "sector", "industry", "tickers", "plan")
MOST_INSIDERS, HIGHEST_SCORE = 50, 10
MOST_SUBSCRIPTIONS = 100  # in one chat


def run(request: Request) -> View:
    """Make, change or delete a subscription of this chat."""
    match request.args["what"]:
        case "off":
            return _delete(request)
        case "change":
            return _change(request)
        case signal:
            return _subscribe(request, Signal(signal))


def _subscribe(request: Request, signal: Signal) -> View:
    if request.args["id"] is not None:
        number = request.args["id"]
        raise UserError(f"/alert {signal} takes no ID; did you mean min={number}?", f"/alert {signal} min={number}")
    defaults = request.alerts
    wish = _wish(_default_wish(signal, defaults), request)
    with request.storage.write() as tx:
        chat = tx.chats.put(request.chat.platform, request.chat.address, request.now)
        existing = tx.subscriptions.of_chat(chat.id)
        for one in existing:
            if Wish.from_json(one.wish) == wish:
                raise UserError(f"You have that already: it is subscription {one.id}", "/alerts")
        if len(existing) >= MOST_SUBSCRIPTIONS:
            raise UserError(f"This chat has {MOST_SUBSCRIPTIONS} subscriptions; delete one first", "/alerts")
        made = tx.subscriptions.add(chat.id, request.chat.user, signal.value, wish.to_json(), request.now)
        return _answer(tx, made, wish, request, "Subscribed")


def _change(request: Request) -> View:
    with request.storage.write() as tx:
        mine = _mine(tx, request)
        wish = _wish(Wish.from_json(mine.wish), request)
        if wish == Wish.from_json(mine.wish):
            raise UserError(f"Nothing to change in subscription {mine.id}: say what", f"/alert change {mine.id} min=6")
        tx.subscriptions.change(mine.id, wish.to_json())
        tx.episodes.end(mine.id, request.now)
        return _answer(tx, mine, wish, request, "Changed")


def _delete(request: Request) -> View:
    with request.storage.write() as tx:
        mine = _mine(tx, request)
        tx.subscriptions.delete(mine.id, request.now)
    return deleted_view(mine.id, Wish.from_json(mine.wish))


def _answer(tx: Transaction, made: Subscription, wish: Wish, request: Request, verb: str) -> View:
    matches = open_standing(tx, made.id, wish, request.now, request.alerts, request.scoring)
    unknown = [ticker for ticker in wish.tickers if not tx.filings.named(ticker)]
    least = request.scoring.min_exchanges
    return subscribed_view(made.id, wish, matches, verb, min_exchanges=least, unknown=unknown)


def _mine(tx: Transaction, request: Request) -> Subscription:
    number = request.args["id"]
    if number is None:
        raise UserError("Which one? Give the subscription's ID; /alerts lists them", "/alert off 3")
    chat: Chat | None = tx.chats.find(request.chat.platform, request.chat.address)
    own = () if chat is None else tx.subscriptions.of_chat(chat.id)
    for one in own:
        if one.id == number:
            return one
    listed = f"there are {', '.join(str(one.id) for one in own)}" if own else "it has none yet"
    raise UserError(f"This chat has no subscription {number}; {listed}", "/alerts")


def _default_wish(signal: Signal, defaults: AlertSettings) -> Wish:
    minimum = {
        Signal.PUMP: defaults.pump_min,
        Signal.SELLING: defaults.selling_min,
        Signal.CLUSTERS: float(defaults.clusters_min_insiders),
    }[signal]
    return Wish(signal=signal, minimum=minimum, step=defaults.step)


def _wish(base: Wish, request: Request) -> Wish:
    """The wish with what was typed put in; a key that is not of its signal is refused."""
    args: dict[str, Any] = {key: value for key, value in request.args.items() if value is not None}
    foreign = COIN_KEYS if base.signal is Signal.CLUSTERS else CLUSTER_KEYS
    for key in foreign:
        if key in args:
            known = CLUSTER_KEYS if base.signal is Signal.CLUSTERS else COIN_KEYS
            raise UserError(
                f"{key} is not for {base.signal}; it takes min, {', '.join(known)}",
                f"/alert {base.signal} min={3 if base.signal is Signal.CLUSTERS else 6}",
            )
    changes: dict[str, Any] = {
        key: args[key] for key in ("step", "resolve", "days", "min_value", "plan") if key in args
    }
    changes |= {key: args[key] or None for key in ("sector", "industry") if key in args}
    if "min" in args:
        changes["minimum"] = _minimum(base.signal, args["min"])
    if "side" in args:
        sides = SIDES[args["side"]]
        changes["side"] = sides[0] if len(sides) == 1 else None
    changes |= {key: _coins(key, args[key], request) for key in ("coins", "exclude") if key in args}
    if "tickers" in args:
        parts = listed("tickers", args["tickers"], TICKERS.line)
        changes["tickers"] = tuple(sorted({ticker_of(part, "/alert clusters tickers={}") for part in parts}))
    wish = replace(base, **changes)
    if wish.coins and set(wish.coins) <= set(wish.exclude):
        raise UserError(
            f"{', '.join(wish.coins)} is in coins and in exclude: that would never ring",
            f"/alert {base.signal} coins={wish.coins[0]}",
        )
    return wish


def _minimum(signal: Signal, value: float) -> float:
    if signal is Signal.CLUSTERS:
        if value != int(value) or not 1 <= value <= MOST_INSIDERS:
            raise UserError(
                f"min={numbers.plain(value)} is out of range; for clusters min is a whole number from 1 to "
                f"{MOST_INSIDERS}",
                "/alert clusters min=3",
            )
    elif not 0 <= value <= HIGHEST_SCORE:
        raise UserError(
            f"min={numbers.plain(value)} is out of range; min is a score from 0 to {HIGHEST_SCORE}",
            f"/alert {signal} min=6",
        )
    return value


def _coins(key: str, text: str, request: Request) -> tuple[str, ...]:
    example = f"/alert pump {key}={{}}"
    parts = listed(key, text, example.format("PEPE,WIF"))
    with request.storage.read() as tx:
        return tuple(sorted({base_coin_of(tx, part, example) for part in parts}))


EXAMPLE = "/alert pump min=6"
TICKERS = Param(
    "tickers",
    Kind.TEXT,
    "only these companies",
    "NVDA,BRK-A",
    aliases=("ticker",),
    allowed="tickers; none: all",
    line="/alert clusters tickers=NVDA,BRK-A",
)
COMMAND = Command(
    name="alert",
    summary="Subscribe: be told when something qualifies, escalates or is over",
    run=run,
    example=EXAMPLE,
    params=(
        Param(
            "what",
            Kind.CHOICE,
            "pump, selling or clusters; change or off with an ID",
            "pump",
            choices=(*(signal.value for signal in Signal), *ACTIONS),
            required=True,
            positional=True,
        ),
        Param(
            "id",
            Kind.INTEGER,
            "the subscription to change or delete",
            "3",
            minimum=1,
            positional=True,
            allowed="an ID of /alerts",
            line="/alert off 3",
        ),
        Param(
            "min",
            Kind.NUMBER,
            "least score, or insiders for clusters",
            "6",
            aliases=("min_score", "min_insiders"),
            allowed="0 to 10; clusters: 1 to 50",
        ),
        Param("step", Kind.NUMBER, "rise of the score that rings again", "0.5", minimum=0.1, maximum=10),
        Param("resolve", Kind.FLAG, "tell when it is over", "yes"),
        Param("coins", Kind.TEXT, "only these coins", "PEPE,WIF", aliases=("coin",), allowed="tickers; none: all"),
        Param("exclude", Kind.TEXT, "not these coins", "BTC,ETH", allowed="tickers; none"),
        *(
            replace(param, default=None, line=f"/alert clusters {param.name}={param.example}")
            for param in (SIDE, DAYS, MIN_VALUE, SECTOR, INDUSTRY, TICKERS, PLAN)
        ),
    ),
)
