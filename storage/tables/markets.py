"""Exchanges, pairs, funding and prices."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import WITHOUT_ROWID, Table


class ExchangeRow(Table):
    """A perpetual-futures exchange."""

    __tablename__ = "exchange"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class BaseCoinRow(Table):
    """An asset ticker, multiplier prefixes removed."""

    __tablename__ = "base_coin"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticker: Mapped[str] = mapped_column(unique=True)
    coin_id: Mapped[str | None]  # the coin it was matched with; "" none that fits, None: not matched yet


class CoinRow(Table):
    """A coin as a price source knows it; several may share a symbol."""

    __tablename__ = "coin"
    coin_id: Mapped[str] = mapped_column(primary_key=True)
    symbol: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    market_cap_rank: Mapped[int | None]


class PairRow(Table):
    """One perpetual contract on one exchange."""

    __tablename__ = "pair"
    __table_args__ = (UniqueConstraint("exchange_id", "symbol"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"))
    symbol: Mapped[str]
    base_coin_id: Mapped[int] = mapped_column(ForeignKey("base_coin.id"), index=True)
    margin: Mapped[int]  # scoring.model.Margin
    turnover_usd: Mapped[float | None]  # 24 h
    asset: Mapped[str] = mapped_column(server_default="coin")  # scoring.model.AssetClass


class SettlementRow(Table):
    """One funding payment."""

    __tablename__ = "settlement"
    __table_args__ = (
        Index(
            "ix_settlement_provisional",
            "pair_id",
            "settled_at",
            sqlite_where=text("provisional = 1"),
            postgresql_where=text("provisional"),
        ),
        WITHOUT_ROWID,
    )
    pair_id: Mapped[int] = mapped_column(ForeignKey("pair.id"), primary_key=True, autoincrement=False)
    settled_at: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # unix s
    rate: Mapped[float]  # decimal per interval
    interval_hours: Mapped[float]
    provisional: Mapped[bool] = mapped_column(server_default=false())  # the last estimate, until the exchange's own


class FundingDayRow(Table):
    """The settlements of a pair summed per UTC day; always equal to what `settlement` gives."""

    __tablename__ = "funding_day"
    __table_args__ = (WITHOUT_ROWID,)
    pair_id: Mapped[int] = mapped_column(ForeignKey("pair.id"), primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # days since 1970-01-01
    rate_sum: Mapped[float]  # sum of the decimal rates
    hours: Mapped[float]  # sum of the intervals
    settlements: Mapped[int]


class FundingWindowRow(Table):
    """What a pair paid in the trailing windows that end at `at`; no row where a write made it void.

    Sums are whole numbers of 1e-15, so that what is added and taken away again leaves nothing behind.
    """

    __tablename__ = "funding_window"
    pair_id: Mapped[int] = mapped_column(ForeignKey("pair.id"), primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger)  # unix s
    first_at: Mapped[int] = mapped_column(BigInteger)  # unix s of the oldest settlement
    longest_hours: Mapped[float]  # the longest interval up to `at`
    sum_1: Mapped[int] = mapped_column(BigInteger)  # 1e-15, settlements in (at − 1 day, at]
    sum_7: Mapped[int] = mapped_column(BigInteger)
    sum_30: Mapped[int] = mapped_column(BigInteger)
    sum_90: Mapped[int] = mapped_column(BigInteger)
    sum_365: Mapped[int] = mapped_column(BigInteger)
    count_1: Mapped[int]
    count_7: Mapped[int]
    count_30: Mapped[int]
    count_90: Mapped[int]
    count_365: Mapped[int]


class RateRow(Table):
    """The current funding rate of a pair."""

    __tablename__ = "rate"
    pair_id: Mapped[int] = mapped_column(ForeignKey("pair.id"), primary_key=True, autoincrement=False)
    rate: Mapped[float]  # decimal per interval
    interval_hours: Mapped[float]
    next_funding_time: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    mark_price: Mapped[float | None]  # USD per coin


class PriceRow(Table):
    """A price of a base coin at an instant."""

    __tablename__ = "price"
    __table_args__ = (WITHOUT_ROWID,)
    base_coin_id: Mapped[int] = mapped_column(ForeignKey("base_coin.id"), primary_key=True, autoincrement=False)
    time: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # unix s
    price: Mapped[float]  # USD per coin
    source: Mapped[int] = mapped_column(server_default="0")  # storage.prices.PriceSource


class PriceChangeRow(Table):
    """What a price service last said of a base coin."""

    __tablename__ = "price_change"
    base_coin_id: Mapped[int] = mapped_column(ForeignKey("base_coin.id"), primary_key=True, autoincrement=False)
    price: Mapped[float | None]  # USD per coin
    pct_24h: Mapped[float | None]  # percent
    pct_7d: Mapped[float | None]
    source: Mapped[str]
    at: Mapped[datetime]


class QuarantineRow(Table):
    """A value of an exchange that is not believed."""

    __tablename__ = "quarantine"
    id: Mapped[int] = mapped_column(primary_key=True)
    exchange: Mapped[str]
    symbol: Mapped[str]
    base_coin: Mapped[str]
    reason: Mapped[str]
    value: Mapped[float | None]  # decimal per interval; nothing where there was no number
    since: Mapped[datetime]
    cycles: Mapped[int]
    seen_at: Mapped[datetime]  # the refresh that saw it last


class BackfillRow(Table):
    """How far the history of a pair has been read from its exchange."""

    __tablename__ = "backfill"
    pair_id: Mapped[int] = mapped_column(ForeignKey("pair.id"), primary_key=True, autoincrement=False)
    covered_since: Mapped[datetime]
    covered_until: Mapped[datetime]
    page: Mapped[int]  # the next one to ask for, of an exchange that numbers its pages
    exhausted: Mapped[bool]
    error: Mapped[str]
    asked_at: Mapped[datetime | None]
