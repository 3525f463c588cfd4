"""Every table on one page.

Times are unix seconds (`UnixTime` shows them as UTC datetimes), rates are decimals per the pair's own
interval, money is US dollars. The bulk tables (`settlement`, `funding_day`, `price`) hold integers and
floats only: text stands once, in `exchange`, `base_coin` and `pair`, for three years of 5,500 pairs are
some 30 million settlements. They are `WITHOUT ROWID`, so that a row lives in its primary key's tree and a
pair's history is one run of pages.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, ForeignKey, Index, MetaData, TypeDecorator, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UnixTime(TypeDecorator[datetime]):
    """A UTC instant, kept as whole unix seconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse naive datetimes: which instant they mean is anyone's guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored time needs a time zone: {value!r}")
        return int(value.timestamp())

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC datetime."""
        return None if value is None else datetime.fromtimestamp(value, UTC)


class Table(DeclarativeBase):
    """The base of all tables; constraint names are spelled out so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UnixTime, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012


WITHOUT_ROWID = {"sqlite_with_rowid": False}  # PostgreSQL ignores it


# --- markets -------------------------------------------------------------------------------------------


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


class SettlementRow(Table):
    """One funding payment."""

    __tablename__ = "settlement"
    __table_args__ = (WITHOUT_ROWID,)
    pair_id: Mapped[int] = mapped_column(ForeignKey("pair.id"), primary_key=True, autoincrement=False)
    settled_at: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # unix s
    rate: Mapped[float]  # decimal per interval
    interval_hours: Mapped[float]


class FundingDayRow(Table):
    """The settlements of a pair summed per UTC day; always equal to what `settlement` gives."""

    __tablename__ = "funding_day"
    __table_args__ = (WITHOUT_ROWID,)
    pair_id: Mapped[int] = mapped_column(ForeignKey("pair.id"), primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # days since 1970-01-01
    rate_sum: Mapped[float]  # sum of the decimal rates
    hours: Mapped[float]  # sum of the intervals
    settlements: Mapped[int]


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


class SourceRow(Table):
    """How a source answered when it was last asked."""

    __tablename__ = "source"
    name: Mapped[str] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]  # the last time it answered well
    detail: Mapped[str]  # why not, or nothing


# --- filings -------------------------------------------------------------------------------------------


class IssuerRow(Table):
    """A company whose insiders file."""

    __tablename__ = "issuer"
    cik: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    ticker: Mapped[str | None] = mapped_column(index=True)
    sector: Mapped[str | None]
    industry: Mapped[str | None]


class FilingRow(Table):
    """A Form 4 or 4/A."""

    __tablename__ = "filing"
    id: Mapped[int] = mapped_column(primary_key=True)
    accession: Mapped[str] = mapped_column(unique=True)
    form: Mapped[str]
    issuer_cik: Mapped[str] = mapped_column(ForeignKey("issuer.cik"), index=True)
    issuer_name: Mapped[str]
    ticker: Mapped[str | None]
    accepted_at: Mapped[datetime] = mapped_column(index=True)
    period: Mapped[date | None]
    original_filed: Mapped[date | None]
    plan_10b5_1: Mapped[bool]
    sic: Mapped[str | None]
    last_trade: Mapped[date | None] = mapped_column(index=True)  # latest transaction date in the filing


class FilerRow(Table):
    """A reporting owner of a filing."""

    __tablename__ = "filer"
    __table_args__ = (WITHOUT_ROWID,)
    filing_id: Mapped[int] = mapped_column(
        ForeignKey("filing.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cik: Mapped[str]
    name: Mapped[str]
    is_director: Mapped[bool]
    is_officer: Mapped[bool]
    is_ten_percent_owner: Mapped[bool]
    is_other: Mapped[bool]
    officer_title: Mapped[str | None]


class InsiderTransactionRow(Table):
    """A row of the non-derivative table of a filing."""

    __tablename__ = "insider_transaction"
    __table_args__ = (WITHOUT_ROWID,)
    filing_id: Mapped[int] = mapped_column(
        ForeignKey("filing.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    security_title: Mapped[str]
    date: Mapped[date]
    code: Mapped[str]
    acquired_disposed: Mapped[str]
    shares: Mapped[float]
    price: Mapped[float | None]  # USD per share
    shares_after: Mapped[float | None]
    direct: Mapped[bool]
    nature: Mapped[str | None]


# --- refreshes and scores ------------------------------------------------------------------------------


class RefreshRow(Table):
    """One slot of the schedule: who runs it, until when the claim holds, and how it ended.

    `epoch` grows with each claim; a writer that lost its lease finds another epoch and cannot finish.
    """

    __tablename__ = "refresh"
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    state: Mapped[str]  # running, done
    owner: Mapped[str]
    epoch: Mapped[int]
    lease_until: Mapped[datetime]
    started_at: Mapped[datetime]
    at: Mapped[datetime]  # the "now" that its scores are for
    finished_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]]  # counts and durations


class ScoreRow(Table):
    """A coin's score in a refresh, with all its parts, so that any alert can be recomputed by hand."""

    __tablename__ = "score"
    __table_args__ = (WITHOUT_ROWID,)
    slot: Mapped[int] = mapped_column(
        ForeignKey("refresh.slot", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    signal: Mapped[str] = mapped_column(primary_key=True)
    base_coin_id: Mapped[int] = mapped_column(ForeignKey("base_coin.id"), primary_key=True, autoincrement=False)
    standing: Mapped[str]  # scoring.detection.Standing
    score: Mapped[float | None]
    avg_funding_72h: Mapped[float | None]  # decimal per 8 hours
    funding_magnitude: Mapped[float | None]
    persistence: Mapped[float | None]
    pump_magnitude: Mapped[float | None]
    streak: Mapped[int | None]  # days
    exchanges: Mapped[int]
    price_change_7d: Mapped[float | None]  # percent
    formula_version: Mapped[int]


# --- chats, subscriptions, alerts ----------------------------------------------------------------------


class ChatRow(Table):
    """A place where alerts go."""

    __tablename__ = "chat"
    __table_args__ = (UniqueConstraint("platform", "address"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str]
    address: Mapped[str]  # the platform's own id of the chat
    status: Mapped[str]  # active, off
    off_reason: Mapped[str | None]
    created_at: Mapped[datetime]


class SubscriptionRow(Table):
    """One chat's wish, owned by the person who made it. Deleting keeps the row, for its alerts' sake."""

    __tablename__ = "subscription"
    id: Mapped[int] = mapped_column(primary_key=True)
    chat_id: Mapped[int] = mapped_column(ForeignKey("chat.id"), index=True)
    owner: Mapped[str]
    signal: Mapped[str]
    wish: Mapped[dict[str, Any]]  # threshold, step, filters: bot.alerts.matching.Wish
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class EpisodeRow(Table):
    """The life of one coin or cluster above one subscription's threshold."""

    __tablename__ = "episode"
    __table_args__ = (UniqueConstraint("subscription_id", "key", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id", ondelete="CASCADE"))
    key: Mapped[str]  # base coin, or issuer CIK and side
    number: Mapped[int]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    state: Mapped[dict[str, Any]]  # bot.alerts.episodes.Episode


class DeliveryRow(Table):
    """One outgoing message: one chat, one or more alerts of one refresh. The outbox.

    queued → in_flight → sent | queued again (not_before) | expired | dead
    """

    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_due", "state", "priority", "not_before"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    dedup_key: Mapped[str] = mapped_column(unique=True)  # refresh slot and chat
    chat_id: Mapped[int] = mapped_column(ForeignKey("chat.id"), index=True)
    state: Mapped[str]
    reason: Mapped[str]  # why it is in this state
    priority: Mapped[int]  # lower goes first
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime]
    attempts: Mapped[int]
    epoch: Mapped[int]  # grows with each claim: a sender that lost its claim cannot write
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    in_flight_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    platform_message_id: Mapped[str | None]
    maybe_repeat: Mapped[bool]  # an earlier attempt may have arrived


class AlertRow(Table):
    """One change matched to one subscription; facts, not markup: the View is built at delivery."""

    __tablename__ = "alert"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)  # short, typed by people: /why ref
    dedup_key: Mapped[str] = mapped_column(unique=True)  # subscription, key, episode, kind, level
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id"), index=True)
    signal: Mapped[str]
    key: Mapped[str]
    episode: Mapped[int]  # number of the episode
    kind: Mapped[str]  # scoring.model.ChangeKind
    created_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
