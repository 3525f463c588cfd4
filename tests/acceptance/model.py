"""What must ring, and when a chat may hear it, by the rules alone: docs/adr/0003-episodes.md without a database.

It is written apart from the bot and shares no code with it, so that the two can disagree.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

HYSTERESIS, DUST = 0.5, 1e-9
ORDER = {"NEW": 0, "ESCALATED": 1, "GROWN": 1, "RESOLVED": 2}
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
class Listener:
    """A subscription to insider clusters: it hears of one when enough insiders are in it, and of each one more."""

    id: int
    minimum: int
    told: dict[str, int] = field(default_factory=dict)  # cluster → insiders

    def stand(self, insiders: Mapping[str, int]) -> None:
        """What stands now stands without a word."""
        self.told = {key: count for key, count in insiders.items() if count >= self.minimum}

    def hear(self, insiders: Mapping[str, int]) -> Iterator[Ring]:
        """What a refresh tells it."""
        for key, count in insiders.items():
            if count >= self.minimum and count > self.told.get(key, 0):
                yield Ring(self.id, key, 1, "GROWN" if key in self.told else "NEW")
                self.told[key] = count


@dataclass
class Subscriber:
    """A subscription to a coin signal, and its stories."""

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
    subscribers: list[Subscriber] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    muted_until: datetime | None = None
    mutes: dict[str, datetime] = field(default_factory=dict)
    zone: str = "UTC"
    quiet: tuple[int, int] | None = None  # hours
    urgent: float | None = None
    cap: int | None = None  # alerts a day

    def is_muted(self, coin: str, now: datetime) -> bool:
        """Whether nothing of a coin, "" for anything, may come."""
        whole = self.muted_until is not None and now < self.muted_until
        return whole or (coin in self.mutes and now < self.mutes[coin])

    def is_quiet(self, now: datetime) -> bool:
        """Whether its quiet hours hold."""
        if self.quiet is None:
            return False
        (begin, end), hour = self.quiet, now.astimezone(ZoneInfo(self.zone)).hour
        return begin <= hour < end if begin < end else hour >= begin or hour < end

    def day(self, now: datetime) -> date:
        """The day that its clock shows."""
        return now.astimezone(ZoneInfo(self.zone)).date()

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
    last_at: datetime | None = None

    def refresh(self, slot: int, now: datetime, levels: Mapping[str, float | None], insiders: Mapping[str, int]) -> int:
        """A refresh that knows the levels of these coins, and these clusters. Returns how much rings.

        Of coins that it does not know it says nothing. A cluster never gets smaller here. A clock that shows much less
        than at the last refresh was set back, and what comes then comes later all the same.
        """
        if slot < self.last_slot:
            if self.last_at is None or self.last_at - now < timedelta(minutes=20):
                return 0
            self._set_back()
        self.last_slot, self.last_at = slot, now
        before = len(self.rung)
        for chat in self.chats.values():
            for one in chat.subscribers if chat.is_on else ():
                self.rung += one.hear(levels, slot)
            for listener in chat.listeners if chat.is_on else ():
                self.rung += listener.hear(insiders)
        return len(self.rung) - before

    def _set_back(self) -> None:
        """What was counted under the same numbers was counted in other refreshes."""
        for chat in self.chats.values():
            for story in (story for one in chat.subscribers for story in one.stories.values()):
                story.counted = story.closed_in = -1

    def open(self, place: Place, levels: Mapping[str, float | None], insiders: Mapping[str, int]) -> Hearer:
        """Somebody wrote from a chat: one that was off is on again, and what stands is no news."""
        chat = self.chats[place]
        if not chat.is_on:
            chat.is_on = True
            for one in chat.subscribers:
                one.stand(levels)
            for listener in chat.listeners:
                listener.stand(insiders)
        return chat

    def gone(self, place: Place) -> None:
        """Nobody is reached there any more."""
        self.chats[place].is_on = False


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
