"""Settlements as they are written: the exchange's own, provisional ones until those come, and their day sums."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime

import polars as pl
from sqlalchemy import ColumnElement, Connection, Integer, bindparam, cast, delete, func, select

from storage import bulk
from storage.added import Added
from storage.following import following
from storage.pairs import pair_ids
from storage.tables import ExchangeRow, FundingDayRow, PairRow, SettlementRow

DAY = 86_400  # seconds
COLUMNS = ("pair_id", "settled_at", "rate", "interval_hours")

Run = tuple[str, str, datetime, datetime]  # exchange, symbol, [since, until]


class Settlements:
    """Settlements by pair and second, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, frame: pl.DataFrame, *, provisional: bool = False) -> Added:
        """Store settlements; a provisional one makes room for the exchange's own, all others stay as they are.

        `frame`: exchange, symbol, base_coin, margin, rate (decimal per interval), interval_hours, settled_at
        (unix seconds), and asset (scoring.model.AssetClass) where it is known. Replaced ones count as new.
        The day sums and the accumulated windows follow in the same transaction.
        """
        if frame.is_empty():
            return Added(0, 0)
        rows = _numbered(frame, pair_ids(self._connection, frame))
        with following(self._connection, rows):
            new = self._write(rows, provisional=provisional)
        if new:
            self._sum_days(rows)
        return Added(len(frame), new)

    def confirm(self, exchange: str, symbol: str, frame: pl.DataFrame, since: datetime, until: datetime) -> Added:
        """Store all settlements that an exchange has of one pair in [since, until].

        Provisional ones that it does not have in that time never happened, and go.
        """
        return self.confirm_all(frame, [(exchange, symbol, since, until)])

    def confirm_all(self, frame: pl.DataFrame, runs: Iterable[Run]) -> Added:
        """The same of many pairs at once: in each of `runs`, `frame` has all that the exchange has of the pair."""
        ids = pair_ids(self._connection, frame)
        rows = _numbered(frame, ids)
        refuted = self._refuted(runs, rows, ids)
        touched = pl.concat([rows.select("pair_id", "settled_at"), refuted])
        if touched.is_empty():
            return Added(0, 0)
        with following(self._connection, touched):
            new = self._write(rows, provisional=False)
            self._remove(refuted)
        if new or len(refuted):
            self._sum_days(touched)
        return Added(len(frame), new)

    def provisional(self) -> dict[str, int]:
        """Exchange → how many provisional settlements wait for its own."""
        rows = self._connection.execute(
            select(ExchangeRow.name, func.count())
            .select_from(SettlementRow)
            .join(PairRow, PairRow.id == SettlementRow.pair_id)
            .join(ExchangeRow, ExchangeRow.id == PairRow.exchange_id)
            .where(SettlementRow.provisional)
            .group_by(ExchangeRow.name)
        )
        return {name: count for name, count in rows}  # noqa: C416

    def provisional_pairs(self, before: datetime) -> tuple[tuple[str, str, datetime], ...]:
        """(exchange, symbol, oldest) of the pairs with a provisional settlement before a time, oldest first."""
        oldest = func.min(SettlementRow.settled_at)
        rows = self._connection.execute(
            select(ExchangeRow.name, PairRow.symbol, oldest)
            .select_from(SettlementRow)
            .join(PairRow, PairRow.id == SettlementRow.pair_id)
            .join(ExchangeRow, ExchangeRow.id == PairRow.exchange_id)
            .where(SettlementRow.provisional, SettlementRow.settled_at < int(before.timestamp()))
            .group_by(ExchangeRow.name, PairRow.symbol)
            .order_by(oldest, ExchangeRow.name, PairRow.symbol)
        )
        return tuple((exchange, symbol, datetime.fromtimestamp(second, UTC)) for exchange, symbol, second in rows)

    def _write(self, rows: pl.DataFrame, *, provisional: bool) -> int:
        if provisional:
            marked = rows.with_columns(provisional=True)
            return bulk.insert_new(self._connection, SettlementRow, marked.columns, marked.rows())
        return bulk.insert_over(
            self._connection,
            SettlementRow,
            COLUMNS,
            rows.rows(),
            replaces=SettlementRow.provisional.expression,
        )

    def _refuted(self, runs: Iterable[Run], rows: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
        """(pair_id, settled_at) of the provisional settlements in the runs that `rows` does not have."""
        pairs = {(exchange, symbol): pair for exchange, symbol, pair in ids.rows()}
        provisional = select(SettlementRow.pair_id, SettlementRow.settled_at).where(
            SettlementRow.pair_id == bindparam("b_pair"),
            SettlementRow.settled_at.between(bindparam("b_since"), bindparam("b_until")),
            SettlementRow.provisional,
        )
        held = [
            tuple(row)
            for exchange, symbol, since, until in runs
            for row in self._connection.execute(
                provisional,
                {
                    "b_pair": pairs.get((exchange, symbol)),
                    "b_since": math.ceil(since.timestamp()),
                    "b_until": int(until.timestamp()),
                },
            )
        ]
        found = pl.DataFrame(held, schema={"pair_id": pl.Int64, "settled_at": pl.Int64}, orient="row")
        return found.join(rows, on=("pair_id", "settled_at"), how="anti")

    def _remove(self, refuted: pl.DataFrame) -> None:
        """Delete settlements, and the sums of their days, which are made anew from what is left."""
        if refuted.is_empty():
            return
        self._connection.execute(
            delete(SettlementRow).where(
                SettlementRow.pair_id == bindparam("b_pair"), SettlementRow.settled_at == bindparam("b_second")
            ),
            [{"b_pair": pair, "b_second": second} for pair, second in refuted.rows()],
        )
        self._connection.execute(
            delete(FundingDayRow).where(
                FundingDayRow.pair_id == bindparam("b_pair"), FundingDayRow.day == bindparam("b_day")
            ),
            [{"b_pair": pair, "b_day": (second - 1) // DAY} for pair, second in refuted.rows()],
        )

    def _sum_days(self, rows: pl.DataFrame) -> None:
        """Bring `funding_day` in line with `settlement` for the pairs and days that `rows` touch."""
        touched = rows.group_by("pair_id").agg(
            ((pl.col("settled_at").min() - 1) // DAY).alias("first"),
            ((pl.col("settled_at").max() - 1) // DAY).alias("last"),
        )
        sums = (
            select(
                SettlementRow.pair_id,
                _day().label("day"),
                func.sum(SettlementRow.rate),
                func.sum(SettlementRow.interval_hours),
                func.count(),
            )
            .where(
                SettlementRow.pair_id == bindparam("b_pair"),
                SettlementRow.settled_at > bindparam("b_after"),
                SettlementRow.settled_at <= bindparam("b_until"),
            )
            .group_by(SettlementRow.pair_id, "day")
        )
        names = ("rate_sum", "hours", "settlements")
        statement = bulk.insert(self._connection, FundingDayRow).from_select(["pair_id", "day", *names], sums)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["pair_id", "day"], set_={name: statement.excluded[name] for name in names}
            ),
            [
                {"b_pair": pair, "b_after": first * DAY, "b_until": (last + 1) * DAY}
                for pair, first, last in touched.rows()
            ],
        )


def _numbered(frame: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """The rows with their pair's id, in the order of the table; of two for one settlement the first comes first."""
    rows = frame.join(ids, on=("exchange", "symbol"), maintain_order="left").select(COLUMNS)
    return rows.sort("pair_id", "settled_at", maintain_order=True)


def _day() -> ColumnElement[int]:
    """The UTC day that a settlement pays for: (00:00, 24:00], so midnight belongs to the day before."""
    return cast(SettlementRow.settled_at - 1, Integer).op("/")(DAY)
