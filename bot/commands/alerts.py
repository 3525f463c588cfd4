"""/alerts: the subscriptions of this chat."""

from __future__ import annotations

from collections import Counter

from bot.alerts.matching import Wish
from bot.commands.base import Command, Request
from bot.views.alerts import subscriptions_view
from bot.views.elements import View


def run(request: Request) -> View:
    """List them, each with how many coins or clusters stand above it now."""
    with request.storage.read() as tx:
        chat = tx.chats.find(request.chat.platform, request.chat.address)
        mine = () if chat is None else tx.subscriptions.of_chat(chat.id)
        episodes = tx.episodes.of(one.id for one in mine)
    standing = Counter(one.subscription_id for one in episodes if one.closed_at is None)
    return subscriptions_view([(one.id, Wish.from_json(one.wish), standing[one.id]) for one in mine])


COMMAND = Command(
    name="alerts",
    summary="The subscriptions of this chat",
    run=run,
    example="/alerts",
    aliases=("subscriptions",),
)
