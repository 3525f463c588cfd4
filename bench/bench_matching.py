"""A refresh matched with 100,000 subscriptions of 25,000 chats, beside a loop over subscriptions and coins.

First a storm, in which a whole market qualifies at once; then the refresh after it, in which scores move a little and
a million episodes stand. The baseline holds all wishes and episodes as objects in memory, asks the same pure decision
for each subscription and coin, and writes nothing; ours reads all from the database, and both must find the same.
"""

from __future__ import annotations

import json
import resource
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from bench.timing import best, compare
from bot.alerts.enqueue import Snapshot, enqueue, match
from bot.alerts.episodes import CoinRule, Episode, advance
from bot.alerts.matched import Matched
from bot.alerts.matching import Verdict, Wish, verdict_on_change, verdict_on_coin, verdict_on_score
from bot.settings import AlertSettings, ScoringSettings
from scoring.detection import CoinState, Standing
from scoring.model import CoinFunding, CoinScore, ExchangeAverage, PriceChanges, Signal
from storage import Storage, Transaction, bulk, open_storage
from storage.tables import ChatRow, SubscriptionRow

NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
CHATS, SUBSCRIPTIONS, COINS = 25_000, 100_000, 500
ANY_COIN = 0.2  # the share of subscriptions that name no coin
SIGNALS = (Signal.PUMP, Signal.SELLING)
ALERTS, SCORING = AlertSettings(), ScoringSettings()
NAMES = [f"C{number}" for number in range(COINS)]
EXCHANGES = tuple(f"exchange{number}" for number in range(9))

Told = set[tuple[int, str, str]]  # subscription, coin, change


@dataclass
class Loop:
    """The baseline: every subscription, every coin."""

    subscriptions: list[tuple[int, Wish, CoinRule]]
    episodes: dict[tuple[int, str], Episode]

    def run(self, found: Snapshot) -> Told:
        """What is told, going through all of them."""
        told: Told = set()
        for number, wish, rule in self.subscriptions:
            scores = found.scores[wish.signal]
            for coin, state in found.states[wish.signal].items():
                if verdict_on_coin(wish, coin) is not Verdict.TELL:
                    continue
                before = self.episodes.get((number, coin))
                passes = verdict_on_score(wish, scores[coin]) is Verdict.TELL
                step = advance(before, state, rule, found.now, found.slot, passes=passes)
                if step.episode is not None and step.episode is not before:
                    self.episodes[number, coin] = step.episode
                if step.change is not None and verdict_on_change(wish, step.change) is Verdict.TELL:
                    told.add((number, coin, step.change.value))
        return told


def wishes(random: np.random.Generator) -> list[Wish]:
    found = []
    for _ in range(SUBSCRIPTIONS):
        coins: tuple[str, ...] = ()
        if random.uniform() >= ANY_COIN:
            ranks = (random.zipf(1.3, int(random.integers(1, 4))) - 1) % COINS
            coins = tuple(sorted({NAMES[rank] for rank in ranks.tolist()}))
        found.append(
            Wish(
                SIGNALS[int(random.uniform() < 0.4)],
                minimum=float(random.integers(2, 19)) / 2,
                step=float(random.choice([0.5, 1.0, 2.0])),
                resolve=bool(random.uniform() < 0.3),
                coins=coins,
                min_streak=int(random.choice([0, 0, 0, 0, 7])),
            )
        )
    return found


def fill(storage: Storage, made: list[Wish]) -> None:
    at = int(NOW.timestamp())
    with storage.write() as tx:
        bulk.insert_rows(
            tx.connection,
            ChatRow,
            ("id", "platform", "address", "status", "created_at", "settings"),
            [(number, "telegram", str(number), "active", at, "{}") for number in range(1, CHATS + 1)],
        )
        bulk.insert_rows(
            tx.connection,
            SubscriptionRow,
            ("id", "chat_id", "owner", "signal", "wish", "created_at"),
            [
                (i, 1 + i % CHATS, "telegram:me", wish.signal.value, json.dumps(wish.to_json()), at)
                for i, wish in enumerate(made, 1)
            ],
        )


def levels(random: np.random.Generator) -> dict[Signal, list[float]]:
    """Most scores are low, as on the real market."""
    return {signal: np.minimum(10, random.exponential(1.5, COINS)).tolist() for signal in SIGNALS}


def moved(random: np.random.Generator, before: dict[Signal, list[float]]) -> dict[Signal, list[float]]:
    """The same half an hour later."""
    return {s: np.clip(random.normal(0, 0.05, COINS) + values, 0, 10).tolist() for s, values in before.items()}


def snapshot(now: datetime, values: dict[Signal, list[float]]) -> Snapshot:
    scores = {s: {c: _score(s, c, v) for c, v in zip(NAMES, values[s], strict=True)} for s in SIGNALS}
    states = {
        signal: {c: CoinState(c, signal, Standing.SCORED, one.score, len(EXCHANGES)) for c, one in by_coin.items()}
        for signal, by_coin in scores.items()
    }
    return Snapshot(states, scores, frozenset(EXCHANGES), now, int(now.timestamp()) // 1800 * 30)


def _score(signal: Signal, coin: str, value: float) -> CoinScore:
    votes = tuple(ExchangeAverage(name, f"{coin}USDT", -0.0003, 72.0, 9) for name in EXCHANGES)
    funding = CoinFunding(coin, -0.0003, -0.0003, votes, len(votes), NAMES.index(coin) % 10, None)
    pump = 0.5 if signal is Signal.PUMP else None
    return CoinScore(signal, coin, value, 0.6, 0.5, pump, funding, PriceChanges(1.0, 40.0, 2.0), 1)


def told_by(matched: Matched) -> Told:
    return {(one.subscription_id or 0, one.key, one.kind) for alerts in matched.alerts.values() for one in alerts}


@dataclass(frozen=True, slots=True)
class Run:
    """What ours took, and what it told."""

    what: str
    found: Snapshot
    matching: float  # s
    writing: float  # s, matching included
    told: Told


def run(what: str, storage: Storage, found: Snapshot) -> Run:
    with storage.read() as tx:
        matching, matched = best(lambda: match(tx, found, ALERTS, SCORING), times=1)
    told, chats, episodes = told_by(matched), len(matched.alerts), len(matched.episodes)
    del matched
    writing, _ = best(lambda: _enqueue(storage, found), times=1)
    print(f"{what}: {len(told):,} alerts for {chats:,} chats, {episodes:,} episodes written")
    return Run(what, found, matching, writing, told)


def beside(loop: Loop, ours: Run) -> None:
    looping, theirs = best(lambda: loop.run(ours.found), times=1)
    assert ours.told == theirs
    compare(f"{ours.what}, matched", ours.matching, "loop over subscriptions and coins", looping)
    compare(f"{ours.what}, matched, stored and queued", ours.writing, "the same loop, which stores nothing", looping)


def _enqueue(storage: Storage, found: Snapshot) -> int:
    with storage.write() as tx:
        return enqueue(tx, found, ALERTS, SCORING)


def main() -> None:
    random = np.random.default_rng(7)
    made, values = wishes(random), levels(random)
    storm, calm = snapshot(NOW, values), snapshot(NOW + HALF_HOUR, moved(random, values))
    with tempfile.TemporaryDirectory() as folder:
        storage = open_storage(f"sqlite:///{folder}/bench.db")
        fill(storage, made)
        runs = [run("a storm", storage, storm)]
        with storage.read() as tx:
            print(f"  {_standing(tx):,} episodes stand")
        runs.append(run("the refresh after it", storage, calm))
        size = sum(one.stat().st_size for one in Path(folder).iterdir())
        storage.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  the database has {size / 1e6:,.0f} MB; memory {peak:,.0f} MB")
    # Last, so that a million objects of the baseline do not stand in our way.
    loop = Loop([(i, wish, wish.coin_rule(ALERTS, SCORING)) for i, wish in enumerate(made, 1)], {})
    for one in runs:
        beside(loop, one)


def _standing(tx: Transaction) -> int:
    return int(tx.connection.exec_driver_sql("SELECT count(*) FROM episode WHERE closed_at IS NULL").scalar_one())


if __name__ == "__main__":
    main()
