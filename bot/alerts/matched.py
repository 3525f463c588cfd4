"""What matching has decided in a refresh: episodes to be stored, and alerts to be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from bot.alerts.episodes import Episode, Step
from scoring.model import ChangeKind, Signal
from storage.alerts import NewAlert
from storage.episodes import StandingEpisodes, StoredEpisode

_NONE = np.empty(0, dtype=np.int64)
NOTHING_STANDS = StandingEpisodes(_NONE, _NONE, _NONE, np.empty(0), np.empty(0), _NONE, _NONE)


@dataclass(slots=True)
class Matched:
    """Filled coin by coin and cluster by cluster."""

    episodes: list[StoredEpisode] = field(default_factory=list)
    findings: list[Mapping[str, Any]] = field(default_factory=list)  # facts that several alerts share
    alerts: dict[int, list[NewAlert]] = field(default_factory=lambda: defaultdict(list))  # chat → what rings for it

    def keep(self, subscription_id: int, key: str, episode: Episode) -> None:
        """Store an episode as it is now."""
        one = episode
        self.episodes.append(
            StoredEpisode(
                subscription_id, key, one.number, one.opened_at, one.closed_at, one.told, one.told_value, one.below,
                one.slot,
            )
        )  # fmt: skip

    def find(self, facts: Mapping[str, Any]) -> int:
        """Take up what alerts share; returns its place."""
        self.findings.append(facts)
        return len(self.findings) - 1


@dataclass(frozen=True, slots=True)
class Telling:
    """An alert but for who is told."""

    signal: Signal
    key: str
    number: int  # of the episode
    kind: ChangeKind
    facts: Mapping[str, Any]
    finding: int
    dedup: str  # with the subscription before it: the alert's dedup_key

    @classmethod
    def of(cls, signal: Signal, key: str, step: Step, facts: Mapping[str, Any], finding: int) -> Telling:
        """What a step tells."""
        one, kind = step.episode, step.change
        if one is None or kind is None:
            raise ValueError("nothing to tell")
        level = "" if kind is ChangeKind.RESOLVED else f"{one.told:.6f}:{one.told_value:.0f}"
        return cls(signal, key, one.number, kind, facts, finding, f"{key}:{one.number}:{kind}:{level}")

    def to(self, subscription_id: int) -> NewAlert:
        """The alert of one subscription."""
        return NewAlert(
            dedup_key=f"{subscription_id}:{self.dedup}",
            subscription_id=subscription_id,
            signal=self.signal.value,
            key=self.key,
            episode=self.number,
            kind=self.kind.value,
            facts=self.facts,
            finding=self.finding,
        )


def episode_of(standing: StandingEpisodes, row: int) -> Episode:
    """One of the stored episodes."""
    return Episode(
        number=int(standing.number[row]),
        opened_at=datetime.fromtimestamp(int(standing.opened_at[row]), UTC),
        told=float(standing.told[row]),
        below=int(standing.below[row]),
        slot=int(standing.slot[row]),
        told_value=float(standing.told_value[row]),
    )
