"""Current funding rates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, select, update

from scoring.model import FundingRate, Pair, Settlement
from storage import bulk
from storage.pairs import ids_of, newest_settlement, pair_of, select_pairs
from storage.tables import BaseCoinRow, ExchangeRow, PairRow, RateRow, SettlementRow

COLUMNS = ("rate", "interval_hours", "next_funding_time", "updated_at", "mark_price")


class Rates:
    """What pairs will pay next, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_rates(self, rates: Sequence[FundingRate]) -> None:
        """Replace the current rate of each pair, and its turnover where the rate has one.

        Raises LookupError when a pair is not stored: `Pairs.put` comes first.
        """
        if not rates:
            return
        ids = ids_of(self._connection, {(one.exchange, one.symbol) for one in rates})
        statement = bulk.insert(self._connection, RateRow)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["pair_id"], set_={name: statement.excluded[name] for name in COLUMNS}
            ),
            [{"pair_id": ids[r.exchange, r.symbol]} | {name: getattr(r, name) for name in COLUMNS} for r in rates],
        )
        turnovers = [
            {"of_pair": ids[r.exchange, r.symbol], "turnover": r.turnover_usd}
            for r in rates
            if r.turnover_usd is not None
        ]
        if turnovers:
            self._connection.execute(
                update(PairRow).where(PairRow.id == bindparam("of_pair")).values(turnover_usd=bindparam("turnover")),
                turnovers,
            )

    def rates(self, base_coin: str) -> tuple[FundingRate, ...]:
        """Current rates of a coin as last read, fresh or not, ordered by exchange and symbol."""
        rows = self._connection.execute(
            select(
                ExchangeRow.name,
                PairRow.symbol,
                BaseCoinRow.ticker,
                RateRow.rate,
                RateRow.interval_hours,
                RateRow.next_funding_time,
                RateRow.updated_at,
                RateRow.mark_price,
                PairRow.turnover_usd,
            )
            .select_from(RateRow)
            .join(PairRow, PairRow.id == RateRow.pair_id)
            .join(ExchangeRow, ExchangeRow.id == PairRow.exchange_id)
            .join(BaseCoinRow, BaseCoinRow.id == PairRow.base_coin_id)
            .where(BaseCoinRow.ticker == base_coin)
            .order_by(ExchangeRow.name, PairRow.symbol)
        )
        return tuple(FundingRate(*row) for row in rows)

    def last_settled(self, now: datetime) -> tuple[Settlement, ...]:
        """The newest settlement of each pair up to now, ordered by exchange and symbol: what stands in for a rate.

        The outer join makes the database go from pair to pair, with one seek in the settlements for each.
        """
        newest = SettlementRow.settled_at == newest_settlement(int(now.timestamp()))
        paid = (SettlementRow.rate, SettlementRow.interval_hours, SettlementRow.settled_at, SettlementRow.provisional)
        rows = self._connection.execute(
            select_pairs().add_columns(*paid).outerjoin(SettlementRow, (SettlementRow.pair_id == PairRow.id) & newest)
        )
        return tuple(_settlement(pair_of(row), *row[7:]) for row in rows if row.rate is not None)


def _settlement(pair: Pair, rate: float, hours: float, second: int, provisional: bool) -> Settlement:
    at = datetime.fromtimestamp(second, UTC)
    return Settlement(pair.exchange, pair.symbol, pair.base_coin, rate, hours, at, provisional)
