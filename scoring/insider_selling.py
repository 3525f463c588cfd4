"""The insider selling score: shorts sit on the coin (DESIGN, the method, 5; seeds/insider-selling)."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.model import CoinFunding, CoinScore, PriceChanges, Signal

FORMULA_VERSION = 1


@dataclass(frozen=True, slots=True)
class SellingConstants:
    """What the sub-scores are measured against."""

    saturation_8h: float = 0.0005  # negative funding per 8 h, decimal, at which funding_magnitude is full
    persistence_days: int = 14  # streak at which funding_persistence is full
    magnitude_weight: float = 0.4  # the rest weighs persistence


DEFAULTS = SellingConstants()


def score(funding: CoinFunding, prices: PriceChanges, constants: SellingConstants = DEFAULTS) -> CoinScore | None:
    """Score a coin from 0 to 10; None when its 72-hour average is not negative."""
    if not funding.avg_72h < 0:
        return None
    magnitude = funding_magnitude(funding.avg_72h, constants)
    persistence = funding_persistence(funding.streak, constants)
    weight = constants.magnitude_weight
    return CoinScore(
        signal=Signal.SELLING,
        base_coin=funding.base_coin,
        score=min(10.0, weight * magnitude + (1 - weight) * persistence),
        funding_magnitude=magnitude,
        persistence=persistence,
        pump_magnitude=None,
        funding=funding,
        prices=prices,
        formula_version=FORMULA_VERSION,
    )


def funding_magnitude(avg_72h: float, constants: SellingConstants = DEFAULTS) -> float:
    """How negative funding is, 0 to 10: full at −0.05 % per 8 h.

    >>> round(funding_magnitude(-0.00018), 6)
    3.6
    """
    return 10 * min(1.0, max(0.0, -avg_72h / constants.saturation_8h))


def funding_persistence(streak: int, constants: SellingConstants = DEFAULTS) -> float:
    """How long funding has stayed negative, 0 to 10: full at 14 days.

    >>> round(funding_persistence(12), 1)
    8.6
    """
    return 10 * min(1.0, streak / constants.persistence_days)
