"""/funding: what perpetuals pay, of one coin or of all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.commands.base import Command, Kind, Param, Request
from bot.commands.naming import coin_named
from bot.commands.paging import Key, Paging, page_of
from bot.errors import UserError
from bot.feeds.sharpe_answers import NAME as HOSTED
from bot.views.accumulated import LEADING_DAYS, accumulated_list_view, accumulated_view
from bot.views.elements import View
from bot.views.funding import Current, CurrentRate, current_list_view, current_view, history_view
from bot.views.paging import Page
from bot.views.pictures import DAYS, funding_picture, in_words, with_picture
from bot.views.sources import Service
from bot.words import tr
from scoring.model import AssetClass, FundingRate, Pair, Settlement
from storage import Transaction
from storage.funding import Accumulated, AccumulatedOrder

TYPES = ("current", "accumulated", "history")
STALE = timedelta(hours=6)  # a live rate read longer ago is left out, as the document says
GRACE = timedelta(hours=1)  # how late a settlement may be before the last one counts as old
HISTORY_DAYS = 30
ROWS, ROWS_OF_ALL = 100, 20  # without a limit: of a coin, and of all pairs


def run(request: Request) -> View:
    """Current rates, accumulated sums, or every settlement."""
    kind, base_coin = request.args["type"], request.args["coin"]
    paging = _paging(request)
    with request.storage.read() as tx:
        match kind:
            case "accumulated" if base_coin is None:
                return _accumulated_of_all(tx, paging, request.now)
            case "accumulated":
                return _accumulated(tx, base_coin, paging, request.now)
            case "history" if base_coin is None:
                raise UserError(tr("{key} needs a coin", key="type=history"), "/funding BTC type=history")
            case "history":
                return _history(tx, base_coin, request.args["days"], paging, request.now)
        if base_coin is None:
            return _current_of_all(tx, paging, request.now)
        return _current(tx, base_coin, paging, request.now)


def _paging(request: Request) -> Paging:
    kind, coin, limit, cursor = (request.args[name] for name in ("type", "coin", "limit", "cursor"))
    # As short as it can be typed: some platforms take no long buttons.
    typed = "" if kind == TYPES[0] else kind
    days = f"days={request.args['days']}" if kind == "history" and request.args["days"] != HISTORY_DAYS else ""
    return Paging(
        of=" ".join(part for part in (kind, coin) if part),
        line=" ".join(part for part in ("/funding", coin, typed, days) if part),
        default=ROWS_OF_ALL if coin is None else ROWS,
        limit=limit,
        cursor=cursor,
    )


def _current(tx: Transaction, base_coin: str, paging: Paging, now: datetime) -> View:
    pairs = tx.pairs.of(base_coin)
    live, settled = tx.funding.rates(base_coin), tx.funding.last_settlements(base_coin, now)
    rates, left_out = current_rates(live, settled, now)
    rates = _marked(rates, pairs)
    page = page_of(rates, lambda one: (one.exchange, one.symbol), (str, str), paging)
    coin = coin_named(tx.pairs.coins(), base_coin)
    view = current_view(coin, Current(page, votes_of(rates, pairs), left_out), now)
    if paging.cursor is not None:  # it stands beside the first page
        return view
    history = tx.funding.history(now, DAYS, [base_coin])
    return with_picture(view, in_words(lambda: funding_picture(coin, history, now)))


def _current_of_all(tx: Transaction, paging: Paging, now: datetime) -> View:
    known = tx.pairs.known().values()
    live = [one.rate for one in known if one.rate is not None]
    rates, left_out = current_rates(live, tx.funding.last_settled(now), now)
    rates = _marked(rates, (one.pair for one in known))
    page = page_of(rates, lambda one: (one.rate_8h, one.exchange, one.symbol), (float, str, str), paging)
    return current_list_view(page, sum(one.rate_8h < 0 for one in rates), left_out, now)


def _accumulated(tx: Transaction, base_coin: str, paging: Paging, now: datetime) -> View:
    given = tx.hosted.accumulated(base_coin)
    rows = given or tx.funding.accumulated(base_coin, now)
    page = page_of(rows, lambda one: (one.exchange, one.symbol), (str, str), paging)
    return accumulated_view(coin_named(tx.pairs.coins(), base_coin), page, now, _service(given))


def _accumulated_of_all(tx: Transaction, paging: Paging, now: datetime) -> View:
    given = tx.hosted.accumulated()
    rows = given or tx.funding.accumulated_all(AccumulatedOrder.LOWEST, days=LEADING_DAYS)
    page = page_of(rows, _lowest_first, (int, float, str, str, str), paging)
    tradfi = {key for key, one in tx.pairs.known().items() if one.pair.asset is AssetClass.TRADFI}
    as_of = max((one.at for one in rows), default=None)
    return accumulated_list_view(page, tradfi, as_of, now, _service(given))


def _history(tx: Transaction, base_coin: str, days: int, paging: Paging, now: datetime) -> View:
    settlements = tx.funding.settlements(base_coin, now - timedelta(days=days), now)
    read_at = tx.hosted.read_at(now)
    if paging.asked:
        page = page_of(settlements, _by_time, (int, str, str), paging)
    else:  # nobody reads page by page: the newest
        page = Page(settlements[-paging.rows :], len(settlements))
    service = None if read_at is None else Service(HOSTED, read_at)
    return history_view(coin_named(tx.pairs.coins(), base_coin), page, days, now, service)


def _lowest_first(one: Accumulated) -> Key:
    total = one.sums[LEADING_DAYS]
    return (int(total is None), total or 0.0, one.base_coin, one.exchange, one.symbol)


def _by_time(one: Settlement) -> Key:
    return (int(one.settled_at.timestamp()), one.exchange, one.symbol)


def _service(given: Sequence[Accumulated]) -> Service | None:
    return Service(HOSTED, min(one.at for one in given)) if given else None


def _marked(rates: Iterable[CurrentRate], pairs: Iterable[Pair]) -> list[CurrentRate]:
    """The rates, those that are on no coin marked."""
    tradfi = {(one.exchange, one.symbol) for one in pairs if one.asset is AssetClass.TRADFI}
    return [replace(one, tradfi=(one.exchange, one.symbol) in tradfi) for one in rates]


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
    summary="Funding rates: of a coin on every exchange, or of all, most negative first",
    run=run,
    example="/funding BTC",
    params=(
        Param(
            "coin", Kind.COIN, "ticker or name; needed for the history, without it all pairs", "BTC", positional=True
        ),
        Param(
            "type",
            Kind.CHOICE,
            "current, accumulated or history",
            "history",
            default="current",
            choices=TYPES,
            line="/funding BTC type=history",
        ),
        Param(
            "days",
            Kind.INTEGER,
            "look-back of the history",
            "7",
            default=HISTORY_DAYS,
            minimum=1,
            maximum=1095,
            line="/funding BTC type=history days=7",
        ),
        Param(
            "limit",
            Kind.INTEGER,
            f"rows of a page; without it {ROWS} of a coin, the newest of its history, and {ROWS_OF_ALL} of all pairs",
            "200",
            minimum=1,
            maximum=5000,
        ),
        Param(
            "cursor",
            Kind.TEXT,
            "where the next page begins, as the page before gave it",
            "40b,-0.001,okx,X-US",
            line="/funding limit=20",
        ),
    ),
)
