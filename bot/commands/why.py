"""/why: the full numbers of an alert."""

from __future__ import annotations

from datetime import date, datetime

from bot.commands.base import Command, Kind, Param, Request
from bot.commands.chats import chat_here, chats_of, settings_of
from bot.errors import UserError
from bot.views.elements import View
from bot.views.why import Standing, TradeShown, why_view
from bot.words import tr
from scoring.amendments import effective_filings
from scoring.model import Side, Signal
from scoring.trades import CODES
from storage import Transaction
from storage.alerts import Alert


def run(request: Request) -> View:
    """The facts stored with the alert, as they were when it rang."""
    ref = request.args["ref"].lstrip("#").lower()
    if not ref:
        raise UserError(tr("Which alert? Give its #ref, which stands at the end of it"), COMMAND.example)
    with request.storage.read() as tx:
        chats = [one.id for one in chats_of(tx, request.chat)]
        told = tx.alerts.by_ref(ref, chats)
        if told is None:
            said = tr("No alert {ref} went to this chat; the #ref stands at the end of each alert", ref=f"#{ref}")
            raise UserError(said, "/missed")
        alert = told.alert
        trades = () if alert.signal != Signal.CLUSTERS else _trades(tx, alert)
        zone = settings_of(chat_here(tx, request.chat)).tz
        living = any(one.id == alert.subscription_id for chat in chats for one in tx.subscriptions.of_chat(chat))
        episode = Standing(_closed_at(tx, alert), is_sample=alert.subscription_id is None, is_deleted=not living)
        return why_view(told, episode, trades, zone, request.now)


def _closed_at(tx: Transaction, alert: Alert) -> datetime | None:
    """When the alert's episode ended; None while it stands."""
    if alert.subscription_id is None:
        return None
    newest = next((one for one in tx.episodes.of([alert.subscription_id]) if one.key == alert.key), None)
    if newest is None:
        return alert.created_at
    # An earlier episode ended before the newest began; when, is not of interest any more.
    return newest.closed_at if newest.number == alert.episode else newest.opened_at


def _trades(tx: Transaction, alert: Alert) -> tuple[TradeShown, ...]:
    """The rows behind a cluster, as filings and amendments said when it rang; none of a hosted service's."""
    cluster = alert.facts["cluster"]
    if cluster["issuer_cik"] is None:
        return ()
    first, last = (date.fromisoformat(cluster[name]) for name in ("first_date", "last_date"))
    code, _ = CODES[Side(cluster["cluster_type"])]
    accessions = set(cluster["accessions"])
    filings = tx.filings.window(first, alert.created_at, [cluster["issuer_cik"]])
    found = [
        TradeShown(
            day=row.date,
            by=tuple(filer.name for filer in filing.filers),
            shares=row.shares,
            price=row.price,
            filed=filing.accepted_at.date(),
            plan=filing.plan_10b5_1,
            accession=filing.accession,
        )
        for filing in effective_filings(filings)
        if filing.accession in accessions
        for row in filing.transactions
        if row.code == code and row.price and first <= row.date <= last
    ]
    return tuple(sorted(found, key=lambda one: (one.day, one.by, one.accession)))


COMMAND = Command(
    name="why",
    summary="Why an alert rang: its arithmetic, by its #ref",
    run=run,
    personal=True,
    example="/why k3f9xz",
    params=(Param("ref", Kind.TEXT, "the #ref of an alert", "k3f9xz", required=True, positional=True),),
)
