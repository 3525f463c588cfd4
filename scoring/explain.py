"""The arithmetic behind a score, as values that a person can recompute by hand."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.insider_selling import SellingConstants
from scoring.model import CoinScore, Signal
from scoring.pump_dump import PumpConstants

PUMP, SELLING = PumpConstants(), SellingConstants()
OWN = "own"  # CoinScore.source of what our formulas gave
# Two digits more than views show of a result: what is printed here must give what is printed there.
VOTE_DIGITS, AVERAGE_DIGITS, PART_DIGITS = 7, 10, 6


@dataclass(frozen=True, slots=True)
class Step:
    """One line of arithmetic."""

    label: str
    formula: str  # with the numbers in it
    value: float


def explain(
    score: CoinScore,
    pump: PumpConstants = PUMP,
    selling: SellingConstants = SELLING,
) -> tuple[Step, ...]:
    """The steps from the averages to the score, in the order in which they are computed.

    None for the score of a hosted service: its formula is its own.
    """
    if score.source != OWN:
        return ()
    average = _average(score)
    if score.signal is Signal.PUMP:
        return (average, *_pump(score, pump))
    return (average, *_selling(score, selling))


def _average(score: CoinScore) -> Step:
    funding = score.funding
    votes = " ".join(_number(one.rate_8h * 100, 4, VOTE_DIGITS, "+") for one in funding.exchanges)
    return Step(
        "avg_funding_72h",
        f"mean of {len(funding.exchanges)} exchanges, % per 8 h: {votes}",
        funding.avg_72h,
    )


def _pump(score: CoinScore, constants: PumpConstants) -> tuple[Step, ...]:
    average, percent = score.funding.avg_72h, score.prices.pct_7d or 0.0
    pump = score.pump_magnitude or 0.0
    floor = constants.floor
    return (
        Step(
            "funding_magnitude",
            f"min(1, {_number(-average, 8, AVERAGE_DIGITS)} / {constants.saturation_8h:g})",
            score.funding_magnitude,
        ),
        Step(
            "pump_magnitude",
            f"min(1, log10(1 + {_number(percent, 4, PART_DIGITS)}) / {constants.decades:g})",
            pump,
        ),
        Step(
            "divergence_persistence",
            f"min(1, {score.funding.streak} / {constants.persistence_days})",
            score.persistence,
        ),
        Step(
            "score",
            f"{_part(score.funding_magnitude)} × {_part(pump)}"
            f" × ({floor:g} + {1 - floor:g} × {_part(score.persistence)}) × 10",
            score.score,
        ),
    )


def _selling(score: CoinScore, constants: SellingConstants) -> tuple[Step, ...]:
    weight = constants.magnitude_weight
    return (
        Step(
            "funding_magnitude",
            f"10 × min(1, {_number(-score.funding.avg_72h, 8, AVERAGE_DIGITS)} / {constants.saturation_8h:g})",
            score.funding_magnitude,
        ),
        Step(
            "funding_persistence",
            f"10 × min(1, {score.funding.streak} / {constants.persistence_days})",
            score.persistence,
        ),
        Step(
            "score",
            f"{weight:g} × {_part(score.funding_magnitude)} + {1 - weight:g} × {_part(score.persistence)}",
            score.score,
        ),
    )


def _part(value: float) -> str:
    return _number(value, 4, PART_DIGITS)


def _number(value: float, least: int, most: int, sign: str = "-") -> str:
    """At most `most` decimals, without trailing zeros beyond `least`."""
    whole, _, decimals = f"{value:{sign}.{most}f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(least, '0')}"
