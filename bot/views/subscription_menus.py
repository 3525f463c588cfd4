"""What of a subscription can be changed by buttons: what it is made of, and a menu for each filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.feeds.exchanges import title_of
from bot.feeds.sectors import SECTORS
from bot.views import numbers
from bot.views.alerts import describe
from bot.views.elements import Button, Code, Note, Text, View
from bot.words import mark, tr, trc
from scoring.model import Signal

if TYPE_CHECKING:
    from bot.alerts.matching import Wish

STEPS = (0.25, 0.5, 1.0, 2.0, 3.0)  # of an escalation
CHANGES = (0.0, 5.0, 10.0, 20.0, 50.0)  # percent in 7 days
STREAKS = (2, 3, 5, 7, 14)  # days
VALUES = (100_000.0, 500_000.0, 1_000_000.0, 5_000_000.0, 10_000_000.0)  # USD
DAYS = (7, 14, 30, 60, 90, 180)
CHOSEN = 12  # buttons that take something away again
DIGESTS = {"off": mark("Each in full"), "refresh": mark("A line each"), "daily": mark("Once a day")}
INDUSTRY_LETTERS = 28  # of a name in a button: a unique beginning is enough


class Menu(StrEnum):
    """A part of a subscription."""

    COINS = "coins"
    EXCLUDE = "exclude"
    EXCHANGES = "exchanges"
    PRICE = "price"
    VALUE = "value"
    SECTOR = "sector"
    INDUSTRY = "industry"
    TICKERS = "tickers"
    DIGEST = "digest"


OF_COINS = (Menu.COINS, Menu.EXCLUDE, Menu.EXCHANGES, Menu.PRICE, Menu.DIGEST)
OF_CLUSTERS = (Menu.VALUE, Menu.SECTOR, Menu.INDUSTRY, Menu.TICKERS, Menu.DIGEST)
LABELS = {
    Menu.COINS: mark("Only coins…"),
    Menu.EXCLUDE: mark("Not coins…"),
    Menu.EXCHANGES: mark("Exchanges…"),
    Menu.PRICE: mark("Price & streak…"),
    Menu.VALUE: mark("Value & days…"),
    Menu.SECTOR: mark("Sector…"),
    Menu.INDUSTRY: mark("Industry…"),
    Menu.TICKERS: mark("Companies…"),
    Menu.DIGEST: mark("How told…"),
}
EXPLAINED = {
    Menu.COINS: (
        mark("It rings only for the coins that you choose; for all while you choose none."),
        "coins=+PEPE,WIF",
    ),
    Menu.EXCLUDE: (mark("It never rings for the coins that you choose."), "exclude=+BTC,ETH"),
    Menu.EXCHANGES: (
        mark("It rings only for coins with one of the exchanges that you choose behind their average."),
        "exchanges=+okx",
    ),
    Menu.PRICE: (
        mark("It rings only where the price has risen so much in 7 days, and funding was negative for so many days."),
        "min_change=15 min_streak=4",
    ),
    Menu.VALUE: (
        mark("How much insiders must have traded together, and within how many days."),
        "min_value=2m days=45",
    ),
    Menu.SECTOR: (mark("It rings only for companies of the sector that you choose."), "sector=Technology"),
    Menu.INDUSTRY: (mark("It rings only for companies of the industry that you choose."), "industry=Biotechnology"),
    Menu.TICKERS: (
        mark("It rings only for the companies that you choose; for all while you choose none."),
        "tickers=+NVDA",
    ),
    Menu.DIGEST: (
        mark("Each alert in full, a line for each alert of a refresh, or a line each once a day."),
        "digest=daily",
    ),
}
# A key that was changed → the menu in which it stands; the others stand among the first buttons.
MENU_OF_KEY = {
    "coins": Menu.COINS,
    "exclude": Menu.EXCLUDE,
    "exchanges": Menu.EXCHANGES,
    "min_change": Menu.PRICE,
    "min_streak": Menu.PRICE,
    "min_value": Menu.VALUE,
    "days": Menu.VALUE,
    "sector": Menu.SECTOR,
    "industry": Menu.INDUSTRY,
    "tickers": Menu.TICKERS,
    "digest": Menu.DIGEST,
}


@dataclass(frozen=True, slots=True)
class Part:
    """A subscription, or a part of it, as it can be changed now."""

    id: int
    wish: Wish
    menu: Menu | None = None  # None: what it is made of
    offered: Sequence[str] = ()  # what may be put in, the likeliest first

    def change(self, label: str, key: str, value: str) -> Button:
        """A button that changes one thing."""
        return Button(label, f"/alert change {self.id} {key}={value}")


def menus_of(signal: Signal) -> tuple[Menu, ...]:
    """The parts of a subscription to that signal."""
    return OF_CLUSTERS if signal is Signal.CLUSTERS else OF_COINS


def menu_view(part: Part) -> View:
    """One part of a subscription, to be changed."""
    if part.menu is None:
        raise ValueError("it is no part of one")
    text, example = EXPLAINED[part.menu]
    return View(
        title=tr("Subscription {id}: {wish}", id=part.id, wish=describe(part.wish)),
        body=(Text(tr(text)), Note(tr("Press, or type:")), Code(f"/alert change {part.id} {example}")),
        buttons=part_buttons(part),
        data={"id": part.id, "wish": dict(part.wish.to_json()), "menu": part.menu.value},
    )


def part_buttons(part: Part) -> tuple[Button, ...]:
    """All that changes it, from the likeliest on."""
    if part.menu is None:
        return tuple(_first_buttons(part))
    buttons = {
        Menu.COINS: lambda: _list_buttons(part, "coins", part.wish.coins, tr("All coins")),
        Menu.EXCLUDE: lambda: _list_buttons(part, "exclude", part.wish.exclude, tr("Exclude none")),
        Menu.EXCHANGES: lambda: _exchange_buttons(part),
        Menu.PRICE: lambda: _price_buttons(part),
        Menu.VALUE: lambda: _value_buttons(part),
        Menu.SECTOR: lambda: _class_buttons(part, "sector", part.wish.sector, SECTORS),
        Menu.INDUSTRY: lambda: _class_buttons(part, "industry", part.wish.industry, part.offered),
        Menu.TICKERS: lambda: _list_buttons(part, "tickers", part.wish.tickers, tr("All companies")),
        Menu.DIGEST: lambda: _digest_buttons(part),
    }[part.menu]()
    return (*buttons, Button(trc("menu", "◀ Back"), f"/alerts {part.id}"))


def _first_buttons(part: Part) -> list[Button]:
    wish = part.wish
    is_of_clusters = wish.signal is Signal.CLUSTERS
    step, least, most = (1.0, 1.0, 50.0) if is_of_clusters else (0.5, 0.0, 10.0)
    near = [one for one in (wish.minimum - step, wish.minimum + step) if least <= one <= most]
    return [
        *(part.change(f"min {numbers.said(one)}", "min", numbers.plain(one)) for one in near),
        *(_cluster_buttons(part) if is_of_clusters else _coin_buttons(part)),
        *(Button(tr(LABELS[menu]), f"/alerts {part.id} {menu}") for menu in menus_of(wish.signal)),
        Button(tr("Mute {span}", span=numbers.hours(8)), "/mute 8h"),
        Button(tr("Quiet hours…"), "/settings menu=quiet"),
        Button(tr("Delete it"), f"/alert off {part.id}"),
        Button(tr("All subscriptions"), "/alerts"),
    ]


def _coin_buttons(part: Part) -> list[Button]:
    wish = part.wish
    below = [one for one in STEPS if one < wish.step][-1:]
    above = [one for one in STEPS if one > wish.step][:1]
    steps = [part.change(f"step {numbers.said(one)}", "step", numbers.plain(one)) for one in (*below, *above)]
    over = (tr("Not when over"), "no") if wish.resolve else (tr("Also when over"), "yes")
    return [*steps, part.change(over[0], "resolve", over[1])]


def _cluster_buttons(part: Part) -> list[Button]:
    sides = {"buy": tr("Only buying"), "sell": tr("Only selling"), "both": tr("Both sides")}
    now = "both" if part.wish.side is None else part.wish.side.value.lower()
    plan = (tr("Without 10b5-1"), "no") if part.wish.plan else (tr("With 10b5-1"), "yes")
    others = [part.change(label, "side", side) for side, label in sides.items() if side != now]
    return [*others, part.change(plan[0], "plan", plan[1])]


def _list_buttons(part: Part, key: str, chosen: Sequence[str], without: str) -> list[Button]:
    """What is chosen, to be taken away, and what else may be chosen."""
    fewer = [part.change(f"✕ {name}", key, f"-{name}") for name in chosen[:CHOSEN]]
    more = [part.change(f"+ {name}", key, f"+{name}") for name in part.offered if name not in chosen]
    return [*fewer, *more, *([part.change(without, key, "none")] if chosen else [])]


def _exchange_buttons(part: Part) -> list[Button]:
    chosen = part.wish.exchanges
    names = [*part.offered, *(name for name in chosen if name not in part.offered)]
    toggles = [
        part.change(f"✓ {title_of(name)}", "exchanges", f"-{name}")
        if name in chosen
        else part.change(title_of(name), "exchanges", f"+{name}")
        for name in names
    ]
    return [*toggles, *([part.change(tr("Any exchange"), "exchanges", "none")] if chosen else [])]


def _price_buttons(part: Part) -> list[Button]:
    wish = part.wish
    changes = [
        part.change(f"{numbers.days(7)} ≥ {numbers.share(numbers.plain(one))}", "min_change", numbers.plain(one))
        for one in CHANGES
        if one != wish.min_change
    ]
    streaks = [
        part.change(tr("Streak ≥ {days}", days=numbers.days(one)), "min_streak", str(one))
        for one in STREAKS
        if one != wish.min_streak
    ]
    return [
        *changes,
        *([] if wish.min_change is None else [part.change(tr("Any price"), "min_change", "off")]),
        *streaks,
        *([part.change(tr("Any streak"), "min_streak", "0")] if wish.min_streak else []),
    ]


def _value_buttons(part: Part) -> list[Button]:
    wish = part.wish
    values = [
        part.change(f"≥ {numbers.money(one)}", "min_value", numbers.plain(one))
        for one in VALUES
        if one != wish.min_value
    ]
    days = [part.change(numbers.days(one), "days", str(one)) for one in DAYS if one != wish.days]
    return [*values, *([part.change(tr("Any value"), "min_value", "0")] if wish.min_value else []), *days]


def _class_buttons(part: Part, key: str, chosen: str | None, names: Sequence[str]) -> list[Button]:
    others = [part.change(name, key, f'"{name[:INDUSTRY_LETTERS]}"') for name in names if name != chosen]
    anything = tr("Any sector") if key == "sector" else tr("Any industry")
    return [*others, *([part.change(anything, key, "none")] if chosen else [])]


def _digest_buttons(part: Part) -> list[Button]:
    modes = [part.change(tr(label), "digest", mode) for mode, label in DIGESTS.items() if mode != part.wish.digest]
    return [*modes, Button(tr("When daily…"), "/settings menu=digest")]
