"""What a hosted service gives, which stands in for our own: scores, accumulated funding, insider clusters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, select

from scoring.model import Cluster, CoinFunding, CoinScore, ExchangeAverage, PriceChanges, Signal
from storage import bulk
from storage.following import ACCUMULATED_DAYS
from storage.tables import HostedAccumulatedRow, HostedClusterRow, HostedScoreRow
from storage.windows import Accumulated

MAX_AGE = timedelta(hours=2)
# A list that broke off gives some pairs only: the others stand for so long.
ACCUMULATED_KEPT = timedelta(days=1)
# A look-back that nobody asks for any more is forgotten after so long.
CLUSTERS_KEPT = timedelta(days=1)
COIN_SIGNALS = (Signal.PUMP, Signal.SELLING)
GIVEN = TypeAdapter(tuple[tuple[int, Cluster], ...])


class Paid(Protocol):
    """What one pair paid in trailing windows (days → decimal, settlements), as a service says; None: it does not."""

    @property
    def base_coin(self) -> str: ...  # noqa: D102
    @property
    def exchange(self) -> str: ...  # noqa: D102
    @property
    def symbol(self) -> str: ...  # noqa: D102
    @property
    def sums(self) -> Mapping[int, float | None]: ...  # noqa: D102
    @property
    def counts(self) -> Mapping[int, int | None]: ...  # noqa: D102


class FoundClusters(Protocol):
    """The clusters of one look-back, as a service gives them."""

    @property
    def days(self) -> int: ...  # noqa: D102
    @property
    def clusters(self) -> Sequence[Cluster]: ...  # noqa: D102
    @property
    def is_whole(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Window:
    """A look-back that a hosted service was asked for, and when."""

    since: datetime  # the first time; what it gave then may have stood for long
    read_at: datetime  # the last time

    def is_fresh(self, now: datetime, max_age: timedelta = MAX_AGE) -> bool:
        """Whether it was read in (now − max_age, now]."""
        return now - max_age < self.read_at <= now


class Hosted:
    """What a hosted service scored, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, scores: Sequence[CoinScore], at: datetime, signals: Collection[Signal] = COIN_SIGNALS) -> None:
        """Replace all scores of these signals by those read at `at`; a coin that is not among them has no gate.

        Signals that are not named keep what they have: the service did not answer for them.
        """
        statement = bulk.insert(self._connection, HostedScoreRow)
        for signal in signals:
            values = {"at": at, "scores": [_parts(score) for score in scores if score.signal is signal]}
            self._connection.execute(
                statement.values(signal=signal.value, **values).on_conflict_do_update(
                    index_elements=["signal"], set_=values
                )
            )

    def scores(self, now: datetime, max_age: timedelta = MAX_AGE) -> dict[Signal, dict[str, CoinScore]]:
        """Signal → base coin → score, of the signals that were read in (now − max_age, now]."""
        rows = self._connection.execute(
            select(HostedScoreRow.signal, HostedScoreRow.scores)
            .where(HostedScoreRow.at > now - max_age, HostedScoreRow.at <= now)
            .order_by(HostedScoreRow.signal)
        )
        return {
            Signal(signal): {parts["base_coin"]: _score(Signal(signal), parts) for parts in stored}
            for signal, stored in rows
        }

    def read_at(self, now: datetime, max_age: timedelta = MAX_AGE) -> datetime | None:
        """When the oldest of the fresh scores were read; None: there are none."""
        return self._connection.execute(
            select(HostedScoreRow.at)
            .where(HostedScoreRow.at > now - max_age, HostedScoreRow.at <= now)
            .order_by(HostedScoreRow.at)
            .limit(1)
        ).scalar()

    def put_accumulated(self, rows: Iterable[Paid], at: datetime) -> None:
        """Note what pairs paid, as read at `at`; a pair that has not been among the rows for a day is forgotten."""
        values = {
            (one.exchange, one.symbol): {
                "exchange": one.exchange,
                "symbol": one.symbol,
                "base_coin": one.base_coin,
                "at": at,
                "sums": [one.sums.get(days) for days in ACCUMULATED_DAYS],
                "counts": [one.counts.get(days) for days in ACCUMULATED_DAYS],
            }
            for one in rows
        }
        if not values:
            return
        statement = bulk.insert(self._connection, HostedAccumulatedRow)
        renewed = {name: statement.excluded[name] for name in ("base_coin", "at", "sums", "counts")}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["exchange", "symbol"], set_=renewed),
            list(values.values()),
        )
        self._connection.execute(delete(HostedAccumulatedRow).where(HostedAccumulatedRow.at <= at - ACCUMULATED_KEPT))

    def accumulated(self, base_coin: str | None = None) -> tuple[Accumulated, ...]:
        """What pairs paid as the service said last, `at` when that was read, by base coin, exchange and symbol.

        It does not say how long its history is: `days_covered` is the longest window that it gives.
        """
        row = HostedAccumulatedRow
        statement = select(row.exchange, row.symbol, row.base_coin, row.sums, row.counts, row.at)
        if base_coin is not None:
            statement = statement.where(row.base_coin == base_coin)
        found = self._connection.execute(statement.order_by(row.base_coin, row.exchange, row.symbol))
        return tuple(_accumulated(*one) for one in found)

    def put_clusters(self, found: FoundClusters, at: datetime) -> None:
        """Replace the clusters of a look-back by those read at `at`.

        Where the list is not whole, a cluster that is not among them may be among what could not be read: it
        stands for two hours after it was given last. A look-back that was not read for a day is forgotten.
        """
        now = int(at.timestamp())
        given = {one.key: (now, one) for one in found.clusters}
        if not found.is_whole:
            earliest = now - MAX_AGE.total_seconds()
            kept = ((seen, one) for seen, one in self._given(found.days) if earliest < seen <= now)
            given = {one.key: (seen, one) for seen, one in kept} | given
        values = {"at": at, "clusters": GIVEN.dump_python(tuple(given.values()), mode="json")}
        statement = bulk.insert(self._connection, HostedClusterRow).values(days=found.days, since=at, **values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["days"], set_=values))
        self._connection.execute(delete(HostedClusterRow).where(HostedClusterRow.at <= at - CLUSTERS_KEPT))

    def cluster_windows(self) -> dict[int, Window]:
        """The look-backs that are stored, fresh or not, by their days; none: we find clusters ourselves."""
        row = HostedClusterRow
        found = self._connection.execute(select(row.days, row.since, row.at).order_by(row.days))
        return {days: Window(since, at) for days, since, at in found}

    def clusters(self, days: int) -> tuple[Cluster, ...]:
        """The clusters of a look-back as the service gave them last, largest value first."""
        found = (cluster for _, cluster in self._given(days))
        return tuple(sorted(found, key=lambda one: (-one.total_value, one.key)))

    def _given(self, days: int) -> tuple[tuple[int, Cluster], ...]:
        """When each was given last, in unix seconds, and the cluster."""
        stored = self._connection.execute(
            select(HostedClusterRow.clusters).where(HostedClusterRow.days == days)
        ).scalar()
        return () if stored is None else GIVEN.validate_python(stored)

    def clear(self) -> None:
        """Forget scores and accumulated funding."""
        self._connection.execute(delete(HostedScoreRow))
        self._connection.execute(delete(HostedAccumulatedRow))

    def clear_clusters(self) -> None:
        """Forget the clusters."""
        self._connection.execute(delete(HostedClusterRow))


def _accumulated(
    exchange: str, symbol: str, base_coin: str, sums: list[Any], counts: list[Any], at: datetime
) -> Accumulated:
    given = dict(zip(ACCUMULATED_DAYS, sums, strict=True))
    covered = max((days for days, total in given.items() if total is not None), default=0)
    counted = dict(zip(ACCUMULATED_DAYS, counts, strict=True))
    return Accumulated(exchange, symbol, base_coin, float(covered), given, counted, at)


def _parts(score: CoinScore) -> dict[str, Any]:
    """A score as JSON, which keeps every bit of a float."""
    parts = asdict(score)
    del parts["signal"]
    start = score.funding.signal_start
    parts["funding"]["signal_start"] = None if start is None else start.isoformat()
    return parts


def _score(signal: Signal, parts: Mapping[str, Any]) -> CoinScore:
    funding = dict(parts["funding"])
    funding["exchanges"] = tuple(ExchangeAverage(**one) for one in funding["exchanges"])
    start = funding["signal_start"]
    funding["signal_start"] = None if start is None else datetime.fromisoformat(start)
    return CoinScore(
        **{**parts, "signal": signal, "funding": CoinFunding(**funding), "prices": PriceChanges(**parts["prices"])}
    )
