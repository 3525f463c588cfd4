"""/start and /help."""

from __future__ import annotations

from bot.commands.base import Command, Kind, Param, Request
from bot.commands.chats import chat_here, open_chat
from bot.commands.parse import find_command
from bot.views.elements import View
from bot.views.help import command_view, list_view, start_view
from storage.chats import ACTIVE


def start(request: Request) -> View:
    """What this is, and the first things to try."""
    with request.storage.write() as tx:
        before = chat_here(tx, request.chat)
        chat = open_chat(tx, request)
        was_off = before is not None and before.status != ACTIVE
        return start_view(len(tx.subscriptions.of_chat(chat.id)), was_off=was_off)


def run(request: Request) -> View:
    """All commands, or one in full."""
    # The list of commands imports this module: it is looked up when asked for.
    from bot.commands import COMMANDS  # noqa: PLC0415

    if request.args["command"] is None:
        return list_view(COMMANDS)
    return command_view(find_command(request.args["command"].lstrip("/").lower(), COMMANDS))


START = Command(name="start", summary="What tocsin does, and what to try first", run=start, example="/start")
COMMAND = Command(
    name="help",
    summary="All commands, or one in full",
    run=run,
    example="/help pump",
    params=(Param("command", Kind.TEXT, "a command", "pump", positional=True),),
)
