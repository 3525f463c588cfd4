"""The pump & dump score: price up, funding negative (DESIGN, the method, 4; seeds/pump-dump)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scoring.model import CoinFunding, CoinScore, PriceChanges, Signal

FORMULA_VERSION = 1


@dataclass(frozen=True, slots=True)
class PumpConstants:
    """What the sub-scores are measured against."""

    saturation_8h: float = 0.0005  # negative funding per 8 h, decimal, at which funding_magnitude is full
    decades: float = 3.0  # powers of ten of (1 + percent) at which pump_magnitude is full
    persistence_days: int = 7  # streak at which divergence_persistence is full
    floor: float = 0.6  # share of the score that needs no persistence


DEFAULTS = PumpConstants()


def score(funding: CoinFunding, prices: PriceChanges, constants: PumpConstants = DEFAULTS) -> CoinScore | None:
    """Score a coin from 0 to 10; None when it does not pass the gate.

    The gate, on unrounded values: the 72-hour average is negative and the 7-day price change is positive.
    """
    percent = prices.pct_7d
    if percent is None or not math.isfinite(percent) or not (funding.avg_72h < 0 < percent):
        return None
    magnitude = funding_magnitude(funding.avg_72h, constants)
    pump = pump_magnitude(percent, constants)
    persistence = divergence_persistence(funding.streak, constants)
    boost = constants.floor + (1 - constants.floor) * persistence
    return CoinScore(
        signal=Signal.PUMP,
        base_coin=funding.base_coin,
        score=min(10.0, magnitude * pump * boost * 10),
        funding_magnitude=magnitude,
        persistence=persistence,
        pump_magnitude=pump,
        funding=funding,
        prices=prices,
        formula_version=FORMULA_VERSION,
    )


def funding_magnitude(avg_72h: float, constants: PumpConstants = DEFAULTS) -> float:
    """How negative funding is, 0 to 1: full at −0.05 % per 8 h.

    >>> funding_magnitude(-0.00021)
    0.42
    >>> funding_magnitude(-0.0007)
    1.0
    """
    return min(1.0, max(0.0, -avg_72h / constants.saturation_8h))


def pump_magnitude(percent_7d: float, constants: PumpConstants = DEFAULTS) -> float:
    """The 7-day rise on a log scale, 0 to 1.

    >>> round(pump_magnitude(100), 3)
    0.668
    >>> pump_magnitude(1000)
    1.0
    """
    return min(1.0, max(0.0, math.log10(1 + max(percent_7d, 0.0)) / constants.decades))


def divergence_persistence(streak: int, constants: PumpConstants = DEFAULTS) -> float:
    """How long funding has stayed negative, 0 to 1: full at 7 days."""
    return min(1.0, streak / constants.persistence_days)
