"""The rules of averages and streaks as plain loops: slow, obvious, and the measure of the fast ones."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median

import numpy as np

from scoring.funding import DayColumns, FundingHistory, SettlementColumns
from scoring.model import CoinFunding, ExchangeAverage, Margin, Pair, PriceChanges, Settlement

NOW = datetime(2026, 4, 26, 7, tzinfo=UTC)
DAY = 86_400


def pair(
    exchange: str = "binance", base: str = "EXMP", margin: Margin = Margin.USDT, turnover: float | None = None
) -> Pair:
    return Pair(exchange, f"{base}{margin.name}", base, margin, turnover)


def series(one: Pair, rate: float, *, hours: int = 8, days: int = 20, now: datetime = NOW) -> list[Settlement]:
    """The same rate at each settlement of the last days."""
    newest = int(now.timestamp()) // (hours * 3600) * hours * 3600
    times = [datetime.fromtimestamp(newest - i * hours * 3600, UTC) for i in range(days * 24 // hours)]
    return [Settlement(one.exchange, one.symbol, one.base_coin, rate, hours, at) for at in times]


def changed(one: Settlement, *, rate: float | None = None, hours: float | None = None) -> Settlement:
    """The settlement with another rate or interval."""
    return replace(
        one,
        rate=one.rate if rate is None else rate,
        interval_hours=one.interval_hours if hours is None else hours,
    )


def day_sums(window: SettlementColumns) -> DayColumns:
    """What storage keeps: believable settlements summed per pair and UTC day, (00:00, 24:00]."""
    sums: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    columns = (window.pair, window.settled_at, window.rate, window.interval_hours)
    for one, at, rate, hours in zip(*(column.tolist() for column in columns), strict=True):
        if abs(rate) <= 0.05 and 0 < hours <= 24:
            total = sums[one, (at - 1) // DAY]
            total[0], total[1] = total[0] + rate, total[1] + hours
    return DayColumns(
        np.array([one for one, _ in sums], dtype=np.int64),
        np.array([day for _, day in sums], dtype=np.int64),
        np.array([rate for rate, _ in sums.values()], dtype=np.float64),
        np.array([hours for _, hours in sums.values()], dtype=np.float64),
    )


def history(
    pairs: Sequence[Pair], settlements: Iterable[Settlement], *, now: datetime = NOW, days: int = 30
) -> FundingHistory:
    """What storage would give for these settlements."""
    place = {(one.exchange, one.symbol): i for i, one in enumerate(pairs)}
    rows = [one for one in settlements if one.settled_at <= now]
    columns = SettlementColumns(
        np.array([place[one.exchange, one.symbol] for one in rows], dtype=np.int64),
        np.array([int(one.settled_at.timestamp()) for one in rows], dtype=np.int64),
        np.array([one.rate for one in rows], dtype=np.float64),
        np.array([one.interval_hours for one in rows], dtype=np.float64),
    )
    return FundingHistory(tuple(pairs), columns, day_sums(columns), int(now.timestamp()) // DAY - days)


def reference(
    pairs: Sequence[Pair], settlements: Iterable[Settlement], *, now: datetime = NOW, days: int = 30
) -> dict[str, CoinFunding]:
    """DESIGN, the method, 2 and 3, one settlement at a time."""
    good = [
        one
        for one in settlements
        if math.isfinite(one.rate) and abs(one.rate) <= 0.05 and 0 < one.interval_hours <= 24 and one.settled_at <= now
    ]
    today = int(now.timestamp()) // DAY
    window = [one for one in good if one.settled_at > now - timedelta(hours=72)]
    by_day: dict[int, list[Settlement]] = defaultdict(list)
    for one in good:
        by_day[(int(one.settled_at.timestamp()) - 1) // DAY].append(one)
    found: dict[str, CoinFunding] = {}
    for coin in {one.base_coin for one in pairs}:
        votes = _votes(pairs, window, coin, 72)
        if not votes:
            continue
        streak, known = 0, False
        while today - 1 - streak >= today - days:
            day = _votes(pairs, by_day[today - 1 - streak], coin, 24)
            known = bool(day)
            if not day or not _mean(day) < 0:
                break
            streak += 1
        else:
            known = False
        chosen = {(vote.exchange, vote.symbol) for vote in votes}
        negative = [one.settled_at for one in window if (one.exchange, one.symbol) in chosen and one.rate < 0]
        start = datetime.fromtimestamp((today - streak) * DAY, UTC) if streak else min(negative, default=None)
        rates = [vote.rate_8h for vote in votes]
        found[coin] = CoinFunding(
            coin,
            _mean(votes),
            median(rates),
            tuple(votes),
            sum(rate < 0 for rate in rates),
            streak,
            start,
            streak_open=streak > 0 and not known,
        )
    return found


def scored(avg: float, streak: int = 0) -> CoinFunding:
    """A coin with this average and streak."""
    vote = ExchangeAverage("binance", "EXMPUSDT", avg, 72.0, 9)
    return CoinFunding("EXMP", avg, avg, (vote,), int(avg < 0), streak, None)


def risen(percent: float | None) -> PriceChanges:
    return PriceChanges(pct_24h=None, pct_7d=percent, price=1.0)


def _votes(pairs: Sequence[Pair], rows: Sequence[Settlement], coin: str, hours: int) -> list[ExchangeAverage]:
    best: dict[str, tuple[tuple[int, float, str], ExchangeAverage]] = {}
    for one in pairs:
        if one.base_coin != coin:
            continue
        own = [row for row in rows if row.symbol == one.symbol and row.exchange == one.exchange]
        covered = sum(row.interval_hours for row in own)
        if covered < hours / 2:
            continue
        rank = (int(one.margin), -(one.turnover_usd or 0.0), one.symbol)
        rate = math.fsum(row.rate for row in own) / covered * 8
        if one.exchange not in best or rank < best[one.exchange][0]:
            best[one.exchange] = (rank, ExchangeAverage(one.exchange, one.symbol, _dust(rate), covered, len(own)))
    return [best[exchange][1] for exchange in sorted(best)]


def _mean(votes: Sequence[ExchangeAverage]) -> float:
    return _dust(math.fsum(vote.rate_8h for vote in votes) / len(votes))


def _dust(value: float) -> float:
    return 0.0 if abs(value) < 1e-12 else value
