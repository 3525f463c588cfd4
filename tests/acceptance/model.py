"""What must ring, and when a chat may hear it, by the rules alone: docs/adr/0003-episodes.md without a database.

It is written apart from the bot and shares no code with it, so that the two can disagree.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

HYSTERESIS, DUST = 0.5, 1e-9
ORDER = {"NEW": 0, "ESCALATED": 1, "RESOLVED": 2}
Place = tuple[str, str]  # platform, address


def pump_score(avg_8h: float, percent_7d: float) -> float | None:
    """The score of a coin whose funding has been negative for a week or more; None: its gate is shut."""
    if not avg_8h < 0 < percent_7d:
        return None
    return min(10.0, min(1.0, -avg_8h / 0.0005) * min(1.0, math.log10(1 + percent_7d) / 3) * 10)


@dataclass(frozen=True, slots=True)
class Ring:
    """An alert that must be stored."""

    subscription: int
    coin: str
    story: int  # which episode of that subscription and coin, from 1
    kind: str


@dataclass
class Story:
    """One coin above one subscription's minimum."""

    number: int = 0  # of the episode, open or closed
    is_open: bool = False
    told: float = 0.0
    below: int = 0  # refreshes in a row that found it down
    counted: int = -1  # the refresh that counted it down last
    closed_in: int = -1

    def open(self, level: float) -> None:
        """A new episode."""
        self.number, self.is_open, self.told, self.below = self.number + 1, True, level, 0

    def advance(self, level: float | None, minimum: float, step: float, slot: int) -> str:
        """What a refresh makes of it: NEW, ESCALATED, RESOLVED or nothing. `level` None: the gate is shut."""
        if not self.is_open:
            if level is None or level < minimum or self.closed_in == slot:
                return ""
            self.open(level)
            return "NEW"
        if level is None or level < minimum - HYSTERESIS:
            return self._down(slot)
        self.below = 0
        if level < self.told + step - DUST:
            return ""
        self.told = level
        return "ESCALATED"

    def _down(self, slot: int) -> str:
        if self.counted == slot and self.below:
            return ""
        self.below, self.counted = self.below + 1, slot
        if self.below < 2:
            return ""
        self.is_open, self.closed_in = False, slot
        return "RESOLVED"


@dataclass
class Subscriber:
    """A subscription and its stories."""

    id: int
    minimum: float
    step: float
    resolve: bool
    daily: bool
    stories: dict[str, Story] = field(default_factory=dict)

    def stand(self, levels: Mapping[str, float | None]) -> None:
        """What stands now stands without a word."""
        for coin, level in levels.items():
            story = self.stories.setdefault(coin, Story())
            story.is_open = False
            if level is not None and level >= self.minimum:
                story.open(level)

    def hear(self, levels: Mapping[str, float | None], slot: int) -> Iterator[Ring]:
        """What a refresh tells it."""
        for coin, level in levels.items():
            story = self.stories.setdefault(coin, Story())
            kind = story.advance(level, self.minimum, self.step, slot)
            if kind and (kind != "RESOLVED" or self.resolve):
                yield Ring(self.id, coin, story.number, kind)


@dataclass
class Hearer:
    """A chat."""

    is_on: bool = True
    was_off: bool = False  # at any time
    subscribers: list[Subscriber] = field(default_factory=list)
    muted_until: datetime | None = None
    mutes: dict[str, datetime] = field(default_factory=dict)
    quiet: tuple[int, int] | None = None  # hours, UTC
    urgent: float | None = None

    def is_muted(self, coin: str, now: datetime) -> bool:
        """Whether nothing of a coin, "" for anything, may come."""
        whole = self.muted_until is not None and now < self.muted_until
        return whole or (coin in self.mutes and now < self.mutes[coin])

    def is_quiet(self, now: datetime) -> bool:
        """Whether its quiet hours hold."""
        if self.quiet is None:
            return False
        begin, end = self.quiet
        return begin <= now.hour < end if begin < end else now.hour >= begin or now.hour < end

    def may_hear(self, kind: str, coin: str, level: float | None, now: datetime) -> bool:
        """Whether an alert may come now."""
        if not self.is_on or self.is_muted(coin, now):
            return False
        loud = self.urgent is not None and level is not None and level >= self.urgent and kind != "RESOLVED"
        return loud or not self.is_quiet(now)


@dataclass
class Model:
    """All chats, and all that must have rung."""

    chats: dict[Place, Hearer]
    rung: list[Ring] = field(default_factory=list)
    last_slot: int = -1

    def refresh(self, slot: int, levels: Mapping[str, float | None]) -> int:
        """A refresh that knows the levels of these coins; of others it says nothing. Returns how much rings."""
        if slot < self.last_slot:
            return 0
        self.last_slot = slot
        before = len(self.rung)
        for chat in self.chats.values():
            for one in chat.subscribers if chat.is_on else ():
                self.rung += one.hear(levels, slot)
        return len(self.rung) - before

    def open(self, place: Place, levels: Mapping[str, float | None]) -> Hearer:
        """Somebody wrote from a chat: one that was off is on again, and what stands is no news."""
        chat = self.chats[place]
        if not chat.is_on:
            chat.is_on = True
            for one in chat.subscribers:
                one.stand(levels)
        return chat

    def gone(self, place: Place) -> None:
        """Nobody is reached there any more."""
        self.chats[place].is_on = False
        self.chats[place].was_off = True


def mute(chat: Hearer, coin: str, until: datetime) -> None:
    """`/mute 8h`, `/mute ANT 8h`."""
    if coin:
        chat.mutes[coin] = until
    else:
        chat.muted_until = until


def unmute(chat: Hearer) -> None:
    """`/unmute all`."""
    chat.muted_until = None
    chat.mutes.clear()


@dataclass
class Prices:
    """What the market said, coin by coin; every coin stood at 100 a week before."""

    at: dict[str, dict[datetime, float]] = field(default_factory=dict)  # coin → time → percent above that

    def note(self, coin: str, now: datetime, percent: float) -> None:
        """A price; what is known of an instant stays."""
        self.at.setdefault(coin, {}).setdefault(now, percent)

    def latest(self, coin: str, now: datetime) -> float | None:
        """The newest of the last two hours."""
        known = [at for at in self.at.get(coin, ()) if timedelta(0) <= now - at <= timedelta(hours=2)]
        return self.at[coin][max(known)] if known else None
