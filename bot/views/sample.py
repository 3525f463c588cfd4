"""What to expect of a sample alert."""

from __future__ import annotations

from datetime import datetime, tzinfo

from bot.views import local, numbers
from bot.views.elements import Button, Note, Text, View


def sample_view(ref: str, waits: tuple[str, datetime] | None, trouble: str, zone: tzinfo, now: datetime) -> View:
    """The answer to /test. `waits`: why a real alert would wait now, and until when; `trouble`: of the platform."""
    body: list[Text | Note] = [
        Text("It looks as a real one does, and is marked as a sample. It comes within seconds; where it does not, "
             "nothing else would, and /missed says why."),
    ]  # fmt: skip
    if waits is not None:
        why, until = waits
        body.append(Note(f"A real alert would wait now, until {local.at(until, zone, now)}: {why}. A sample does not."))
    if trouble:
        body.append(Note(f"Sending does not work at the moment: {trouble}."))
    return View(
        title=f"A sample alert is on its way: #{ref}",
        body=tuple(body),
        buttons=(Button("What became of it", "/missed 10m"), Button("How this chat is told", "/settings")),
        data={
            "ref": ref,
            "waits_until": None if waits is None else numbers.iso(waits[1]),
            "trouble": trouble or None,
        },
    )
