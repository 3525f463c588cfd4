"""/status: how old everything is, and what it rests on."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.commands.base import Command, Kind, Param, Request
from bot.commands.covered import covered_of, reads_edgar, why_off
from bot.feeds.edgar.hours import is_open, next_open
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.exchanges.alive import alive
from bot.feeds.exchanges.base import History
from bot.feeds.exchanges.coverage import Wanted, coverage
from bot.feeds.settings import FeedSettings
from bot.feeds.slugs import APART
from bot.views.elements import View
from bot.views.filings import FilingsState, filings_view, reasons_of
from bot.views.history import Depth, history_view
from bot.views.outbox import Delivering
from bot.views.quarantine import quarantine_view
from bot.views.status import GAPS_SHOWN, Health, Holdings, status_view
from storage import Transaction

SHOWS = ("overview", "quarantine", "history", "filings")
ASIDES = 200  # of the newest, that tell why filings are set aside


def run(request: Request) -> View:
    """The age of each source, the last refresh, what is held back, and what the outbox holds."""
    now = request.now
    with request.storage.read() as tx:
        match request.args["show"]:
            case "quarantine":
                return quarantine_view(tx.quarantine.entries(), now)
            case "history":
                return history_view(depth_of(tx, request.feeds, now), tx.funding.provisional(), now)
            case "filings":
                return filings_view(filings_of(tx, request), tx.filings.asides(ASIDES), now)
        coins = tx.pairs.base_coins()
        holdings = Holdings(
            coins=len(coins),
            filings=filings_of(tx, request),
            newest_settlements=tx.funding.newest_settlements(now),
            newest_price=tx.prices.newest(now),
            provisional=tx.funding.provisional(),
            price_sources=tx.prices.sources(now),
            held=tx.quarantine.entries(),
            apart=[coin for coin in coins if APART in coin],
        )
        return status_view(
            Health(
                holdings,
                tx.refreshes.sources(),
                tx.refreshes.last(),
                Delivering(tx.outbox.health(now), tx.chats.platforms(), request.fault),
                depth_of(tx, request.feeds, now),
                now,
                tx.refreshes.gaps(now - GAPS_SHOWN),
            )
        )


def filings_of(tx: Transaction, request: Request) -> FilingsState:
    """What is stored of filings, how far back, and whether EDGAR takes any now."""
    now = request.now
    is_closed = reads_edgar(request.feeds) and not is_open(now)
    return FilingsState(
        stored=tx.filings.count(),
        newest=tx.filings.newest(now),
        aside=tx.filings.aside_count(),
        reasons=reasons_of(tx.filings.asides(ASIDES)),
        covered=covered_of(tx, request.feeds, request.edgar, now),
        off=why_off(request.feeds, request.edgar),
        closed_until=next_open(now) if is_closed else None,
    )


def depth_of(tx: Transaction, feeds: FeedSettings, now: datetime) -> Depth:
    """How deep the history of the exchanges is that are read."""
    days = feeds.history_days
    if feeds.funding != "exchanges":
        return Depth(days)
    readable = [name for name, one in EXCHANGES.items() if one.adapter is not None]
    contracts = alive(tx, readable, now)
    intervals = {key: contract.interval_hours for key, contract in contracts.items()}
    whole = Wanted(intervals, now - timedelta(days=days), now)
    return Depth(days, coverage(tx.backfill.all(), whole, _history_of))


def _history_of(exchange: str, symbol: str) -> History:
    adapter = EXCHANGES[exchange].adapter
    if adapter is None:
        raise LookupError(f"{exchange} has no history to read")
    return adapter.history(symbol)


COMMAND = Command(
    name="status",
    summary="How fresh the data is, what is held back, and what is waiting to be sent",
    run=run,
    example="/status",
    params=(
        Param(
            "show",
            Kind.CHOICE,
            "overview, quarantine (values that are not believed), history (how deep) or filings (what was not read)",
            "quarantine",
            default="overview",
            choices=SHOWS,
            positional=True,
        ),
    ),
)
