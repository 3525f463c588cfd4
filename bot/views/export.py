"""Everything that is stored of a person and a chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.views import numbers
from bot.views.elements import Button, Document, Text, View


def export_view(name: str, text: str, data: Mapping[str, Any]) -> View:
    """The document, and how much is in it."""
    counts = [numbers.count(len(rows), table[:-1], table) for table, rows in data.items() if isinstance(rows, list)]
    counts = [one.replace("deliverie ", "delivery ") for one in counts]
    return View(
        title="All that is stored of you and this chat",
        body=(Text(", ".join(counts) + "."), Document(name, text)),
        buttons=(Button("Delete it", "/forget"),),
        data=data,
    )
