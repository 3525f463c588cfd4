"""Numbers that look random, and are the same whenever and in whatever order they are asked for."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# The three constants of SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)


def noise(seed: int, stream: int, slots: Integers) -> Floats:
    """One value in [-1, 1) for each slot (a time in seconds, or any other number), in the shape of `slots`.

    A hash of whole numbers: unlike a generator it has no state, and unlike the sine of a large number it does
    not depend on the machine's last binary digit.
    """
    mixed = _mix(slots.astype(np.uint64) * GOLDEN + _key(seed, stream))
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1.0)


@cache
def _key(seed: int, stream: int) -> NDArray[np.uint64]:
    # An array of one, for numpy warns when a single number overflows, and overflow is meant here.
    return np.asarray(np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64), dtype=np.uint64)


def _mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    value = (value ^ (value >> np.uint64(30))) * FIRST
    value = (value ^ (value >> np.uint64(27))) * SECOND
    return value ^ (value >> np.uint64(31))
