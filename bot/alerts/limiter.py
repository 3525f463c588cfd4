"""How fast a platform may be sent to: in all, and per chat. Pure: the time is an argument, in seconds.

A window lets through what a platform counts: so many messages in any so many seconds. That holds the limit
exactly, catches up after a stall, and never bursts beyond what the platform allows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

FLOODED_CHATS = 3  # so many different chats refused for their speed within FLOOD_SECONDS: it is the bot as a whole
FLOOD_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Window:
    """At most `count` messages in any `seconds`."""

    count: int
    seconds: float


def no_windows(_address: str) -> tuple[Window, ...]:
    """No limit per chat."""
    return ()


def itself(address: str) -> str:
    """Every address is a chat of its own."""
    return address


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform allows."""

    total: Window | None = None  # all chats together
    least_gap: float = 0.0  # seconds between two messages, so that a window is not used up in one burst
    of_chat: Callable[[str], tuple[Window, ...]] = no_windows  # by address
    counted_as: Callable[[str], str] = itself  # address → what the platform counts: the topics of a group are one
    in_flight: int = 1  # messages under way at the same time, each to another chat


class Scope(StrEnum):
    """Whom a request to wait is for."""

    CHAT = "chat"
    PLATFORM = "platform"


@dataclass
class _Passed:
    """The times of the last messages through some windows."""

    windows: tuple[Window, ...]
    times: deque[float] = field(default_factory=deque)
    until: float = float("-inf")  # the platform asked to wait so long

    def free_at(self) -> float:
        at = self.until
        for window in self.windows:
            if len(self.times) >= window.count:
                at = max(at, self.times[-window.count] + window.seconds)
        return at

    def note(self, now: float) -> None:
        self.times.append(now)
        most = max((window.count for window in self.windows), default=0)
        while len(self.times) > most:
            self.times.popleft()

    def is_idle(self, now: float) -> bool:
        longest = max((window.seconds for window in self.windows), default=0.0)
        return self.until <= now and (not self.times or self.times[-1] + longest <= now)


class Limiter:
    """The limits of one platform, and what it said of them."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._total = _Passed(() if limits.total is None else (limits.total,))
        self._chats: dict[str, _Passed] = {}
        self._last = float("-inf")
        self._floods: deque[tuple[float, str]] = deque()

    def free_at(self) -> float:
        """When the platform as a whole takes another message."""
        return max(self._total.free_at(), self._last + self._limits.least_gap)

    def chat_free_at(self, address: str) -> float:
        """When this chat does, as far as it alone is concerned."""
        chat = self._chats.get(self._limits.counted_as(address))
        return float("-inf") if chat is None else chat.free_at()

    def busy(self, now: float) -> dict[str, float]:
        """What takes nothing yet (as `counted_as` names it), and until when; what has long been idle is forgotten."""
        for address in [one for one, chat in self._chats.items() if chat.is_idle(now)]:
            del self._chats[address]
        return {address: at for address, chat in self._chats.items() if (at := chat.free_at()) > now}

    def passed(self, address: str | None, now: float) -> None:
        """A message goes out now, or with None as its address something that no chat counts."""
        self._total.note(now)
        self._last = now
        if address is not None:
            self._chat(address).note(now)

    def pause(self, address: str, seconds: float, now: float) -> None:
        """The platform said that this chat takes nothing for so long."""
        chat = self._chat(address)
        chat.until = max(chat.until, now + seconds)

    def refused(self, address: str, seconds: float, now: float, *, everywhere: bool) -> Scope:
        """A message was refused for its speed: who must wait `seconds`.

        One chat alone, unless the platform says that all are meant, or refuses several chats at once.
        """
        self._floods.append((now, self._limits.counted_as(address)))
        while self._floods[0][0] < now - FLOOD_SECONDS:
            self._floods.popleft()
        if everywhere or len({one for _, one in self._floods}) >= FLOODED_CHATS:
            self._total.until = max(self._total.until, now + seconds)
            self._floods.clear()
            return Scope.PLATFORM
        self.pause(address, seconds, now)
        return Scope.CHAT

    def _chat(self, address: str) -> _Passed:
        name = self._limits.counted_as(address)
        chat = self._chats.get(name)
        if chat is None:
            chat = self._chats[name] = _Passed(self._limits.of_chat(address))
        return chat
