"""Alerts as a refresh would store them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.alerts.enqueue import Find, Snapshot, enqueue
from bot.alerts.episodes import Episode, Reason, Step, advance
from bot.alerts.facts import cluster_finding, coin_finding, own_facts
from bot.alerts.matching import Verdict, Wish, verdict_on_change, verdict_on_coin, verdict_on_score
from bot.alerts.quiet import ChatSettings
from bot.settings import AlertSettings, ScoringSettings
from bot.signals import find_clusters
from scoring import pump_dump
from scoring.detection import CoinState, Standing
from scoring.insider_selling import SellingConstants
from scoring.model import ChangeKind, Coin, CoinFunding, CoinScore, ExchangeAverage, PriceChanges, Signal
from scoring.pump_dump import PumpConstants
from storage import Storage
from storage.alerts import Alert
from storage.outbox import Waiting
from tests.builders_filings import buys, filing, person, trade
from tests.builders_funding import scored
from tests.builders_storage import NOW

CONSTANTS = (PumpConstants(), SellingConstants())
FROG = Coin("wagmi-frog", "WGMI", "Wagmi Frog", 812)


def coin_alert(
    kind: ChangeKind = ChangeKind.NEW, *, percent: float | None = 38.0, before: float | None = None
) -> Alert:
    """A pump alert of WGMI; without a percentage its gate is shut."""
    score = None if percent is None else pump_dump.score(
        scored(-0.00031, 4), PriceChanges(None, percent, 1.0), PumpConstants()
    )  # fmt: skip
    told = 4.6 if score is None else score.score
    episode = Episode(1, NOW - timedelta(hours=9), told=told, below=0, slot=1)
    step = Step(episode, kind, Reason.CROSSED, before=before)
    finding = coin_finding(FROG, score, constants=CONSTANTS, coverage="9 of 11 exchanges answered")
    facts = finding | own_facts(step, Wish(Signal.PUMP, 1.5), peak=4.6)
    return Alert("k3f9xz", 3, "pump", "WGMI", 1, kind.value, NOW, facts)


def cluster_alert(kind: ChangeKind = ChangeKind.NEW, before: float | None = None) -> Alert:
    """Three people who bought Acme."""
    (cluster,) = buys(*(filing(person(i, is_director=True), trade(100, 10 + i)) for i in range(3)))
    episode = Episode(1, NOW, told=3, below=0, slot=1)
    step = Step(episode, kind, Reason.QUALIFIES, before=before)
    facts = cluster_finding(cluster) | own_facts(step, Wish(Signal.CLUSTERS, 3))
    return Alert("m4n8pq", 5, "clusters", cluster.key, 1, kind.value, NOW, facts)


def coin_state(
    base_coin: str,
    level: float | str,
    *,
    signal: Signal = Signal.PUMP,
    exchanges: Sequence[str] = ("binance", "bybit", "okx"),
    percent: float | None = 40.0,
    streak: int = 3,
) -> tuple[CoinState, CoinScore | None]:
    """A coin in a refresh; a level that is a word is its standing."""
    if isinstance(level, str):
        return CoinState(base_coin, signal, Standing(level), None, len(exchanges)), None
    votes = tuple(ExchangeAverage(name, f"{base_coin}USDT", -0.0003, 72.0, 9) for name in exchanges)
    funding = CoinFunding(base_coin, -0.0003, -0.0003, votes, len(votes), streak, None)
    prices = PriceChanges(1.0, percent, 2.0)
    score = CoinScore(signal, base_coin, level, 0.6, 0.5, 0.4 if signal is Signal.PUMP else None, funding, prices, 1)
    return CoinState(base_coin, signal, Standing.SCORED, level, len(exchanges)), score


def snapshot(*coins: tuple[CoinState, CoinScore | None], cycle: int = 0) -> Snapshot:
    """What a refresh found, so many half hours after NOW."""
    states: dict[Signal, dict[str, CoinState]] = {Signal.PUMP: {}, Signal.SELLING: {}}
    scores: dict[Signal, dict[str, CoinScore]] = {Signal.PUMP: {}, Signal.SELLING: {}}
    for state, score in coins:
        states[state.signal][state.base_coin] = state
        if score is not None:
            scores[state.signal][state.base_coin] = score
    now = NOW + cycle * timedelta(minutes=30)
    return Snapshot(states, scores, frozenset({"binance", "bybit", "okx"}), now, int(now.timestamp()) // 1800 * 30)


def subscribe(
    storage: Storage, *wishes: Wish, address: str = "local", settings: ChatSettings | None = None
) -> list[int]:
    """Subscriptions of one chat; returns their ids."""
    with storage.write() as tx:
        chat = tx.chats.put("console", address, NOW)
        if settings is not None:
            tx.chats.settle(chat.id, settings.to_json())
        made = [tx.subscriptions.add(chat.id, "me", one.signal.value, one.to_json(), NOW) for one in wishes]
        return [one.id for one in made]


def run(storage: Storage, found: Snapshot, find: Find = find_clusters) -> int:
    """Enqueue as a refresh does: its slot is claimed before, its scores are stored, and it is finished."""
    with storage.write() as tx:
        claim = tx.refreshes.claim(found.slot, "me", found.now, timedelta(minutes=20))
        assert claim is not None
        for signal in found.states:
            tx.scores.put(found.slot, signal, found.states[signal].values(), found.scores[signal])
        queued = enqueue(tx, found, AlertSettings(), ScoringSettings(), find)
        assert tx.refreshes.finish(claim, found.now, {})
    return queued


def queued(storage: Storage, address: str = "local") -> list[Waiting]:
    """What waits for a chat."""
    with storage.read() as tx:
        chat = tx.chats.find("console", address)
        return [] if chat is None else list(tx.outbox.waiting(chat.id))


def told(storage: Storage, address: str = "local") -> list[tuple[int | None, str, str]]:
    """All alerts that wait for a chat: subscription, coin, change."""
    return [(one.subscription_id, one.key, one.kind) for row in queued(storage, address) for one in row.alerts]


class SlowMatching:
    """Every subscription and every coin, one by one: what matching must find, however it does."""

    def __init__(self) -> None:
        self.episodes: dict[tuple[int, str], Episode] = {}

    def run(self, subscriptions: Sequence[tuple[int, Wish]], found: Snapshot) -> set[tuple[int, str, str]]:
        """The changes that are told: subscription, coin, change."""
        changes: set[tuple[int, str, str]] = set()
        for number, wish in subscriptions:
            rule = wish.coin_rule(AlertSettings(), ScoringSettings())
            for coin, state in found.states[wish.signal].items():
                if verdict_on_coin(wish, coin) is not Verdict.TELL:
                    continue
                score = found.scores[wish.signal].get(coin)
                step = advance(
                    self.episodes.get((number, coin)),
                    state,
                    rule,
                    found.now,
                    found.slot,
                    passes=verdict_on_score(wish, score) is Verdict.TELL,
                )
                if step.episode is not None:
                    self.episodes[number, coin] = step.episode
                if step.change is not None and verdict_on_change(wish, step.change) is Verdict.TELL:
                    changes.add((number, coin, step.change.value))
        return changes
