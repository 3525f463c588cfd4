"""Delivery that survives anything: holds, mutes, settings of a chat, findings told once, a tally to check it all.

Alerts, deliveries and episodes are few, and are written anew; nothing large is touched.

Revision ID: 0003
Revises: 0002
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

import storage.tables

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UnixTime = storage.tables.UnixTime
OPEN = ("queued", "held", "in_flight")


def upgrade() -> None:
    """Read the three tables, make them anew, and write back what was in them."""
    connection = op.get_bind()
    old = {name: [dict(row._mapping) for row in connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY id")]  # noqa: S608
           for name in ("delivery", "alert", "episode")}  # fmt: skip
    platforms: dict[int, str] = dict(connection.exec_driver_sql("SELECT id, platform FROM chat").all())
    for name in ("alert", "delivery", "episode"):
        op.drop_table(name)
    op.add_column("chat", sa.Column("settings", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("chat", sa.Column("muted_until", UnixTime(), nullable=True))
    op.add_column("chat", sa.Column("retry_at", UnixTime(), nullable=True))
    _create_small_tables()
    _create_episode()
    _create_delivery()
    _create_alert()
    _write_back(connection, old, platforms)


def _create_small_tables() -> None:
    op.create_table(
        "mute",
        sa.Column("chat_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("until", UnixTime(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_mute_chat_id")),
        sa.PrimaryKeyConstraint("chat_id", "name", name=op.f("pk_mute")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "platform",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("since", UnixTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_platform")),
    )
    op.create_table(
        "tally",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tally")),
    )
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )


def _create_episode() -> None:
    op.create_table(
        "episode",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", UnixTime(), nullable=False),
        sa.Column("closed_at", UnixTime(), nullable=True),
        sa.Column("told", sa.Double(), nullable=False),
        sa.Column("told_value", sa.Double(), nullable=False),
        sa.Column("below", sa.Integer(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_episode_subscription_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episode")),
        sa.UniqueConstraint("subscription_id", "key", "number", name=op.f("uq_episode_subscription_id_key_number")),
    )
    read = ["key", "subscription_id", "number", "opened_at", "told", "told_value", "below", "slot"]
    _index("ix_episode_standing", "episode", read, "closed_at IS NULL")
    _index("ix_episode_closed_slot", "episode", ["slot"], "closed_at IS NOT NULL")


def _create_delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dedup_key", sa.String(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("hold", sa.String(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", UnixTime(), nullable=False),
        sa.Column("not_before", UnixTime(), nullable=False),
        sa.Column("expires_at", UnixTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", UnixTime(), nullable=True),
        sa.Column("in_flight_at", UnixTime(), nullable=True),
        sa.Column("settled_at", UnixTime(), nullable=True),
        sa.Column("platform_message_id", sa.String(), nullable=True),
        sa.Column("maybe_repeat", sa.Boolean(), nullable=False),
        sa.Column("untold", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_delivery_chat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("dedup_key", name=op.f("uq_delivery_dedup_key")),
    )
    _index("ix_delivery_queued", "delivery", ["platform", "priority", "id"], "state = 'queued'")
    _index("ix_delivery_held", "delivery", ["not_before"], "state = 'held'")
    _index("ix_delivery_in_flight", "delivery", ["lease_until"], "state = 'in_flight'")
    op.create_index("ix_delivery_chat_state", "delivery", ["chat_id", "state"])


def _create_alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("dedup_key", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=True),
        sa.Column("finding_id", sa.Integer(), nullable=True),
        sa.Column("signal", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("episode", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", UnixTime(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_alert_delivery_id")),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscription.id"], name=op.f("fk_alert_subscription_id")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_alert_finding_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("dedup_key", name=op.f("uq_alert_dedup_key")),
        sa.UniqueConstraint("ref", name=op.f("uq_alert_ref")),
    )
    op.create_index(op.f("ix_alert_delivery_id"), "alert", ["delivery_id"])
    op.create_index("ix_alert_thread", "alert", ["subscription_id", "key", "episode"])


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _write_back(connection: sa.Connection, old: dict[str, list[dict[str, Any]]], platforms: dict[int, str]) -> None:
    tables = {name: sa.Table(name, sa.MetaData(), autoload_with=connection) for name in (*old, "tally")}
    tally = dict.fromkeys(("enqueued", "sent", "expired", "superseded", "dead"), 0)
    for row in old["delivery"]:
        row["settled_at"] = row.pop("sent_at")
        if row["settled_at"] is None and row["state"] not in OPEN:
            row["settled_at"] = row["expires_at"]
        row |= {"platform": platforms[row["chat_id"]], "kind": "alerts", "hold": None, "untold": False}
        tally["enqueued"] += 1
        if row["state"] in tally:
            tally[row["state"]] += 1
    for row in old["alert"]:
        row |= {"finding_id": None, "facts": _value(row["facts"])}
    for row in old["episode"]:
        state = _value(row.pop("state"))
        row |= {name: state.get(name, 0) for name in ("told", "told_value", "below", "slot")}
    highest = {name: max((row["id"] for row in old[name]), default=0) for name in ("delivery", "alert")}
    counts = [*tally.items(), ("last_delivery_id", highest["delivery"]), ("last_alert_id", highest["alert"])]
    for name in ("delivery", "alert", "episode"):
        if old[name]:
            connection.execute(tables[name].insert(), old[name])
    connection.execute(tables["tally"].insert(), [{"name": name, "count": count} for name, count in counts])


def _value(stored: Any) -> Any:
    """JSON as SQLite gives it (text), or as PostgreSQL does (read already)."""
    return json.loads(stored) if isinstance(stored, str) else stored
