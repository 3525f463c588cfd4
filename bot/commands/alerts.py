"""/alerts: the subscriptions of this chat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bot.alerts.enqueue import clusters_of
from bot.alerts.matching import Wish
from bot.alerts.rehearsal import Rehearsal, rehearse
from bot.commands.alert import subscription_here
from bot.commands.base import Command, Kind, Param, Request
from bot.commands.chats import chat_here, chats_of, settings_of
from bot.commands.menus import part_of
from bot.commands.mute import muted_words
from bot.signals import score_coins
from bot.views import numbers
from bot.views.alerts import ON_A_PAGE, Listed, subscriptions_view
from bot.views.cluster_words import summary
from bot.views.elements import View
from bot.views.subscription import Shown, Stands, subscription_view
from bot.views.subscription_menus import Menu, menu_view
from scoring.model import Signal
from storage import Transaction
from storage.chats import ACTIVE, Chat
from storage.episodes import StoredEpisode
from storage.subscriptions import Subscription

OTHER_MINIMUMS = (2.0, 3.0, 4.0, 5.0, 6.0)


def run(request: Request) -> View:
    """List them, each with what stands above it now and what it would have rung for; or show one in full."""
    with request.storage.read() as tx:
        chat = chat_here(tx, request.chat)
        if request.args["id"] is not None or request.args["menu"] is not None:
            mine = subscription_here(tx, request)
            if request.args["menu"] is None:
                return subscription_view(_shown(tx, tx.chats.by_id(mine.chat_id), mine, request))
            return menu_view(part_of(tx, mine.id, Wish.from_json(mine.wish), Menu(request.args["menu"]), request))
        places = chats_of(tx, request.chat)
        titles = {place.id: place.platform.capitalize() for place in places if chat is None or place.id != chat.id}
        every = [one for place in places for one in tx.subscriptions.of_chat(place.id)]
        # A list that has become shorter since its buttons were made ends with its last page.
        page = min(request.args["page"], max(1, -(-len(every) // ON_A_PAGE)))
        own = every[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
        episodes = tx.episodes.of(one.id for one in own)
        standing = Counter(one.subscription_id for one in episodes if one.closed_at is None)
        wishes = [Wish.from_json(one.wish) for one in own]
        pasts = _pasts(tx, wishes, request)
        muted = [] if chat is None else muted_words(tx, chat, request)
        off = "" if chat is None or chat.status == ACTIVE else chat.off_reason or chat.status
    listed = [
        Listed(one.id, wish, standing[one.id], past, titles.get(one.chat_id, ""))
        for one, wish, past in zip(own, wishes, pasts, strict=True)
    ]
    return subscriptions_view(listed, muted, page=page, total=len(every), is_linked=bool(titles), off=off)


def _shown(tx: Transaction, chat: Chat | None, mine: Subscription, request: Request) -> Shown:
    wish = Wish.from_json(mine.wish)
    minimums = sorted({*OTHER_MINIMUMS, wish.minimum})
    pasts = _pasts(tx, [wish, *(replace(wish, minimum=one) for one in minimums)], request)
    standing = [one for one in tx.episodes.of([mine.id]) if one.closed_at is None]
    return Shown(
        id=mine.id,
        wish=wish,
        standing=_standing(tx, wish, standing, request),
        past=pasts[0],
        others=dict(zip(minimums, pasts[1:], strict=True)),
        muted=[] if chat is None else muted_words(tx, chat, request),
        zone=settings_of(chat).tz,
        now=request.now,
    )


def _standing(tx: Transaction, wish: Wish, episodes: Sequence[StoredEpisode], request: Request) -> list[Stands]:
    """What stands, the highest told first, with its level now."""
    ordered = sorted(episodes, key=lambda one: (-one.told, one.key))
    if wish.signal is Signal.CLUSTERS:
        clusters = {one.key: one for one in clusters_of(tx, wish.cluster_rule(), request.now).clusters}
        return [
            Stands(
                summary(clusters[one.key]) if one.key in clusters else one.key,
                str(clusters[one.key].insider_count) if one.key in clusters else numbers.UNKNOWN,
                f"{one.told:.0f}",
                one.opened_at,
            )
            for one in ordered
        ]
    scores = score_coins(tx, request.now, request.scoring)[wish.signal]
    return [
        Stands(
            one.key,
            numbers.score(scores[one.key].score) if one.key in scores else numbers.UNKNOWN,
            numbers.score(one.told),
            one.opened_at,
        )
        for one in ordered
    ]


def _pasts(tx: Transaction, wishes: Sequence[Wish], request: Request) -> Sequence[Rehearsal]:
    """What each would have rung for in the last days."""
    return rehearse(tx, wishes, request.now, request.alerts, request.scoring)


COMMAND = Command(
    name="alerts",
    summary="The subscriptions of this chat, and what each would have rung for",
    run=run,
    personal=True,
    example="/alerts",
    params=(
        Param(
            "id",
            Kind.INTEGER,
            "one subscription in full",
            "3",
            minimum=1,
            positional=True,
            allowed="an ID of /alerts",
            line="/alerts 3",
        ),
        Param(
            "menu",
            Kind.CHOICE,
            "a part of that one, to be changed by buttons",
            "coins",
            choices=tuple(one.value for one in Menu),
            positional=True,
            line="/alerts 3 coins",
        ),
        Param("page", Kind.INTEGER, f"a page of {ON_A_PAGE}", "2", default=1, minimum=1, maximum=10),
    ),
    topic="alerts",
    aliases=("subscriptions",),
)
