"""Persons with the chat they have with the bot, codes that link them, and notes of the bot; all else stays.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

import storage.tables

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UnixTime = storage.tables.UnixTime


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("linked", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_person_chat_id")),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_person")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_person_chat_id", "person", ["chat_id"])
    op.create_index("ix_person_linked", "person", ["linked"])
    op.create_table(
        "link_code",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("expires_at", UnixTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_link_code")),
        sa.UniqueConstraint("owner", name=op.f("uq_link_code_owner")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "link_guess",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("at", UnixTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_guess")),
    )
    op.create_index("ix_link_guess_at", "link_guess", ["at"])
    op.create_table(
        "note",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_note")),
        sqlite_with_rowid=False,
    )
