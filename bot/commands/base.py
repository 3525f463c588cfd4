"""One declaration of a command: parsing, menus, help and the docs derive from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.feeds.edgar.settings import EdgarSettings
from bot.feeds.settings import FeedSettings
from bot.settings import AlertSettings, ScoringSettings
from bot.views.elements import View
from storage import Storage


class Kind(StrEnum):
    """How the text of a parameter is read."""

    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"  # 1m, 250k, 1,000,000
    CHOICE = "choice"
    COIN = "coin"
    COMPANY = "company"  # a ticker, or the beginning of a name
    TEXT = "text"
    FLAG = "flag"  # yes / no
    ROLE = "role"  # of a server, whose people are called
    DURATION = "duration"  # 30m, 8h, 2d, 1w
    SINCE = "since"  # a length of time that has passed, or an instant: 8h, 2026-11-25T08:00, 08:00


NAMES = {Kind.COIN, Kind.COMPANY}  # of several words, for people type them so
TIMES = {Kind.DURATION, Kind.SINCE}
OFFERED = {Kind.COIN, Kind.COMPANY, Kind.ROLE}


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a command."""

    name: str
    kind: Kind
    help: str
    example: str
    default: Any = None  # None: not given
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    positional: bool = False  # may be given without its name, in the order of declaration
    aliases: tuple[str, ...] = ()  # other names that people type, such as those of the documents
    allowed: str = ""  # in words, where a range or the choices do not tell it all
    line: str = ""  # a whole command that shows it, where `name=example` alone does not make one
    switchable: bool = False  # "off" is allowed too, and read as False
    offers: tuple[Kind, ...] = ()  # what names may be offered while a person types, where its kind does not tell it

    @property
    def offered(self) -> tuple[Kind, ...]:
        """Of what names may be offered while a person types."""
        return self.offers or ((self.kind,) if self.kind in OFFERED else ())


@dataclass(frozen=True, slots=True)
class ChatRef:
    """Where a command came from and where its answer goes."""

    platform: str  # "console", "telegram", "discord"
    address: str  # the platform's id of the chat
    user: str  # the platform's id of the person
    is_group: bool = False
    is_admin: bool = True  # may change what the group is told; of a private chat its person may
    language: str = ""  # of the person's app, as a BCP 47 tag; empty: the platform does not say

    @property
    def owner(self) -> str:
        """Who the person is on all platforms: telegram:4711."""
        return f"{self.platform}:{self.user}"


# What answers a line of a chat; None where silence is the answer.
Ask = Callable[[str, ChatRef], Awaitable[View | None]]


@dataclass(frozen=True, slots=True)
class Request:
    """One command, parsed, with all it may use."""

    args: Mapping[str, Any]
    chat: ChatRef
    now: datetime
    storage: Storage
    scoring: ScoringSettings
    alerts: AlertSettings
    feeds: FeedSettings = field(default_factory=FeedSettings)
    edgar: EdgarSettings = field(default_factory=EdgarSettings)
    fault: str = ""  # why nothing can be sent now


@dataclass(frozen=True, slots=True)
class Command:
    """One chat command."""

    name: str  # without the slash
    summary: str
    run: Callable[[Request], View]
    example: str
    params: tuple[Param, ...] = ()
    aliases: tuple[str, ...] = field(default=())
    changes: bool = False  # changes what a chat is told: in a group for its administrators only
    shows: bool = False  # without arguments it changes nothing, and only shows
    topic: str = ""  # commands of one topic answer in one message, which their buttons change; empty: its name
    alone: bool = False  # it is about the person, and for the chat that they have with the bot alone
    personal: bool = False  # its answer is for who asks, and not for all that read a channel
