"""Everything that is stored of a person and a chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.views import numbers
from bot.views.elements import Button, Document, Text, View

# As the storage names them → one of them.
TABLES = {
    "chats": "chat",
    "mutes": "mute",
    "subscriptions": "subscription",
    "episodes": "episode",
    "alerts": "alert",
    "deliveries": "delivery",
}


def export_view(name: str, text: str, data: Mapping[str, Any]) -> View:
    """The document, and how much is in it."""
    counts = [numbers.count(len(data[many]), one, many) for many, one in TABLES.items() if many in data]
    return View(
        title="All that is stored of you and this chat",
        body=(Text(", ".join(counts) + "."), Document(name, text)),
        buttons=(Button("Delete it", "/forget"),),
        data=data,
    )
