"""The list of scored coins, shared by /pump and /selling."""

from __future__ import annotations

from bot.commands.base import Request
from bot.commands.naming import coin_named
from bot.feeds.base import Outcome
from bot.feeds.exchanges import EXCHANGES
from bot.signals import score_coins, service_behind
from bot.views.elements import View
from bot.views.scores import Part, Sort, coverage_note, lack, score_list
from bot.views.sources import given_stamp
from scoring.model import Signal
from storage import Transaction


def list_scores(request: Request, signal: Signal) -> View:
    """All coins with a score above 0 and at or above the minimum, best first."""
    with request.storage.read() as tx:
        both = score_coins(tx, request.now, request.scoring)
        service = service_behind(tx, request.now, both)
        coins = tx.pairs.coins()
        newest = tx.funding.newest_settlements(request.now)
        missing = _missing(tx)
    ranked = sorted(
        (score for score in both[signal].values() if score.score > 0), key=lambda score: (-score.score, score.base_coin)
    )
    minimum, limit, sort = request.args["min"], request.args["limit"], Sort(request.args["sort"])
    found = sorted((score for score in ranked if score.score >= minimum), key=sort.key)
    # A list that has become shorter since its buttons were made ends with its last page.
    page = min(request.args["page"], max(1, -(-len(found) // limit)))
    default = request.alerts.pump_min if signal is Signal.PUMP else request.alerts.selling_min
    own = coverage_note(len(newest), max(newest.values(), default=None), request.now, missing)
    return score_list(
        signal,
        [(score, coin_named(coins, score.base_coin)) for score in found[(page - 1) * limit : page * limit]],
        part=Part(len(found), minimum, sort, page, limit),
        highest=ranked[0] if ranked else None,
        now=request.now,
        coverage=own if service is None else given_stamp(service, request.now),
        service=service,
        alert_at=minimum or default,
    )


def _missing(tx: Transaction) -> dict[str, str]:
    """Exchanges that the last refresh asked in vain, and why, in a few words."""
    last = tx.refreshes.last()
    return {
        one.name: lack(one.outcome, one.detail)
        for one in tx.refreshes.sources()
        if one.name in EXCHANGES and one.outcome != Outcome.OK and last is not None and one.asked_at >= last.at
    }
