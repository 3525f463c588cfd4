"""The scores of each refresh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select

from scoring.detection import CoinState, Standing
from scoring.model import CoinScore, Signal
from storage import bulk
from storage.pairs import base_coin_ids
from storage.tables import BaseCoinRow, RefreshRow, ScoreRow


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

    def prune(self, before_slot: int) -> None:
        """Forget the refreshes before a slot, with their scores."""
        self._connection.execute(delete(RefreshRow).where(RefreshRow.slot < before_slot))


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
