"""/why: the full numbers of an alert."""

from __future__ import annotations

from datetime import date

from bot.commands.base import Command, Kind, Param, Request
from bot.errors import UserError
from bot.views.elements import View
from bot.views.why import TradeShown, why_view
from scoring.amendments import effective_filings
from scoring.model import Side, Signal
from scoring.trades import CODES
from storage import Transaction
from storage.alerts import Alert


def run(request: Request) -> View:
    """The facts stored with the alert, as they were when it rang."""
    ref = request.args["ref"].lstrip("#").lower()
    if not ref:
        raise UserError("Which alert? Give its #ref, which stands at the end of it", COMMAND.example)
    with request.storage.read() as tx:
        chat = tx.chats.find(request.chat.platform, request.chat.address)
        told = None if chat is None else tx.alerts.by_ref(ref, chat.id)
        alert = None if told is None else told.alert
        trades = () if alert is None or alert.signal != Signal.CLUSTERS else _trades(tx, alert)
    if alert is None:
        raise UserError(f"No alert #{ref} went to this chat; the #ref stands at the end of each alert", "/alerts")
    return why_view(alert, trades)


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
            by=" and ".join(filer.name for filer in filing.filers),
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
    example="/why k3f9xz",
    params=(Param("ref", Kind.TEXT, "the #ref of an alert", "k3f9xz", required=True, positional=True),),
)
