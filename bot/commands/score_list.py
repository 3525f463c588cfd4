"""The list of scored coins, shared by /pump and /selling."""

from __future__ import annotations

from bot.commands.base import Request
from bot.commands.naming import coin_named
from bot.signals import score_coins
from bot.views.elements import View
from bot.views.scores import coverage_note, score_list
from scoring.model import Signal


def list_scores(request: Request, signal: Signal) -> View:
    """All coins with a score above 0 and at or above the minimum, best first."""
    with request.storage.read() as tx:
        scores = score_coins(tx, request.now, request.scoring)[signal]
        coins = tx.pairs.coins()
        newest = tx.funding.newest_settlements(request.now)
    ranked = sorted(scores.values(), key=lambda score: (-score.score, score.base_coin))
    ranked = [score for score in ranked if score.score > 0]
    minimum = request.args["min"]
    found = [score for score in ranked if score.score >= minimum]
    default = request.alerts.pump_min if signal is Signal.PUMP else request.alerts.selling_min
    return score_list(
        signal,
        [(score, coin_named(coins, score.base_coin)) for score in found[: request.args["limit"]]],
        total=len(found),
        minimum=minimum,
        highest=ranked[0] if ranked else None,
        now=request.now,
        coverage=coverage_note(len(newest), max(newest.values(), default=None), request.now),
        alert_at=minimum or default,
    )
