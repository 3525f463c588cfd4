"""What a refresh found, as matching is given it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.alerts.matching import Wish
from bot.hosted_clusters import Given, hosted_clusters
from bot.signals import find_clusters
from scoring.clusters import ClusterRule
from scoring.detection import CoinState
from scoring.model import Cluster, CoinScore, Signal
from storage import Transaction

Find = Callable[[Transaction, ClusterRule, datetime], tuple[Cluster, ...]]  # how clusters are found


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a refresh found of all coins."""

    states: Mapping[Signal, Mapping[str, CoinState]]
    scores: Mapping[Signal, Mapping[str, CoinScore]]
    answered: frozenset[str]  # exchanges
    now: datetime
    slot: int
    missing: Mapping[str, str] = field(default_factory=dict)  # exchanges that do not count now → why, in a few words
    unread: Mapping[str, frozenset[str]] = field(default_factory=dict)  # coin → exchanges that said nothing of it
    made_up: bool = False  # the market is simulated: no exchange lists these contracts
    place: int | None = None  # in the order of all refreshes; None: that of its slot

    @property
    def order(self) -> int:
        """It grows from each refresh to the next, also where a clock is set back; one that is run again keeps it."""
        return self.slot if self.place is None else self.place


def clusters_of(tx: Transaction, rule: ClusterRule, now: datetime, find: Find = find_clusters) -> Given:
    """The clusters of a rule, from whoever finds them: a hosted service, or we."""
    return hosted_clusters(tx, rule, now) or Given(find(tx, rule, now))


def companies_of(tx: Transaction, wish: Wish) -> frozenset[str]:
    """The CIKs of the companies that a wish names: one of two share classes is the same under either ticker."""
    return frozenset(cik for ticker in wish.tickers for cik in tx.filings.named(ticker))
