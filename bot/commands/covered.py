"""How far back insiders' filings are read, by the config and by what is stored."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.feeds.edgar.coverage import edgar_coverage
from bot.feeds.edgar.settings import EdgarSettings, problem
from bot.feeds.settings import FeedSettings
from bot.views.covered import Covered
from storage import Transaction

LONGEST_REST = timedelta(days=4)  # between two business days


def reads_edgar(feeds: FeedSettings) -> bool:
    """Whether tocsin reads filings itself."""
    return feeds.insiders == "edgar" and feeds.funding != "simulated"


def why_off(feeds: FeedSettings, edgar: EdgarSettings) -> str:
    """Why EDGAR is not asked although it should be, with the way out; nothing where all is well."""
    return problem(edgar) if reads_edgar(feeds) else ""


def covered_of(tx: Transaction, feeds: FeedSettings, edgar: EdgarSettings, now: datetime) -> Covered | None:
    """How far the past has been read; None where nobody reads it."""
    if not reads_edgar(feeds) or problem(edgar):
        return None
    found = edgar_coverage(tx.edgar.days(), tx.edgar.sets(), edgar.history_days, now)
    return Covered(found.since, found.part, found.seconds_left) if found.days_wanted else None


def lacking(covered: Covered | None, first: date) -> Covered | None:
    """The coverage where it does not reach the first day of a window, or is still being worked on."""
    if covered is None or not covered.is_whole:
        return covered
    return covered if covered.since is not None and covered.since > first + LONGEST_REST else None
