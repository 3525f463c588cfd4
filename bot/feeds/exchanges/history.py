"""Which settlements of a contract to ask for next, and what an answer covers (pure).

A contract's progress is one span of time, [covered_since, covered_until], in which everything that its exchange
has is stored. It grows at its late end (the settlements of the last hours, which confirm provisional ones) and
at its early end (the backfill). Nothing is taken for granted: an answer covers a window only when it reaches
the window's end, or when asking for the rest brought nothing. Exchanges cut answers at limits that they do not
always tell, and a page that is believed to be whole leaves a hole for ever.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from bot.feeds.base import SettledRate
from bot.feeds.exchanges.base import History, Paging, Slot
from storage.backfill import Progress

# How long after it was last covered a contract is asked for what has settled since.
CONFIRM_AFTER = timedelta(hours=6)
ASK_AGAIN_AFTER = timedelta(hours=1)  # when nothing new came although it should have
# A row's interval is told by the rows before it; so the late end is asked again from some rows before.
OVERLAPPING_ROWS, LEAST_OVERLAP = 3, timedelta(hours=24)
# An empty window of this length says that the exchange has nothing older; a shorter one may just lie between two.
LEAST_TELLING = timedelta(days=2)
MOST_ROWS = 1_095 * 24  # of a contract that settles hourly, in the longest history
# An answer reaches the end of its window when less than this part of an interval is left: settlements come
# some seconds or minutes late, so that two may lie a little less than an interval apart.
REACH = 0.9
LEAST_INTERVAL = timedelta(minutes=30)  # rows that are closer are one settlement, told twice
LONGEST_WINDOW = timedelta(days=400)
TOUCH = timedelta(milliseconds=1)  # exchanges count in milliseconds, and both ends belong to a window


@dataclass(frozen=True, slots=True)
class Ask:
    """What to ask for: [since, until] of one contract, or one numbered page of it."""

    since: datetime
    until: datetime
    page: int
    late: bool  # it extends the late end of what is covered

    def values(self, symbol: str) -> dict[Slot, object]:
        """What stands in the slots of the endpoint."""
        return {
            Slot.SYMBOL: symbol,
            Slot.SINCE_MS: int(self.since.timestamp() * 1000),
            Slot.UNTIL_MS: int(self.until.timestamp() * 1000),
            Slot.SINCE_S: int(self.since.timestamp()),
            Slot.UNTIL_S: int(self.until.timestamp()),
            Slot.PAGE: self.page,
        }


def begin(now: datetime) -> Progress:
    """The progress of a contract of which nothing was asked yet."""
    return Progress(covered_since=now, covered_until=now)


def next_ask(
    progress: Progress, history: History, interval_hours: float, now: datetime, target: datetime
) -> Ask | None:
    """What to ask of a contract next; None when it is covered from `target` to now.

    The late end comes first. `target` is how far back the history shall reach; an exchange that serves less
    ends the backfill earlier.
    """
    span = window_of(history, interval_hours)
    if is_late_end_due(progress, interval_hours, now):
        until = now if history.paging is Paging.PAGES else min(now, progress.covered_until + span)
        overlap = max(LEAST_OVERLAP, timedelta(hours=OVERLAPPING_ROWS * interval_hours))
        return Ask(progress.covered_until - overlap, until, 1, late=True)
    if is_early_end_done(progress, history, interval_hours, now, target):
        return None
    until = progress.covered_since
    return Ask(max(reachable(history, now, target), until - span), until, progress.page, late=False)


def is_late_end_due(progress: Progress, interval_hours: float, now: datetime) -> bool:
    """Whether settlements must have happened since that the exchange was not asked for."""
    behind = now - progress.covered_until >= max(CONFIRM_AFTER, timedelta(hours=interval_hours))
    return behind and (progress.asked_at is None or now - progress.asked_at >= ASK_AGAIN_AFTER)


def is_early_end_done(
    progress: Progress, history: History, interval_hours: float, now: datetime, target: datetime
) -> bool:
    """Whether the history reaches back to the target, or to where the exchange's own begins."""
    missing = progress.covered_since - reachable(history, now, target)
    most_pages = MOST_ROWS / history.limit
    # With less than an interval to go there is no settlement left that could be missing.
    return progress.exhausted or missing < timedelta(hours=interval_hours) or progress.page > most_pages + 1


def rest_of(ask: Ask, rows: Sequence[SettledRate], history: History, interval_hours: float) -> Ask | None:
    """What of the window is still to be asked after this answer; None when it is covered."""
    inside = [row.at for row in rows if row.at <= ask.until]
    if not inside:
        return None
    oldest, newest = min(inside), max(inside)
    reach = min(timedelta(hours=interval_hours), _spacing(inside)) * REACH
    match history.paging:
        case Paging.PAGES:
            # Pages are numbered from the newest. At the late end they go on until they meet what is covered; the
            # early end is asked page by page, so that the number of the page is the progress.
            more = ask.late and ask.page != history.last_page and oldest - ask.since > reach
            return replace(ask, page=ask.page + 1) if more else None
        case Paging.ASCENDING:
            return replace(ask, since=newest + TOUCH) if ask.until - newest > reach else None
        case Paging.DESCENDING:
            return replace(ask, until=oldest - TOUCH) if oldest - ask.since > reach else None


def _spacing(times: Sequence[datetime]) -> timedelta:
    """The shortest time between two settlements: the interval may have been shorter then than it is today."""
    ordered = sorted(times)
    gaps = [late - early for early, late in pairwise(ordered) if late - early >= LEAST_INTERVAL]
    return min(gaps, default=timedelta.max)


def absorb(
    progress: Progress, ask: Ask, rows: Sequence[SettledRate], history: History, interval_hours: float, now: datetime
) -> Progress:
    """The progress after a window was asked to its end; `rows` are all that came for it."""
    times = [row.at for row in rows if row.at <= now]
    if ask.late and ask.until < now:
        # A part of a long gap: so long ago that nothing of it is still to be published.
        return replace(progress, covered_until=ask.until, error="", asked_at=None)
    asked = replace(progress, error="", asked_at=now)
    if times and ask.until >= progress.covered_until:
        # Up to the newest row, not to now: an exchange may publish a settlement some minutes late.
        asked = replace(asked, covered_until=max(times))
    if ask.late:
        return asked
    if history.paging is Paging.PAGES:
        # New settlements push old ones to later pages: a page may repeat rows, and never skips any.
        oldest = min(times, default=progress.covered_since)
        ended = not times or (oldest >= progress.covered_since and len(rows) < history.limit)
        ended = ended or ask.page == history.last_page
        since = min(oldest, progress.covered_since)
        return replace(asked, covered_since=since, page=progress.page + 1, exhausted=ended)
    telling = ask.until - ask.since >= max(LEAST_TELLING, timedelta(hours=3 * interval_hours))
    older = [at for at in times if at < progress.covered_since]
    return replace(asked, covered_since=ask.since, exhausted=telling and not older)


def window_of(history: History, interval_hours: float) -> timedelta:
    """The longest window whose settlements fit into one answer, or that the exchange accepts."""
    longest = LONGEST_WINDOW if history.window_days is None else timedelta(days=history.window_days)
    return min(longest, timedelta(hours=history.limit * interval_hours))


def reachable(history: History, now: datetime, target: datetime) -> datetime:
    """The target, or the earliest that the exchange serves."""
    return target if history.depth_days is None else max(target, now - timedelta(days=history.depth_days))


def requests_left(progress: Progress, history: History, interval_hours: float, now: datetime, target: datetime) -> int:
    """About how many requests the backfill of a contract still takes."""
    if is_early_end_done(progress, history, interval_hours, now, target):
        return 0
    missing = progress.covered_since - reachable(history, now, target)
    return math.ceil(missing / window_of(history, interval_hours))
