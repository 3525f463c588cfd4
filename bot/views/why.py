"""Why an alert rang, with the numbers in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from bot.views import local, numbers
from bot.views.alert_message import detail, filing_links, headline, line
from bot.views.coin import arithmetic_columns, formula_text
from bot.views.elements import Button, Column, Element, Field, Fields, Json, Note, Table, Text, View
from bot.views.missed import fate
from bot.views.sources import as_given
from bot.words import mark, tr, trn
from bot.words.stored import retold
from scoring.explain import OWN
from scoring.model import Signal
from storage.alerts import Alert, Told

TRADES = 30
LINKS = 20


@dataclass(frozen=True, slots=True)
class TradeShown:
    """One row of a filing behind a cluster."""

    day: date
    by: tuple[str, ...]  # the filers, by name
    shares: float
    price: float  # USD per share
    filed: date
    plan: bool  # the filing says that a 10b5-1 plan was followed
    accession: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether what rang still stands, and for whom."""

    closed_at: datetime | None
    is_sample: bool = False
    is_deleted: bool = False  # its subscription is


def why_view(told: Told, episode: Standing, trades: Sequence[TradeShown], zone: tzinfo, now: datetime) -> View:
    """The stored facts: what changed, why it was told, what became of it, and the arithmetic to recompute it.

    `trades` are those behind a cluster, as they were known when it rang.
    """
    alert = told.alert
    facts = alert.facts
    body: list[Element] = [
        Text(line(alert)),
        Fields(
            (
                Field(tr("told because"), retold(str(facts["reason"]))),
                Field(tr("subscription"), _subscription(alert, episode)),
                Field(tr("at"), f"{numbers.clock(alert.created_at)}: {fate(told, zone, now)}"),
                *_stands(alert, episode, zone, now),
            )
        ),
    ]
    if facts.get("arithmetic"):
        rows = ((label, numbers.formula(value), formula_text(formula)) for label, value, formula in facts["arithmetic"])
        body.append(Table(arithmetic_columns(), tuple(rows)))
        version, page = facts["formula_version"], "docs/methodology.md"
        body.append(Note(tr("Formula version {version}; see {page}.", version=version, page=page)))
    elif (source := facts.get("source", OWN)) != OWN:
        body.append(Text(tr("The score is {given}.", given=as_given(source))))
    body.append(Note(detail(alert)))
    body += _trades(trades)
    body += filing_links(facts)[:LINKS]
    return View(
        title=f"#{alert.ref}: {headline(alert)}",
        body=tuple(body),
        buttons=_buttons(alert, episode),
        data={
            "ref": alert.ref,
            "kind": alert.kind,
            "key": alert.key,
            "state": told.state,
            "closed_at": numbers.iso(episode.closed_at),
            "facts": dict(facts),
            **_data(trades),
        },
    )


def _subscription(alert: Alert, episode: Standing) -> str:
    if episode.is_sample:
        return tr("none: it is a sample")
    number, minimum = alert.subscription_id, numbers.general(alert.facts["minimum"])
    if episode.is_deleted:
        return tr("{id} (deleted), minimum {minimum}", id=number, minimum=minimum)
    return tr("{id}, minimum {minimum}", id=number, minimum=minimum)


def _stands(alert: Alert, episode: Standing, zone: tzinfo, now: datetime) -> list[Field]:
    if episode.is_sample or not alert.facts.get("since"):
        return []
    began = datetime.fromisoformat(alert.facts["since"])
    ended = episode.closed_at or now
    is_open = episode.closed_at is None
    told = mark("stands for {span}, since {time}") if is_open else mark("over: stood for {span}, since {time}")
    span = numbers.duration(max(ended - began, timedelta(0)))
    return [Field(tr("episode"), tr(told, span=span, time=local.at(began, zone, now)))]


def _buttons(alert: Alert, episode: Standing) -> tuple[Button, ...]:
    if episode.is_sample:
        return (Button(tr("Subscriptions"), "/alerts"),)
    again, name = f"/coin {alert.key}", alert.key
    if alert.signal == Signal.CLUSTERS:
        name = str(alert.facts["cluster"]["ticker"] or "")
        again = f"/clusters ticker={name}" if name else "/clusters"
    mute = [Button(tr("Mute {name} {span}", name=name, span=numbers.days(1)), f"/mute {name} 1d")] if name else []
    stop = [] if episode.is_deleted else [Button(tr("Stop"), f"/alert off {alert.subscription_id}")]
    return (Button(tr("Now"), again), *mute, *stop)


def _trades(trades: Sequence[TradeShown]) -> list[Element]:
    if not trades:
        return []
    columns = (
        Column(tr("traded")),
        Column(tr("by")),
        Column(tr("shares"), "right"),
        Column(tr("price"), "right"),
        Column(tr("value"), "right"),
        Column(tr("filed")),
        Column(tr("remark")),
    )
    table = Table(columns, tuple(_trade(one) for one in trades[:TRADES]))
    more = len(trades) - TRADES
    return [table, *([Note(trn("And {count} more trade.", "And {count} more trades.", more))] if more > 0 else [])]


def _trade(one: TradeShown) -> tuple[str, ...]:
    return (
        numbers.short_day(one.day),
        tr(" and ").join(one.by),
        numbers.whole(one.shares),
        numbers.price(one.price),
        numbers.money(one.shares * one.price),
        numbers.short_day(one.filed),
        tr("10b5-1 plan") if one.plan else numbers.UNKNOWN,
    )


def _data(trades: Sequence[TradeShown]) -> dict[str, Json]:
    rows: list[Json] = [
        {
            "date": one.day.isoformat(),
            "by": " and ".join(one.by),
            "shares": one.shares,
            "price": one.price,
            "filed": one.filed.isoformat(),
            "plan": one.plan,
            "accession": one.accession,
        }
        for one in trades
    ]
    return {"trades": rows} if rows else {}
