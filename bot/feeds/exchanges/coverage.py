"""How far the history reaches, and how long the rest of it takes (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.feeds.exchanges.base import History
from bot.feeds.exchanges.history import begin, is_early_end_done, requests_left
from storage.backfill import Progress

Key = tuple[str, str]  # exchange, symbol
HistoryOf = Callable[[str, str], History]  # (exchange, symbol) → where its settlements are


@dataclass(frozen=True, slots=True)
class Wanted:
    """How far back the history of contracts shall reach."""

    intervals: Mapping[Key, float]  # hours between settlements, of the contracts that are alive
    target: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class ExchangeCoverage:
    """The history of one exchange."""

    exchange: str
    contracts: int
    done: int  # contracts with all that is wanted, or all that the exchange has
    part: float  # of all contracts' wanted time, 0-1
    since: datetime | None  # the earliest instant that any contract is covered from
    shorter: int  # contracts of which the exchange serves less than is wanted
    failing: int  # contracts whose last request failed
    seconds_left: float  # at the exchange's pace


def coverage(progress: Mapping[Key, Progress], wanted: Wanted, history_of: HistoryOf) -> tuple[ExchangeCoverage, ...]:
    """The state of each exchange that has contracts alive, by name."""
    by_exchange: dict[str, list[Key]] = {}
    for key in wanted.intervals:
        by_exchange.setdefault(key[0], []).append(key)
    return tuple(_of_exchange(name, by_exchange[name], progress, wanted, history_of) for name in sorted(by_exchange))


def part_of(coverages: tuple[ExchangeCoverage, ...]) -> float:
    """The part of the whole history that is there, 0-1; 1 when nothing is wanted."""
    contracts = sum(one.contracts for one in coverages)
    return sum(one.part * one.contracts for one in coverages) / contracts if contracts else 1.0


def _of_exchange(
    exchange: str, keys: list[Key], progress: Mapping[Key, Progress], wanted: Wanted, history_of: HistoryOf
) -> ExchangeCoverage:
    now, target = wanted.now, wanted.target
    done, shorter, failing, parts, seconds = 0, 0, 0, 0.0, 0.0
    since: datetime | None = None
    for key in keys:
        hours, history = wanted.intervals[key], history_of(*key)
        one = progress.get(key) or begin(now)
        is_done = is_early_end_done(one, history, hours, now, target)
        done += is_done
        shorter += one.exhausted and one.covered_since > target
        failing += bool(one.error)
        parts += 1.0 if is_done else min(1.0, (now - one.covered_since) / (now - target))
        seconds += requests_left(one, history, hours, now, target) / history.per_second
        if key in progress and one.covered_since < one.covered_until:
            since = one.covered_since if since is None else min(since, one.covered_since)
    return ExchangeCoverage(exchange, len(keys), done, parts / len(keys), since, shorter, failing, seconds)
