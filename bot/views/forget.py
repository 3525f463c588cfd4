"""Deleting all that is stored of a person and a chat."""

from __future__ import annotations

from collections.abc import Sequence

from bot.views import numbers
from bot.views.elements import Button, Code, Json, Note, Text, View
from storage.privacy import Stored


def forget_view(stored: Stored, *, whole_chat: bool, linked: Sequence[str] = ()) -> View:
    """What would be deleted, and the button that does it; `linked` are the other platforms of the person."""
    if not any(_data(stored).values()):
        return View(title="Nothing is stored of you and this chat", data={"stored": _data(stored)})
    whose = "of you and this chat" if whole_chat else "of yours in this group"
    return View(
        title=f"This would delete all that is stored {whose}, for good",
        body=(
            Text(f"{_words(stored)}."),
            *((Note(f"What is stored on {' and '.join(linked)} goes too, and the link with it."),) if linked else ()),
            Note("Nothing rings afterwards. /export gives it to you first; this cannot be undone."),
            Code("/forget sure=yes"),
        ),
        buttons=(Button("Delete all of it", "/forget sure=yes"), Button("Export it first", "/export")),
        data={"stored": _data(stored)},
    )


def forgotten_view(stored: Stored) -> View:
    """The answer to /forget sure=yes."""
    if not any(_data(stored).values()):
        return View(title="Nothing was stored of you and this chat", data={"deleted": _data(stored)})
    return View(
        title="Forgotten",
        body=(Text(f"Deleted for good: {_words(stored)}. Nothing rings any more; /start begins anew."),),
        data={"deleted": _data(stored)},
    )


def _words(stored: Stored) -> str:
    parts = (
        (stored.subscriptions, "subscription", "subscriptions"),
        (stored.episodes, "episode", "episodes"),
        (stored.alerts, "alert", "alerts"),
        (stored.deliveries, "message", "messages"),
        (stored.mutes, "mute", "mutes"),
        (stored.chats, "chat with its settings", "chats with their settings"),
    )
    return ", ".join(numbers.count(number, one, many) for number, one, many in parts if number)


def _data(stored: Stored) -> dict[str, Json]:
    return {
        "chats": stored.chats,
        "subscriptions": stored.subscriptions,
        "episodes": stored.episodes,
        "alerts": stored.alerts,
        "deliveries": stored.deliveries,
        "mutes": stored.mutes,
    }
