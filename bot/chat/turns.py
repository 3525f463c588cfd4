"""Turns: what is asked of one message, or by one person, is done one after the other, in the order of asking.

Handlers run side by side. Without turns the answer to an earlier press, where it takes longer, would take the place of
what was pressed last, and of two commands that arrive together the first could be done last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager

MOST_WAITING = 25  # more than anybody may ask at once (see bot/commands/door.py)


class Turn:
    """A place in a line."""

    def __init__(self, ahead: Sequence[Turn]) -> None:
        self._ahead = ahead
        self._over = asyncio.Event()
        self.did = ""  # what was done in this turn, once it is

    async def come(self) -> str:
        """Wait until all who asked before are through; returns what the last of them did meanwhile, if anything."""
        ahead, self._ahead = self._ahead, ()
        for one in ahead:
            await one.until_over()
        return next((one.did for one in reversed(ahead) if one.did), "")

    async def until_over(self) -> None:
        """Wait until it is over."""
        await self._over.wait()

    @property
    def is_over(self) -> bool:
        """Whether it keeps nobody waiting any more."""
        return self._over.is_set()

    def over(self) -> None:
        """Keep nobody waiting any more; the end of the block does the same."""
        self._over.set()


class Turns:
    """The lines, by what they are before: a message, a person in a chat."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, list[Turn]] = {}

    def is_full(self, before: Hashable) -> bool:
        """Whether so many wait there that one more is no person's wish; handlers are few, and others need them."""
        return len(self._lines.get(before, ())) >= MOST_WAITING

    @contextmanager
    def draw(self, before: Hashable) -> Iterator[Turn]:
        """The next place in a line.

        It is to be drawn as soon as somebody asks, before anything is awaited: that is the order that counts.
        """
        line = self._lines.setdefault(before, [])
        turn = Turn([one for one in line if not one.is_over])
        line.append(turn)
        try:
            yield turn
        finally:
            turn.over()
            line.remove(turn)
            if not line:
                del self._lines[before]
