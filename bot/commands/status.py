"""/status: how old everything is."""

from __future__ import annotations

from bot.commands.base import Command, Request
from bot.views.elements import View
from bot.views.status import Holdings, status_view


def run(request: Request) -> View:
    """The age of each source, the last refresh, and what the outbox holds."""
    with request.storage.read() as tx:
        holdings = Holdings(
            coins=len(tx.pairs.base_coins()),
            filings=tx.filings.count(),
            newest_settlements=tx.funding.newest_settlements(request.now),
            newest_filing=tx.filings.newest(request.now),
            newest_price=tx.prices.newest(request.now),
        )
        return status_view(holdings, tx.refreshes.sources(), tx.refreshes.last(), tx.outbox.counts(), now=request.now)


COMMAND = Command(
    name="status",
    summary="How fresh the data is, and what is waiting to be sent",
    run=run,
    example="/status",
)
