"""How fresh everything is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.feeds.exchanges import EXCHANGES, title_of
from bot.views import numbers
from bot.views.elements import Column, Field, Fields, Json, Note, Table, View
from storage.refreshes import Refresh, Source

STALE = timedelta(hours=9)  # the longest common interval and an hour
PRICE_STALE = timedelta(hours=2)  # an older price scores nothing (DESIGN, the method, 9)
FILINGS_STALE = timedelta(days=4)  # a long weekend


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is stored."""

    coins: int
    filings: int
    newest_settlements: Mapping[str, datetime]  # exchange → time
    newest_filing: datetime | None
    newest_price: datetime | None


def status_view(
    holdings: Holdings,
    sources: Sequence[Source],
    last: Refresh | None,
    outbox: Mapping[str, int],
    *,
    now: datetime,
) -> View:
    """Ages first: a number from stale data is worse than none."""
    by_name = {source.name: source for source in sources}
    columns = (
        Column("source"),
        Column("newest"),
        Column("age", "right"),
        Column("last asked", "right"),
        Column("state"),
    )
    rows = [
        _row(title_of(name), at, by_name.get(name), now, closed=EXCHANGES[name].closed if name in EXCHANGES else None)
        for name, at in _exchanges(holdings, by_name).items()
    ]
    rows.append(_row("Prices", holdings.newest_price, by_name.get("prices"), now, stale=PRICE_STALE))
    rows.append(_row("Filings", holdings.newest_filing, by_name.get("filings"), now, stale=FILINGS_STALE))
    others = [one for one in sources if one.name not in EXCHANGES and one.name not in {"prices", "filings"}]
    rows += [_row(one.name, None, one, now) for one in others]
    waiting = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in outbox.items()) or "empty"
    facts = Fields(
        (
            Field(
                "last refresh", "never" if last is None else f"{numbers.clock(last.at)}, {numbers.ago(last.at, now)}"
            ),
            Field("stored", f"{numbers.count(holdings.coins, 'coin')}, {numbers.count(holdings.filings, 'filing')}"),
            Field("outbox", waiting),
        )
    )
    return View(
        title="Status",
        body=(facts, Table(columns, tuple(rows)), Note(numbers.clock(now))),
        data=_data(holdings, sources, last, outbox, now),
    )


def _exchanges(holdings: Holdings, by_name: Mapping[str, Source]) -> dict[str, datetime | None]:
    known = {*holdings.newest_settlements, *(name for name in by_name if name in EXCHANGES)}
    return {name: holdings.newest_settlements.get(name) for name in sorted(known)}


def _row(
    title: str,
    newest: datetime | None,
    source: Source | None,
    now: datetime,
    stale: timedelta = STALE,
    closed: date | None = None,
) -> tuple[str, ...]:
    if source is not None and source.detail:
        state = source.detail
    elif newest is None:
        state = "nothing stored" if source is None or source.answered_at is None else "answered"
    elif closed is not None and now.date() >= closed:
        state = f"closed on {closed}"
    else:
        state = "stale" if now - newest > stale else "fresh"
    return (
        title,
        numbers.UNKNOWN if newest is None else f"{newest:%Y-%m-%d %H:%M}",
        numbers.UNKNOWN if newest is None else numbers.duration(max(now - newest, timedelta(0))),
        "imported" if source is None else numbers.ago(source.asked_at, now),
        state,
    )


def _data(
    holdings: Holdings, sources: Sequence[Source], last: Refresh | None, outbox: Mapping[str, int], now: datetime
) -> dict[str, Json]:
    return {
        "now": numbers.iso(now),
        "last_refresh": None if last is None else numbers.iso(last.at),
        "coins": holdings.coins,
        "filings": holdings.filings,
        "newest_settlements": {name: numbers.iso(at) for name, at in holdings.newest_settlements.items()},
        "newest_price": numbers.iso(holdings.newest_price),
        "newest_filing": numbers.iso(holdings.newest_filing),
        "sources": [
            {"name": one.name, "asked_at": numbers.iso(one.asked_at), "answered_at": numbers.iso(one.answered_at)}
            for one in sources
        ],
        "outbox": dict(outbox),
    }
