"""What rang for a chat, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from bot.views import local, numbers
from bot.views.alert_message import detail, line
from bot.views.elements import Button, Column, Element, Json, Note, Table, Text, View
from bot.views.paging import Page, Row, cut_notes, more_buttons, pagination
from storage.alerts import Told

HOLDS = {"quiet": "quiet hours", "muted": "muted", "cap": "the day's cap", "daily": "the daily digest"}
UNREMARKABLE = {"new", "held until now"}  # reasons to wait that say nothing
GIVEN_UP = {"dead": "given up"}
WHYS = 3


def missed_view(page: Page[Told], since: datetime, zone: tzinfo, now: datetime) -> View:
    """What rang since a time, newest first."""
    began = local.at(since, zone, now)
    if not page.total:
        return View(
            title=f"Nothing rang here since {began}",
            body=(Text("What is sent, what waits and what was given up would be listed."),),
            buttons=(Button("Since a week", "/missed 1w"), Button("Subscriptions", "/alerts")),
            data={"alerts": [], "since": numbers.iso(since), **pagination(page)},
        )
    columns = (Column("at"), Column("alert"), Column("#ref"), Column("what became of it"))
    rows = tuple(
        (local.at(one.alert.created_at, zone, now), line(one.alert), one.alert.ref, fate(one, zone, now))
        for one in page.rows
    )
    table = [Table(columns, rows)] if rows else []
    whys = [Button(f"Why #{one.alert.ref}?", f"/why {one.alert.ref}") for one in page.rows[:WHYS]]
    return View(
        title=f"{numbers.count(page.total, 'alert')} since {began}",
        body=(*table, *cut_notes(page, "alerts"), Note(_clock(zone, now))),
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
        why = f"subscription {' and '.join(map(str, ids))}" if ids else ""
        body.append(Text(line(one.alert)))
        body.append(Note(" · ".join(part for part in (detail(one.alert), why, f"#{one.alert.ref}") if part)))
    became = f": {fate(shown[0][0], zone, now)}" if shown else ""
    return View(
        title=f"{numbers.count(page.total, 'alert')} in the message of #{ref}{became}",
        body=(*body, *cut_notes(page, "alerts"), Note(_clock(zone, now))),
        buttons=(*more_buttons(page), *(Button("Why?", f"/why {one.alert.ref}") for one, _ in shown[:1])),
        data={"alerts": [_data(one) for one, _ in shown], **pagination(page)},
    )


def fate(told: Told, zone: tzinfo, now: datetime) -> str:
    """What became of an alert: sent 10:31; held: quiet hours until 07:00; expired: not sent in time."""
    ended = "" if told.settled_at is None else local.at(told.settled_at, zone, now)
    if told.state == "held":
        return f"held: {HOLDS.get(told.hold or '', told.reason)} until {local.at(told.not_before, zone, now)}"
    if told.state == "queued":
        return "waits to be sent" + ("" if told.reason in UNREMARKABLE else f": {told.reason}")
    words = {"sent": f"sent {ended}", "in_flight": "is being sent"}
    return words.get(told.state) or f"{GIVEN_UP.get(told.state, told.state)} {ended}: {told.reason}"


def _clock(zone: tzinfo, now: datetime) -> str:
    return f"Times of {zone}, where it is {now.astimezone(zone):%H:%M}."


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
