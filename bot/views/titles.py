"""What the signals, and what happened, are called in chats."""

from __future__ import annotations

from bot.words import mark, tr
from scoring.model import ChangeKind, Signal

TITLES = {
    Signal.PUMP: mark("pump & dump"),
    Signal.SELLING: mark("short pressure (insider selling)"),
    Signal.CLUSTERS: mark("insider clusters"),
}
KINDS = {
    ChangeKind.NEW: mark("NEW"),
    ChangeKind.ESCALATED: mark("ESCALATED"),
    ChangeKind.RESOLVED: mark("RESOLVED"),
    ChangeKind.GROWN: mark("GROWN"),
}


def signal_title(signal: Signal) -> str:
    """A signal: pump & dump."""
    return tr(TITLES[signal])


def kind_title(kind: str) -> str:
    """What happened, in a word: NEW."""
    return tr(KINDS[ChangeKind(kind)])


def capitalised(text: str) -> str:
    """The text with a capital first letter; the others stay as they are."""
    return text[:1].upper() + text[1:]
