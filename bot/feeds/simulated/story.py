"""What happens in the simulated market, as functions of time: no state, so any moment can be asked for.

Hours count from the start of the simulation. Pumps follow each other every 9 hours, each with the next of
the pumped coins; a coin's own turn comes every 108 hours, which is no divisor of a week, so that a pump never
falls on the 7-day reference of another.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.feeds.simulated.universe import PUMPED, SHORTED, SimulatedCoin

Floats = NDArray[np.float64]

PUMP_EVERY = 9.0  # hours between the pumps of two coins
PUMP_PERIOD = PUMP_EVERY * len(PUMPED)  # hours between two pumps of one coin
FIRST_PUMP = 0.75  # hours after the start
SHORT_PERIOD = 20.0  # days from one squeeze of a coin to its next
SHORT_OFFSET = 11.75  # days that the first shorted coin has been shorted at the start
USUAL = 0.0001  # funding per 8 h of a market without an opinion

# Hours after a pump's beginning → log of the price over its rest: up 180 %, then below where it began.
PUMP_HOURS = (0.0, 5.0, 6.0, 8.0, 14.0, 40.0)
PUMP_LOG = (0.0, 1.03, 1.0, -0.28, -0.25, 0.0)


def price(coin: SimulatedCoin, hours: Floats, seed: int) -> Floats:
    """USD per coin at the hours given."""
    path = _waves(coin, hours, seed) * (0.01 if coin.pump is not None else 0.03)
    if coin.pump is not None:
        path = path + np.interp(_pump_phase(coin, hours), PUMP_HOURS, PUMP_LOG)
    if coin.short is not None:
        # Shorts are right, slowly: the price sinks while they sit, and recovers in the squeeze.
        days = _short_phase(coin, hours)
        path = path - 0.25 * np.interp(days, (0, 14, 16, SHORT_PERIOD), (0, 1, 0.1, 0))
    path = path + 0.001 * noise(coin.number, hours, seed)
    return np.asarray(coin.price * np.exp(path), dtype=np.float64)


def funding(coin: SimulatedCoin, hours: Floats, seed: int) -> Floats:
    """The market's funding rate per 8 hours (decimal) at the hours given."""
    waves = _waves(coin, hours, seed + 1)
    if coin.pump is not None:
        # After the crash the shorts take profit, and funding is positive for a day and a half.
        phase = _pump_phase(coin, hours)
        level = np.where((phase > 9) & (phase < 44), 0.0005, -0.0006)
        return level + 0.00003 * waves
    if coin.short is not None:
        days = _short_phase(coin, hours)
        level = np.select([days < 12, days < 14.5], [-0.0003, -0.0012], 0.0002)
        return np.asarray(level + 0.00002 * waves)
    if coin.drifts:
        return np.asarray(-0.00001 + 0.00003 * waves)
    return np.asarray(USUAL + 0.00003 * waves)


def noise(number: int, hours: Floats, seed: int) -> Floats:
    """A value in (-1, 1) for each moment that looks random, and is the same whenever it is asked for."""
    mixed = np.sin(hours * 78.233 + number * 37.719 + seed * 11.135) * 43758.5453
    return 2 * (mixed - np.floor(mixed)) - 1


def _waves(coin: SimulatedCoin, hours: Floats, seed: int) -> Floats:
    """A slow wander in about (-1, 1): three waves with their own periods and phases."""
    random = np.random.default_rng([seed, coin.number])
    total = np.zeros_like(hours)
    for days, weight in ((17.0, 0.5), (5.3, 0.3), (1.4, 0.2)):
        period = days * 24 * random.uniform(0.8, 1.25)
        total += weight * np.sin(2 * np.pi * (hours / period + random.uniform()))
    return total


def _pump_phase(coin: SimulatedCoin, hours: Floats) -> Floats:
    """Hours since the coin's latest pump began."""
    return np.mod(hours - FIRST_PUMP - PUMP_EVERY * (coin.pump or 0), PUMP_PERIOD)


def _short_phase(coin: SimulatedCoin, hours: Floats) -> Floats:
    """Days since the coin's latest short selling began."""
    apart = SHORT_PERIOD / len(SHORTED)
    return np.mod(hours / 24 + SHORT_OFFSET - apart * (coin.short or 0), SHORT_PERIOD)
