"""How often a person and a chat may ask: in bursts, and then at a pace. The time is an argument."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from bot.commands.base import ChatRef
from bot.views.elements import View
from bot.views.errors import too_many_view
from bot.words import language_of, speaking

OWN = "console"  # whoever sits at the machine may ask as often as they like
MOST_BUCKETS = 10_000  # full ones are forgotten beyond that
AGAIN = 3  # tokens from which a bucket that ran dry is open again


@dataclass(frozen=True, slots=True)
class Pace:
    """So many at once, and one more every `seconds`."""

    burst: int
    seconds: float


OF_USER, OF_CHAT = Pace(20, 3.0), Pace(40, 1.0)


@dataclass(slots=True)
class Bucket:
    """What may still be asked. A full one is the same as none."""

    pace: Pace
    tokens: float
    at: float  # seconds, when `tokens` was right
    is_dry: bool = False  # it ran dry, and has not refilled yet

    def refill(self, now: float) -> None:
        """Bring it to now; a clock that goes back adds nothing."""
        self.tokens = min(self.pace.burst, self.tokens + max(0.0, now - self.at) / self.pace.seconds)
        self.at = max(self.at, now)
        if self.tokens >= min(AGAIN, self.pace.burst):
            self.is_dry = False

    @property
    def wait(self) -> float:
        """Seconds until it is open again after it ran dry."""
        return (min(AGAIN, self.pace.burst) - self.tokens) * self.pace.seconds


@dataclass(slots=True)
class Door:
    """Lets a question through to `answer`, or warns once, and is silent until there is room again."""

    answer: Callable[[str, ChatRef], View]
    user: Pace = OF_USER
    chat: Pace = OF_CHAT
    language: Callable[[ChatRef], str] = lambda chat: language_of(chat.language)  # of a chat
    _buckets: dict[Hashable, Bucket] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)  # answers are made in threads

    def ask(self, line: str, chat: ChatRef, now: float) -> View | None:
        """The answer, a warning, or nothing. `now` counts seconds and never goes back."""
        with self._lock:
            refused = self._refusal(chat, now)
        if refused is None:
            return self.answer(line, chat)
        if refused <= 0:
            return None
        with speaking(self.language(chat)):
            return too_many_view(refused)

    def _refusal(self, chat: ChatRef, now: float) -> float | None:
        """None: go through. Else the seconds to wait, to be said once, and 0 where that has been said."""
        if chat.platform == OWN:
            return None
        buckets = (
            self._bucket(("user", chat.platform, chat.user), self.user, now),
            self._bucket(("chat", chat.platform, chat.address), self.chat, now),
        )
        if any(one.is_dry for one in buckets):
            return 0.0
        empty = [one for one in buckets if one.tokens < 1]
        if not empty:
            for one in buckets:
                one.tokens -= 1
            return None
        for one in empty:
            one.is_dry = True
        return max(one.wait for one in empty)

    def _bucket(self, key: Hashable, pace: Pace, now: float) -> Bucket:
        if len(self._buckets) >= MOST_BUCKETS and key not in self._buckets:
            self._forget_full(now)
        bucket = self._buckets.setdefault(key, Bucket(pace, pace.burst, now))
        bucket.refill(now)
        return bucket

    def _forget_full(self, now: float) -> None:
        for bucket in self._buckets.values():
            bucket.refill(now)
        self._buckets = {key: one for key, one in self._buckets.items() if one.tokens < one.pace.burst}
