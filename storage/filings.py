"""All that is known of filings, behind one door."""

from __future__ import annotations

from storage.filed import Filed
from storage.trades import Trades

__all__ = ["Filings"]


class Filings(Filed, Trades):
    """Filings as they are stored and read, their issuers, and what is set aside, inside one transaction."""
