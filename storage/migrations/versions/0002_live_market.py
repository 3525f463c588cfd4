"""The live market: what exchanges and EDGAR say now, what is held back, how far their history is read.

Only adds tables and columns with a constant default, so that no row of a large database is rewritten.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

import storage.tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns to what is there, then the new tables."""
    op.add_column("base_coin", sa.Column("coin_id", sa.String(), nullable=True))
    op.add_column("pair", sa.Column("asset", sa.String(), server_default="coin", nullable=False))
    op.add_column("settlement", sa.Column("provisional", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_settlement_provisional",
        "settlement",
        ["pair_id", "settled_at"],
        sqlite_where=sa.text("provisional = 1"),
        postgresql_where=sa.text("provisional"),
    )
    op.add_column("price", sa.Column("source", sa.Integer(), server_default="0", nullable=False))
    op.add_column("score", sa.Column("source", sa.String(), server_default="own", nullable=False))
    _add_outcomes()
    _create_market_tables()
    _create_hosted_tables()
    _add_to_filings()
    _create_edgar_tables()


def _add_outcomes() -> None:
    op.add_column("source", sa.Column("outcome", sa.String(), server_default="", nullable=False))
    op.add_column("source", sa.Column("since", storage.tables.UnixTime(), nullable=True))
    op.execute(
        "UPDATE source SET since = asked_at, outcome = CASE WHEN answered_at = asked_at THEN 'ok' ELSE 'failed' END"
    )


def _create_market_tables() -> None:
    windows = (1, 7, 30, 90, 365)  # days
    op.create_table(
        "funding_window",
        sa.Column("pair_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("longest_hours", sa.Double(), nullable=False),
        *(sa.Column(f"sum_{days}", sa.BigInteger(), nullable=False) for days in windows),
        *(sa.Column(f"count_{days}", sa.Integer(), nullable=False) for days in windows),
        sa.ForeignKeyConstraint(["pair_id"], ["pair.id"], name=op.f("fk_funding_window_pair_id")),
        sa.PrimaryKeyConstraint("pair_id", name=op.f("pk_funding_window")),
    )
    op.create_table(
        "price_change",
        sa.Column("base_coin_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("price", sa.Double(), nullable=True),
        sa.Column("pct_24h", sa.Double(), nullable=True),
        sa.Column("pct_7d", sa.Double(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", storage.tables.UnixTime(), nullable=False),
        sa.ForeignKeyConstraint(["base_coin_id"], ["base_coin.id"], name=op.f("fk_price_change_base_coin_id")),
        sa.PrimaryKeyConstraint("base_coin_id", name=op.f("pk_price_change")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("base_coin", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("since", storage.tables.UnixTime(), nullable=False),
        sa.Column("cycles", sa.Integer(), nullable=False),
        sa.Column("seen_at", storage.tables.UnixTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "backfill",
        sa.Column("pair_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("covered_since", storage.tables.UnixTime(), nullable=False),
        sa.Column("covered_until", storage.tables.UnixTime(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("exhausted", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("asked_at", storage.tables.UnixTime(), nullable=True),
        sa.ForeignKeyConstraint(["pair_id"], ["pair.id"], name=op.f("fk_backfill_pair_id")),
        sa.PrimaryKeyConstraint("pair_id", name=op.f("pk_backfill")),
    )


def _create_hosted_tables() -> None:
    op.create_table(
        "hosted_score",
        sa.Column("signal", sa.String(), nullable=False),
        sa.Column("at", storage.tables.UnixTime(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("signal", name=op.f("pk_hosted_score")),
    )
    op.create_table(
        "hosted_accumulated",
        sa.Column("exchange", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("base_coin", sa.String(), nullable=False),
        sa.Column("at", storage.tables.UnixTime(), nullable=False),
        sa.Column("sums", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("exchange", "symbol", name=op.f("pk_hosted_accumulated")),
    )
    op.create_index(op.f("ix_hosted_accumulated_base_coin"), "hosted_accumulated", ["base_coin"])
    op.create_table(
        "hosted_cluster",
        sa.Column("days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", storage.tables.UnixTime(), nullable=False),
        sa.Column("at", storage.tables.UnixTime(), nullable=False),
        sa.Column("clusters", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("days", name=op.f("pk_hosted_cluster")),
    )


def _add_to_filings() -> None:
    op.add_column("filing", sa.Column("source", sa.String(), server_default="xml", nullable=False))
    # What came without EDGAR's header is known from midnight of a day on, and has no SIC.
    op.execute("UPDATE filing SET source = 'bare' WHERE sic IS NULL AND accepted_at % 86400 = 0")
    op.create_index(op.f("ix_filing_ticker"), "filing", ["ticker"])
    op.add_column("issuer", sa.Column("filed_at", storage.tables.UnixTime(), nullable=True))
    op.execute(
        "UPDATE issuer SET filed_at = (SELECT max(accepted_at) FROM filing WHERE filing.issuer_cik = issuer.cik)"
    )


def _create_edgar_tables() -> None:
    op.create_table(
        "listed_ticker",
        sa.Column("cik", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ticker", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("cik", "position", name=op.f("pk_listed_ticker")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_listed_ticker_ticker"), "listed_ticker", ["ticker"])
    op.create_table(
        "aside",
        sa.Column("accession", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("at", storage.tables.UnixTime(), nullable=False),
        sa.PrimaryKeyConstraint("accession", name=op.f("pk_aside")),
    )
    op.create_index(op.f("ix_aside_at"), "aside", ["at"])
    op.create_table(
        "edgar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("filings", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("asked_at", storage.tables.UnixTime(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_edgar_day")),
    )
    op.create_table(
        "edgar_set",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", storage.tables.UnixTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_edgar_set")),
    )
