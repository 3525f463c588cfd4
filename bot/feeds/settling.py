"""Settlements that follow from what was read live: the last estimate before one, and the last one if it came along."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from bot.feeds.base import Quote
from bot.feeds.contracts import Key, Known, distinct, key_of
from scoring.model import Settlement

# Exchanges that pay all the time; their hourly rows in history are one hour's part of the 8-hour rate.
CONTINUOUS = frozenset({"deribit"})
# A rate read longer before its settlement is too old an estimate: refreshes come every 30 minutes, one may fail.
LAST_READ = timedelta(minutes=65)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LONGEST_INTERVAL = 24.0  # hours


def provisional(
    known: Mapping[Key, Known], now: datetime, continuous: Collection[str] = CONTINUOUS
) -> list[Settlement]:
    """Settlements that are due by `now`, at the last rate believed before them; an exchange's own row replaces them."""
    found = []
    for (exchange, symbol), one in sorted(known.items()):
        if one.rate is None or one.interval_hours is None or one.updated_at is None:
            continue
        if exchange in continuous:
            at, share = _full_hour(one.updated_at), 1 / one.interval_hours
            due = one.updated_at < at <= min(now, one.updated_at + HOUR)
            rate, hours = one.rate * share, 1.0
        elif one.next_funding_time is not None:
            at, rate, hours = one.next_funding_time, one.rate, one.interval_hours
            due = at <= now and at - LAST_READ <= one.updated_at <= at
        else:
            continue
        if due:
            found.append(Settlement(exchange, symbol, one.base_coin, rate, hours, minute_of(at), provisional=True))
    return found


def final(quotes: Iterable[Quote], known: Mapping[Key, Known], now: datetime) -> list[Settlement]:
    """Settled rates that came with the quotes, where the interval then is said, or was stored before it."""
    found = []
    for quote in distinct(quotes):
        settled, one = quote.settled, known.get(key_of(quote))
        if settled is None or one is None or not math.isfinite(settled.rate) or minute_of(settled.at) > now:
            continue
        hours = settled.interval_hours
        if hours is None and one.next_funding_time is not None and abs(one.next_funding_time - settled.at) <= MINUTE:
            hours = one.interval_hours
        if hours is not None and 0 < hours <= LONGEST_INTERVAL:
            at = minute_of(settled.at)
            found.append(Settlement(quote.exchange, quote.symbol, one.base_coin, settled.rate, hours, at))
    return found


def minute_of(at: datetime) -> datetime:
    """The nearest full minute: exchanges settle some seconds late."""
    return (at + MINUTE / 2).replace(second=0, microsecond=0)


def _full_hour(after: datetime) -> datetime:
    """The first full hour later than an instant."""
    return after.replace(minute=0, second=0, microsecond=0) + HOUR
