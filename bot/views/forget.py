"""Deleting all that is stored of a person and a chat."""

from __future__ import annotations

from collections.abc import Sequence

from bot.views import numbers
from bot.views.elements import Button, Code, Json, Note, Text, View
from bot.words import tr
from storage.privacy import Stored


def forget_view(stored: Stored, *, whole_chat: bool, linked: Sequence[str] = ()) -> View:
    """What would be deleted, and the button that does it; `linked` are the other platforms of the person."""
    if not any(_data(stored).values()):
        return View(title=tr("Nothing is stored of you and this chat"), data={"stored": _data(stored)})
    title = tr("This would delete all that is stored of yours in this group, for good")
    if whole_chat:
        title = tr("This would delete all that is stored of you and this chat, for good")
    also = tr("What is stored on {platforms} goes too, and the link with it.", platforms=tr(" and ").join(linked))
    return View(
        title=title,
        body=(
            Text(tr("{sentence}.", sentence=_words(stored))),
            *((Note(also),) if linked else ()),
            Note(tr("Nothing rings afterwards. /export gives it to you first; this cannot be undone.")),
            Code("/forget sure=yes"),
        ),
        buttons=(Button(tr("Delete all of it"), "/forget sure=yes"), Button(tr("Export it first"), "/export")),
        data={"stored": _data(stored)},
    )


def forgotten_view(stored: Stored) -> View:
    """The answer to /forget sure=yes."""
    if not any(_data(stored).values()):
        return View(title=tr("Nothing was stored of you and this chat"), data={"deleted": _data(stored)})
    return View(
        title=tr("Forgotten"),
        body=(Text(tr("Deleted for good: {what}. Nothing rings any more; /start begins anew.", what=_words(stored))),),
        data={"deleted": _data(stored)},
    )


def _words(stored: Stored) -> str:
    parts = (
        (stored.subscriptions, numbers.count(stored.subscriptions, "subscription")),
        (stored.episodes, numbers.count(stored.episodes, "episode")),
        (stored.alerts, numbers.count(stored.alerts, "alert")),
        (stored.deliveries, numbers.count(stored.deliveries, "message")),
        (stored.mutes, numbers.count(stored.mutes, "mute")),
        (stored.chats, numbers.count(stored.chats, "chat with its settings", "chats with their settings")),
    )
    return ", ".join(said for number, said in parts if number)


def _data(stored: Stored) -> dict[str, Json]:
    return {
        "chats": stored.chats,
        "subscriptions": stored.subscriptions,
        "episodes": stored.episodes,
        "alerts": stored.alerts,
        "deliveries": stored.deliveries,
        "mutes": stored.mutes,
    }
