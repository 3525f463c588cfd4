"""What rang for a chat, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from bot.views import local, numbers
from bot.views.alert_message import detail, line, subscriptions_text
from bot.views.elements import Button, Column, Element, Json, Note, Table, Text, View
from bot.views.paging import Page, Row, cut_notes, more_buttons, pagination
from bot.words import mark, tr, trn
from bot.words.stored import retold
from storage.alerts import Told

HOLDS = {
    "quiet": mark("quiet hours"),
    "muted": mark("muted"),
    "cap": mark("the day's cap"),
    "daily": mark("the daily digest"),
}
UNREMARKABLE = {"new", "held until now"}  # reasons to wait that say nothing
WHYS = 3


def missed_view(page: Page[Told], since: datetime, zone: tzinfo, now: datetime) -> View:
    """What rang since a time, newest first."""
    began = local.at(since, zone, now)
    if not page.total:
        return View(
            title=tr("Nothing rang here since {time}", time=began),
            body=(Text(tr("What is sent, what waits and what was given up would be listed.")),),
            buttons=(Button(tr("Since a week"), "/missed 1w"), Button(tr("Subscriptions"), "/alerts")),
            data={"alerts": [], "since": numbers.iso(since), **pagination(page)},
        )
    columns = (
        Column(tr("at")),
        Column(tr("alert"), is_plain=True),
        Column("#ref"),
        Column(tr("what became of it"), is_plain=True),
    )
    rows = tuple(
        (local.at(one.alert.created_at, zone, now), line(one.alert), one.alert.ref, fate(one, zone, now))
        for one in page.rows
    )
    table = [Table(columns, rows)] if rows else []
    whys = [Button(tr("Why {ref}?", ref=f"#{one.alert.ref}"), f"/why {one.alert.ref}") for one in page.rows[:WHYS]]
    return View(
        title=trn("{count} alert since {time}", "{count} alerts since {time}", page.total, time=began),
        body=(*table, *cut_notes(page, mark("alerts")), Note(_clock(zone, now))),
        buttons=(*more_buttons(page), *whys),
        data={"alerts": [_data(one) for one in page.rows], "since": numbers.iso(since), **pagination(page)},
    )


def message_view(
    ref: str,
    shown: Sequence[tuple[Told, tuple[int, ...]]],
    page: Page[Row],
    zone: tzinfo,
    now: datetime,
) -> View:
    """The alerts of one message, worst first, each with the subscriptions that rang for it."""
    body: list[Element] = []
    for one, ids in shown:
        parts = (detail(one.alert), subscriptions_text(ids), f"#{one.alert.ref}")
        body.append(Text(line(one.alert)))
        body.append(Note(" · ".join(part for part in parts if part)))
    became = f": {fate(shown[0][0], zone, now)}" if shown else ""
    title = trn(
        "{count} alert in the message of {ref}", "{count} alerts in the message of {ref}", page.total, ref=f"#{ref}"
    )
    return View(
        title=f"{title}{became}",
        body=(*body, *cut_notes(page, mark("alerts")), Note(_clock(zone, now))),
        buttons=(*more_buttons(page), *(Button(tr("Why?"), f"/why {one.alert.ref}") for one, _ in shown[:1])),
        data={"alerts": [_data(one) for one, _ in shown], **pagination(page)},
    )


def fate(told: Told, zone: tzinfo, now: datetime) -> str:
    """What became of an alert: sent 10:31; held: quiet hours until 07:00; expired: not sent in time."""
    ended = "" if told.settled_at is None else local.at(told.settled_at, zone, now)
    if told.state == "held":
        why = tr(HOLDS[told.hold]) if told.hold in HOLDS else retold(told.reason)
        return tr("held: {why} until {time}", why=why, time=local.at(told.not_before, zone, now))
    why = "" if told.reason in UNREMARKABLE else retold(told.reason)
    words = {
        "queued": tr("waits to be sent: {why}", why=why) if why else tr("waits to be sent"),
        "sent": tr("sent {time}", time=ended),
        "in_flight": tr("is being sent"),
        "dead": tr("given up {time}: {why}", time=ended, why=why),
    }
    return words.get(told.state) or f"{retold(told.state)} {ended}: {why}"


def _clock(zone: tzinfo, now: datetime) -> str:
    return tr("Times of {zone}, where it is {time}.", zone=zone, time=numbers.time(now.astimezone(zone)))


def _data(told: Told) -> dict[str, Json]:
    alert = told.alert
    return {
        "ref": alert.ref,
        "at": numbers.iso(alert.created_at),
        "signal": alert.signal,
        "key": alert.key,
        "kind": alert.kind,
        "subscription": alert.subscription_id,
        "line": line(alert),
        "state": told.state,
        "reason": told.reason,
        "settled_at": numbers.iso(told.settled_at),
    }
