"""What one refresh changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.feeds.exchanges import title_of
from bot.views import numbers
from bot.views.cluster_words import summary
from bot.views.clusters import cluster_data
from bot.views.elements import Column, Json, Note, Table, Text, View
from scoring.detection import ClusterMovement, Movement

if TYPE_CHECKING:
    from bot.refresh import Refreshed

SHOWN = 30


def refreshed_view(found: Refreshed) -> View:
    """Scores that moved, clusters that came, grew or went, sources that failed, values set aside."""
    body: list[Text | Table | Note] = []
    moves = found.movements[:SHOWN]
    if moves:
        columns = (
            Column("signal"),
            Column("coin"),
            Column("change"),
            Column("before", "right"),
            Column("now", "right"),
        )
        body.append(Table(columns, tuple(_row(move) for move in moves)))
        if len(found.movements) > SHOWN:
            body.append(Note(f"The {SHOWN} largest of {len(found.movements)} movements."))
    body += [Text(_cluster(move)) for move in found.clusters[:SHOWN]]
    if not found.movements and not found.clusters:
        body.append(Text("Nothing changed since the refresh before."))
    body += [Note(f"{title_of(report.source)}: {report.detail}") for report in found.reports if not report.ok]
    body += [Note(f"set aside: {line}") for line in found.set_aside[:SHOWN]]
    body.append(Note(f"{numbers.count(found.alerts, 'alert')} queued for delivery"))
    return View(title=f"Refresh of {numbers.clock(found.at)}", body=tuple(body), data=_data(found))


def _row(move: Movement) -> tuple[str, ...]:
    before, after = (numbers.UNKNOWN if one is None else numbers.score(one) for one in (move.before, move.after))
    return (move.signal.value, move.base_coin, move.kind.value, before, after)


def _cluster(move: ClusterMovement) -> str:
    cluster = move.after or move.before
    return "" if cluster is None else f"cluster {move.kind.value}: {summary(cluster)}"


def _data(found: Refreshed) -> dict[str, Json]:
    return {
        "at": numbers.iso(found.at),
        "alerts": found.alerts,
        "movements": [
            {
                "signal": one.signal.value,
                "base_coin": one.base_coin,
                "change": one.kind.value,
                "before": one.before,
                "after": one.after,
            }
            for one in found.movements
        ],
        "clusters": [
            {"change": one.kind.value, **cluster_data(cluster)}
            for one in found.clusters
            if (cluster := one.after or one.before) is not None
        ],
        "sources": [{"name": one.source, "ok": one.ok, "detail": one.detail} for one in found.reports],
        "set_aside": list(found.set_aside),
    }
