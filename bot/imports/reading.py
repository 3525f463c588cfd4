"""What a reader gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

Rows = TypeVar("Rows")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out."""

    file: str
    line: int | None  # counted from 1, a CSV's header included; None: the file as a whole
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Reading(Generic[Rows]):
    """The rows that can be used, and what was left out."""

    rows: Rows
    bad: tuple[BadRow, ...] = ()
    passed_over: dict[str, int] = field(default_factory=dict)  # not asked for, by kind; no fault
