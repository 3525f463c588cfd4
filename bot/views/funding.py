"""Funding as it is now, of one coin and of all, and a coin's history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.feeds.exchanges import title_of
from bot.views import numbers
from bot.views.elements import Button, Column, Json, Note, Table, Text, View
from bot.views.paging import Page, cut_notes, more_buttons, pagination
from bot.views.sources import Service
from bot.words import mark, tr, trn
from scoring.funding import annual_rate, eight_hour_rate
from scoring.model import Coin, Settlement
from scoring.rounding import round_half_up

SETTLED_NOTE = mark("“settled” rates are of the last settlement: no live rate is stored for that contract.")
ESTIMATE = "≈ "  # before a rate that the exchange has not confirmed


@dataclass(frozen=True, slots=True)
class CurrentRate:
    """A rate to show: live, or of the last settlement where there is no live one."""

    exchange: str
    symbol: str
    base_coin: str
    rate: float  # decimal per interval
    interval_hours: float
    next_funding_time: datetime | None
    updated_at: datetime
    live: bool
    tradfi: bool = False  # written on no coin, but on a stock, currency, commodity or index

    @property
    def rate_8h(self) -> float:
        """Decimal per 8 hours."""
        return eight_hour_rate(self.rate, self.interval_hours)


@dataclass(frozen=True, slots=True)
class Current:
    """The rates of a coin as they are now."""

    rates: Page[CurrentRate]
    votes: Sequence[CurrentRate]  # one of them per exchange
    left_out: int  # contracts without a rate that is fresh enough


def current_view(coin: Coin, current: Current, now: datetime) -> View:
    """Per exchange: rate, 8-hour equivalent, APR, next settlement. The mean is over all, also those not shown."""
    body: list[Text | Note | Table] = []
    page, rates = current.rates, current.rates.rows
    if current.votes:
        each = [one.rate_8h for one in current.votes]
        mean = sum(each) / len(each)
        negative = sum(rate < 0 for rate in each)
        said = tr(
            "Mean {rate} per 8 h ({year} a year) over {exchanges}, {negative} negative.",
            rate=numbers.rate(mean),
            year=numbers.percent(annual_rate(mean) * 100, 2),
            exchanges=numbers.count(len(each), "exchange"),
            negative=negative,
        )
        body.append(Text(said))
        body.append(_current_table(rates, now) if rates else Text(tr("No more rows.")))
        body += cut_notes(page, mark("contracts"))
        if page.total > len(each):
            votes = tr("An exchange with several contracts has one vote: USDT first, then the higher turnover.")
            body.append(Note(votes))
        body += _settled_notes(rates)
    else:
        body.append(Text(tr("No contract of it has a rate that is fresh enough to show.")))
    body += _left_out_notes(current.left_out)
    body.append(Note(numbers.clock(now)))
    return View(
        title=tr("Funding of {coin} now", coin=named(coin)),
        body=tuple(body),
        buttons=(
            *more_buttons(page),
            Button(tr("Accumulated"), f"/funding {coin.symbol} type=accumulated"),
            Button(tr("History"), f"/funding {coin.symbol} type=history days=7"),
            Button(tr("Card"), f"/coin {coin.symbol}"),
        ),
        data={"data": [_current_data(one) for one in rates], **pagination(page)},
    )


def current_list_view(page: Page[CurrentRate], negative: int, left_out: int, now: datetime) -> View:
    """The rates of all pairs, most negative per 8 hours first; `negative` of them are below zero."""
    body: list[Text | Note | Table] = []
    if page.rows:
        said = trn(
            "{negative} of {count} contract are negative.",
            "{negative} of {count} contracts are negative.",
            page.total,
            negative=numbers.whole(negative),
        )
        body.append(Text(said))
        body.append(_list_table(page.rows, now))
    else:
        body.append(
            Text(tr("No more rows.") if page.total else tr("No rate is fresh enough to show: /status says why."))
        )
    body += cut_notes(page, mark("contracts"))
    body += _settled_notes(page.rows)
    body += _left_out_notes(left_out)
    body.append(Note(numbers.clock(now)))
    return View(
        title=tr("Funding now, most negative first"),
        body=tuple(body),
        buttons=(
            *more_buttons(page),
            Button(tr("Accumulated"), "/funding type=accumulated"),
            Button(tr("Pumps"), "/pump"),
        ),
        data={"data": [_current_data(one) for one in page.rows], **pagination(page)},
    )


def history_view(coin: Coin, page: Page[Settlement], days: int, now: datetime, service: Service | None = None) -> View:
    """Every funding payment of the last days, oldest first. `service`: whose scores stand in for ours."""
    shown = page.rows
    columns = (
        Column(tr("settled (UTC)")),
        Column(tr("exchange")),
        Column(tr("contract"), phone=2),
        Column(tr("rate"), "right", phone=0),
        Column(tr("interval"), "right", phone=0),
        Column(tr("per 8 h"), "right", phone=2),
    )
    rows = tuple(
        (
            numbers.instant(one.settled_at),
            title_of(one.exchange),
            one.symbol,
            f"{ESTIMATE if one.provisional else ''}{numbers.rate(one.rate)}",
            numbers.hours(one.interval_hours),
            numbers.rate(eight_hour_rate(one.rate, one.interval_hours)),
        )
        for one in shown
    )
    empty = tr("No more rows.") if page.total else tr("Nothing is stored for those days.")
    body: list[Text | Note | Table] = [Table(columns, rows)] if rows else [Text(empty)]
    body += cut_notes(page, mark("settlements") if page.asked else mark("settlements, the newest"))
    if any(one.provisional for one in shown):
        body.append(Note(tr("≈: the last estimate before that settlement, until the exchange's own figure is read.")))
    if service is not None:
        said = tr("Only what tocsin has stored itself: history is not read from {service}.", service=service.title)
        body.append(Note(said))
    body.append(Note(numbers.clock(now)))
    return View(
        title=tr(
            "Funding history of {coin}, {days}: {settlements}",
            coin=named(coin),
            days=numbers.count(days, "day"),
            settlements=numbers.count(page.total, "settlement"),
        ),
        body=tuple(body),
        buttons=more_buttons(page),
        data={"data": [_history_data(one) for one in shown], **pagination(page)},
    )


def _current_table(rates: Sequence[CurrentRate], now: datetime) -> Table:
    columns = (
        Column(tr("exchange")),
        Column(tr("contract"), phone=2),
        Column(tr("rate"), "right", phone=0),
        Column(tr("every"), "right", phone=2),
        Column(tr("per 8 h"), "right"),
        Column(tr("APR"), "right"),
        Column(tr("next settlement"), phone=0),
        Column(tr("read"), phone=0),
    )
    return Table(
        columns,
        tuple(
            (
                title_of(one.exchange),
                one.symbol,
                numbers.rate(one.rate),
                numbers.hours(one.interval_hours),
                numbers.rate(one.rate_8h),
                numbers.percent(annual_rate(one.rate_8h) * 100, 2),
                _next(one, now),
                numbers.ago(one.updated_at, now) if one.live else _settled(numbers.time(one.updated_at)),
            )
            for one in rates
        ),
    )


def _list_table(rates: Sequence[CurrentRate], now: datetime) -> Table:
    columns = (
        Column(tr("coin")),
        Column(tr("exchange")),
        Column(tr("contract"), phone=0),
        Column(tr("per 8 h"), "right"),
        Column(tr("APR"), "right", phone=0),
        Column(tr("next settlement"), phone=0),
    )
    return Table(
        columns,
        tuple(
            (
                coin_cell(one.base_coin, tradfi=one.tradfi),
                title_of(one.exchange),
                one.symbol,
                numbers.rate(one.rate_8h) if one.live else tr("{rate} settled", rate=numbers.rate(one.rate_8h)),
                numbers.percent(annual_rate(one.rate_8h) * 100, 2),
                _next(one, now),
            )
            for one in rates
        ),
    )


def _settled_notes(rates: Sequence[CurrentRate]) -> list[Note]:
    return [] if all(one.live for one in rates) else [Note(tr(SETTLED_NOTE))]


def _settled(time: str) -> str:
    return tr("settled {time}", time=time)


def _left_out_notes(left_out: int) -> list[Note]:
    said = trn(
        "{count} contract left out: nothing newer than a full interval, or 6 hours.",
        "{count} contracts left out: nothing newer than a full interval, or 6 hours.",
        left_out,
    )
    return [Note(said)] if left_out else []


def _next(one: CurrentRate, now: datetime) -> str:
    upcoming = one.next_funding_time
    if upcoming is None:
        return numbers.UNKNOWN
    wait = tr("in {span}", span=numbers.duration(upcoming - now)) if upcoming > now else tr("due")
    return f"{numbers.time(upcoming)} ({wait})"


def _current_data(one: CurrentRate) -> dict[str, Json]:
    return {
        "exchange": one.exchange,
        "symbol": one.symbol,
        "base_coin": one.base_coin,
        "rate": round_half_up(one.rate, 8),
        "interval_hours": one.interval_hours,
        "next_funding_time": numbers.iso(one.next_funding_time),
        "updated_at": numbers.iso(one.updated_at),
        "rate_8h": round_half_up(one.rate_8h, 8),
        "apr": round_half_up(annual_rate(one.rate_8h), 6),
        "basis": "live" if one.live else "settled",
        "asset": "tradfi" if one.tradfi else "coin",
    }


def _history_data(one: Settlement) -> dict[str, Json]:
    data: dict[str, Json] = {
        "exchange": one.exchange,
        "symbol": one.symbol,
        "rate": round_half_up(one.rate, 8),
        "interval_hours": one.interval_hours,
        "settled_at": numbers.iso(one.settled_at),
    }
    return data | {"provisional": True} if one.provisional else data


def coin_cell(base_coin: str, *, tradfi: bool) -> str:
    """A base coin in a list of all; what is no coin says so."""
    return f"{base_coin} (tradfi)" if tradfi else base_coin


def named(coin: Coin) -> str:
    """A coin with its name, where it has one."""
    return coin.symbol if coin.name == coin.symbol else f"{coin.symbol} ({coin.name})"
