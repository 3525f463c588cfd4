"""What the bot keeps in mind from one start to the next."""

from __future__ import annotations

from sqlalchemy import Connection, select

from storage import bulk
from storage.tables import NoteRow


class Notes:
    """Small texts by name, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> str | None:
        """The text; None where none was noted."""
        return self._connection.execute(select(NoteRow.value).where(NoteRow.name == name)).scalar_one_or_none()

    def put(self, name: str, value: str) -> None:
        """Note it."""
        self._connection.execute(
            bulk.insert(self._connection, NoteRow)
            .values(name=name, value=value)
            .on_conflict_do_update(index_elements=["name"], set_={"value": value})
        )
