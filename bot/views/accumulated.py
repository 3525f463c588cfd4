"""Accumulated funding: what contracts paid in trailing windows, of one coin and of all."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime

from bot.feeds.exchanges import title_of
from bot.views import numbers
from bot.views.elements import Button, Column, Json, Note, Table, Text, View
from bot.views.funding import coin_cell, named
from bot.views.paging import Page, cut_notes, more_buttons, pagination
from bot.views.sources import Service, given_stamp
from bot.words import mark, tr
from scoring.model import Coin
from scoring.rounding import round_half_up
from storage.funding import ACCUMULATED_DAYS, Accumulated

LEADING_DAYS = 7  # the window that the list of all pairs goes by


def accumulated_view(coin: Coin, page: Page[Accumulated], now: datetime, service: Service | None = None) -> View:
    """Sums of the rates as paid, per contract of a coin and window; `service`: who gave them, where not we."""
    columns = (Column(tr("exchange")), Column(tr("contract")), *_window_columns(service))
    rows = tuple((title_of(one.exchange), one.symbol, *_cells(one, service)) for one in page.rows)
    empty = tr("No settlements of it are stored.") if not page.total else tr("No more rows.")
    body: list[Text | Note | Table] = [Table(columns, rows)] if rows else [Text(empty)]
    body += cut_notes(page, mark("contracts"))
    stamp = "" if service is None else f"{given_stamp(service, now)} · "
    sums = tr("Sums of the rates as paid; {gap}.", gap=_gap(service))
    body.append(Note(f"{sums} {stamp}{numbers.clock(now)}"))
    return View(
        title=tr("Accumulated funding of {coin}", coin=named(coin)),
        body=tuple(body),
        buttons=more_buttons(page),
        data={"data": [_data(one) for one in page.rows], **pagination(page)},
    )


def accumulated_list_view(
    page: Page[Accumulated],
    tradfi: Set[tuple[str, str]],
    as_of: datetime | None,
    now: datetime,
    service: Service | None = None,
) -> View:
    """The same of all pairs, lowest over 7 days first.

    `tradfi`: pairs that are on no coin; `as_of`: where the windows end, None without any.
    """
    columns = (Column(tr("coin")), Column(tr("exchange")), Column(tr("contract")), *_window_columns(service))
    rows = tuple(
        (
            coin_cell(one.base_coin, tradfi=(one.exchange, one.symbol) in tradfi),
            title_of(one.exchange),
            one.symbol,
            *_cells(one, service),
        )
        for one in page.rows
    )
    empty = tr("No funding is stored yet: /status says why.") if not page.total else tr("No more rows.")
    body: list[Text | Note | Table] = [Table(columns, rows)] if rows else [Text(empty)]
    body += cut_notes(page, mark("contracts"))
    if as_of is not None:
        own = tr("as of the last refresh, {ago}", ago=numbers.ago(as_of, now))
        stamp = own if service is None else given_stamp(service, now)
        sums = tr("Sums of the rates as paid, {stamp}; {gap}.", stamp=stamp, gap=_gap(service))
        body.append(Note(f"{sums} {numbers.clock(now)}"))
    return View(
        title=tr(
            "Accumulated funding: {contracts}, lowest over {days} first",
            contracts=numbers.count(page.total, "contract"),
            days=numbers.days(LEADING_DAYS),
        ),
        body=tuple(body),
        buttons=(*more_buttons(page), Button(tr("Rates now"), "/funding")),
        data={"data": [_data(one) for one in page.rows], "as_of": numbers.iso(as_of), **pagination(page)},
    )


def _window_columns(service: Service | None) -> tuple[Column, ...]:
    titles = (tr("1y") if days == ACCUMULATED_DAYS[-1] else tr("{days}d", days=days) for days in ACCUMULATED_DAYS)
    windows = tuple(Column(title, "right") for title in titles)
    return windows if service is not None else (*windows, Column(tr("history"), "right"))


def _cells(one: Accumulated, service: Service | None) -> tuple[str, ...]:
    sums = tuple(numbers.rate(one.sums[days], 3) for days in ACCUMULATED_DAYS)
    return sums if service is not None else (*sums, numbers.days(one.days_covered))


def _gap(service: Service | None) -> str:
    if service is not None:
        return tr("– where it gives none")
    return tr("– where the history is shorter than the window")


def _data(one: Accumulated) -> dict[str, Json]:
    data: dict[str, Json] = {"base_coin": one.base_coin, "exchange": one.exchange, "symbol": one.symbol}
    for days in ACCUMULATED_DAYS:
        total = one.sums[days]
        data[f"acc_{_window(days)}"] = None if total is None else round_half_up(total, 8)
    for days in ACCUMULATED_DAYS:
        data[f"settlements_{_window(days)}"] = one.counts[days]
    return data | {"days_covered": round_half_up(one.days_covered, 1)}


def _window(days: int) -> str:
    return "1y" if days == ACCUMULATED_DAYS[-1] else f"{days}d"
