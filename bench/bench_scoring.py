"""Scoring the whole universe (5,500 pairs × 30 days) from the database, beside a plain loop per coin.

The baseline reads the same settlements with one SELECT per coin and applies the rules one settlement at a
time. Both must give the same numbers.
"""

from __future__ import annotations

import math
import tempfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from bench.timing import best, compare
from bench.universe import NOW, settlements
from bot.settings import ScoringSettings
from bot.signals import score_fundings
from scoring.funding import coin_funding
from scoring.model import CoinFunding, ExchangeAverage, PriceChanges, Settlement
from storage import Storage, open_storage

DAYS = 30
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain_coin(found: list[Settlement]) -> CoinFunding | None:
    """One coin's average and streak, one settlement at a time (one contract per exchange in this universe)."""
    window: dict[str, list[Settlement]] = defaultdict(list)
    days: dict[tuple[int, str], list[Settlement]] = defaultdict(list)
    for one in found:
        if NOW - timedelta(hours=72) < one.settled_at <= NOW:
            window[one.exchange].append(one)
        days[(int((one.settled_at - EPOCH).total_seconds()) - 1) // 86_400, one.exchange].append(one)
    votes = []
    for exchange, rows in sorted(window.items()):
        hours = sum(one.interval_hours for one in rows)
        if hours >= 36:
            rate = math.fsum(one.rate for one in rows) / hours * 8
            votes.append(ExchangeAverage(exchange, rows[0].symbol, rate, hours, len(rows)))
    if not votes:
        return None
    today = int(NOW.timestamp()) // 86_400
    streak = 0
    while True:
        rates = []
        for exchange in {e for d, e in days if d == today - 1 - streak}:
            rows = days[today - 1 - streak, exchange]
            hours = sum(one.interval_hours for one in rows)
            if hours >= 12:
                rates.append(math.fsum(one.rate for one in rows) / hours * 8)
        if not rates or sum(rates) / len(rates) >= 0:
            break
        streak += 1
    return CoinFunding(
        base_coin=found[0].base_coin,
        avg_72h=math.fsum(v.rate_8h for v in votes) / len(votes),
        median_72h=0.0,
        exchanges=tuple(votes),
        negative_exchanges=0,
        streak=streak,
        signal_start=None,
    )


def main() -> None:
    frame = settlements(DAYS)
    with tempfile.TemporaryDirectory() as folder:
        storage = open_storage(f"sqlite:///{folder}/bench.db")
        with storage.write() as tx:
            tx.funding.add(frame)
            coins = tx.pairs.base_coins()
        prices = {coin: PriceChanges(1.0, 25.0, 1.0) for coin in coins}
        ours, plain = (lambda: vectorised(storage)), (lambda: one_by_one(storage, coins))
        our_time, fast = best(lambda: score_fundings(ours(), prices, ScoringSettings()))
        plain_time, slow = best(lambda: score_fundings(plain(), prices, ScoringSettings()), times=1)
        storage.close()
    for signal, scores in slow.items():
        assert scores.keys() == fast[signal].keys()
        for coin, score in scores.items():
            assert math.isclose(score.score, fast[signal][coin].score, rel_tol=1e-9), coin
    compare(f"score {len(frame):,} settlements", our_time, "one coin at a time", plain_time)


def vectorised(storage: Storage) -> dict[str, CoinFunding]:
    with storage.read() as tx:
        return coin_funding(tx.funding.history(NOW, DAYS), NOW)


def one_by_one(storage: Storage, coins: tuple[str, ...]) -> dict[str, CoinFunding]:
    with storage.read() as tx:
        found = {coin: plain_coin(list(tx.funding.settlements(coin, EPOCH, NOW))) for coin in coins}
    return {coin: funding for coin, funding in found.items() if funding is not None}


if __name__ == "__main__":
    main()
