"""/alert: subscribe, change, delete."""

from __future__ import annotations

from dataclasses import replace

from bot.alerts.holding import Digest
from bot.alerts.matching import Wish
from bot.alerts.standing import Moment, open_standing
from bot.commands.base import Command, Kind, Param, Request
from bot.commands.chats import chat_here, chats_of, open_chat, owned
from bot.commands.clusters import DAYS, INDUSTRY, MIN_VALUE, PLAN, SECTOR, SIDE
from bot.commands.menus import menu_of, part_of
from bot.commands.wishes import MORE, TICKERS, default_wish, wish_of
from bot.errors import UserError
from bot.views.alerts import deleted_view, moved_view, subscribed_view
from bot.views.elements import Button, View
from bot.views.help import start_view
from bot.views.subscription_menus import part_buttons
from bot.words import tr
from scoring.model import Signal
from storage import Transaction
from storage.chats import ACTIVE
from storage.subscriptions import Subscription

ACTIONS = ("change", "off", "again", "here")
HAS_IT = "has it"  # what an error is about: the same subscription is there already
MOST_SUBSCRIPTIONS = 100  # in one chat
MOST_OWNED = 200  # of one person, in all chats


def run(request: Request) -> View:
    """Make, change or delete a subscription of this chat."""
    match request.args["what"]:
        case "off":
            return _delete(request)
        case "change":
            return _change(request)
        case "again":
            return _again(request)
        case "here":
            return _move(request)
        case signal:
            return _subscribe(request, Signal(signal))


def _subscribe(request: Request, signal: Signal) -> View:
    if request.args["id"] is not None:
        number = request.args["id"]
        meant = f"/alert {signal} min={number}"
        raise UserError(
            tr("{command} takes no ID; did you mean {key}?", command=f"/alert {signal}", key=f"min={number}"), meant
        )
    wish = wish_of(default_wish(signal, request.alerts), request)
    with request.storage.write() as tx:
        return _make(tx, wish, request)


def _again(request: Request) -> View:
    """What was deleted is made anew."""
    number = request.args["id"]
    with request.storage.write() as tx:
        before = None if number is None else tx.subscriptions.by_id(number)
        if before is None or before.chat_id not in {one.id for one in chats_of(tx, request.chat)}:
            raise UserError(tr("Which one? Give the ID of a subscription that this chat had"), "/alert again 3")
        return _make(tx, Wish.from_json(before.wish), request)


def _make(tx: Transaction, wish: Wish, request: Request) -> View:
    before = chat_here(tx, request.chat)
    chat = open_chat(tx, request)
    for place in chats_of(tx, request.chat):
        for one in tx.subscriptions.of_chat(place.id):
            if Wish.from_json(one.wish) == wish:
                if place.id == chat.id and before is not None and before.status != ACTIVE:
                    return start_view(len(tx.subscriptions.of_chat(chat.id)), was_off=True)
                said = tr("You have that already: it is subscription {id}", id=one.id)
                if place.id != chat.id:
                    there = place.platform.capitalize()
                    said = tr("You have that already: it is subscription {id} on {platform}", id=one.id, platform=there)
                raise UserError(said, "/alerts", about=HAS_IT)
    _refuse_more(len(tx.subscriptions.of_chat(chat.id)))
    if len(owned(tx, request.chat)) >= MOST_OWNED:
        said = tr("You have {count} subscriptions in all your chats; delete one first", count=MOST_OWNED)
        raise UserError(said, "/alerts")
    made = tx.subscriptions.add(chat.id, request.chat.owner, wish.signal.value, wish.to_json(), request.now)
    return _answer(tx, made, wish, request, is_new=True)


def _refuse_more(count: int) -> None:
    if count >= MOST_SUBSCRIPTIONS:
        said = tr("This chat has {count} subscriptions; delete one first", count=MOST_SUBSCRIPTIONS)
        raise UserError(said, "/alerts")


def _change(request: Request) -> View:
    with request.storage.write() as tx:
        mine = subscription_here(tx, request)
        wish = wish_of(Wish.from_json(mine.wish), request)
        if wish == Wish.from_json(mine.wish):
            said = tr("Nothing to change in subscription {id}: say what", id=mine.id)
            raise UserError(said, f"/alert change {mine.id} min=6")
        tx.subscriptions.change(mine.id, wish.to_json())
        tx.episodes.end(mine.id, request.now)
        part = part_of(tx, mine.id, wish, menu_of(request.args), request)
        return _answer(tx, mine, wish, request, is_new=False, buttons=part_buttons(part))


def _move(request: Request) -> View:
    with request.storage.write() as tx:
        mine = subscription_here(tx, request)
        chat = open_chat(tx, request)
        if mine.chat_id == chat.id:
            raise UserError(tr("Subscription {id} rings here already", id=mine.id), "/alerts")
        _refuse_more(len(tx.subscriptions.of_chat(chat.id)))
        tx.subscriptions.move(mine.id, chat.id)
    return moved_view(mine.id, Wish.from_json(mine.wish))


def _delete(request: Request) -> View:
    with request.storage.write() as tx:
        mine = subscription_here(tx, request)
        tx.subscriptions.delete(mine.id, request.now)
    return deleted_view(mine.id, Wish.from_json(mine.wish))


def _answer(
    tx: Transaction, made: Subscription, wish: Wish, request: Request, *, is_new: bool, buttons: tuple[Button, ...] = ()
) -> View:
    matches = open_standing(Moment(tx, request.now, request.alerts, request.scoring), made.id, wish)
    unknown = [ticker for ticker in wish.tickers if not tx.filings.named(ticker)]
    least = request.scoring.min_exchanges
    return subscribed_view(made.id, wish, matches, is_new=is_new, min_exchanges=least, unknown=unknown, buttons=buttons)


def subscription_here(tx: Transaction, request: Request) -> Subscription:
    """The subscription of this chat, or of its person elsewhere, that `id` names; UserError with those there are."""
    number = request.args["id"]
    if number is None:
        raise UserError(tr("Which one? Give the subscription's ID; /alerts lists them"), "/alert off 3")
    own = [one for chat in chats_of(tx, request.chat) for one in tx.subscriptions.of_chat(chat.id)]
    for one in own:
        if one.id == number:
            return one
    if not own:
        raise UserError(tr("This chat has no subscription {id}; it has none yet", id=number), "/alerts")
    ids = ", ".join(str(one.id) for one in own)
    raise UserError(tr("This chat has no subscription {id}; there are {ids}", id=number, ids=ids), "/alerts")


EXAMPLE = "/alert pump min=6"
COMMAND = Command(
    name="alert",
    summary="Subscribe: be told when something qualifies, escalates or is over",
    run=run,
    example=EXAMPLE,
    changes=True,
    topic="alerts",
    params=(
        Param(
            "what",
            Kind.CHOICE,
            "pump, selling or clusters; change, off, again or here with an ID",
            "pump",
            choices=(*(signal.value for signal in Signal), *ACTIONS),
            required=True,
            positional=True,
        ),
        Param(
            "id",
            Kind.INTEGER,
            "the subscription to change, delete, or make again",
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
        Param(
            "coins",
            Kind.TEXT,
            "only these coins",
            "PEPE,WIF",
            aliases=("coin",),
            allowed=f"tickers; none: all{MORE}",
            offers=(Kind.COIN,),
        ),
        Param("exclude", Kind.TEXT, "not these coins", "BTC,ETH", allowed=f"tickers; none{MORE}", offers=(Kind.COIN,)),
        Param(
            "exchanges",
            Kind.TEXT,
            "only coins with one of these behind their average",
            "binance,okx",
            aliases=("exchange",),
            allowed=f"names of exchanges; none: any{MORE}",
        ),
        Param(
            "min_change",
            Kind.NUMBER,
            "least price change in 7 days, in percent",
            "5",
            minimum=-100,
            maximum=10000,
            aliases=("min_price_change", "price_change"),
            switchable=True,
        ),
        Param(
            "min_streak",
            Kind.INTEGER,
            "least days of negative funding in a row",
            "3",
            minimum=0,
            maximum=365,
            aliases=("streak",),
        ),
        Param(
            "digest",
            Kind.CHOICE,
            "one line each: refresh, for all of a refresh, or daily, once a day; off: each in full",
            "daily",
            choices=tuple(one.value for one in Digest),
        ),
        *(
            replace(param, default=None, line=f"/alert clusters {param.name}={param.example}")
            for param in (SIDE, DAYS, MIN_VALUE, SECTOR, INDUSTRY, TICKERS, PLAN)
        ),
    ),
)
