"""Exchanges, base coins, pairs and coins: the names that the bulk tables refer to by number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, func, select

from scoring.model import Coin, Margin, Pair
from storage import bulk
from storage.added import Added
from storage.tables import BaseCoinRow, CoinRow, ExchangeRow, PairRow


def select_pairs(base_coins: Iterable[str] | None = None) -> Select[*tuple[Any, ...]]:
    """(id, exchange, symbol, base coin, margin, turnover_usd), ordered by exchange and symbol."""
    statement = (
        select(
            PairRow.id,
            ExchangeRow.name,
            PairRow.symbol,
            BaseCoinRow.ticker,
            PairRow.margin,
            PairRow.turnover_usd,
        )
        .join(ExchangeRow, ExchangeRow.id == PairRow.exchange_id)
        .join(BaseCoinRow, BaseCoinRow.id == PairRow.base_coin_id)
        .order_by(ExchangeRow.name, PairRow.symbol)
    )
    if base_coins is not None:
        statement = statement.where(BaseCoinRow.ticker.in_(list(base_coins)))
    return statement


def base_coin_ids(connection: Connection, tickers: Sequence[str]) -> dict[str, int]:
    """Ticker → id for all base coins; the given ones are stored if they are new."""
    return _ids(connection, BaseCoinRow, "ticker", tickers)


def pair_ids(connection: Connection, wanted: pl.DataFrame) -> pl.DataFrame:
    """(exchange, symbol, pair_id) of all pairs; the wanted ones are stored if they are new.

    `wanted`: exchange, symbol, base_coin, margin. A known pair keeps its base coin and margin.
    """
    distinct = wanted.unique(["exchange", "symbol"]).sort("exchange", "symbol")
    exchanges = _ids(connection, ExchangeRow, "name", distinct["exchange"].unique().to_list())
    coins = base_coin_ids(connection, distinct["base_coin"].unique().to_list())
    known = _known(connection)
    missing = [
        {
            "exchange_id": exchanges[exchange],
            "symbol": symbol,
            "base_coin_id": coins[base_coin],
            "margin": margin,
        }
        for exchange, symbol, base_coin, margin in distinct.select(
            "exchange", "symbol", "base_coin", "margin"
        ).iter_rows()
        if (exchange, symbol) not in known
    ]
    if missing:
        connection.execute(bulk.insert(connection, PairRow), missing)
        known = _known(connection)
    return pl.DataFrame(
        [(exchange, symbol, i) for (exchange, symbol), i in known.items()],
        schema={"exchange": pl.String, "symbol": pl.String, "pair_id": pl.Int64},
        orient="row",
    )


def _known(connection: Connection) -> dict[tuple[str, str], int]:
    return {(row[1], row[2]): row[0] for row in connection.execute(select_pairs())}


def _ids(
    connection: Connection, table: type[BaseCoinRow] | type[ExchangeRow], column: str, names: Sequence[str]
) -> dict[str, int]:
    stored = select(getattr(table, column), table.id)
    known = {name: i for name, i in connection.execute(stored)}  # noqa: C416
    missing = sorted(set(names) - known.keys())
    if missing:
        connection.execute(bulk.insert(connection, table), [{column: name} for name in missing])
        known = {name: i for name, i in connection.execute(stored)}  # noqa: C416
    return known


class Pairs:
    """What is listed where, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, base_coin: str) -> tuple[Pair, ...]:
        """The pairs of a coin, ordered by exchange and symbol."""
        rows = self._connection.execute(select_pairs([base_coin]))
        return tuple(Pair(e, s, b, Margin(m), t) for _, e, s, b, m, t in rows)

    def listed(self) -> dict[str, frozenset[str]]:
        """Base coin → exchanges that list it."""
        rows = self._connection.execute(
            select(BaseCoinRow.ticker, ExchangeRow.name)
            .select_from(PairRow)
            .join(BaseCoinRow, BaseCoinRow.id == PairRow.base_coin_id)
            .join(ExchangeRow, ExchangeRow.id == PairRow.exchange_id)
            .distinct()
        )
        listed: dict[str, set[str]] = {}
        for ticker, exchange in rows:
            listed.setdefault(ticker, set()).add(exchange)
        return {ticker: frozenset(exchanges) for ticker, exchanges in listed.items()}

    def base_coins(self) -> tuple[str, ...]:
        """All base coins that have a pair, alphabetically."""
        statement = (
            select(BaseCoinRow.ticker)
            .where(BaseCoinRow.id.in_(select(PairRow.base_coin_id)))
            .order_by(BaseCoinRow.ticker)
        )
        return tuple(self._connection.execute(statement).scalars())

    def put_coins(self, coins: Sequence[Coin]) -> Added:
        """Store coins; a known slug takes the newer symbol, name and rank."""
        if not coins:
            return Added(0, 0)
        count = select(func.count()).select_from(CoinRow)
        before = self._connection.execute(count).scalar_one()
        statement = bulk.insert(self._connection, CoinRow)
        renewed = {name: statement.excluded[name] for name in ("symbol", "name", "market_cap_rank")}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["coin_id"], set_=renewed),
            [
                {
                    "coin_id": coin.coin_id,
                    "symbol": coin.symbol,
                    "name": coin.name,
                    "market_cap_rank": coin.market_cap_rank,
                }
                for coin in coins
            ],
        )
        return Added(len(coins), self._connection.execute(count).scalar_one() - before)

    def coins(self) -> dict[str, Coin]:
        """Symbol → the coin that it most likely means.

        Several coins share most symbols. The best market-cap rank wins; among coins without a rank only an
        unambiguous one counts, for a wrong name is worse than none.
        """
        rows = self._connection.execute(
            select(CoinRow.coin_id, CoinRow.symbol, CoinRow.name, CoinRow.market_cap_rank)
            .join(BaseCoinRow, BaseCoinRow.ticker == CoinRow.symbol)
            .order_by(CoinRow.symbol, CoinRow.market_cap_rank.nulls_last(), CoinRow.coin_id)
        )
        candidates: dict[str, list[Coin]] = {}
        for row in rows:
            candidates.setdefault(row.symbol, []).append(Coin(*row))
        return {
            symbol: found[0]
            for symbol, found in candidates.items()
            if found[0].market_cap_rank is not None or len(found) == 1
        }
