"""What an alert stores: facts as plain data, enough for its message and for /why, long after the refresh.

What a refresh found of a coin or cluster is one finding, for all the alerts that tell of it; the rest is what one
subscription makes of it.
"""

from __future__ import annotations

import math
from typing import Any

from bot.alerts.episodes import Step
from bot.alerts.holding import Digest
from bot.alerts.matching import Wish
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.exchanges.pages import page_of
from bot.views import numbers
from bot.views.cluster_words import filing_url, plan_share, summary, uniform, with_role
from bot.views.clusters import cluster_data
from bot.views.coin import step_value
from scoring.explain import explain
from scoring.insider_selling import SellingConstants
from scoring.model import Cluster, Coin, CoinScore
from scoring.pump_dump import PumpConstants

CONTRACTS = 2  # behind a score, to which an alert links


def coin_finding(
    coin: Coin, score: CoinScore | None, *, constants: tuple[PumpConstants, SellingConstants], coverage: str
) -> dict[str, Any]:
    """What a refresh found of a coin. `score` is None when its gate is shut; `coverage` says who answered."""
    found: dict[str, Any] = {
        "title": coin.symbol,
        "name": coin.name,
        "level": None if score is None else score.score,
        "coverage": coverage,
    }
    if score is not None:
        funding = score.funding
        found |= {
            "avg_funding_72h": funding.avg_72h,
            "exchanges": len(funding.exchanges),
            "negative_exchanges": funding.negative_exchanges,
            "streak": funding.streak,
            "streak_open": funding.streak_open,
            "price_change_7d": score.prices.pct_7d,
            "formula_version": score.formula_version,
            "source": score.source,
            "arithmetic": [[one.label, step_value(one), one.formula] for one in explain(score, *constants)],
        }
    return {name: _finite(one) for name, one in found.items()}


def contracts_behind(score: CoinScore) -> list[list[str]]:
    """[exchange, symbol] of a few contracts behind a score that have a page, in the order of the exchanges."""
    ranks = {name: at for at, name in enumerate(EXCHANGES)}
    listed = [one for one in score.funding.exchanges if page_of(one.exchange, one.symbol)]
    ranked = sorted(listed, key=lambda one: ranks[one.exchange])
    return [[one.exchange, one.symbol] for one in ranked[:CONTRACTS]]


def cluster_finding(cluster: Cluster) -> dict[str, Any]:
    """What a refresh found of a cluster."""
    found = {
        "title": cluster.issuer.ticker or cluster.issuer.name,
        "name": cluster.issuer.name,
        "level": float(cluster.insider_count),
        "summary": summary(cluster),
        "insiders": [
            with_role(one) + ("" if one.value is None else f": {numbers.money(one.value)}") for one in cluster.insiders
        ],
        "plan_share": plan_share(cluster.plan_value, cluster.total_value),
        "uniform_price": uniform(cluster),
        "filings": [
            {"of": one.name, "url": url}
            for one in cluster.insiders
            for accession in one.accessions
            if (url := filing_url(cluster.issuer.cik, accession))
        ],
        "cluster": cluster_data(cluster),
    }
    return {name: _finite(one) for name, one in found.items()}


def own_facts(step: Step, wish: Wish, peak: float | None = None) -> dict[str, Any]:
    """What one subscription makes of a finding; `peak` is the highest score since its episode opened."""
    episode = step.episode
    own: dict[str, Any] = {
        "before": step.before,
        "minimum": wish.minimum,
        "reason": step.reason.value,
        "since": None if episode is None else numbers.iso(episode.opened_at),
        "peak": episode.told if peak is None and episode is not None else peak,
    }
    if wish.digest is not Digest.OFF:
        own["digest"] = wish.digest.value
    return own


def _finite(value: Any) -> Any:
    """Plain data without what JSON has no word for: a number that is none is not known."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list | tuple) else value
