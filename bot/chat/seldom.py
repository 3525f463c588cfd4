"""What is let through only now and then."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.clock import Clock

MOST_SELDOM = 1000


@dataclass
class Seldom:
    """Lets something through once in so many seconds for each key."""

    seconds: float
    clock: Clock
    _last: dict[object, float] = field(default_factory=dict)

    def lets(self, key: object) -> bool:
        """Whether it is time again."""
        now = self.clock.monotonic()
        if len(self._last) >= MOST_SELDOM:
            self._last = {one: at for one, at in self._last.items() if at + self.seconds > now}
        if self._last.get(key, float("-inf")) + self.seconds > now:
            return False
        self._last[key] = now
        return True
