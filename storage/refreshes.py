"""The slots of the schedule, and how each source answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, select, update
from sqlalchemy.orm import aliased

from storage import bulk
from storage.tables import RefreshRow, SourceRow

RUNNING, DONE = "running", "done"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a slot; void once somebody claims the slot with a higher epoch."""

    slot: int  # the minute at which it begins, since 1970
    epoch: int
    again: bool  # the slot has been done before
    order: int | None  # its place among all refreshes, by which they are told from one another; None: it came too late


@dataclass(frozen=True, slots=True)
class Refresh:
    """A finished refresh."""

    slot: int
    at: datetime  # the "now" that its scores are for
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gap:
    """Refreshes of the schedule that did not run, or were not finished."""

    count: int
    since: datetime  # of the finished refresh before them
    until: datetime  # of the one after them


@dataclass(frozen=True, slots=True)
class Source:
    """How a source answered when it was last asked."""

    name: str
    asked_at: datetime
    answered_at: datetime | None  # the last time it answered well
    detail: str
    outcome: str  # in a word, "ok", "partial", "refused" or "failed"
    since: datetime  # when this outcome began


class Refreshes:
    """Refreshes and sources, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(
        self,
        slot: int,
        owner: str,
        now: datetime,
        lease: timedelta,
        is_gone: Callable[[str], bool] = lambda _: False,
    ) -> Claim | None:
        """Take the slot, unless another owner is running it, its lease still holds, and it is not gone.

        The slot's number is its place in the order of refreshes, unless the clock was set back: what is claimed a
        whole lease or more before the time of the newest finished refresh comes after it all the same. A slot that is
        claimed again keeps its place, and one that the clock has just passed by has none.
        """
        row = self._connection.execute(
            select(
                RefreshRow.state, RefreshRow.owner, RefreshRow.epoch, RefreshRow.lease_until, RefreshRow.finished_at
            ).where(RefreshRow.slot == slot)
        ).one_or_none()
        is_done = row is not None and row.state == DONE
        # The lease of one that is done ends with it, unless it is being run again.
        is_leased = row is not None and row.lease_until > now and not (is_done and row.lease_until <= row.finished_at)
        if row is not None and is_leased and row.owner != owner and not is_gone(row.owner):
            return None
        epoch = 1 if row is None else row.epoch + 1
        claimed: dict[str, Any] = {"owner": owner, "epoch": epoch, "lease_until": now + lease, "started_at": now}
        if is_done:  # and stays so, should its second run come to no end
            self._connection.execute(update(RefreshRow).where(RefreshRow.slot == slot).values(claimed))
        else:
            values = claimed | {"state": RUNNING, "at": now, "facts": {}}
            self._connection.execute(
                bulk.insert(self._connection, RefreshRow)
                .values(slot=slot, **values)
                .on_conflict_do_update(index_elements=["slot"], set_=values)
            )
        return Claim(slot, epoch, again=is_done, order=self._place(slot, now, lease))

    def finish(self, claim: Claim, at: datetime, facts: Mapping[str, Any]) -> bool:
        """Mark the slot done; False when the claim was lost meanwhile, and nothing may be written."""
        result = self._connection.execute(
            update(RefreshRow)
            .where(RefreshRow.slot == claim.slot, RefreshRow.epoch == claim.epoch)
            .values(
                state=DONE,
                at=at,
                finished_at=at,
                lease_until=at,
                facts=dict(facts) | ({} if claim.order is None else {"order": claim.order}),
            )
        )
        return result.rowcount == 1

    def is_overtaken(self, claim: Claim) -> bool:
        """Whether a refresh that comes after it has been finished: what it finds is no news any more."""
        newest = self._newest()
        return claim.order is None or (newest is not None and newest[0] >= claim.order and newest[1] != claim.slot)

    def last(self, before_slot: int | None = None) -> Refresh | None:
        """The newest finished refresh, or the newest before a slot."""
        statement = select(RefreshRow.slot, RefreshRow.at, RefreshRow.facts).where(RefreshRow.state == DONE)
        if before_slot is not None:
            statement = statement.where(RefreshRow.slot < before_slot)
        row = self._connection.execute(statement.order_by(RefreshRow.slot.desc()).limit(1)).one_or_none()
        return None if row is None else Refresh(*row)

    def gaps(self, since: datetime) -> tuple[Gap, ...]:
        """Where refreshes were missed since a time, as `finish` was told of them ("missed"); the newest first."""
        missed = RefreshRow.facts["missed"].as_integer()
        earlier = aliased(RefreshRow)
        before = (
            select(earlier.at)
            .where(earlier.state == DONE, earlier.slot < RefreshRow.slot)
            .order_by(earlier.slot.desc())
            .limit(1)
            .scalar_subquery()
        )
        statement = (
            select(missed, func.coalesce(before, RefreshRow.at), RefreshRow.at)
            .where(RefreshRow.state == DONE, RefreshRow.at >= since, missed > 0)
            .order_by(RefreshRow.slot.desc())
        )
        return tuple(Gap(*row) for row in self._connection.execute(statement))

    def _place(self, slot: int, now: datetime, lease: timedelta) -> int | None:
        newest = self._newest()
        if newest is None:
            return slot
        order, last_slot, at = newest
        if slot >= last_slot:
            return max(slot, order if slot == last_slot else order + 1)
        return order + 1 if at - now >= lease else None

    def _newest(self) -> tuple[int, int, datetime] | None:
        """Place, slot and time of the finished refresh that comes after all others."""
        # Before there was such a place all slots grew.
        order = func.coalesce(RefreshRow.facts["order"].as_integer(), RefreshRow.slot)
        statement = select(order, RefreshRow.slot, RefreshRow.at).where(RefreshRow.state == DONE)
        row = self._connection.execute(statement.order_by(order.desc(), RefreshRow.slot.desc()).limit(1)).one_or_none()
        return None if row is None else (row[0], row[1], row[2])

    def put_source(
        self, name: str, asked_at: datetime, *, ok: bool, detail: str = "", outcome: str | None = None
    ) -> None:
        """Note how a source answered; `outcome` in a word, "ok" or "failed" when it is not given."""
        word = outcome or ("ok" if ok else "failed")
        values: dict[str, Any] = {"asked_at": asked_at, "detail": detail, "outcome": word}
        if ok:
            values["answered_at"] = asked_at
        statement = bulk.insert(self._connection, SourceRow).values(name=name, since=asked_at, **values)
        since = case((SourceRow.outcome == word, SourceRow.since), else_=statement.excluded.since)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_=values | {"since": since})
        )

    def sources(self) -> tuple[Source, ...]:
        """All sources that were ever asked, by name."""
        rows = self._connection.execute(
            select(
                SourceRow.name,
                SourceRow.asked_at,
                SourceRow.answered_at,
                SourceRow.detail,
                SourceRow.outcome,
                func.coalesce(SourceRow.since, SourceRow.asked_at),
            ).order_by(SourceRow.name)
        )
        return tuple(Source(*row) for row in rows)
