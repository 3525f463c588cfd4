"""From states and clusters to queued messages, inside the transaction of the refresh."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.alerts.digest import priority, urgency
from bot.alerts.episodes import Episode, Step, advance, advance_cluster
from bot.alerts.facts import cluster_facts, coin_facts
from bot.alerts.matching import Verdict, Wish, verdict_on_change, verdict_on_choice, verdict_on_cluster, verdict_on_coin
from bot.hosted_clusters import Given, hosted_clusters
from bot.settings import AlertSettings, ScoringSettings
from bot.signals import find_clusters, pump_constants, selling_constants
from bot.views import numbers
from bot.views.scores import without
from bot.views.sources import service_title
from scoring.clusters import ClusterRule
from scoring.detection import CoinState, Standing
from scoring.explain import OWN
from scoring.model import Cluster, Coin, CoinScore, Signal
from storage import Transaction
from storage.outbox import NewAlert
from storage.subscriptions import StoredEpisode, Subscription

REF_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that looks like something else
REF_LENGTH = 6
# A filing is news for so long before the last refresh: the lists of EDGAR leave some out, which the index of the day
# brings, and between two indexes may lie a long weekend.
NEWS = timedelta(days=4)


Find = Callable[[Transaction, ClusterRule, datetime], tuple[Cluster, ...]]  # how clusters are found


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a refresh found, as matching needs it."""

    states: Mapping[Signal, Mapping[str, CoinState]]
    scores: Mapping[Signal, Mapping[str, CoinScore]]
    answered: frozenset[str]  # exchanges
    now: datetime
    slot: int
    missing: Mapping[str, str] = field(default_factory=dict)  # exchanges that do not count now → why, in a few words


def enqueue(
    tx: Transaction, found: Snapshot, alerts: AlertSettings, scoring: ScoringSettings, find: Find = find_clusters
) -> int:
    """Advance all episodes and queue one message per chat that has something to hear; returns the alerts."""
    subscriptions = tx.subscriptions.active()
    episodes = load_episodes(tx, (one.id for one in subscriptions))
    coins = tx.pairs.coins()
    clusters: dict[ClusterRule, Given] = {}
    by_chat: dict[int, list[NewAlert]] = defaultdict(list)
    changed: list[StoredEpisode] = []
    for subscription in subscriptions:
        wish = Wish.from_json(subscription.wish)
        own = {key: episode for (owner, key), episode in episodes.items() if owner == subscription.id}
        if wish.signal is Signal.CLUSTERS:
            rule = wish.cluster_rule()
            if rule not in clusters:
                clusters[rule] = clusters_of(tx, rule, found.now, find)
            if clusters[rule].unknown:
                continue  # nothing is known, which is neither a new cluster nor one that is gone
            steps = _cluster_steps(tx, wish, own, clusters[rule], found)
        else:
            steps = _coin_steps(wish, own, found, coins, alerts, scoring)
        for key, step, facts in steps:
            if step.episode is not None and step.episode != own.get(key):
                changed.append(store_episode(subscription.id, key, step.episode))
            if step.change and step.episode and verdict_on_change(wish, step.change) is Verdict.TELL:
                by_chat[subscription.chat_id].append(_alert(subscription, key, step, facts))
    tx.subscriptions.put_episodes(changed)
    return sum(_queue(tx, chat, told, found, alerts) for chat, told in by_chat.items())


def clusters_of(tx: Transaction, rule: ClusterRule, now: datetime, find: Find = find_clusters) -> Given:
    """The clusters of a rule, from whoever finds them: a hosted service, or we."""
    return hosted_clusters(tx, rule, now) or Given(find(tx, rule, now))


def companies_of(tx: Transaction, wish: Wish) -> frozenset[str]:
    """The CIKs of the companies that a wish names: one of two share classes is the same under either ticker."""
    return frozenset(cik for ticker in wish.tickers for cik in tx.filings.named(ticker))


def load_episodes(tx: Transaction, subscription_ids: Iterable[int]) -> dict[tuple[int, str], Episode]:
    """(subscription, key) → its newest episode."""
    return {
        (one.subscription_id, one.key): Episode.from_json(one.state, one.number, one.opened_at, one.closed_at)
        for one in tx.subscriptions.episodes(subscription_ids)
    }


def store_episode(subscription_id: int, key: str, episode: Episode) -> StoredEpisode:
    """The episode as it is stored."""
    return StoredEpisode(subscription_id, key, episode.number, episode.opened_at, episode.closed_at, episode.to_json())


def _coin_steps(
    wish: Wish,
    episodes: Mapping[str, Episode],
    found: Snapshot,
    coins: Mapping[str, Coin],
    alerts: AlertSettings,
    scoring: ScoringSettings,
) -> Iterator[tuple[str, Step, dict[str, object]]]:
    rule = wish.coin_rule(alerts, scoring)
    states, scores = found.states[wish.signal], found.scores[wish.signal]
    constants = (pump_constants(scoring), selling_constants(scoring))
    standing = {key for key, episode in episodes.items() if episode.is_open}
    high = {key for key, state in states.items() if state.score is not None and state.score >= rule.minimum}
    for key in sorted(standing | high):
        if verdict_on_coin(wish, key) is not Verdict.TELL:
            continue
        # A coin that no exchange lists any more is not known to be down: it says nothing.
        state = states.get(key) or CoinState(key, wish.signal, Standing.UNKNOWN, None, 0)
        step = advance(episodes.get(key), state, rule, found.now, found.slot)
        coin = coins.get(key) or Coin(key.lower(), key, key, None)
        score = scores.get(key) if state.standing is Standing.SCORED else None
        facts: dict[str, object] = {}
        if step.change:
            stamp = _stamp(score, found)
            facts = coin_facts(coin, score, step, wish, constants=constants, coverage=stamp)
        yield key, step, facts


def _cluster_steps(
    tx: Transaction, wish: Wish, episodes: Mapping[str, Episode], given: Given, found: Snapshot
) -> Iterator[tuple[str, Step, dict[str, object]]]:
    ciks = companies_of(tx, wish)
    qualifying = {one.key: one for one in given.clusters if verdict_on_cluster(wish, one, ciks) is Verdict.TELL}
    standing = {key for key, episode in episodes.items() if episode.is_open}
    for key in sorted(standing | qualifying.keys()):
        cluster = qualifying.get(key)
        step = advance_cluster(episodes.get(key), cluster, found.now, found.slot)
        if cluster is not None and step.change:
            chosen = verdict_on_choice(wish, cluster) is Verdict.TELL
            if given.is_first or not chosen or not _is_news(tx, cluster, found):
                step = replace(step, change=None)  # nobody decided anything, or it stood before it could be read
        yield key, step, cluster_facts(cluster, step, wish) if cluster is not None and step.change else {}


def _is_news(tx: Transaction, cluster: Cluster, found: Snapshot) -> bool:
    """Whether a filing behind a cluster is new: one that only the reading of the past has brought is not.

    Trades are filed late, so that not their dates count but when the filings were accepted.
    """
    if not cluster.accessions:
        return True  # of a hosted service, which does not say
    before = tx.refreshes.last(before_slot=found.slot)
    since = (found.now if before is None else min(before.at, found.now)) - NEWS
    filings = tx.filings.window(cluster.first_date, found.now, [cluster.issuer.cik])
    return any(one.accepted_at > since for one in filings if one.accession in cluster.accessions)


def _stamp(score: CoinScore | None, found: Snapshot) -> str:
    """The coverage of a coin in this refresh: 9 of 9 exchanges answered, without Binance (451)."""
    if score is None:
        return ""
    if score.source != OWN:
        # Only what was read whole in this refresh can ring.
        return f"as given by {service_title(score.source)}, updated {numbers.clock(found.now)}"
    behind = [one.exchange for one in score.funding.exchanges]
    answered = f"{sum(name in found.answered for name in behind)} of {len(behind)} exchanges answered"
    return ", ".join(part for part in (answered, without(found.missing)) if part)


def _alert(subscription: Subscription, key: str, step: Step, facts: Mapping[str, object]) -> NewAlert:
    if step.episode is None or step.change is None:
        raise ValueError("nothing to tell")
    level = "" if step.change == "RESOLVED" else f"{step.episode.told:.6f}:{step.episode.told_value:.0f}"
    dedup_key = f"{subscription.id}:{key}:{step.episode.number}:{step.change}:{level}"
    return NewAlert(
        ref=_ref(dedup_key),
        dedup_key=dedup_key,
        subscription_id=subscription.id,
        signal=subscription.signal,
        key=key,
        episode=step.episode.number,
        kind=step.change.value,
        facts=facts,
    )


def _ref(dedup_key: str) -> str:
    """A short name that people can type; the same alert always has the same."""
    number = int.from_bytes(hashlib.sha256(dedup_key.encode()).digest()[:8])
    letters = ""
    for _ in range(REF_LENGTH):
        number, place = divmod(number, len(REF_LETTERS))
        letters += REF_LETTERS[place]
    return letters


def _queue(tx: Transaction, chat_id: int, told: list[NewAlert], found: Snapshot, alerts: AlertSettings) -> int:
    ordered = sorted(told, key=urgency)
    attempt = tx.outbox.messages_of(chat_id, found.slot)
    queued = tx.outbox.enqueue(
        chat_id,
        ordered,
        dedup_key=f"{chat_id}:{found.slot}:{attempt}",
        priority=priority(ordered),
        now=found.now,
        expires_at=found.now + timedelta(minutes=alerts.expire_minutes),
    )
    return 0 if queued is None else len(tx.outbox.alerts_of(queued))
