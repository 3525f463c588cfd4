"""Values of exchanges that are not believed yet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from scoring.model import Held
from storage import bulk
from storage.tables import QuarantineRow


class Quarantine:
    """What is held back, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, held: Sequence[Held], now: datetime) -> None:
        """Replace all that is held by what the refresh at `now` holds back."""
        self._connection.execute(delete(QuarantineRow))
        if held:
            self._connection.execute(bulk.insert(self._connection, QuarantineRow), [_row(one, now) for one in held])

    def entries(self) -> tuple[Held, ...]:
        """All that is held, by exchange and symbol."""
        rows = self._connection.execute(
            select(
                QuarantineRow.exchange,
                QuarantineRow.symbol,
                QuarantineRow.base_coin,
                QuarantineRow.reason,
                QuarantineRow.value,
                QuarantineRow.since,
                QuarantineRow.cycles,
            ).order_by(QuarantineRow.exchange, QuarantineRow.symbol, QuarantineRow.id)
        )
        return tuple(
            Held(exchange, symbol, base_coin, reason, math.nan if value is None else value, since, cycles)
            for exchange, symbol, base_coin, reason, value, since, cycles in rows
        )


def _row(one: Held, now: datetime) -> dict[str, object]:
    return {
        "exchange": one.exchange,
        "symbol": one.symbol,
        "base_coin": one.base_coin,
        "reason": one.reason,
        "value": None if math.isnan(one.value) else one.value,
        "since": one.since,
        "cycles": one.cycles,
        "seen_at": now,
    }
