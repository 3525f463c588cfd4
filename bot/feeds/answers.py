"""Whether an exchange's answer as a whole can be believed: its unit, its age, its length."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from statistics import median

from bot.feeds.base import Quote
from bot.feeds.contracts import Key, Known, key_of, mark_of
from bot.feeds.limits import Limits
from scoring.model import Held

PERCENT = "its rates look like percent"


def rate_8h(quote: Quote, longest_interval: float = 24.0) -> float | None:
    """The rate per 8 hours, as a decimal; None where there is no number or no interval."""
    rate, hours = quote.rate, quote.interval_hours
    if rate is None or hours is None or not math.isfinite(rate) or not (0 < hours <= longest_interval):
        return None
    return rate * 8 / hours


def in_percent(quotes: Iterable[Quote], limits: Limits) -> dict[str, str]:
    """Exchange → reason, for those whose usual rate is many times that of all others."""
    sizes: dict[str, list[float]] = defaultdict(list)
    for quote in quotes:
        rate = rate_8h(quote, limits.longest_interval)
        if rate is not None:
            sizes[quote.exchange].append(abs(rate))
    usual = {exchange: median(found) for exchange, found in sizes.items() if len(found) >= limits.min_contracts}
    wrong = {}
    for exchange, size in usual.items():
        others = [other for name, other in usual.items() if name != exchange]
        if len(others) >= limits.min_others and size >= limits.percent_times * median(others) > 0:
            wrong[exchange] = PERCENT
    return wrong


def frozen(quotes: Iterable[Quote], known: Mapping[Key, Known], now: datetime, limits: Limits) -> dict[str, str]:
    """Exchange → reason, for those whose marks and rates are exactly what they were: fresh time on old values."""
    same: dict[str, int] = defaultdict(int)
    since: dict[str, list[datetime]] = defaultdict(list)
    for quote in quotes:
        one, mark = known.get(key_of(quote)), mark_of(quote)
        if one is None or one.updated_at is None or one.mark_price is None or mark is None:
            continue
        if now - one.updated_at >= limits.frozen_after:
            since[quote.exchange].append(one.updated_at)
            same[quote.exchange] += mark == one.mark_price and quote.rate == one.rate
    return {
        exchange: f"its values have not moved since {max(times).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        for exchange, times in since.items()
        if len(times) >= limits.min_contracts and same[exchange] >= limits.frozen_share * len(times)
    }


def short(
    came: Mapping[str, int],
    known: Mapping[Key, Known],
    held: Iterable[Held],
    now: datetime,
    limits: Limits,
    slot_begins: datetime,
) -> dict[str, str]:
    """Exchange → reason, for those that gave fewer than half of their contracts, for the first time in a row.

    `came`: exchange → how many contracts it gave, 0 for one that answered with none. What was read since
    `slot_begins` was read in this very slot, and is no earlier time.
    """
    read: dict[str, dict[str, datetime]] = defaultdict(dict)
    for (exchange, symbol), one in known.items():
        if one.updated_at is not None and now - one.updated_at <= limits.recent:
            read[exchange][symbol] = one.updated_at
    waiting: dict[str, set[str]] = defaultdict(set)
    for entry in held:
        waiting[entry.exchange].add(entry.symbol)
    reasons = {}
    for exchange, count in came.items():
        full = len(read[exchange])
        if count < limits.full_share * full and not _again(
            count, read[exchange], waiting[exchange], limits, slot_begins
        ):
            reasons[exchange] = f"only {count} of {full} contracts came"
    return reasons


def _again(
    count: int, read: Mapping[str, datetime], waiting: Collection[str], limits: Limits, slot_begins: datetime
) -> bool:
    """Whether the slot before this one was as short, so that the others have been missing for two in a row.

    Of what this slot has read already, when it was read before is not known: then the answer may be no in vain.
    """
    earlier = {symbol: at for symbol, at in read.items() if at < slot_begins}
    if not earlier:
        return False
    latest = max(earlier.values())
    before = {symbol for symbol, at in earlier.items() if at == latest}.union(waiting)
    was_short = len(before) < limits.full_share * len(read)
    return was_short and abs(count - len(before)) <= limits.same_size * len(before)
