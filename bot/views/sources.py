"""Where numbers come from that tocsin did not make itself, as people call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.views import numbers
from scoring.model import PriceChanges

SERVICES = {"finradar": "Finradar", "sharpe": "Sharpe"}
PRICES = {
    "coingecko": "CoinGecko",
    "marks": "our own marks",
    "candles": "an exchange's candles",
    "import": "imported prices",
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
    return SERVICES.get(name, name or "a hosted service")


def as_given(name: str) -> str:
    """What stands in the place of arithmetic: as given by Sharpe; tocsin did not compute it."""
    return f"as given by {service_title(name)}; tocsin did not compute it"


def given_stamp(service: Service, now: datetime) -> str:
    """The coverage of a service's numbers: as given by Sharpe, updated 12 min ago."""
    return f"as given by {service.title}, updated {numbers.ago(service.read_at, now)}"


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
        return f"7 d change from {price_title(next(iter(others)))}."
    said = [f"from {price_title(source)}: {_some(coins)}" for source, coins in sorted(others.items())]
    rest = f"; the others from {price_title(USUAL_PRICES)}" if USUAL_PRICES in groups else ""
    return f"7 d change {'; '.join(said)}{rest}."


def price_title(source: str) -> str:
    """A price source as people call it: our own marks."""
    return PRICES.get(source) or service_title(source)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more
