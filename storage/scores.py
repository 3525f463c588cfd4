"""The scores of each refresh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, case, delete, func, select

from scoring.detection import CoinState, Standing
from scoring.model import CoinScore, Signal
from storage import bulk
from storage.batches import batches
from storage.pairs import base_coin_ids
from storage.refreshes import DONE
from storage.tables import BaseCoinRow, RefreshRow, ScoreRow


@dataclass(frozen=True, slots=True)
class CoinPast:
    """What the refreshes knew of one coin, a value for each of them."""

    standing: NDArray[np.int64]  # an index into STANDINGS
    score: NDArray[np.float64]  # NaN unless scored
    exchanges: NDArray[np.int64]  # behind the average
    change_7d: NDArray[np.float64]  # percent; NaN: not known
    streak: NDArray[np.int64]  # days


@dataclass(frozen=True, slots=True)
class Past:
    """The scores of one signal in several refreshes, oldest first."""

    slots: NDArray[np.int64]
    at: NDArray[np.int64]  # unix s
    coins: Mapping[str, CoinPast]  # those whose score was high enough at least once


STANDINGS = (Standing.NO_GATE, Standing.UNKNOWN, Standing.SCORED)


class Scores:
    """Scores by refresh, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, slot: int, signal: Signal, states: Iterable[CoinState], scores: Mapping[str, CoinScore]) -> None:
        """Store the states of a refresh, replacing those of an earlier run of the same slot.

        A coin without its gate leaves no row: there are thousands, and none is the default.
        """
        self._connection.execute(delete(ScoreRow).where(ScoreRow.slot == slot, ScoreRow.signal == signal.value))
        kept = [state for state in states if state.standing is not Standing.NO_GATE]
        if not kept:
            return
        ids = base_coin_ids(self._connection, [state.base_coin for state in kept])
        self._connection.execute(
            bulk.insert(self._connection, ScoreRow),
            [{"slot": slot, "base_coin_id": ids[state.base_coin]} | _values(state, scores) for state in kept],
        )

    def states(self, slot: int, signal: Signal) -> dict[str, CoinState]:
        """Base coin → its state in a refresh; coins without a gate are missing."""
        rows = self._connection.execute(
            select(BaseCoinRow.ticker, ScoreRow.standing, ScoreRow.score, ScoreRow.exchanges)
            .join(BaseCoinRow, BaseCoinRow.id == ScoreRow.base_coin_id)
            .where(ScoreRow.slot == slot, ScoreRow.signal == signal.value)
        )
        return {
            ticker: CoinState(
                base_coin=ticker,
                signal=signal,
                standing=Standing(standing),
                score=score,
                exchanges=exchanges,
            )
            for ticker, standing, score, exchanges in rows
        }

    def peaks(self, signal: Signal, base_coin: str, since: NDArray[np.int64]) -> NDArray[np.float64]:
        """The highest score of a coin since each of these times (at least one), in unix s; NaN where none is stored."""
        statement = (
            select(RefreshRow.at, ScoreRow.score)
            .join(RefreshRow, RefreshRow.slot == ScoreRow.slot)
            .join(BaseCoinRow, BaseCoinRow.id == ScoreRow.base_coin_id)
            .where(
                RefreshRow.at >= datetime.fromtimestamp(int(since.min()), UTC),
                ScoreRow.signal == signal.value,
                ScoreRow.score.is_not(None),
                BaseCoinRow.ticker == base_coin,
            )
            .order_by(RefreshRow.at)
        )
        at, scores = bulk.columns_of(self._connection, statement, ("i8", "f8"))
        highest = np.append(np.maximum.accumulate(scores[::-1])[::-1], np.nan)
        return np.asarray(highest[np.searchsorted(at, since)])

    def past(self, signal: Signal, since: datetime, until: datetime, least: float) -> Past:
        """The scores of all finished refreshes since the last one before `since`.

        Of the coins that reached `least` in one of them; where a coin has no row, its gate was shut.
        """
        done = select(RefreshRow.slot).where(RefreshRow.state == DONE, RefreshRow.at <= until)
        first = done.where(RefreshRow.at <= since).order_by(RefreshRow.slot.desc()).limit(1).scalar_subquery()
        wanted = done.where(RefreshRow.slot >= func.coalesce(first, 0))
        slots, at = bulk.columns_of(
            self._connection, wanted.add_columns(RefreshRow.at).order_by(RefreshRow.slot), ("i8", "i8")
        )
        within = (ScoreRow.signal == signal.value, ScoreRow.slot.in_(wanted))
        high = select(ScoreRow.base_coin_id).where(*within, ScoreRow.score >= least).distinct()
        rows = bulk.columns_of(
            self._connection,
            select(
                ScoreRow.base_coin_id,
                ScoreRow.slot,
                case({one.value: i for i, one in enumerate(STANDINGS)}, value=ScoreRow.standing),
                ScoreRow.score,
                ScoreRow.exchanges,
                ScoreRow.price_change_7d,
                func.coalesce(ScoreRow.streak, 0),
            ).where(*within, ScoreRow.base_coin_id.in_(high)),
            ("i8", "i8", "i8", "f8", "i8", "f8", "i8"),
        )
        return Past(slots, at, self._by_coin(slots, rows))

    def _by_coin(self, slots: NDArray[np.int64], rows: Sequence[NDArray[Any]]) -> dict[str, CoinPast]:
        """A value for each refresh, of rows that are (coin, slot, standing, score, exchanges, change, streak)."""
        ids, row_of = np.unique(rows[0], return_inverse=True)
        place = (row_of, np.searchsorted(slots, rows[1]))
        columns = []
        for values in rows[2:]:
            empty = np.nan if values.dtype.kind == "f" else 0
            column = np.full((len(ids), len(slots)), empty, dtype=values.dtype)
            column[place] = values
            columns.append(column)
        tickers: dict[int, str] = {}
        for part in batches(ids.tolist()):
            named = select(BaseCoinRow.id, BaseCoinRow.ticker).where(BaseCoinRow.id.in_(part))
            tickers |= {number: ticker for number, ticker in self._connection.execute(named)}  # noqa: C416
        return {tickers[number]: CoinPast(*(one[i] for one in columns)) for i, number in enumerate(ids.tolist())}

    def prune(self, before: datetime) -> None:
        """Forget the refreshes of a time before, with their scores."""
        self._connection.execute(delete(RefreshRow).where(RefreshRow.at < before))


def _values(state: CoinState, scores: Mapping[str, CoinScore]) -> dict[str, Any]:
    score = scores.get(state.base_coin) if state.standing is Standing.SCORED else None
    parts: dict[str, Any] = {
        "signal": state.signal.value,
        "standing": state.standing.value,
        "score": state.score,
        "exchanges": state.exchanges,
        "avg_funding_72h": None,
        "funding_magnitude": None,
        "persistence": None,
        "pump_magnitude": None,
        "streak": None,
        "price_change_7d": None,
        "formula_version": 0,  # nothing was computed
        "source": "own",
    }
    if score is not None:
        parts |= {
            "avg_funding_72h": score.funding.avg_72h,
            "funding_magnitude": score.funding_magnitude,
            "persistence": score.persistence,
            "pump_magnitude": score.pump_magnitude,
            "streak": score.funding.streak,
            "price_change_7d": score.prices.pct_7d,
            "formula_version": score.formula_version,
            "source": score.source,
        }
    return parts
