"""What happens in the simulated market, as functions of time: no state, so any moment can be asked for.

Hours count from the start of the simulation. Pumps follow each other every 9 hours, each with the next of
the pumped coins; a coin's own turn comes every 108 hours, which is no divisor of a week, so that a pump never
falls on the coin's own 7-day reference. Every 5 days another coin has been shorted for 12 days, and is
squeezed a day later.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from bot.feeds.simulated.noise import noise
from bot.feeds.simulated.universe import PUMPED, SHORTED, SimulatedCoin

Floats = NDArray[np.float64]

PUMP_EVERY = 9.0  # hours between the pumps of two coins
PUMP_PERIOD = PUMP_EVERY * len(PUMPED)  # hours between two pumps of one coin
FIRST_PUMP = 0.75  # hours after the start
HEIGHTS = 1_000  # noise streams of the pumps' heights, one a coin

# Hours after a pump's beginning → log of the price over its rest, in heights: up, then below where it began.
PUMP_HOURS = (0.0, 5.0, 5.5, 7.0, 12.0, 28.0)
PUMP_LOG = (0.0, 1.0, 0.95, -0.25, -0.22, 0.0)
# Hours after a pump's beginning → funding per 8 h: shorts pay for 64 hours before it and during it. After the
# crash they take profit, and those who bought the top pay for a day.
PUMP_FUNDING_HOURS = (0.0, 7.0, 8.0, 34.0, 36.0, 42.0, 44.0, PUMP_PERIOD)
PUMP_FUNDING = (-0.0006, -0.0006, 0.0006, 0.0006, 0.0001, 0.0001, -0.0006, -0.0006)

SHORT_PERIOD = 20.0  # days from one short selling of a coin to its next
SHORT_OFFSET = 12.1  # days that the first shorted coin has been shorted at the start
# Days after the first short → funding per 8 h: quiet shorts, then a crowd, then the squeeze, then rest.
SHORT_FUNDING_DAYS = (0.0, 12.03, 12.05, 13.2, 13.25, 14.5, 14.7, 19.99, SHORT_PERIOD)
SHORT_FUNDING = (-0.0002, -0.0002, -0.0012, -0.0012, 0.0008, 0.0008, 0.0002, 0.0002, -0.0002)
# Shorts are right, slowly. In the squeeze the price stays below that of a week ago: it is no pump.
SHORT_PRICE_DAYS = (0.0, 13.2, 13.6, 17.0, SHORT_PERIOD)
SHORT_LOG = (0.0, -0.36, -0.26, -0.18, 0.0)

USUAL = 0.0001  # funding per 8 h of a market without an opinion
WANDER = ((17.0, 0.5), (5.3, 0.3), (1.4, 0.2))  # days of a wave, weight
# A drifting coin must not stay below zero for a week: that would be a short selling.
DRIFT = ((3.1, 0.6), (1.4, 0.4))


def price(coin: SimulatedCoin, hours: Floats, seed: int) -> Floats:
    """USD per coin at the hours given, without noise."""
    path = _waves(coin.number, hours, seed, WANDER) * (0.01 if coin.pump is not None else 0.03)
    if coin.pump is not None:
        turn, phase = _pump(coin.pump, hours)
        path = path + _height(coin.number, turn, seed) * np.interp(phase, PUMP_HOURS, PUMP_LOG)
    if coin.short is not None:
        path = path + np.interp(_short_phase(coin.short, hours), SHORT_PRICE_DAYS, SHORT_LOG)
    return np.asarray(coin.price * np.exp(path), dtype=np.float64)


def funding(coin: SimulatedCoin, hours: Floats, seed: int) -> Floats:
    """The market's funding rate per 8 hours (decimal) at the hours given, without noise."""
    if coin.drifts:
        return np.asarray(0.000005 + 0.00003 * _waves(coin.number, hours, seed + 1, DRIFT))
    waves = _waves(coin.number, hours, seed + 1, WANDER)
    if coin.pump is not None:
        _, phase = _pump(coin.pump, hours)
        return np.asarray(np.interp(phase, PUMP_FUNDING_HOURS, PUMP_FUNDING) + 0.00003 * waves)
    if coin.short is not None:
        days = _short_phase(coin.short, hours)
        return np.asarray(np.interp(days, SHORT_FUNDING_DAYS, SHORT_FUNDING) + 0.00002 * waves)
    return np.asarray(USUAL + 0.00003 * waves)


def _waves(number: int, hours: Floats, seed: int, waves: tuple[tuple[float, float], ...]) -> Floats:
    """A slow wander in (-1, 1): waves with the coin's own periods and phases."""
    total = np.zeros_like(hours)
    for (days, weight), (stretch, phase) in zip(waves, _tempo(seed, number), strict=False):
        total += weight * np.sin(2 * np.pi * (hours / (days * 24 * stretch) + phase))
    return total


@cache
def _tempo(seed: int, number: int) -> tuple[tuple[float, float], ...]:
    """How much each wave of a coin is stretched, and where in its circle it stands at the start."""
    random = np.random.default_rng([seed, number])
    return tuple((random.uniform(0.8, 1.25), random.uniform()) for _ in WANDER)


def _pump(place: int, hours: Floats) -> tuple[Floats, Floats]:
    """Which of the coin's pumps is the latest, and the hours since it began."""
    since = hours - FIRST_PUMP - PUMP_EVERY * place
    return np.floor(since / PUMP_PERIOD), np.mod(since, PUMP_PERIOD)


def _height(number: int, turn: Floats, seed: int) -> Floats:
    """Log of the price at the top of a pump over its rest: 230 % to 320 % up."""
    return 1.315 + 0.12 * noise(seed, HEIGHTS + number, turn.astype(np.int64))


def _short_phase(place: int, hours: Floats) -> Floats:
    """Days since the coin's latest short selling began."""
    apart = SHORT_PERIOD / len(SHORTED)
    return np.mod(hours / 24 + SHORT_OFFSET - apart * place, SHORT_PERIOD)
