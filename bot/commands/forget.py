"""/forget: delete everything that is stored of a person and a chat."""

from __future__ import annotations

from bot.commands.base import ChatRef, Command, Kind, Param, Request
from bot.commands.chats import chats_of, owners, persons
from bot.views.elements import View
from bot.views.forget import forget_view, forgotten_view
from storage import Transaction
from storage.privacy import Scope


def run(request: Request) -> View:
    """Show what would be deleted; with sure=yes delete it."""
    if request.args["sure"]:
        with request.storage.write() as tx:
            return forgotten_view(tx.privacy.forget(scope_of(tx, request.chat), request.now))
    with request.storage.read() as tx:
        scope = scope_of(tx, request.chat)
        stored = tx.privacy.stored(scope)
        linked = [one.platform.capitalize() for one in chats_of(tx, request.chat)[1:]]
    return forget_view(stored, whole_chat=bool(scope.chats) or request.chat.is_admin, linked=linked)


def scope_of(tx: Transaction, ref: ChatRef, *, elsewhere: bool = True) -> Scope:
    """What a person may take out or delete: the chat and all of their own, but in a group of others only their own.

    Alone with the bot it is all that the person is, on every platform that is linked.
    """
    places = {(ref.platform, ref.address), *((one.platform, one.address) for one in chats_of(tx, ref))}
    chats = tuple(id_ for platform, address in sorted(places) for id_ in tx.privacy.chats_of(platform, address))
    own: dict[int, int] = {}
    for person in persons(tx, ref):
        own |= tx.privacy.owned(owners(person), person.partition(":")[0])
    if ref.is_group and not ref.is_admin:
        return Scope(subscriptions=tuple(id_ for id_, chat_id in own.items() if chat_id in chats))
    return Scope(chats, tuple(own) if elsewhere else ())


COMMAND = Command(
    name="forget",
    summary="Delete everything that is stored of you and this chat, for good",
    run=run,
    personal=True,
    example="/forget",
    params=(Param("sure", Kind.FLAG, "delete it; without it, show what would be", "yes", default=False),),
    # Not `changes`: in a group it is for everybody, who then delete no more than their own subscriptions.
)
