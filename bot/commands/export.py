"""/export: everything that is stored of a person and a chat."""

from __future__ import annotations

import json

from bot.commands.base import Command, Request
from bot.commands.chats import persons
from bot.commands.forget import scope_of
from bot.views.elements import View
from bot.views.export import export_view


def run(request: Request) -> View:
    """One JSON document. What a person has elsewhere is not shown to a group."""
    with request.storage.read() as tx:
        scope = scope_of(tx, request.chat, elsewhere=not request.chat.is_group)
        rows = tx.privacy.export(scope)
        linked = [one for one in persons(tx, request.chat) if one != request.chat.owner]
    head = {"exported_at": f"{request.now:%Y-%m-%dT%H:%M:%SZ}", "person": request.chat.owner}
    data = {**head, **({"linked": linked} if linked else {}), **rows}
    return export_view(f"tocsin-{request.now:%Y-%m-%d}.json", json.dumps(data, ensure_ascii=False, indent=2), data)


COMMAND = Command(
    name="export",
    summary="Everything that is stored of you and this chat, as one file",
    run=run,
    personal=True,
    example="/export",
)
