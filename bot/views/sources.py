"""Where numbers come from that tocsin did not make itself, as people call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.views import numbers
from bot.words import mark, tr
from scoring.model import PriceChanges

SERVICES = {"finradar": "Finradar", "sharpe": "Sharpe"}
PRICES = {
    "coingecko": "CoinGecko",
    "marks": mark("our own marks"),
    "candles": mark("an exchange's candles"),
    "import": mark("imported prices"),
}
USUAL_PRICES = "coingecko"
NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Service:
    """A hosted service whose numbers stand in for ours."""

    name: str  # as in CoinScore.source; empty where it gave nothing to tell it by
    read_at: datetime

    @property
    def title(self) -> str:
        """The name for people."""
        return service_title(self.name)


def service_title(name: str) -> str:
    """A hosted service's name as people write it."""
    return SERVICES.get(name, name or tr("a hosted service"))


def as_given(name: str) -> str:
    """What stands in the place of arithmetic: as given by Sharpe; tocsin did not compute it."""
    return tr("as given by {service}; tocsin did not compute it", service=service_title(name))


def given_stamp(service: Service, now: datetime) -> str:
    """The coverage of a service's numbers: as given by Sharpe, updated 12 min ago."""
    ago = numbers.ago(service.read_at, now)
    return tr("as given by {service}, updated {ago}", service=service.title, ago=ago)


def price_note(prices: Mapping[str, PriceChanges]) -> str:
    """Where the 7-day changes of some coins are from; nothing where all are from CoinGecko."""
    groups: dict[str, list[str]] = {}
    for coin, one in prices.items():
        if one.pct_7d is not None:
            groups.setdefault(one.source or USUAL_PRICES, []).append(coin)
    others = {source: coins for source, coins in groups.items() if source != USUAL_PRICES}
    if not others:
        return ""
    if len(groups) == 1:
        return tr("{days} change from {source}.", days=numbers.days(7), source=price_title(next(iter(others))))
    said = [
        tr("from {source}: {coins}", source=price_title(source), coins=_some(coins))
        for source, coins in sorted(others.items())
    ]
    said += [tr("the others from {source}", source=price_title(USUAL_PRICES))] if USUAL_PRICES in groups else []
    return tr("{days} change {sources}.", days=numbers.days(7), sources="; ".join(said))


def price_title(source: str) -> str:
    """A price source as people call it: our own marks."""
    return tr(PRICES[source]) if source in PRICES else service_title(source)


def _some(names: list[str]) -> str:
    shown, more = ", ".join(names[:NAMES_SHOWN]), len(names[NAMES_SHOWN:])
    return tr("{names} and {count} more", names=shown, count=more) if more else shown
