"""A chat platform that fails as it is told, keeps each nonce for its time, and has every arrival judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.alerts.outgoing import Outgoing, Receipt
from bot.clock import FixedClock
from bot.errors import Failure, SendError
from tests.acceptance.model import Place
from tests.chats import FakePlatform

NONCES: dict[str, timedelta | None] = {"telegram": None, "discord": timedelta(minutes=2)}


def next_address(address: str) -> str:
    """The address of a chat after it has moved, as a group does that becomes a supergroup."""
    return f"{address}'"


def first_address(address: str) -> str:
    """Its address before it ever moved."""
    return address.rstrip("'")


class Trouble(StrEnum):
    """What happens to the next message of a platform."""

    UNSENT = "the connection is refused"
    ARRIVED = "the connection breaks after it"
    LOST = "the connection breaks before it"
    LIMITED = "it comes too fast"
    REFUSED = "it is not taken as it is written"


@dataclass
class Platform(FakePlatform):
    """Fails as it is told, keeps each nonce for as long as it says, and asks the world whether a message may come."""

    name: str = ""
    clock: FixedClock = field(kw_only=True)
    judge: Callable[[Place, Outgoing], None] = field(kw_only=True)  # of what arrives
    gone: Callable[[Place], None] = field(kw_only=True)  # what to do with a chat that nobody reaches
    in_doubt: set[Place] = field(default_factory=set)  # chats of which an outcome was unknown
    blocked: set[str] = field(default_factory=set)
    moved: dict[str, str] = field(default_factory=dict)  # address → the one that it has now
    troubles: list[Trouble] = field(default_factory=list)
    is_down: bool = False
    nonces: dict[str, float] = field(default_factory=dict)  # → when it was taken, by a clock that never goes back

    async def send(self, address: str, message: Outgoing) -> Receipt:
        if self.is_down:
            raise SendError("connection refused")
        if address in self.moved:
            raise SendError("400 moved", Failure.MOVED, moved_to=self.moved[address])
        if first_address(address) in self.blocked:
            self.gone((self.name, first_address(address)))
            raise SendError("403 blocked", Failure.GONE)
        trouble = self.troubles.pop(0) if self.troubles else None
        match trouble:
            case Trouble.UNSENT:
                raise SendError("connection refused")
            case Trouble.LIMITED:
                raise SendError("429", Failure.LIMITED, retry_after=40.0)
            case Trouble.REFUSED:
                raise SendError("400 too long", Failure.OURS)
            case Trouble.LOST:
                self.in_doubt.add((self.name, first_address(address)))
                raise SendError("reset", Failure.UNKNOWN)
            case _:
                self.take(address, message)
        if trouble is Trouble.ARRIVED:
            self.in_doubt.add((self.name, first_address(address)))
            raise SendError("reset", Failure.UNKNOWN)
        return Receipt(f"{address}-{len(self.sent)}")

    def take(self, address: str, message: Outgoing) -> None:
        """The message has arrived, unless it is known by its nonce."""
        now, window = self.clock.monotonic(), self.nonce_window
        at = self.nonces.get(message.nonce)
        if window is not None and at is not None and now - at <= window.total_seconds():
            return
        self.nonces[message.nonce] = now
        self.judge((self.name, first_address(address)), message)
        self.sent.append((address, message))

    async def alive(self) -> None:
        if self.is_down:
            raise SendError("connection refused")
