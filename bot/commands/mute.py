"""/mute and /unmute: what a chat does not wish to hear for a time."""

from __future__ import annotations

import difflib
from dataclasses import replace
from datetime import datetime, timedelta

from bot.alerts.compose import Plan
from bot.alerts.dispatch import planned
from bot.alerts.holding import Why
from bot.commands.base import Command, Kind, Param, Request
from bot.commands.chats import chat_here, open_chat, settings_of
from bot.commands.companies import SEVERAL, company_of
from bot.commands.naming import base_coin_of
from bot.commands.times import typed_duration
from bot.commands.values import did_you_mean, is_number, shown
from bot.errors import UserError
from bot.views.elements import View
from bot.views.muted import Muted, how_long_view, muted_view, mutes_view, unmuted_view
from bot.words import tr
from scoring.model import Side
from storage import Transaction
from storage.chats import Chat

EXAMPLE = "/mute {} 1d"
EVERYTHING = {"all", "everything", "chat"}


def run(request: Request) -> View:
    """Mute the chat or a name; without anything, show what is muted."""
    name, span = request.args["name"], request.args["for"]
    if request.args["off"]:
        return unmute(request)
    if name is None and span is None:
        with request.storage.read() as tx:
            chat = chat_here(tx, request.chat)
            return mutes_view(_muted(tx, chat, request))
    with request.storage.write() as tx:
        names = () if name is None or name.lower() in EVERYTHING else _names(tx, name)
        if span is None:
            return how_long_view(names[0] if names else "")
        chat = open_chat(tx, request)
        return _mute(tx, chat, names, span, request)


def unmute(request: Request) -> View:
    """Tell the chat again, or of one name again."""
    name = request.args["name"]
    with request.storage.write() as tx:
        chat = chat_here(tx, request.chat)
        muted = _muted(tx, chat, request)
        if chat is None or not (muted.names or muted.until):
            raise UserError(tr("Nothing is muted in this chat"), "/mute")
        if name is not None and name.lower() not in EVERYTHING:
            lifted = _unmute_names(tx, chat, name, muted)
        elif muted.until is None and name is None:
            only = next(iter(muted.names))
            said = tr("The chat is not muted, {names} is; name it", names=", ".join(muted.names))
            raise UserError(said, f"/unmute {only}")
        else:
            tx.chats.mute(chat.id, None)
            lifted = [one for one in muted.names if name is not None and tx.chats.unmute_name(chat.id, one)]
        released = tx.outbox.release_chat(chat.id, request.now, Why.MUTED.value)
        there = tx.chats.by_id(chat.id) or chat
        waits = _still_waits(planned(tx, there, tx.outbox.waiting(chat.id), request.now)) if released else None
        return unmuted_view(lifted, released, waits, _muted(tx, there, request))


def muted_words(tx: Transaction, chat: Chat, request: Request) -> list[str]:
    """What is muted now, each in a few words."""
    return _muted(tx, chat, request).words()


def _mute(tx: Transaction, chat: Chat, names: tuple[str, ...], span: timedelta, request: Request) -> View:
    until = request.now + span
    for one in names:
        tx.chats.mute_name(chat.id, one, until)
    if not names:
        tx.chats.mute(chat.id, until)
    # What waits already is judged anew: a mute may have become shorter.
    tx.outbox.release_chat(chat.id, request.now, Why.MUTED.value)
    muted = _muted(tx, tx.chats.by_id(chat.id), request)
    return muted_view(names[0] if names else "", until, typed_duration(span), muted)


def _still_waits(made: Plan) -> tuple[str, datetime] | None:
    """Why nothing of what waits goes out now all the same, and until when; None where something does."""
    if made.carrier is not None or not made.waits:
        return None
    first = min((one.hold for one in made.waits), key=lambda one: one.until)
    return first.reason, first.until


def _muted(tx: Transaction, chat: Chat | None, request: Request) -> Muted:
    zone = settings_of(chat).tz
    if chat is None:
        return Muted(None, {}, zone, request.now)
    until = chat.muted_until if chat.muted_until is not None and chat.muted_until > request.now else None
    return Muted(until, dict(sorted(tx.chats.mutes(chat.id, request.now).items())), zone, request.now)


def _unmute_names(tx: Transaction, chat: Chat, name: str, muted: Muted) -> list[str]:
    by_lower = {one.lower(): one for one in muted.names}
    if name.lower().lstrip("$") in by_lower:
        names: tuple[str, ...] = (by_lower[name.lower().lstrip("$")],)
    else:
        names = _names(tx, name)
    lifted = [one for one in names if tx.chats.unmute_name(chat.id, one)]
    if lifted:
        return lifted
    if not muted.names:
        raise UserError(tr("{typed} is not muted; the whole chat is: /unmute", typed=shown(name)), "/unmute")
    said = tr("{typed} is not muted; muted are {names}", typed=shown(name), names=", ".join(muted.names))
    raise UserError(said, f"/unmute {next(iter(muted.names))}")


def _names(tx: Transaction, text: str) -> tuple[str, ...]:
    """What alerts call the coin or company that is meant: a coin's ticker, or a company's, or its clusters."""
    try:
        return (base_coin_of(tx, text, EXAMPLE),)
    except UserError:
        pass
    try:
        issuer = company_of(tx, text, EXAMPLE)
    except UserError as error:
        raise _unknown(tx, text, error) from None
    return (issuer.ticker,) if issuer.ticker else tuple(f"{issuer.cik}:{side}" for side in Side)


def _unknown(tx: Transaction, text: str, no_company: UserError) -> UserError:
    if is_number(text):
        hours = f"{shown(text).partition('.')[0]}h"
        said = tr("{typed} has no unit; did you mean {meant}?", typed=shown(text), meant=hours)
        return UserError(said, f"/mute {hours}")
    known = [*tx.pairs.base_coins(), *(one.ticker for one in tx.filings.issuers().values() if one.ticker)]
    near = difflib.get_close_matches(shown(text).upper(), known, n=1)
    if near:
        said = tr("There is no coin or company {typed}; {hint}", typed=shown(text), hint=did_you_mean(near[0]))
        return UserError(said, EXAMPLE.format(near[0]))
    if no_company.about == SEVERAL:
        return no_company
    said = tr("There is no coin or company {typed}; /mute 8h mutes the whole chat", typed=shown(text))
    return UserError(said, "/mute 8h")


FOR = Param("for", Kind.DURATION, "how long, a year at most", "8h", positional=True, line="/mute 8h")
NAME = Param(
    "name",
    Kind.COMPANY,
    "a coin or company; without it the whole chat",
    "PEPE",
    positional=True,
    aliases=("coin", "ticker"),
    allowed="a ticker or name",
    line="/mute PEPE 2d",
    offers=(Kind.COIN, Kind.COMPANY),
)
MUTE = Command(
    name="mute",
    summary="Hear nothing for a time, of one coin or company or at all; what would have rung waits",
    run=run,
    example="/mute 8h",
    params=(NAME, FOR, Param("off", Kind.FLAG, "the same as /unmute", "yes", line="/mute off")),
    aliases=("snooze", "silence"),
    changes=True,
    shows=True,
)
UNMUTE = Command(
    name="unmute",
    summary="Hear it again, with what has waited",
    run=unmute,
    example="/unmute",
    params=(replace(NAME, allowed="a ticker or name; all: everything", line="/unmute PEPE"),),
    changes=True,
)
