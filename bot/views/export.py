"""Everything that is stored of a person and a chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.views import numbers
from bot.views.elements import Button, Document, Text, View
from bot.words import tr


def export_view(name: str, text: str, data: Mapping[str, Any]) -> View:
    """The document, and how much is in it."""
    number = {name: len(rows) for name, rows in data.items() if isinstance(rows, list)}
    stored = {
        "chats": numbers.count(number.get("chats", 0), "chat"),
        "mutes": numbers.count(number.get("mutes", 0), "mute"),
        "subscriptions": numbers.count(number.get("subscriptions", 0), "subscription"),
        "episodes": numbers.count(number.get("episodes", 0), "episode"),
        "alerts": numbers.count(number.get("alerts", 0), "alert"),
        "deliveries": numbers.count(number.get("deliveries", 0), "delivery", "deliveries"),
    }
    counts = [said for name, said in stored.items() if name in data]
    return View(
        title=tr("All that is stored of you and this chat"),
        body=(Text(", ".join(counts) + "."), Document(name, text)),
        buttons=(Button(tr("Delete it"), "/forget"),),
        data=data,
    )
