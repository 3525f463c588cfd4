"""All that is known of funding, behind one door."""

from __future__ import annotations

from storage.following import ACCUMULATED_DAYS
from storage.history import History
from storage.rates import Rates
from storage.settlements import Settlements
from storage.windows import Accumulated, AccumulatedOrder, Windows

__all__ = ["ACCUMULATED_DAYS", "Accumulated", "AccumulatedOrder", "Funding"]


class Funding(Settlements, History, Rates, Windows):
    """Settlements as they are written and read, current rates, and accumulated windows, inside one transaction."""
