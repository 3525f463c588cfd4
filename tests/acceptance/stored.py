"""Alerts as they are stored, and as the model has them, so that the two can be compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage import Storage
from tests.acceptance.model import Place, Ring
from tests.acceptance.platforms import first_address


@dataclass(frozen=True, slots=True)
class Stored:
    """An alert as it is stored."""

    ref: str
    subscription: int
    coin: str
    episode: int
    kind: str
    level: float | None
    state: str
    reason: str
    was_in_doubt: bool  # its message
    platform: str
    address: str

    @property
    def place(self) -> Place:
        """For whom it rang."""
        return self.platform, first_address(self.address)

    @property
    def story(self) -> tuple[int, str, int]:
        """What it tells of."""
        return self.subscription, self.coin, self.episode


def stored_alerts(storage: Storage) -> list[Stored]:
    """All alerts, in the order in which they rang."""
    with storage.read() as tx:
        rows = tx.connection.exec_driver_sql(
            "SELECT a.ref, a.subscription_id, a.key, a.episode, a.kind, json_extract(f.facts, '$.level'), d.state, "
            "d.reason, d.maybe_repeat, c.platform, c.address FROM alert a JOIN delivery d ON d.id = a.delivery_id "
            "JOIN chat c ON c.id = d.chat_id LEFT JOIN finding f ON f.id = a.finding_id ORDER BY a.id"
        ).all()
    return [Stored(*row) for row in rows]


def rings_of(alerts: Sequence[Stored]) -> list[Ring]:
    """What rang, each story with its number among those of its subscription and coin that rang."""
    return _numbered((one.subscription, one.coin, one.episode, one.kind) for one in alerts)


def model_rings(rung: Sequence[Ring]) -> list[Ring]:
    """The same, of the model."""
    return _numbered((one.subscription, one.coin, one.story, one.kind) for one in rung)


def _numbered(alerts: Iterable[tuple[int, str, int, str]]) -> list[Ring]:
    known: dict[tuple[int, str], list[int]] = defaultdict(list)
    found = []
    for subscription, coin, story, kind in alerts:
        stories = known[subscription, coin]
        if story not in stories:
            stories.append(story)
        found.append(Ring(subscription, coin, stories.index(story) + 1, kind))
    return sorted(found, key=lambda one: (one.subscription, one.coin))  # stable: in the order in which they rang
