"""What the signals are called in chats."""

from __future__ import annotations

from scoring.model import Signal

TITLES = {
    Signal.PUMP: "pump & dump",
    Signal.SELLING: "short pressure (insider selling)",
    Signal.CLUSTERS: "insider clusters",
}
