"""What an alert stores: facts as plain data, enough for its message and for /why, long after the refresh."""

from __future__ import annotations

from typing import Any

from bot.alerts.episodes import Step
from bot.alerts.matching import Wish
from bot.views import numbers
from bot.views.cluster_words import filing_url, plan_share, summary, uniform, with_role
from bot.views.clusters import cluster_data
from bot.views.coin import step_value
from scoring.explain import explain
from scoring.insider_selling import SellingConstants
from scoring.model import Cluster, Coin, CoinScore
from scoring.pump_dump import PumpConstants


def coin_facts(
    coin: Coin,
    score: CoinScore | None,
    step: Step,
    wish: Wish,
    *,
    constants: tuple[PumpConstants, SellingConstants],
    coverage: str,
) -> dict[str, Any]:
    """Facts of a coin's change. `score` is None when its gate is shut; `coverage` says who answered."""
    episode = step.episode
    facts: dict[str, Any] = {
        "title": coin.symbol,
        "name": coin.name,
        "level": None if score is None else score.score,
        "before": step.before,
        "minimum": wish.minimum,
        "reason": step.reason.value,
        "since": None if episode is None else numbers.iso(episode.opened_at),
        "peak": None if episode is None else episode.peak,
        "coverage": coverage,
    }
    if score is not None:
        funding = score.funding
        facts |= {
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
    return facts


def cluster_facts(cluster: Cluster, step: Step, wish: Wish) -> dict[str, Any]:
    """Facts of a cluster that is new or has grown."""
    return {
        "title": cluster.issuer.ticker or cluster.issuer.name,
        "name": cluster.issuer.name,
        "level": float(cluster.insider_count),
        "before": step.before,
        "minimum": wish.minimum,
        "reason": step.reason.value,
        "since": None if step.episode is None else numbers.iso(step.episode.opened_at),
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
