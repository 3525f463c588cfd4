"""Alerts as a refresh would store them."""

from __future__ import annotations

from datetime import timedelta

from bot.alerts.episodes import Episode, Reason, Step
from bot.alerts.facts import cluster_finding, coin_finding, own_facts
from bot.alerts.matching import Wish
from bot.signals import PriceChanges
from scoring import pump_dump
from scoring.insider_selling import SellingConstants
from scoring.model import ChangeKind, Coin, Signal
from scoring.pump_dump import PumpConstants
from storage.alerts import Alert
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
