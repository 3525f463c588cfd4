"""Funding of one coin: current, accumulated, history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.feeds.exchanges import title_of
from bot.views import numbers
from bot.views.elements import Button, Column, Json, Note, Table, Text, View
from scoring.funding import annual_rate, eight_hour_rate
from scoring.model import Coin, Settlement
from scoring.rounding import round_half_up
from storage.funding import ACCUMULATED_DAYS, Accumulated

MOST_ROWS = 5000  # the limit of the documents


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

    @property
    def rate_8h(self) -> float:
        """Decimal per 8 hours."""
        return eight_hour_rate(self.rate, self.interval_hours)


@dataclass(frozen=True, slots=True)
class Current:
    """The rates of a coin as they are now."""

    rates: Sequence[CurrentRate]
    votes: Sequence[CurrentRate]  # one of them per exchange
    left_out: int  # contracts without a rate that is fresh enough


def current_view(coin: Coin, current: Current, limit: int, now: datetime) -> View:
    """Per exchange: rate, 8-hour equivalent, APR, next settlement. The mean is over all, also those not shown."""
    body: list[Text | Note | Table] = []
    rates, left_out = current.rates[:limit], current.left_out
    if rates:
        each = [one.rate_8h for one in current.votes]
        mean = sum(each) / len(each)
        negative = sum(rate < 0 for rate in each)
        body.append(
            Text(
                f"Mean {numbers.rate(mean)} per 8 h ({numbers.percent(annual_rate(mean) * 100, 2)} a year) "
                f"over {numbers.count(len(each), 'exchange')}, {negative} negative."
            )
        )
        body.append(_current_table(rates, now))
        body += _cut(len(rates), len(current.rates), "contracts")
        if len(current.rates) > len(each):
            body.append(Note("An exchange with several contracts has one vote: USDT first, then the higher turnover."))
        if not all(one.live for one in rates):
            body.append(Note("“settled” rates are of the last settlement: no live rate is stored for that contract."))
    else:
        body.append(Text("No contract of it has a rate that is fresh enough to show."))
    if left_out:
        body.append(
            Note(f"{numbers.count(left_out, 'contract')} left out: nothing newer than a full interval, or 6 hours.")
        )
    body.append(Note(numbers.clock(now)))
    return View(
        title=f"Funding of {_named(coin)} now",
        body=tuple(body),
        buttons=(
            Button("Accumulated", f"/funding {coin.symbol} type=accumulated"),
            Button("History", f"/funding {coin.symbol} type=history days=7"),
            Button("Card", f"/coin {coin.symbol}"),
        ),
        data={"data": [_current_data(one) for one in rates]},
    )


def accumulated_view(coin: Coin, totals: Sequence[Accumulated], limit: int, now: datetime) -> View:
    """Sums of the rates as paid, per contract and window."""
    shown = totals[:limit]
    columns = (
        Column("exchange"),
        Column("contract"),
        *(Column(_window(days), "right") for days in ACCUMULATED_DAYS),
        Column("history", "right"),
    )
    rows = tuple(
        (
            title_of(one.exchange),
            one.symbol,
            *(numbers.rate(one.sums[days], 3) for days in ACCUMULATED_DAYS),
            f"{one.days_covered:,.0f} d",
        )
        for one in shown
    )
    body: list[Text | Note | Table] = [Table(columns, rows)] if rows else [Text("No settlements of it are stored.")]
    body += _cut(len(shown), len(totals), "contracts")
    note = Note(f"Sums of the rates as paid; – where the history is shorter than the window. {numbers.clock(now)}")
    return View(
        title=f"Accumulated funding of {_named(coin)}",
        body=(*body, note),
        data={"data": [_accumulated_data(coin.symbol, one) for one in shown]},
    )


def history_view(coin: Coin, settlements: Sequence[Settlement], days: int, limit: int, now: datetime) -> View:
    """Every funding payment of the last days, oldest first; the newest `limit` of them are shown."""
    shown = settlements[-limit:]
    columns = (
        Column("settled (UTC)"),
        Column("exchange"),
        Column("contract"),
        Column("rate", "right"),
        Column("interval", "right"),
        Column("per 8 h", "right"),
    )
    rows = tuple(
        (
            f"{one.settled_at:%Y-%m-%d %H:%M}",
            title_of(one.exchange),
            one.symbol,
            numbers.rate(one.rate),
            f"{one.interval_hours:g} h",
            numbers.rate(eight_hour_rate(one.rate, one.interval_hours)),
        )
        for one in shown
    )
    body: list[Text | Note | Table] = [Table(columns, rows)] if rows else [Text("Nothing is stored for those days.")]
    body += _cut(len(shown), len(settlements), "settlements, the newest")
    body.append(Note(numbers.clock(now)))
    return View(
        title=f"Funding history of {_named(coin)}, {numbers.count(days, 'day')}: "
        f"{numbers.count(len(settlements), 'settlement')}",
        body=tuple(body),
        data={"data": [_history_data(one) for one in shown]},
    )


def _current_table(rates: Sequence[CurrentRate], now: datetime) -> Table:
    columns = (
        Column("exchange"),
        Column("contract"),
        Column("rate", "right"),
        Column("every", "right"),
        Column("per 8 h", "right"),
        Column("APR", "right"),
        Column("next settlement"),
        Column("read"),
    )
    return Table(
        columns,
        tuple(
            (
                title_of(one.exchange),
                one.symbol,
                numbers.rate(one.rate),
                f"{one.interval_hours:g} h",
                numbers.rate(one.rate_8h),
                numbers.percent(annual_rate(one.rate_8h) * 100, 2),
                _next(one, now),
                numbers.ago(one.updated_at, now) if one.live else f"settled {one.updated_at:%H:%M}",
            )
            for one in rates
        ),
    )


def _next(one: CurrentRate, now: datetime) -> str:
    upcoming = one.next_funding_time
    if upcoming is None:
        return numbers.UNKNOWN
    wait = f"in {numbers.duration(upcoming - now)}" if upcoming > now else "due"
    return f"{upcoming:%H:%M} ({wait})"


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
    }


def _accumulated_data(base_coin: str, one: Accumulated) -> dict[str, Json]:
    data: dict[str, Json] = {"base_coin": base_coin, "exchange": one.exchange, "symbol": one.symbol}
    for days in ACCUMULATED_DAYS:
        total = one.sums[days]
        data[f"acc_{_window(days)}"] = None if total is None else round_half_up(total, 8)
    for days in ACCUMULATED_DAYS:
        data[f"settlements_{_window(days)}"] = one.counts[days]
    return data | {"days_covered": round_half_up(one.days_covered, 1)}


def _history_data(one: Settlement) -> dict[str, Json]:
    return {
        "exchange": one.exchange,
        "symbol": one.symbol,
        "rate": round_half_up(one.rate, 8),
        "interval_hours": one.interval_hours,
        "settled_at": numbers.iso(one.settled_at),
    }


def _cut(shown: int, total: int, what: str) -> list[Note]:
    """Says so when a list was cut at its limit."""
    more = min(MOST_ROWS, total)
    return [Note(f"{shown:,} of {total:,} {what}; more with limit={more}.")] if total > shown else []


def _window(days: int) -> str:
    return "1y" if days == ACCUMULATED_DAYS[-1] else f"{days}d"


def _named(coin: Coin) -> str:
    return coin.symbol if coin.name == coin.symbol else f"{coin.symbol} ({coin.name})"
