"""Persons: the chat that each has with the bot alone, and who of them are one (docs/adr/0007-linking.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from storage import bulk
from storage.tables import LinkCodeRow, LinkGuessRow, PersonRow


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on one platform."""

    owner: str  # platform:user
    chat_id: int  # the chat that they have with the bot alone

    @property
    def platform(self) -> str:
        """Where that is."""
        return self.owner.partition(":")[0]


class People:
    """Persons and their links, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, owner: str, chat_id: int) -> None:
        """Note which chat a person has with the bot alone."""
        self._connection.execute(
            bulk.insert(self._connection, PersonRow)
            .values(owner=owner, chat_id=chat_id)
            .on_conflict_do_update(index_elements=["owner"], set_={"chat_id": chat_id})
        )

    def find(self, owner: str) -> Person | None:
        """The person, if they ever were alone with the bot."""
        row = self._connection.execute(
            select(PersonRow.owner, PersonRow.chat_id).where(PersonRow.owner == owner)
        ).one_or_none()
        return None if row is None else Person(*row)

    def has(self, chat_id: int) -> bool:
        """Whether a chat is the one that somebody has with the bot alone."""
        found = select(PersonRow.owner).where(PersonRow.chat_id == chat_id).limit(1)
        return self._connection.execute(found).scalar_one_or_none() is not None

    def one_with(self, owner: str) -> tuple[Person, ...]:
        """All that this person is on any platform, themselves included; nothing where they are not known."""
        number = select(PersonRow.linked).where(PersonRow.owner == owner).scalar_subquery()
        rows = self._connection.execute(
            select(PersonRow.owner, PersonRow.chat_id)
            .where((PersonRow.owner == owner) | (PersonRow.linked == number))
            .order_by(PersonRow.owner)
        )
        return tuple(Person(*row) for row in rows)

    def link(self, owners: tuple[str, ...]) -> None:
        """Make them one person."""
        highest = self._connection.execute(select(func.max(PersonRow.linked))).scalar_one() or 0
        self._connection.execute(update(PersonRow).where(PersonRow.owner.in_(owners)).values(linked=highest + 1))

    def unlink(self, owner: str) -> None:
        """Take one out; who is left alone is linked with nobody."""
        left = [one.owner for one in self.one_with(owner) if one.owner != owner]
        alone = [owner, *(left if len(left) == 1 else [])]
        self._connection.execute(update(PersonRow).where(PersonRow.owner.in_(alone)).values(linked=None))

    def offer(self, digest: str, owner: str, expires_at: datetime) -> None:
        """Keep the code of a person, instead of an earlier one."""
        self.withdraw(owner)
        self._connection.execute(
            bulk.insert(self._connection, LinkCodeRow).values(digest=digest, owner=owner, expires_at=expires_at)
        )

    def take(self, digest: str, now: datetime) -> str | None:
        """Whose code it is; None where it is none, or came too late. What is too late is deleted."""
        self._connection.execute(delete(LinkCodeRow).where(LinkCodeRow.expires_at <= now))
        return self._connection.execute(
            select(LinkCodeRow.owner).where(LinkCodeRow.digest == digest)
        ).scalar_one_or_none()

    def withdraw(self, owner: str) -> None:
        """Delete the code of a person."""
        self._connection.execute(delete(LinkCodeRow).where(LinkCodeRow.owner == owner))

    def guessed(self, owner: str, now: datetime) -> None:
        """Note that somebody typed a code that is none."""
        self._connection.execute(bulk.insert(self._connection, LinkGuessRow).values(owner=owner, at=now))

    def guesses(self, since: datetime) -> list[str]:
        """Who typed a wrong code since then, once for each time; earlier ones are deleted."""
        self._connection.execute(delete(LinkGuessRow).where(LinkGuessRow.at < since))
        return list(self._connection.execute(select(LinkGuessRow.owner)).scalars())
