"""Why an alert rang, with the numbers in it."""

from __future__ import annotations

from bot.views import numbers
from bot.views.alert_message import detail, headline, line
from bot.views.elements import Button, Column, Field, Fields, Link, Note, Table, Text, View
from bot.views.sources import as_given
from scoring.explain import OWN
from scoring.model import Signal
from storage.outbox import Alert


def why_view(alert: Alert) -> View:
    """The stored facts: what changed, why it was told, and the arithmetic to recompute it."""
    facts = alert.facts
    body: list[Text | Fields | Table | Note | Link] = [
        Text(line(alert)),
        Fields(
            (
                Field("told because", str(facts["reason"])),
                Field("subscription", f"{alert.subscription_id}, minimum {facts['minimum']:g}"),
                Field("at", numbers.clock(alert.created_at)),
                Field("episode", f"{alert.episode}, since {facts['since']}"),
            )
        ),
    ]
    if facts.get("arithmetic"):
        columns = (Column("part"), Column("value", "right"), Column("from"))
        body.append(Table(columns, tuple(tuple(row) for row in facts["arithmetic"])))
        body.append(Note(f"Formula version {facts['formula_version']}; see docs/methodology.md."))
    elif (source := facts.get("source", OWN)) != OWN:
        body.append(Text(f"The score is {as_given(source)}."))
    body.append(Note(detail(alert)))
    body += [Link("filing", url) for url in facts.get("links", [])]
    again = f"/coin {alert.key}"
    if alert.signal == Signal.CLUSTERS:
        ticker = facts["cluster"]["ticker"]
        again = f"/clusters ticker={ticker}" if ticker else "/clusters"
    return View(
        title=f"#{alert.ref}: {headline(alert)}",
        body=tuple(body),
        buttons=(Button("Now", again), Button("Stop", f"/alert off {alert.subscription_id}")),
        data={"ref": alert.ref, "kind": alert.kind, "key": alert.key, "facts": dict(facts)},
    )
