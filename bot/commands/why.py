"""/why: the full numbers of an alert."""

from __future__ import annotations

from bot.commands.base import Command, Kind, Param, Request
from bot.errors import UserError
from bot.views.elements import View
from bot.views.why import why_view


def run(request: Request) -> View:
    """The facts stored with the alert, as they were when it rang."""
    ref = request.args["ref"].lstrip("#").lower()
    if not ref:
        raise UserError("Which alert? Give its #ref, which stands at the end of it", COMMAND.example)
    with request.storage.read() as tx:
        chat = tx.subscriptions.chat(request.chat.platform, request.chat.address)
        alert = None if chat is None else tx.outbox.alert(ref, chat.id)
    if alert is None:
        raise UserError(f"No alert #{ref} went to this chat; the #ref stands at the end of each alert", "/alerts")
    return why_view(alert)


COMMAND = Command(
    name="why",
    summary="Why an alert rang: its arithmetic, by its #ref",
    run=run,
    example="/why k3f9xz",
    params=(Param("ref", Kind.TEXT, "the #ref of an alert", "k3f9xz", required=True, positional=True),),
)
