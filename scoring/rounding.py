"""Rounding for display and for the documents' fields (DESIGN, the method, 10)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def round_half_up(value: float, digits: int) -> float:
    """Round half away from zero, on the decimal digits that a person sees.

    >>> round_half_up(2.675, 2), round_half_up(-0.04, 1)
    (2.68, 0.0)
    """
    step = Decimal(1).scaleb(-digits)
    return float(Decimal(repr(value)).quantize(step, rounding=ROUND_HALF_UP)) + 0.0
