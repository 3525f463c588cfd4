"""Whether an alert goes out now or waits, and until when (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.alerts.quiet import ChatSettings, next_time, quiet_until
from scoring.model import ChangeKind, Signal
from storage.alerts import Alert, NewAlert


class Digest(StrEnum):
    """How the alerts of a subscription come together."""

    OFF = "off"  # each with its numbers, all of one refresh in one message
    REFRESH = "refresh"  # one line each, all of one refresh in one message
    DAILY = "daily"  # one line each, once a day


class Why(StrEnum):
    """Why an alert waits."""

    MUTED = "muted"
    QUIET = "quiet"
    CAP = "cap"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait, until when, and why."""

    why: Why
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Manners:
    """All that decides when one chat may be told."""

    settings: ChatSettings = field(default_factory=ChatSettings)
    muted_until: datetime | None = None
    mutes: Mapping[str, datetime] = field(default_factory=dict)  # coin or ticker → until


def hold_of(alert: Alert | NewAlert, manners: Manners, created_at: datetime, now: datetime) -> Hold | None:
    """Why an alert waits now; None: it goes out.

    A mute is kept by everything. Quiet hours are not, by a score of at least `urgent`, where the chat has chosen one.
    """
    settings = manners.settings
    if manners.muted_until is not None and now < manners.muted_until:
        return Hold(Why.MUTED, manners.muted_until, "this chat is muted")
    name = muted_name(alert)
    if name in manners.mutes and now < manners.mutes[name]:
        return Hold(Why.MUTED, manners.mutes[name], f"{name} is muted")
    if alert.facts.get("digest") == Digest.DAILY:
        due = next_time(settings, settings.digest_at, created_at)
        if now < due:
            return Hold(Why.DAILY, due, "it is for the daily digest")
    end = quiet_until(settings, now)
    if end is not None and not is_urgent(alert, settings):
        return Hold(Why.QUIET, end, "quiet hours")
    return None


def chat_hold(manners: Manners, now: datetime) -> Hold | None:
    """Why the chat as a whole is to be left alone now."""
    if manners.muted_until is not None and now < manners.muted_until:
        return Hold(Why.MUTED, manners.muted_until, "this chat is muted")
    end = quiet_until(manners.settings, now)
    return None if end is None else Hold(Why.QUIET, end, "quiet hours")


def cap_hold(manners: Manners, now: datetime) -> Hold:
    """The hold of what is beyond the day's cap."""
    until = next_time(manners.settings, 0, now)
    return Hold(Why.CAP, until, f"the cap of {manners.settings.cap} alerts a day is reached")


def muted_name(alert: Alert | NewAlert) -> str:
    """What `/mute` calls the coin or company of an alert."""
    if alert.signal != Signal.CLUSTERS:
        return alert.key
    cluster = alert.facts.get("cluster") or {}
    return str(cluster.get("ticker") or alert.key)


def is_urgent(alert: Alert | NewAlert, settings: ChatSettings) -> bool:
    """Whether it may ring in quiet hours: a score of at least what the chat has chosen, and not over."""
    level = alert.facts.get("level")
    if settings.urgent is None or level is None or alert.kind == ChangeKind.RESOLVED:
        return False
    return alert.signal != Signal.CLUSTERS and float(level) >= settings.urgent
