"""Many messages into the outbox at once, with the alerts in them and the findings that these share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from storage import bulk
from storage.alerts import NewAlert, ref_of
from storage.tables import AlertRow, DeliveryRow, FindingRow
from storage.tally import ENQUEUED, Tally

HELD, QUEUED = "held", "queued"
ALERTS, NOTICE, SAMPLE = "alerts", "notice", "sample"  # kinds of messages


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One message to be queued, or held until `not_before`."""

    chat_id: int
    platform: str
    dedup_key: str
    alerts: tuple[NewAlert, ...]
    priority: int  # lower goes first
    not_before: datetime
    expires_at: datetime
    hold: str | None = None  # why it waits; None: it does not
    reason: str = "new"
    kind: str = ALERTS


def enqueue(
    connection: Connection,
    deliveries: Sequence[NewDelivery],
    now: datetime,
    *,
    findings: Sequence[Mapping[str, Any]],
    slot: int,
) -> int:
    """Queue or hold messages, as `Outbox.enqueue` says; returns how many alerts are new."""
    if not deliveries:
        return 0
    tally = Tally(connection)
    ids = tally.reserve("last_delivery_id", len(deliveries))
    found = _put_findings(connection, findings, slot)
    _put_deliveries(connection, deliveries, ids, now)
    count = _put_alerts(connection, deliveries, ids, found, now)
    empty = 0
    if count < sum(len(one.alerts) for one in deliveries):
        has_alerts = select(AlertRow.id).where(AlertRow.delivery_id == DeliveryRow.id).exists()
        within = (DeliveryRow.id >= ids[0], DeliveryRow.id <= ids[-1])
        empty = connection.execute(delete(DeliveryRow).where(*within, DeliveryRow.kind != NOTICE, ~has_alerts)).rowcount
    tally.add(ENQUEUED, len(deliveries) - empty)
    return count


def enqueue_empty(connection: Connection, delivery: NewDelivery, now: datetime) -> int:
    """Queue a message into which alerts of others are to be moved; returns its id."""
    tally = Tally(connection)
    ids = tally.reserve("last_delivery_id", 1)
    _put_deliveries(connection, [delivery], ids, now)
    tally.add(ENQUEUED, 1)
    return ids[0]


def _put_findings(connection: Connection, findings: Sequence[Mapping[str, Any]], slot: int) -> range:
    if not findings:
        return range(0)
    ids = Tally(connection).reserve("last_finding_id", len(findings))
    rows = [(id_, slot, _json(facts)) for id_, facts in zip(ids, findings, strict=True)]
    bulk.insert_new(connection, FindingRow, ("id", "slot", "facts"), rows)
    return ids


def _put_deliveries(
    connection: Connection, deliveries: Sequence[NewDelivery], ids: Iterable[int], now: datetime
) -> None:
    columns = (
        "id", "dedup_key", "chat_id", "platform", "kind", "state", "reason", "hold", "priority", "created_at",
        "not_before", "expires_at", "attempts", "epoch", "maybe_repeat", "untold",
    )  # fmt: skip
    at = int(now.timestamp())
    rows = [
        (
            id_, one.dedup_key, one.chat_id, one.platform, one.kind, HELD if one.hold else QUEUED, one.reason,
            one.hold, one.priority, at, int(one.not_before.timestamp()), int(one.expires_at.timestamp()),
            0, 0, False, False,
        )
        for id_, one in zip(ids, deliveries, strict=True)
    ]  # fmt: skip
    bulk.insert_rows(connection, DeliveryRow, columns, rows)


def _put_alerts(
    connection: Connection,
    deliveries: Sequence[NewDelivery],
    ids: Sequence[int],
    findings: Sequence[int],
    now: datetime,
) -> int:
    columns = (
        "id", "ref", "dedup_key", "delivery_id", "subscription_id", "finding_id", "signal", "key", "episode",
        "kind", "created_at", "facts",
    )  # fmt: skip
    numbers = iter(Tally(connection).reserve("last_alert_id", sum(len(one.alerts) for one in deliveries)))
    at = int(now.timestamp())
    written: dict[int, str] = {}  # whoever wishes the same shares one dict of facts
    rows = []
    for delivery_id, delivery in zip(ids, deliveries, strict=True):
        for one in delivery.alerts:
            number = next(numbers)
            finding = None if one.finding is None else findings[one.finding]
            own = written.get(id(one.facts)) or written.setdefault(id(one.facts), _json(one.facts))
            rows.append((
                number, ref_of(number), one.dedup_key, delivery_id, one.subscription_id, finding, one.signal,
                one.key, one.episode, one.kind, at, own,
            ))  # fmt: skip
    return bulk.insert_new(connection, AlertRow, columns, rows)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
