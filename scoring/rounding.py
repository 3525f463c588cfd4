"""Rounding for display and for the documents' fields (DESIGN, the method, 10)."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal

EVERY_DIGIT = Context(prec=400)  # the largest float has 309 digits before the point


def round_half_up(value: float, digits: int) -> float:
    """Round half away from zero, on the decimal digits that a person sees.

    NaN and infinity have no digits and come back as they are; a numpy float is taken as a float.

    >>> round_half_up(2.675, 2), round_half_up(-0.04, 1)
    (2.68, 0.0)
    """
    if not math.isfinite(value):
        return float(value)
    step = Decimal(1).scaleb(-digits)
    return float(Decimal(repr(float(value))).quantize(step, rounding=ROUND_HALF_UP, context=EVERY_DIGIT)) + 0.0
