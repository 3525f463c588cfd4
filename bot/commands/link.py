"""/link: one person on two platforms, with one set of subscriptions."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn

from bot.commands.base import Command, Kind, Param, Request
from bot.commands.chats import open_chat, settings_of
from bot.commands.values import OFF, shown
from bot.errors import UserError
from bot.views.elements import Elsewhere, View
from bot.views.link import code_view, ended_view, joined_view, linked_view, unlinked_view
from bot.words import mark, speaking, tr
from storage import Transaction

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without those that are taken for another
LENGTH = 8  # of 31 letters each: eight hundred thousand million codes, of which few are known for ten minutes
KEPT = timedelta(minutes=10)
MOST_GUESSES = 5  # of one person while a code is kept
SEPARATORS = re.compile(r"[\s-]+")
EXAMPLE = "/link ABCD-EFGH"


def run(request: Request) -> View:
    """Give a code, take one, or end it."""
    if request.chat.is_group:
        raise UserError(
            tr("/link is for a chat of your own with me, for whoever knows the code becomes you"), "/help link"
        )
    code = request.args["code"]
    if code is None:
        return _offer(request)
    if code.lower() in OFF:
        return _unlink(request)
    return _join(request, SEPARATORS.sub("", code).upper())


def _offer(request: Request) -> View:
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    owner = request.chat.owner
    with request.storage.write() as tx:
        open_chat(tx, request)
        tx.people.offer(_digest(code), owner, request.now + KEPT)
        return code_view(code, request.chat.platform, _others(tx, owner))


def _unlink(request: Request) -> View:
    owner = request.chat.owner
    with request.storage.write() as tx:
        others, told = _others(tx, owner), _told(tx, owner, lambda: ended_view(request.chat.platform))
        tx.people.withdraw(owner)
        tx.people.unlink(owner)
    if not others:
        raise UserError(tr("You are not linked; /link gives a code for that"), "/link")
    return unlinked_view(others, told)


def _join(request: Request, code: str) -> View:
    refused = None
    with request.storage.write() as tx:
        try:
            return _joined(tx, request, code)
        except UserError as error:
            refused = error  # what was guessed is kept, so the transaction must not fail
    raise refused


def _joined(tx: Transaction, request: Request, code: str) -> View:
    owner, now = request.chat.owner, request.now
    if tx.people.guesses(now - KEPT).count(owner) >= MOST_GUESSES:
        said = tr("Too many of your codes were wrong; wait ten minutes, and make a new one with /link")
        raise UserError(said, "/link")
    offered = tx.people.take(_digest(code), now)
    if offered is None:
        tx.people.guessed(owner, now)
        raise UserError(
            tr(
                "{code} is no code, or it is older than ten minutes; /link on the other platform gives a new one",
                code=shown(code),
            ),
            "/link",
        )
    if offered.partition(":")[0] == request.chat.platform:
        raise UserError(tr("That code was made here; type it on the other platform"), EXAMPLE)
    open_chat(tx, request)
    both = {one.owner: one for one in (*tx.people.one_with(owner), *tx.people.one_with(offered))}
    platforms = sorted(one.platform for one in both.values())
    if twice := next((one for one in platforms if platforms.count(one) > 1), None):
        _refuse_third(twice, request.chat.platform)
    tx.people.withdraw(offered)
    tx.people.withdraw(owner)
    tx.people.link(tuple(both))
    subscriptions = sum(len(tx.subscriptions.of_chat(one.chat_id)) for one in both.values())
    return linked_view(_others(tx, owner), subscriptions, _told(tx, owner, lambda: joined_view(request.chat.platform)))


def _refuse_third(twice: str, here: str) -> NoReturn:
    """A person has one chat on a platform: where it would be two here, it is who made the code that has one already."""
    platform = twice.capitalize()
    if twice == here:
        said = mark("Who made that code is linked with another chat on {platform}; there /link off ends that first")
        raise UserError(tr(said, platform=platform), "/link")
    raise UserError(
        tr("You are linked with another chat on {platform}; end that first", platform=platform), "/link off"
    )


def _others(tx: Transaction, owner: str) -> list[str]:
    """The platforms on which the person is as well."""
    return [one.platform.capitalize() for one in tx.people.one_with(owner) if one.owner != owner]


def _told(tx: Transaction, owner: str, view: Callable[[], View]) -> tuple[Elsewhere, ...]:
    """What the person is told wherever else they are: a link that somebody else made must not go unseen."""
    found = []
    for person in tx.people.one_with(owner):
        chat = tx.chats.by_id(person.chat_id)
        if person.owner != owner and chat is not None:
            with speaking(settings_of(chat).spoken):
                found.append(Elsewhere(chat.platform, chat.address, view()))
    return tuple(found)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


COMMAND = Command(
    name="link",
    summary="Be one person on Telegram and Discord, with one set of subscriptions",
    run=run,
    example="/link",
    params=(
        Param(
            "code",
            Kind.TEXT,
            "the code that the other platform gave; without it, a new one",
            "ABCD-EFGH",
            positional=True,
            allowed="a code of /link; off",
            line=EXAMPLE,
        ),
    ),
    alone=True,
    personal=True,
)
