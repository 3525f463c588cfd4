"""/coin: everything behind one coin's scores."""

from __future__ import annotations

from bot.commands.base import Command, Kind, Param, Request
from bot.commands.naming import coin_named, others_of_ticker
from bot.signals import (
    NO_PRICE,
    coin_fundings,
    hosted_scores,
    pump_constants,
    score_fundings,
    selling_constants,
    service_behind,
)
from bot.views.coin import Coverage, coin_card
from bot.views.elements import View
from scoring.explain import explain


def run(request: Request) -> View:
    """Both scores with their arithmetic, and each exchange's vote."""
    base_coin = request.args["coin"]
    with request.storage.read() as tx:
        fundings = coin_fundings(tx, request.now, request.scoring, [base_coin])
        prices = tx.prices.changes(request.now, [base_coin])
        coin = coin_named(tx.pairs.coins(), base_coin)
        newest = max((one.settled_at for one in tx.funding.last_settlements(base_coin, request.now)), default=None)
        found = hosted_scores(tx, request.now, [base_coin]) or score_fundings(fundings, prices, request.scoring)
        service = service_behind(tx, request.now, found)
        others = others_of_ticker(tx, base_coin)
    pump, selling = pump_constants(request.scoring), selling_constants(request.scoring)
    scores = {
        signal: (by_coin[base_coin], explain(by_coin[base_coin], pump, selling))
        for signal, by_coin in found.items()
        if base_coin in by_coin
    }
    hosted = next((score for score, _ in scores.values() if service is not None), None)
    funding, change = fundings.get(base_coin), prices.get(base_coin, NO_PRICE)
    if hosted is not None:
        funding, change = funding or hosted.funding, prices.get(base_coin, hosted.prices)
    coverage = Coverage(
        newest=newest,
        min_exchanges=request.scoring.min_exchanges,
        now=request.now,
        service=service,
        funding_is_own=service is None or base_coin in fundings,
        others=others,
    )
    return coin_card(coin, funding, change, scores, coverage)


COMMAND = Command(
    name="coin",
    summary="One coin: both scores with the numbers behind them",
    run=run,
    example="/coin PEPE",
    params=(Param("coin", Kind.COIN, "ticker or name", "PEPE", required=True, positional=True),),
)
