"""(line) → View: the one door for every chat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.commands import COMMANDS
from bot.commands.base import ChatRef, Command, Kind, Param, Request
from bot.commands.chats import chat_here, language_here, settings_of
from bot.commands.naming import NO_FILTER, base_coin_of, class_of
from bot.commands.parse import find_command, parse_args, parse_line
from bot.commands.values import choose, did_you_mean, example_of, shown
from bot.errors import UserError
from bot.feeds.edgar.settings import EdgarSettings
from bot.feeds.settings import FeedSettings
from bot.settings import AlertSettings, ScoringSettings
from bot.views.elements import Picture, View
from bot.views.errors import error_view
from bot.words import mark, speaking, tr
from storage import Storage

INDUSTRIES_SHOWN = 3


def answer(  # noqa: PLR0913 - all that a command may use
    line: str,
    *,
    chat: ChatRef,
    now: datetime,
    storage: Storage,
    scoring: ScoringSettings,
    alerts: AlertSettings,
    feeds: FeedSettings | None = None,
    edgar: EdgarSettings | None = None,
    fault: str = "",
) -> View:
    """Answer one line, in the chat's language.

    What the person did wrong comes back as an error View; our own faults are raised.
    """
    with speaking(language_here(storage, chat)):
        try:
            name, rest = parse_line(_storable(line))
            command = find_command(name, COMMANDS)
            _check_may(command, rest, chat)
            args = parse_args(command, rest, _resolver(command, storage))
            settings = (feeds or FeedSettings(), edgar or EdgarSettings(), fault)
            return _themed(command.run(Request(args, chat, now, storage, scoring, alerts, *settings)), chat, storage)
        except UserError as error:
            return error_view(error)


def _themed(view: View, chat: ChatRef, storage: Storage) -> View:
    """The view with its pictures as the chat wishes to see them."""
    if not any(isinstance(one, Picture) for one in view.body):
        return view
    with storage.read() as tx:
        theme = settings_of(chat_here(tx, chat)).theme
    return replace(
        view, body=tuple(replace(one, theme=theme) if isinstance(one, Picture) else one for one in view.body)
    )


def _check_may(command: Command, rest: str, chat: ChatRef) -> None:
    """In a group only its administrators change what it is told; everybody may look."""
    only_shows = command.shows and not rest
    if command.changes and not only_shows and chat.is_group and not chat.is_admin:
        way_out = f"/{command.name}" if command.shows else "/alerts"
        raise UserError(
            tr(
                "{command} is for administrators of this group; you can do that in a chat of your own with me",
                command=f"/{command.name}",
            ),
            way_out,
        )


def _storable(line: str) -> str:
    """The line without what no database takes: NUL, and bytes that a terminal could not decode."""
    return line.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _resolver(command: Command, storage: Storage) -> Callable[[Param, str], Any]:
    # The database is read only when a coin or a class is named: /pump needs neither.
    def resolve(param: Param, text: str) -> Any:
        if param.kind is Kind.COIN:
            example = f"/{command.name} {{}}" if param.positional else example_of(command, param, "{}")
            with storage.read() as tx:
                return base_coin_of(tx, text, example)
        if param.name in {"sector", "industry"}:
            return _class_name(command, param, text, storage)
        return choose(param, text, param.choices, command)

    return resolve


def _class_name(command: Command, param: Param, text: str, storage: Storage) -> str:
    """A sector or industry; empty when none is wished for."""
    if text.strip().lower() in NO_FILTER:
        return ""
    with storage.read() as tx:
        found, near, known = class_of(tx, param.name, text)
    if found is not None:
        return found
    # The eleven sectors can be told; the industries are too many.
    all_of_them = tr("allowed: {choices}", choices=", ".join(known)) if param.name == "sector" else ""
    some = tr("for example {choices}", choices=", ".join(known[:INDUSTRIES_SHOWN]))
    hints = [did_you_mean(near) if near else "", all_of_them if all_of_them or near else some]
    hint = " ".join(hint for hint in hints if hint)
    is_none = mark("There is no sector {typed}; {hint}")
    if param.name == "industry":
        is_none = mark("There is no industry {typed}; {hint}")
    raise UserError(tr(is_none, typed=shown(text), hint=hint), example_of(command, param, near))
