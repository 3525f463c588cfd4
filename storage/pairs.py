"""Exchanges, base coins, pairs and coins: the names that the bulk tables refer to by number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, ScalarSelect, Select, bindparam, func, or_, select, update

from scoring.model import AssetClass, Coin, FundingRate, Margin, Pair
from storage import bulk
from storage.added import Added
from storage.tables import BaseCoinRow, CoinRow, ExchangeRow, PairRow, RateRow, SettlementRow

Key = tuple[str, str]  # exchange, symbol


@dataclass(frozen=True, slots=True)
class KnownPair:
    """A stored pair with its current rate as last read, fresh or not."""

    pair: Pair
    rate: FundingRate | None


def select_pairs(base_coins: Iterable[str] | None = None) -> Select[*tuple[Any, ...]]:
    """(id, exchange, symbol, base_coin, margin, turnover_usd, asset), ordered by exchange and symbol."""
    statement = (
        select(
            PairRow.id,
            ExchangeRow.name.label("exchange"),
            PairRow.symbol,
            BaseCoinRow.ticker.label("base_coin"),
            PairRow.margin,
            PairRow.turnover_usd,
            PairRow.asset,
        )
        .join(ExchangeRow, ExchangeRow.id == PairRow.exchange_id)
        .join(BaseCoinRow, BaseCoinRow.id == PairRow.base_coin_id)
        .order_by(ExchangeRow.name, PairRow.symbol)
    )
    if base_coins is not None:
        statement = statement.where(BaseCoinRow.ticker.in_(list(base_coins)))
    return statement


def pair_of(row: Any) -> Pair:
    """The pair in the first seven columns of a row, as `select_pairs` gives them."""
    _, exchange, symbol, base_coin, margin, turnover, asset = row[:7]
    return Pair(exchange, symbol, base_coin, Margin(margin), turnover, AssetClass(asset))


def newest_settlement(until: int | None = None) -> ScalarSelect[Any]:
    """The newest settlement of the pair at hand, up to `until` (unix seconds): one seek in the primary key."""
    other = SettlementRow.__table__.alias("newest")
    statement = select(func.max(other.c.settled_at)).where(other.c.pair_id == PairRow.id)
    if until is not None:
        statement = statement.where(other.c.settled_at <= until)
    return statement.scalar_subquery()


def base_coin_ids(connection: Connection, tickers: Sequence[str]) -> dict[str, int]:
    """Ticker → id for all base coins; the given ones are stored if they are new."""
    return _ids(connection, BaseCoinRow, "ticker", tickers)


def ids_of(connection: Connection, wanted: Iterable[Key]) -> dict[Key, int]:
    """(exchange, symbol) → id of stored pairs. Raises LookupError when a wanted one is not stored."""
    known = _known(connection)
    missing = sorted(set(wanted) - known.keys())
    if missing:
        raise LookupError(f"pairs that were never put: {', '.join(' '.join(key) for key in missing[:5])}")
    return known


def pair_ids(connection: Connection, wanted: pl.DataFrame) -> pl.DataFrame:
    """(exchange, symbol, pair_id) of all pairs; the wanted ones are stored if they are new.

    `wanted`: exchange, symbol, base_coin, margin, and asset where not all are coins. A known pair keeps its
    base coin, margin and asset.
    """
    if "asset" not in wanted.columns:
        wanted = wanted.with_columns(asset=pl.lit(AssetClass.COIN.value))
    distinct = wanted.unique(["exchange", "symbol"]).sort("exchange", "symbol")
    known = _known(connection)
    new = [row for row in distinct.iter_rows(named=True) if (row["exchange"], row["symbol"]) not in known]
    if new:
        exchanges = _ids(connection, ExchangeRow, "name", [row["exchange"] for row in new])
        coins = base_coin_ids(connection, [row["base_coin"] for row in new])
        connection.execute(
            bulk.insert(connection, PairRow),
            [
                {
                    "exchange_id": exchanges[row["exchange"]],
                    "symbol": row["symbol"],
                    "base_coin_id": coins[row["base_coin"]],
                    "margin": row["margin"],
                    "asset": row["asset"] or AssetClass.COIN.value,
                }
                for row in new
            ],
        )
        known = _known(connection)
    return pl.DataFrame(
        [(exchange, symbol, i) for (exchange, symbol), i in known.items()],
        schema={"exchange": pl.String, "symbol": pl.String, "pair_id": pl.Int64},
        orient="row",
    )


def _known(connection: Connection) -> dict[Key, int]:
    return {(row[1], row[2]): row[0] for row in connection.execute(select_pairs().order_by(None))}


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

    def put(self, pairs: Sequence[Pair]) -> None:
        """Store pairs; a known one takes the new base coin, margin and asset, and the turnover if there is one."""
        if not pairs:
            return
        exchanges = _ids(self._connection, ExchangeRow, "name", [one.exchange for one in pairs])
        coins = base_coin_ids(self._connection, [one.base_coin for one in pairs])
        statement = bulk.insert(self._connection, PairRow)
        new = statement.excluded
        renewed = {name: new[name] for name in ("base_coin_id", "margin", "asset")}
        turnover = func.coalesce(new.turnover_usd, PairRow.turnover_usd)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["exchange_id", "symbol"], set_=renewed | {"turnover_usd": turnover}
            ),
            [
                {
                    "exchange_id": exchanges[one.exchange],
                    "symbol": one.symbol,
                    "base_coin_id": coins[one.base_coin],
                    "margin": int(one.margin),
                    "turnover_usd": one.turnover_usd,
                    "asset": one.asset.value,
                }
                for one in pairs
            ],
        )

    def known(self) -> dict[Key, KnownPair]:
        """(exchange, symbol) → pair and current rate, of all stored pairs."""
        rate = (RateRow.rate, RateRow.interval_hours, RateRow.next_funding_time, RateRow.updated_at, RateRow.mark_price)
        rows = self._connection.execute(
            select_pairs().add_columns(*rate).outerjoin(RateRow, RateRow.pair_id == PairRow.id)
        )
        return {(row[1], row[2]): KnownPair(pair_of(row), _rate(row)) for row in rows}

    def of(self, base_coin: str) -> tuple[Pair, ...]:
        """The pairs of a coin, ordered by exchange and symbol."""
        return tuple(pair_of(row) for row in self._connection.execute(select_pairs([base_coin])))

    def listed(self, active_since: datetime | None = None) -> dict[str, frozenset[str]]:
        """Base coin → exchanges that list it as a coin.

        With `active_since` only contracts count whose rate was read, or whose newest settlement lies, at that
        time or later: a closed exchange and a delisted contract are silent for good.
        """
        statement = (
            select(BaseCoinRow.ticker, ExchangeRow.name)
            .select_from(PairRow)
            .join(BaseCoinRow, BaseCoinRow.id == PairRow.base_coin_id)
            .join(ExchangeRow, ExchangeRow.id == PairRow.exchange_id)
            .where(PairRow.asset == AssetClass.COIN.value)
            .distinct()
        )
        if active_since is not None:
            statement = statement.outerjoin(RateRow, RateRow.pair_id == PairRow.id).where(
                or_(RateRow.updated_at >= active_since, newest_settlement() >= int(active_since.timestamp()))
            )
        listed: dict[str, set[str]] = {}
        for ticker, exchange in self._connection.execute(statement):
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
        renewed = {name: statement.excluded[name] for name in ("symbol", "name")}
        # A source that knows no ranks must not make those of another forgotten.
        rank = func.coalesce(statement.excluded.market_cap_rank, CoinRow.market_cap_rank)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["coin_id"], set_=renewed | {"market_cap_rank": rank}),
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

    def put_slugs(self, slugs: Mapping[str, str | None]) -> None:
        """Note which coin each base coin was matched with; None: none fits, which leaves an earlier match alone.

        A price that runs away for a refresh is no reason to take back a name.
        """
        matched = [{"of_coin": ticker, "slug": slug} for ticker, slug in slugs.items() if slug is not None]
        unmatched = [{"of_coin": ticker} for ticker, slug in slugs.items() if slug is None]
        of_coin = BaseCoinRow.ticker == bindparam("of_coin")
        if matched:
            self._connection.execute(update(BaseCoinRow).where(of_coin).values(coin_id=bindparam("slug")), matched)
        if unmatched:
            fresh = BaseCoinRow.coin_id.is_(None)
            self._connection.execute(update(BaseCoinRow).where(of_coin, fresh).values(coin_id=""), unmatched)

    def coins(self) -> dict[str, Coin]:
        """Base coin → the coin that it means, with the base coin as its symbol.

        What it was matched with counts. Where nothing was matched yet the best market-cap rank of its symbol
        wins; among coins without a rank only an unambiguous one counts, for a wrong name is worse than none.
        """
        named = self._connection.execute(
            select(CoinRow.coin_id, BaseCoinRow.ticker, CoinRow.name, CoinRow.market_cap_rank).join(
                BaseCoinRow, BaseCoinRow.coin_id == CoinRow.coin_id
            )
        )
        return self._likely() | {row.ticker: Coin(*row) for row in named}

    def _likely(self) -> dict[str, Coin]:
        rows = self._connection.execute(
            select(CoinRow.coin_id, CoinRow.symbol, CoinRow.name, CoinRow.market_cap_rank)
            .join(BaseCoinRow, BaseCoinRow.ticker == CoinRow.symbol)
            .where(BaseCoinRow.coin_id.is_(None), BaseCoinRow.id.in_(_coins()))
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


def _coins() -> Select[int]:
    """The ids of base coins that have a pair on a coin: a stock must not get the name of a coin of its ticker."""
    return select(PairRow.base_coin_id).where(PairRow.asset == AssetClass.COIN.value)


def _rate(row: Any) -> FundingRate | None:
    _, exchange, symbol, base_coin, _, turnover, _, rate, hours, upcoming, updated_at, mark = row
    if rate is None:
        return None
    return FundingRate(exchange, symbol, base_coin, rate, hours, upcoming, updated_at, mark, turnover)
