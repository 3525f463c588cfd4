"""Persons, whom they are linked with, and the small things that the bot notes for itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import WITHOUT_ROWID, Table


class PersonRow(Table):
    """A person on one platform, and the chat that they have with the bot alone."""

    __tablename__ = "person"
    __table_args__ = (WITHOUT_ROWID,)
    owner: Mapped[str] = mapped_column(primary_key=True)  # platform:user
    chat_id: Mapped[int] = mapped_column(ForeignKey("chat.id"), index=True)
    linked: Mapped[int | None] = mapped_column(index=True)  # persons of the same number are one


class LinkCodeRow(Table):
    """A code that joins whoever types it with whoever asked for it: known by its hash alone."""

    __tablename__ = "link_code"
    __table_args__ = (WITHOUT_ROWID,)
    digest: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(unique=True)  # one code at a time
    expires_at: Mapped[datetime]


class LinkGuessRow(Table):
    """A code that was typed and is none: who guesses is stopped."""

    __tablename__ = "link_guess"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)


class NoteRow(Table):
    """What the bot keeps in mind from one start to the next."""

    __tablename__ = "note"
    __table_args__ = (WITHOUT_ROWID,)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
