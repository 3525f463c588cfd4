"""/coin: everything behind one coin's scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from bot.alerts.matching import Verdict, Wish, verdict_on_coin
from bot.charts.model import Mark
from bot.commands.base import Command, Kind, Param, Request
from bot.commands.naming import coin_named, others_of_ticker
from bot.signals import (
    COIN_SIGNALS,
    NO_PRICE,
    coin_fundings,
    hosted_scores,
    pump_constants,
    score_fundings,
    selling_constants,
    service_behind,
)
from bot.views import numbers
from bot.views.coin import Coverage, coin_card
from bot.views.elements import Picture, View
from bot.views.pictures import DAYS, CoinDays, coin_picture, in_words, level_of, with_picture
from bot.words import percent, tr
from scoring import insider_selling, pump_dump
from scoring.explain import explain
from scoring.model import CoinFunding, PriceChanges, Signal
from storage import Transaction


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
        stored, wishes = _stored(tx, base_coin, request), _wishes(tx, base_coin, request)
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
    own = fundings.get(base_coin)
    rings = own if service is None else None

    def picture() -> Picture | None:
        marks = [*_full(request), *(() if rings is None else _ringing(wishes, rings, change, request))]
        return coin_picture(coin, stored, own, change, marks)

    return with_picture(coin_card(coin, funding, change, scores, coverage), in_words(picture))


def _stored(tx: Transaction, base_coin: str, request: Request) -> CoinDays:
    prices = tx.prices.between(base_coin, request.now - timedelta(days=DAYS + 1), request.now)
    return CoinDays(tx.funding.history(request.now, DAYS, [base_coin]), prices, request.now)


def _wishes(tx: Transaction, base_coin: str, request: Request) -> list[Wish]:
    """What the chat wishes to hear of the coin."""
    chat = tx.chats.find(request.chat.platform, request.chat.address)
    wishes = [] if chat is None else [Wish.from_json(one.wish) for one in tx.subscriptions.of_chat(chat.id)]
    return [wish for wish in wishes if wish.signal in COIN_SIGNALS and verdict_on_coin(wish, base_coin) is Verdict.TELL]


def _full(request: Request) -> Iterator[Mark]:
    """Where funding counts in full."""
    for level in sorted({request.scoring.pump_saturation_8h, request.scoring.selling_saturation_8h}):
        rate = percent(f"{numbers.MINUS}{numbers.plain(round(level * 100, 8))}")
        yield Mark(-level, tr("counts in full: {rate}", rate=rate))


def _ringing(wishes: list[Wish], funding: CoinFunding, prices: PriceChanges, request: Request) -> Iterator[Mark]:
    """The averages at which the chat is told, as price and streak are now."""
    pump, selling = pump_constants(request.scoring), selling_constants(request.scoring)
    lowest = -max(pump.saturation_8h, selling.saturation_8h)

    def pump_at(average: float) -> float:
        found = pump_dump.score(replace(funding, avg_72h=average), prices, pump)
        return 0.0 if found is None else found.score

    def selling_at(average: float) -> float:
        found = insider_selling.score(replace(funding, avg_72h=average), prices, selling)
        return 0.0 if found is None else found.score

    for signal, minimum in sorted({(wish.signal, wish.minimum) for wish in wishes}):
        level = level_of(pump_at if signal is Signal.PUMP else selling_at, minimum, lowest)
        if level is not None:
            said = {"signal": signal, "minimum": numbers.said(minimum), "rate": numbers.rate(level)}
            yield Mark(level, tr("{signal} rings from {minimum}: {rate}", **said))


COMMAND = Command(
    name="coin",
    summary="One coin: both scores with the numbers behind them",
    run=run,
    example="/coin PEPE",
    params=(Param("coin", Kind.COIN, "ticker or name", "PEPE", required=True, positional=True),),
)
