"""8-hour equivalents, 72-hour averages, daily averages and streaks, for all coins at once.

Everything here is DESIGN "The method" 2 and 3, computed on columns: 5,500 pairs × 30 days take a fraction of
a second. `tests/builders_funding.py` has the same rules as plain loops, and both must agree.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

import numpy as np
from numpy.typing import NDArray

from scoring.model import CoinFunding, ExchangeAverage, Pair

DAY = 86_400  # seconds
WINDOW_HOURS = 72
LONGEST_INTERVAL = 24.0  # hours
MAX_ABS_RATE = 0.05  # decimal per settlement; the highest published cap is 4 %
# Rates are published with at most ten decimals. A smaller average is the dust of adding binary fractions,
# and dust must not decide on which side of zero a coin stands.
DUST = 1e-12

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class SettlementColumns:
    """Settlements as columns of equal length."""

    pair: Integers  # position in FundingHistory.pairs
    settled_at: Integers  # unix seconds
    rate: Floats  # decimal per interval
    interval_hours: Floats


@dataclass(frozen=True)
class DayColumns:
    """Settlements summed per pair and UTC day; day d holds those in (d, d + 1] × 86,400 s."""

    pair: Integers  # position in FundingHistory.pairs
    day: Integers  # days since 1970-01-01
    rate_sum: Floats  # decimal
    hours: Floats  # sum of the intervals


@dataclass(frozen=True)
class FundingHistory:
    """What an average and a streak rest on."""

    pairs: tuple[Pair, ...]
    window: SettlementColumns  # at least all settlements of the last 72 hours
    days: DayColumns  # all day sums from `first_day` to yesterday
    first_day: int


def eight_hour_rate(rate: float, interval_hours: float) -> float:
    """The rate per 8 hours (decimal) of a rate per interval.

    >>> eight_hour_rate(0.0001, 4)
    0.0002
    """
    return rate * 8 / interval_hours


def annual_rate(rate_8h: float) -> float:
    """The simple annual rate (decimal) of a rate per 8 hours: three payments a day, 365 days.

    >>> round(annual_rate(-0.0005), 4)
    -0.5475
    """
    return rate_8h * 3 * 365


def coin_funding(
    history: FundingHistory, now: datetime, *, max_abs_rate: float = MAX_ABS_RATE
) -> dict[str, CoinFunding]:
    """Average, spread and streak of each coin that has at least one exchange with half of the 72 hours.

    Rates that are not finite or beyond `max_abs_rate`, and intervals outside (0, 24] hours, count for
    nothing, not even for coverage.
    """
    instant = int(now.timestamp())
    window = usable(history.window, instant, max_abs_rate)
    rank = preference(history.pairs)
    chosen = _window_choice(history.pairs, window, rank)
    today = instant // DAY
    streaks = _streaks(daily_averages(history, rank, today))
    starts = _first_negative(window, [i for votes in chosen.values() for i, _ in votes])
    found: dict[str, CoinFunding] = {}
    for coin in sorted(chosen):
        votes = sorted(chosen[coin], key=lambda vote: vote[1].exchange)
        rates = [average.rate_8h for _, average in votes]
        streak, is_open = streaks.get(coin, (0, False))
        first = min((starts[i] for i, _ in votes if i in starts), default=None)
        start = (today - streak) * DAY if streak else first
        found[coin] = CoinFunding(
            base_coin=coin,
            avg_72h=_clean(math.fsum(rates) / len(rates)),
            median_72h=median(rates),
            exchanges=tuple(average for _, average in votes),
            negative_exchanges=sum(rate < 0 for rate in rates),
            streak=streak,
            signal_start=None if start is None else datetime.fromtimestamp(start, UTC),
            streak_open=is_open,
        )
    return found


def open_streaks(found: Mapping[str, CoinFunding], history: FundingHistory, now: datetime) -> list[str]:
    """The coins whose streak fills all days of the history, and may be longer than it shows."""
    days = int(now.timestamp()) // DAY - history.first_day
    return sorted(coin for coin, funding in found.items() if funding.streak >= days > 0)


def _believable(columns: SettlementColumns, max_abs_rate: float) -> NDArray[np.bool_]:
    # NaN compares false with everything.
    return (
        (np.abs(columns.rate) <= max_abs_rate)
        & (columns.interval_hours > 0)
        & (columns.interval_hours <= LONGEST_INTERVAL)
    )


def usable(columns: SettlementColumns, instant: int, max_abs_rate: float) -> SettlementColumns:
    """The believable settlements of the 72 hours up to `instant` (unix s), grouped by pair."""
    good = _believable(columns, max_abs_rate)
    good &= (columns.settled_at > instant - WINDOW_HOURS * 3600) & (columns.settled_at <= instant)
    order = np.flatnonzero(good)
    order = order[np.argsort(columns.pair[order], kind="stable")]
    return SettlementColumns(
        columns.pair[order], columns.settled_at[order], columns.rate[order], columns.interval_hours[order]
    )


def preference(pairs: Sequence[Pair]) -> Integers:
    """The place of each pair when contracts of one exchange and coin are compared; 0 is taken first."""
    order = sorted(range(len(pairs)), key=lambda i: _rank(pairs[i]))
    rank = np.empty(len(pairs), dtype=np.int64)
    rank[order] = np.arange(len(pairs))
    return rank


def _rank(pair: Pair) -> tuple[int, float, str]:
    return (int(pair.margin), -(pair.turnover_usd or 0.0), pair.symbol)


def _window_choice(
    pairs: Sequence[Pair], window: SettlementColumns, rank: Integers
) -> dict[str, list[tuple[int, ExchangeAverage]]]:
    """Coin → one (pair position, average) for each exchange that covers half of the 72 hours."""
    present, begins = np.unique(window.pair, return_index=True)
    ends = [*begins[1:].tolist(), len(window.pair)] if len(present) else []
    best: dict[tuple[str, str], tuple[int, ExchangeAverage]] = {}
    for i, begin, end in zip(present.tolist(), begins.tolist(), ends, strict=True):
        # One pair's numbers at a time become Python floats: all of them together would be 16 MB.
        covered = math.fsum(window.interval_hours[begin:end].tolist())
        if covered < WINDOW_HOURS / 2:
            continue
        pair = pairs[i]
        # fsum rounds once, so the order of the settlements cannot matter.
        rate_8h = _clean(math.fsum(window.rate[begin:end].tolist()) / covered * 8)
        average = ExchangeAverage(pair.exchange, pair.symbol, rate_8h, covered, end - begin)
        key = (pair.exchange, pair.base_coin)
        if key not in best or rank[i] < rank[best[key][0]]:
            best[key] = (i, average)
    chosen: dict[str, list[tuple[int, ExchangeAverage]]] = {}
    for (_, coin), vote in best.items():
        chosen.setdefault(coin, []).append(vote)
    return chosen


def daily_averages(history: FundingHistory, rank: Integers, today: int) -> dict[str, Floats]:
    """Coin → average per 8 hours for each day from `first_day` to yesterday; NaN where unknown."""
    days = history.days
    width = today - history.first_day
    known = (days.hours >= 12) & (days.day >= history.first_day) & (days.day < today)
    known &= np.isfinite(days.rate_sum)
    pair, offset = days.pair[known], days.day[known] - history.first_day
    if width <= 0 or not len(pair):
        return {}
    coins, coin_of = _numbers(p.base_coin for p in history.pairs)
    _, exchange_of = _numbers(p.exchange for p in history.pairs)
    cell = coin_of[pair] * width + offset
    exchange = exchange_of[pair]
    order = np.lexsort((rank[pair], exchange, cell))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(cell[order]) != 0) | (np.diff(exchange[order]) != 0)
    taken = order[first]  # one contract for each exchange, coin and day
    rate_8h = days.rate_sum[known][taken] / days.hours[known][taken] * 8
    total = np.bincount(cell[taken], weights=rate_8h, minlength=len(coins) * width)
    votes = np.bincount(cell[taken], minlength=len(coins) * width)
    average = np.full(len(total), np.nan)
    np.divide(total, votes, out=average, where=votes > 0)
    average[np.abs(average) < DUST] = 0.0
    return dict(zip(coins, average.reshape(len(coins), width), strict=True))


def _numbers(names: Iterable[str]) -> tuple[list[str], Integers]:
    listed = list(names)
    distinct = sorted(set(listed))
    number = {name: i for i, name in enumerate(distinct)}
    return distinct, np.array([number[name] for name in listed], dtype=np.int64)


def _streaks(daily: Mapping[str, Floats]) -> dict[str, tuple[int, bool]]:
    """Coin → days in a row, back from yesterday, with a known negative average; and whether there may be more.

    There may be more where the day before is unknown, or lies before the days that were read.
    """
    if not daily:
        return {}
    backwards = np.stack(list(daily.values()))[:, ::-1]
    unbroken = np.logical_and.accumulate(backwards < 0, axis=1)  # NaN is not below zero
    streaks = unbroken.sum(axis=1)
    beyond = np.full((len(backwards), 1), np.nan)
    before = np.take_along_axis(np.hstack([backwards, beyond]), streaks[:, None], axis=1)[:, 0]
    is_open = (streaks > 0) & np.isnan(before)
    return dict(zip(daily, zip(streaks.tolist(), is_open.tolist(), strict=True), strict=True))


def _first_negative(window: SettlementColumns, positions: Sequence[int]) -> dict[int, int]:
    """Pair position → unix seconds of its first negative settlement in the window."""
    wanted = (window.rate < 0) & np.isin(window.pair, np.array(positions, dtype=np.int64))
    first: dict[int, int] = {}
    for i, at in zip(window.pair[wanted].tolist(), window.settled_at[wanted].tolist(), strict=True):
        first[i] = min(at, first.get(i, at))
    return first


def _clean(value: float) -> float:
    return 0.0 if abs(value) < DUST else value
