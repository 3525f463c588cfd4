"""Episodes: what each subscription was told of a coin or cluster, and whether that still stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select, update

from storage import bulk
from storage.batches import batches
from storage.tables import EpisodeRow


@dataclass(frozen=True, slots=True)
class StoredEpisode:
    """One episode of one subscription, as stored."""

    subscription_id: int
    key: str
    number: int
    opened_at: datetime
    closed_at: datetime | None
    told: float
    told_value: float
    below: int
    slot: int


@dataclass(frozen=True, slots=True)
class StandingEpisodes:
    """The open episodes of one key, one array per column, in the order of `subscription_id`."""

    subscription_id: NDArray[np.int64]
    number: NDArray[np.int64]
    opened_at: NDArray[np.int64]  # unix s
    told: NDArray[np.float64]
    told_value: NDArray[np.float64]
    below: NDArray[np.int64]
    slot: NDArray[np.int64]


_COLUMNS = (
    EpisodeRow.subscription_id,
    EpisodeRow.key,
    EpisodeRow.number,
    EpisodeRow.opened_at,
    EpisodeRow.closed_at,
    EpisodeRow.told,
    EpisodeRow.told_value,
    EpisodeRow.below,
    EpisodeRow.slot,
)
_NAMES = tuple(column.key for column in _COLUMNS)
_ARRAYS = ("subscription_id", "number", "opened_at", "told", "told_value", "below", "slot")


class Episodes:
    """Episodes, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def standing_keys(self) -> frozenset[str]:
        """The coins and clusters that have an open episode of any subscription."""
        statement = select(EpisodeRow.key).where(EpisodeRow.closed_at.is_(None)).distinct()
        return frozenset(self._connection.execute(statement).scalars())

    def standing(self, key: str) -> StandingEpisodes:
        """The open episodes of a coin or cluster."""
        statement = (
            select(*(getattr(EpisodeRow, name) for name in _ARRAYS))
            .where(EpisodeRow.key == key, EpisodeRow.closed_at.is_(None))
            .order_by(EpisodeRow.subscription_id)
        )
        kinds = ("i8", "i8", "i8", "f8", "f8", "i8", "i8")
        return StandingEpisodes(*bulk.columns_of(self._connection, statement, kinds))

    def closed_in(self, slot: int) -> frozenset[tuple[int, str]]:
        """(subscription, key) of the episodes that this refresh has closed: an earlier run of the same slot."""
        statement = select(EpisodeRow.subscription_id, EpisodeRow.key).where(
            EpisodeRow.slot == slot, EpisodeRow.closed_at.is_not(None)
        )
        return frozenset((one, key) for one, key in self._connection.execute(statement))

    def of(self, subscription_ids: Iterable[int]) -> tuple[StoredEpisode, ...]:
        """The newest episode of every key of these subscriptions, open or closed."""
        newest: dict[tuple[int, str], Any] = {}
        for part in batches(sorted(subscription_ids)):
            statement = (
                select(*_COLUMNS)
                .where(EpisodeRow.subscription_id.in_(part))
                .order_by(EpisodeRow.subscription_id, EpisodeRow.key, EpisodeRow.number)
            )
            newest |= {(row.subscription_id, row.key): row for row in self._connection.execute(statement)}
        return tuple(StoredEpisode(*row) for row in newest.values())

    def put(self, episodes: Iterable[StoredEpisode]) -> None:
        """Store episodes as they are now."""
        rows = [
            (
                one.subscription_id,
                one.key,
                one.number,
                int(one.opened_at.timestamp()),
                None if one.closed_at is None else int(one.closed_at.timestamp()),
                one.told,
                one.told_value,
                one.below,
                one.slot,
            )
            for one in episodes
        ]
        keys = ["subscription_id", "key", "number"]
        others = [name for name in _NAMES if name not in {*keys, "opened_at"}]
        bulk.insert_or_update(self._connection, EpisodeRow, _NAMES, rows, keys, others)

    def end(self, subscription_id: int, now: datetime) -> None:
        """Close the open episodes of a subscription."""
        self._connection.execute(
            update(EpisodeRow)
            .where(EpisodeRow.subscription_id == subscription_id, EpisodeRow.closed_at.is_(None))
            .values(closed_at=now)
        )
