"""Scores of a hosted service, which stand in for our own while they are fresh."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from scoring.model import CoinFunding, CoinScore, ExchangeAverage, PriceChanges, Signal
from storage import bulk
from storage.tables import HostedScoreRow

MAX_AGE = timedelta(hours=2)
COIN_SIGNALS = (Signal.PUMP, Signal.SELLING)


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

    def clear(self) -> None:
        """Forget them all."""
        self._connection.execute(delete(HostedScoreRow))


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
