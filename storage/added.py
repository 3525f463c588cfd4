"""What a bulk insert did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Added:
    """Rows given and rows that were new."""

    given: int
    new: int

    @property
    def known(self) -> int:
        """Rows that were stored before, and stayed as they were."""
        return self.given - self.new
