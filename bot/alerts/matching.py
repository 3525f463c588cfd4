"""What a subscription wishes to hear, and whether a coin or cluster is it: tell, or the reason why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from bot.alerts.episodes import CoinRule
from bot.alerts.holding import Digest
from bot.settings import AlertSettings, ScoringSettings
from scoring.clusters import ClusterRule
from scoring.model import ChangeKind, Cluster, CoinScore, Side, Signal


class Verdict(StrEnum):
    """Tell, or why not."""

    TELL = "it matches"
    NOT_INCLUDED = "it is not among the coins asked for"
    EXCLUDED = "it is excluded"
    OTHER_EXCHANGES = "none of the exchanges asked for is behind its average"
    MOVED_TOO_LITTLE = "its price has risen too little in 7 days, or is not known"
    TOO_SHORT_A_STREAK = "its funding has been negative for too few days"
    OTHER_TICKER = "it is not among the tickers asked for"
    ALLOTTED = "too few of its insiders chose day and price themselves"
    RESOLVED_NOT_ASKED = "resolve notices were not asked for"


@dataclass(frozen=True, slots=True)
class Wish:
    """What one subscription asks for. Coins use `minimum` as a score, clusters as a number of insiders."""

    signal: Signal
    minimum: float
    step: float = 1.0
    resolve: bool = False
    coins: tuple[str, ...] = ()  # only these; empty: all
    exclude: tuple[str, ...] = ()
    exchanges: tuple[str, ...] = ()  # only coins with one of these behind their average; empty: any
    min_change: float | None = None  # percent in 7 days, at least
    min_streak: int = 0  # days of negative funding, at least
    side: Side | None = Side.BUY  # clusters; None: both
    days: int = 30
    min_value: float = 0.0  # USD
    sector: str | None = None
    industry: str | None = None
    tickers: tuple[str, ...] = ()  # only these; empty: all
    plan: bool = True  # trades under a 10b5-1 plan count
    digest: Digest = Digest.OFF

    def to_json(self) -> dict[str, Any]:
        """Plain data, for storage."""
        data = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value.value if isinstance(value, StrEnum) else value
            for name, value in data.items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Wish:
        """Back from storage; what an older version did not know yet has its default."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        values["signal"] = Signal(values["signal"])
        values["digest"] = Digest(values.get("digest", Digest.OFF))
        values["side"] = None if values["side"] is None else Side(values["side"])
        return cls(**values)

    def coin_rule(self, alerts: AlertSettings, scoring: ScoringSettings) -> CoinRule:
        """When it rings for a coin."""
        return CoinRule(self.minimum, self.step, alerts.hysteresis, scoring.min_exchanges)

    def cluster_rule(self) -> ClusterRule:
        """Which clusters qualify; tickers are for `verdict_on_cluster`."""
        return ClusterRule(
            days=self.days,
            min_insiders=int(self.minimum),
            min_value=self.min_value,
            sides=(Side.BUY, Side.SELL) if self.side is None else (self.side,),
            sector=self.sector,
            industry=self.industry,
            plan=self.plan,
        )


def verdict_on_coin(wish: Wish, base_coin: str) -> Verdict:
    """Whether the wish is about this coin."""
    if wish.coins and base_coin not in wish.coins:
        return Verdict.NOT_INCLUDED
    return Verdict.EXCLUDED if base_coin in wish.exclude else Verdict.TELL


def verdict_on_score(wish: Wish, score: CoinScore | None) -> Verdict:
    """Whether a coin's numbers pass the filters of the wish; None: they are not known, which passes only without."""
    behind = () if score is None else tuple(one.exchange for one in score.funding.exchanges)
    if wish.exchanges and not any(name in wish.exchanges for name in behind):
        return Verdict.OTHER_EXCHANGES
    return verdict_on_numbers(
        wish,
        None if score is None else score.prices.pct_7d,
        0 if score is None else score.funding.streak,
    )


def verdict_on_numbers(wish: Wish, change: float | None, streak: int) -> Verdict:
    """The part of `verdict_on_score` that stored scores can answer; `change` in percent in 7 days."""
    if wish.min_change is not None and (change is None or not change >= wish.min_change):
        return Verdict.MOVED_TOO_LITTLE
    return Verdict.TOO_SHORT_A_STREAK if streak < wish.min_streak else Verdict.TELL


def verdict_on_cluster(wish: Wish, cluster: Cluster, ciks: Collection[str] = ()) -> Verdict:
    """Whether the wish is about this issuer; `ciks` are those of the companies that its tickers mean."""
    issuer = cluster.issuer
    if wish.tickers and issuer.ticker not in wish.tickers and issuer.cik not in ciks:
        return Verdict.OTHER_TICKER
    return Verdict.TELL


def verdict_on_choice(wish: Wish, cluster: Cluster) -> Verdict:
    """Whether enough insiders are left without those who bought at one price on one day: shares were allotted to them.

    Such a cluster is shown and followed; it is told when enough others join.
    """
    chose = cluster.insider_count - cluster.uniform_price
    return Verdict.ALLOTTED if chose < wish.minimum else Verdict.TELL


def verdict_on_change(wish: Wish, change: ChangeKind) -> Verdict:
    """Whether this kind of change is told: RESOLVED only to those who asked."""
    if change is ChangeKind.RESOLVED and not wish.resolve:
        return Verdict.RESOLVED_NOT_ASKED
    return Verdict.TELL
