"""What of a subscription can be changed by buttons now: what there is to be chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.alerts.matching import Wish
from bot.commands.base import Request
from bot.errors import UserError
from bot.feeds.exchanges import EXCHANGES
from bot.signals import find_clusters, score_coins
from bot.views.subscription_menus import MENU_OF_KEY, Menu, Part, menus_of
from bot.words import tr
from scoring.model import Cluster
from storage import Transaction

OFFERED = 9  # of coins, companies and industries


def part_of(tx: Transaction, number: int, wish: Wish, menu: Menu | None, request: Request) -> Part:
    """A part of a subscription with what may be put into it; UserError where its signal has no such part."""
    menus = menus_of(wish.signal)
    if menu is not None and menu not in menus:
        raise UserError(
            tr(
                "Subscription {id} is one of {signal}, and has no {menu}; it has {menus}",
                id=number,
                signal=wish.signal,
                menu=menu,
                menus=", ".join(menus),
            ),
            f"/alerts {number} {menus[0]}",
        )
    offers: Mapping[Menu, Callable[[], list[str]]] = {
        Menu.COINS: lambda: _coins(tx, wish, request),
        Menu.EXCLUDE: lambda: _coins(tx, wish, request),
        Menu.EXCHANGES: lambda: _exchanges(request),
        Menu.INDUSTRY: lambda: _of_clusters(tx, wish, request, lambda one: one.issuer.industry),
        Menu.TICKERS: lambda: _of_clusters(tx, wish, request, lambda one: one.issuer.ticker),
    }
    return Part(number, wish, menu, offers[menu]() if menu is not None and menu in offers else ())


def menu_of(keys: Mapping[str, object]) -> Menu | None:
    """The part in which all that was changed stands; None where it stands in several, or among the first buttons."""
    menus = {MENU_OF_KEY.get(key) for key, value in keys.items() if value is not None and key not in ("what", "id")}
    return menus.pop() if len(menus) == 1 else None


def _coins(tx: Transaction, wish: Wish, request: Request) -> list[str]:
    """The coins with the highest scores now."""
    scores = score_coins(tx, request.now, request.scoring)[wish.signal].values()
    ranked = sorted((one for one in scores if one.score > 0), key=lambda one: (-one.score, one.base_coin))
    names = [one.base_coin for one in ranked if one.base_coin not in (*wish.coins, *wish.exclude)]
    return names[:OFFERED]


def _exchanges(request: Request) -> list[str]:
    """Those that are read, which have not closed."""
    read = request.feeds.exchanges or list(EXCHANGES)
    return [name for name in read if (day := EXCHANGES[name].closed) is None or day > request.now.date()]


def _of_clusters(tx: Transaction, wish: Wish, request: Request, name_of: Callable[[Cluster], str | None]) -> list[str]:
    """What the clusters of now have, the largest value first."""
    rule = replace(wish.cluster_rule(), industry=None)
    names = (name_of(one) for one in find_clusters(tx, rule, request.now))
    return list(dict.fromkeys(name for name in names if name))[:OFFERED]
