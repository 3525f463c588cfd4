"""/funding: what a coin's perpetuals pay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.commands.base import Command, Kind, Param, Request
from bot.commands.naming import coin_named
from bot.views.elements import View
from bot.views.funding import Current, CurrentRate, accumulated_view, current_view, history_view
from scoring.model import FundingRate, Pair, Settlement

TYPES = ("current", "accumulated", "history")
STALE = timedelta(hours=6)  # a live rate read longer ago is left out, as the document says
GRACE = timedelta(hours=1)  # how late a settlement may be before the last one counts as old


def run(request: Request) -> View:
    """Current rates, accumulated sums, or every settlement."""
    base_coin, days, now = request.args["coin"], request.args["days"], request.now
    with request.storage.read() as tx:
        coin = coin_named(tx.pairs.coins(), base_coin)
        match request.args["type"]:
            case "accumulated":
                return accumulated_view(coin, tx.funding.accumulated(base_coin, now), request.args["limit"], now)
            case "history":
                settlements = tx.funding.settlements(base_coin, now - timedelta(days=days), now)
                return history_view(coin, settlements, days, request.args["limit"], now)
        live, settled = tx.funding.rates(base_coin), tx.funding.last_settlements(base_coin, now)
        pairs = tx.pairs.of(base_coin)
    rates, left_out = current_rates(live, settled, now)
    current = Current(rates, votes_of(rates, pairs), left_out)
    return current_view(coin, current, request.args["limit"], now)


def votes_of(rates: Sequence[CurrentRate], pairs: Iterable[Pair]) -> list[CurrentRate]:
    """One contract per exchange, as for the averages: USDT first, then the higher turnover (the method, 2)."""
    rank = {(one.exchange, one.symbol): (one.margin, -(one.turnover_usd or 0.0), one.symbol) for one in pairs}
    best: dict[str, CurrentRate] = {}
    for one in sorted(rates, key=lambda one: rank[one.exchange, one.symbol]):
        best.setdefault(one.exchange, one)
    return list(best.values())


def current_rates(
    live: Sequence[FundingRate], settled: Sequence[Settlement], now: datetime
) -> tuple[list[CurrentRate], int]:
    """A rate per contract: the live one if it is fresh, else the last settled one; and how many had none.

    A live rate is fresh for 6 hours after it was read. A settled rate stands for the present until the next
    settlement is overdue by an hour.
    """
    found: dict[tuple[str, str], CurrentRate] = {}
    contracts = {(one.exchange, one.symbol) for one in live} | {(one.exchange, one.symbol) for one in settled}
    for last in settled:
        interval = timedelta(hours=last.interval_hours)
        if now - last.settled_at <= interval + GRACE:
            found[last.exchange, last.symbol] = CurrentRate(
                last.exchange,
                last.symbol,
                last.base_coin,
                last.rate,
                last.interval_hours,
                last.settled_at + interval,
                last.settled_at,
                live=False,
            )
    for one in live:
        if timedelta(0) <= now - one.updated_at <= STALE:
            found[one.exchange, one.symbol] = CurrentRate(
                one.exchange,
                one.symbol,
                one.base_coin,
                one.rate,
                one.interval_hours,
                one.next_funding_time,
                one.updated_at,
                live=True,
            )
    return [found[key] for key in sorted(found)], len(contracts - found.keys())


COMMAND = Command(
    name="funding",
    summary="Funding rates of a coin on every exchange",
    run=run,
    example="/funding BTC",
    params=(
        Param("coin", Kind.COIN, "ticker or name", "BTC", required=True, positional=True),
        Param("type", Kind.CHOICE, "current, accumulated or history", "history", default="current", choices=TYPES),
        Param("days", Kind.INTEGER, "look-back of the history", "7", default=30, minimum=1, maximum=1095),
        Param("limit", Kind.INTEGER, "how many rows at most", "200", default=100, minimum=1, maximum=5000),
    ),
)
