"""Why an alert rang, with the numbers in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.views import numbers
from bot.views.alert_message import detail, filing_links, headline, line
from bot.views.elements import Button, Column, Element, Field, Fields, Json, Note, Table, Text, View
from bot.views.sources import as_given
from scoring.explain import OWN
from scoring.model import Signal
from storage.alerts import Alert

TRADES = 30
LINKS = 20


@dataclass(frozen=True, slots=True)
class TradeShown:
    """One row of a filing behind a cluster."""

    day: date
    by: str  # the filers, by name
    shares: float
    price: float  # USD per share
    filed: date
    plan: bool  # the filing says that a 10b5-1 plan was followed
    accession: str


def why_view(alert: Alert, trades: Sequence[TradeShown] = ()) -> View:
    """The stored facts: what changed, why it was told, and the arithmetic to recompute it.

    `trades` are those behind a cluster, as they were known when it rang.
    """
    facts = alert.facts
    body: list[Element] = [
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
    body += _trades(trades)
    body += filing_links(facts)[:LINKS]
    again = f"/coin {alert.key}"
    if alert.signal == Signal.CLUSTERS:
        ticker = facts["cluster"]["ticker"]
        again = f"/clusters ticker={ticker}" if ticker else "/clusters"
    return View(
        title=f"#{alert.ref}: {headline(alert)}",
        body=tuple(body),
        buttons=(Button("Now", again), Button("Stop", f"/alert off {alert.subscription_id}")),
        data={"ref": alert.ref, "kind": alert.kind, "key": alert.key, "facts": dict(facts), **_data(trades)},
    )


def _trades(trades: Sequence[TradeShown]) -> list[Element]:
    if not trades:
        return []
    columns = (
        Column("traded"),
        Column("by"),
        Column("shares", "right"),
        Column("price", "right"),
        Column("value", "right"),
        Column("filed"),
        Column("remark"),
    )
    table = Table(columns, tuple(_trade(one) for one in trades[:TRADES]))
    more = len(trades) - TRADES
    return [table, *([Note(f"And {more} more trades.")] if more > 0 else [])]


def _trade(one: TradeShown) -> tuple[str, ...]:
    return (
        one.day.isoformat(),
        one.by,
        f"{one.shares:,.0f}",
        numbers.price(one.price),
        numbers.money(one.shares * one.price),
        one.filed.isoformat(),
        "10b5-1 plan" if one.plan else numbers.UNKNOWN,
    )


def _data(trades: Sequence[TradeShown]) -> dict[str, Json]:
    rows: list[Json] = [
        {
            "date": one.day.isoformat(),
            "by": one.by,
            "shares": one.shares,
            "price": one.price,
            "filed": one.filed.isoformat(),
            "plan": one.plan,
            "accession": one.accession,
        }
        for one in trades
    ]
    return {"trades": rows} if rows else {}
