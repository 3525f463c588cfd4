"""Refreshes, their sources and their scores."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import WITHOUT_ROWID, Table


class RefreshRow(Table):
    """One slot of the schedule: who runs it, until when the claim holds, and how it ended.

    `epoch` grows with each claim; a writer that lost its lease finds another epoch and cannot finish.
    """

    __tablename__ = "refresh"
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    state: Mapped[str]  # running, done
    owner: Mapped[str]
    epoch: Mapped[int]
    lease_until: Mapped[datetime]
    started_at: Mapped[datetime]
    at: Mapped[datetime]  # the "now" that its scores are for
    finished_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]]  # counts and durations


class SourceRow(Table):
    """How a source answered when it was last asked."""

    __tablename__ = "source"
    name: Mapped[str] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]  # the last time it answered well
    detail: Mapped[str]  # why not, or nothing
    outcome: Mapped[str] = mapped_column(server_default="")  # in a word: ok, partial, refused, failed
    since: Mapped[datetime | None]  # when the present outcome began


class ScoreRow(Table):
    """A coin's score in a refresh, with all its parts, so that any alert can be recomputed by hand."""

    __tablename__ = "score"
    __table_args__ = (WITHOUT_ROWID,)
    slot: Mapped[int] = mapped_column(
        ForeignKey("refresh.slot", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    signal: Mapped[str] = mapped_column(primary_key=True)
    base_coin_id: Mapped[int] = mapped_column(ForeignKey("base_coin.id"), primary_key=True, autoincrement=False)
    standing: Mapped[str]  # scoring.detection.Standing
    score: Mapped[float | None]
    avg_funding_72h: Mapped[float | None]  # decimal per 8 hours
    funding_magnitude: Mapped[float | None]
    persistence: Mapped[float | None]
    pump_magnitude: Mapped[float | None]
    streak: Mapped[int | None]  # days
    exchanges: Mapped[int]
    price_change_7d: Mapped[float | None]  # percent
    formula_version: Mapped[int]
    source: Mapped[str] = mapped_column(server_default="own")  # own, or the hosted service that scored


class HostedScoreRow(Table):
    """All scores of one signal as a hosted service gave them last."""

    __tablename__ = "hosted_score"
    signal: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    scores: Mapped[list[Any]]  # scoring.model.CoinScore, as storage/hosted.py writes it


class HostedAccumulatedRow(Table):
    """What one pair paid in trailing windows, as a hosted service gave it last."""

    __tablename__ = "hosted_accumulated"
    exchange: Mapped[str] = mapped_column(primary_key=True)
    symbol: Mapped[str] = mapped_column(primary_key=True)
    base_coin: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]  # when it was read
    sums: Mapped[list[Any]]  # decimals by window, in the order of storage.following.ACCUMULATED_DAYS; null: not given
    counts: Mapped[list[Any]]


class HostedClusterRow(Table):
    """All clusters of one look-back as a hosted service gave them last."""

    __tablename__ = "hosted_cluster"
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]  # when it was read first
    at: Mapped[datetime]  # when it was read last
    clusters: Mapped[list[Any]]  # [unix s when last given, scoring.model.Cluster], by storage/hosted.py
