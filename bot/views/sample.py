"""What to expect of a sample alert."""

from __future__ import annotations

from datetime import datetime, tzinfo

from bot.views import local, numbers
from bot.views.elements import Button, Note, Text, View
from bot.words import tr
from bot.words.stored import retold


def sample_view(ref: str, waits: tuple[str, datetime] | None, trouble: str, zone: tzinfo, now: datetime) -> View:
    """The answer to /test. `waits`: why a real alert would wait now, and until when; `trouble`: of the platform."""
    body: list[Text | Note] = [
        Text(
            tr(
                "It looks as a real one does, and is marked as a sample. It comes within seconds; where it does not, "
                "nothing else would, and /missed says why."
            )
        ),
    ]
    if waits is not None:
        why, until = waits
        waits_for = {"time": local.at(until, zone, now), "why": retold(why)}
        body.append(Note(tr("A real alert would wait now, until {time}: {why}. A sample does not.", **waits_for)))
    if trouble:
        body.append(Note(tr("Sending does not work at the moment: {trouble}.", trouble=retold(trouble))))
    return View(
        title=tr("A sample alert is on its way: {ref}", ref=f"#{ref}"),
        body=tuple(body),
        buttons=(Button(tr("What became of it"), "/missed 10m"), Button(tr("How this chat is told"), "/settings")),
        data={
            "ref": ref,
            "waits_until": None if waits is None else numbers.iso(waits[1]),
            "trouble": trouble or None,
        },
    )
