"""What goes out to one chat in one message, and what a platform must be able to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.alerts.limiter import Limits
from bot.views.alert_message import SHOWN, Entry, alert_view
from bot.views.elements import View
from bot.words import ENGLISH, speaking


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for one chat."""

    entries: tuple[Entry, ...]  # worst first; empty: a notice only
    nonce: str  # at most 25 characters; the same whenever the same message is sent again
    occasion: str = ""  # why several come at once: quiet hours are over, a digest, ...
    notices: tuple[str, ...] = ()  # sentences about what did not come
    reply_to: str | None = None  # the platform's id of the message that this one follows up
    silent: bool = False  # without a sound
    maybe_repeat: bool = False  # an earlier attempt may have arrived
    mention: str = ""  # the platform's id of the role whose people are called
    language: str = ENGLISH  # of the chat

    def view(self, shown: int = SHOWN) -> View:
        """The message with at most so many alerts in full; it says how many it leaves out."""
        with speaking(self.language):
            return alert_view(
                self.entries, shown=shown, occasion=self.occasion, notices=self.notices, maybe_repeat=self.maybe_repeat
            )

    @property
    def refs(self) -> Sequence[str]:
        """The #refs of all alerts in it."""
        return tuple(entry.alert.ref for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a platform says of a message that it took."""

    message_id: str | None
    pause: float = 0.0  # seconds in which this chat takes no further message, as the platform says


class Sender(Protocol):
    """One platform, as delivery sees it."""

    limits: Limits
    nonce_window: timedelta | None  # so long a message under a known nonce is no second one; None: never

    async def send(self, address: str, message: Outgoing) -> Receipt:
        """Send it, once. Raises SendError, which tells what the failure means."""
        ...

    async def find(self, address: str, message: Outgoing) -> str | None:
        """The id of the message if it did arrive; None where that is not known."""
        ...

    async def alive(self) -> None:
        """Ask the platform for something that changes nothing. Raises SendError when it does not answer well."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
