"""The list of scored coins, shared by /pump and /selling."""

from __future__ import annotations

from bot.commands.base import Request
from bot.commands.naming import coin_named
from bot.signals import score_coins, service_behind
from bot.views.elements import View
from bot.views.scores import coverage_note, score_list
from bot.views.sources import given_stamp
from scoring.model import Signal


def list_scores(request: Request, signal: Signal) -> View:
    """All coins with a score above 0 and at or above the minimum, best first."""
    with request.storage.read() as tx:
        both = score_coins(tx, request.now, request.scoring)
        service = service_behind(tx, request.now, both)
        coins = tx.pairs.coins()
        newest = tx.funding.newest_settlements(request.now)
    ranked = sorted(both[signal].values(), key=lambda score: (-score.score, score.base_coin))
    ranked = [score for score in ranked if score.score > 0]
    minimum = request.args["min"]
    found = [score for score in ranked if score.score >= minimum]
    default = request.alerts.pump_min if signal is Signal.PUMP else request.alerts.selling_min
    own = coverage_note(len(newest), max(newest.values(), default=None), request.now)
    return score_list(
        signal,
        [(score, coin_named(coins, score.base_coin)) for score in found[: request.args["limit"]]],
        total=len(found),
        minimum=minimum,
        highest=ranked[0] if ranked else None,
        now=request.now,
        coverage=own if service is None else given_stamp(service, request.now),
        service=service,
        alert_at=minimum or default,
    )
