"""The chat that a command came from, and what in it belongs to whom."""

from __future__ import annotations

from dataclasses import replace

from bot.alerts.matching import Wish
from bot.alerts.notices import ensure_notice
from bot.alerts.quiet import ChatSettings
from bot.alerts.standing import Moment, open_standing
from bot.commands.base import ChatRef, Request
from bot.words import language_of
from storage import Storage, Transaction
from storage.chats import ACTIVE, Chat
from storage.subscriptions import Subscription


def chat_here(tx: Transaction, ref: ChatRef) -> Chat | None:
    """The chat, if it was ever stored."""
    return tx.chats.find(ref.platform, ref.address)


def settings_of(chat: Chat | None) -> ChatSettings:
    """How it wishes to be told; one that was never stored has said nothing of that."""
    return ChatSettings() if chat is None else ChatSettings.from_json(chat.settings)


def open_chat(tx: Transaction, request: Request) -> Chat:
    """The chat, stored and on.

    One that was off is told again: not of what began meanwhile, but of how much did not come.
    """
    ref = request.chat
    before = chat_here(tx, ref)
    chat = note_language(tx, tx.chats.put(ref.platform, ref.address, request.now), ref)
    if not ref.is_group:
        tx.people.put(ref.owner, chat.id)
    if before is not None and before.status != ACTIVE:
        moment = Moment(tx, request.now, request.alerts, request.scoring)
        for one in tx.subscriptions.of_chat(chat.id):
            tx.episodes.end(one.id, request.now)
            open_standing(moment, one.id, Wish.from_json(one.wish))
        ensure_notice(tx, chat.id, request.now)
    return chat


def language_here(storage: Storage, ref: ChatRef) -> str:
    """The language in which a chat is answered: the one it chose, else that of the person's app; a group's is English.

    Where the app speaks another one than it did, that is noted: alerts are written when no person is there to be asked.
    """
    with storage.read() as tx:
        chat = chat_here(tx, ref)
    if chat is None:
        return language_of("" if ref.is_group else ref.language)
    if is_news(chat, ref):
        with storage.write() as tx:
            chat = note_language(tx, chat_here(tx, ref) or chat, ref)
    return settings_of(chat).spoken


def note_language(tx: Transaction, chat: Chat, ref: ChatRef) -> Chat:
    """The chat, with the language of the person's app stored."""
    if not is_news(chat, ref):
        return chat
    settings = replace(settings_of(chat), app_language=language_of(ref.language)).to_json()
    tx.chats.settle(chat.id, settings)
    return replace(chat, settings=settings)


def is_news(chat: Chat, ref: ChatRef) -> bool:
    """Whether a person's app speaks another language than is stored of it."""
    is_known = ref.language and not ref.is_group
    return bool(is_known) and language_of(settings_of(chat).app_language) != language_of(ref.language)


def owners(owner: str) -> frozenset[str]:
    """How a person may be stored: with the platform, or without it as an earlier version did."""
    return frozenset({owner, owner.partition(":")[2]})


def persons(tx: Transaction, ref: ChatRef) -> tuple[str, ...]:
    """All that the person is on any platform; in a group, what they are here."""
    linked = () if ref.is_group else tx.people.one_with(ref.owner)
    return tuple(dict.fromkeys((ref.owner, *(one.owner for one in linked))))


def chats_of(tx: Transaction, ref: ChatRef) -> tuple[Chat, ...]:
    """The chat, if it was ever stored, and those that its person has with the bot alone elsewhere."""
    here = chat_here(tx, ref)
    linked = () if ref.is_group else tx.people.one_with(ref.owner)
    others = [tx.chats.by_id(one.chat_id) for one in linked if one.owner != ref.owner]
    return tuple(one for one in (here, *others) if one is not None)


def owned(tx: Transaction, ref: ChatRef) -> tuple[Subscription, ...]:
    """The living subscriptions that the person made, in whatever chat."""
    found = []
    # Moved to the chat that the person has elsewhere, it is still theirs.
    mine = {one.id for one in chats_of(tx, ref)}
    for person in persons(tx, ref):
        platform = person.partition(":")[0]
        made = [one for owner in sorted(owners(person)) for one in tx.subscriptions.of_owner(owner)]
        chats = {one.chat_id: tx.chats.by_id(one.chat_id) for one in made}
        there = {id_ for id_, chat in chats.items() if chat is not None and (chat.platform == platform or id_ in mine)}
        found += [one for one in made if one.chat_id in there]
    return tuple(found)
