"""How fresh everything is, what it rests on, and what is held back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from bot.feeds.base import Outcome
from bot.feeds.exchanges import EXCHANGES, title_of
from bot.views import numbers
from bot.views.elements import Button, Column, Element, Field, Fields, Json, Note, Table, View
from bot.views.filings import FilingsState, filings_data, filings_fields, state_of
from bot.views.history import Depth, coverage_data, history_line
from bot.views.outbox import Delivering, outbox_data, outbox_fields
from bot.views.quarantine import held_data, held_notes
from bot.words import mark, tr, trn
from bot.words.stored import retold
from scoring.model import Held
from storage.refreshes import Gap, Refresh, Source

STALE = timedelta(hours=9)  # the longest common interval and an hour
PRICE_STALE = timedelta(hours=2)  # an older price scores nothing (DESIGN, the method, 9)
NAMES_SHOWN = 5
GAPS_SHOWN = timedelta(days=7)
PRICE_TITLES = {
    "coingecko": "CoinGecko",
    "marks": mark("our own marks"),
    "candles": mark("candles"),
    "import": mark("imports"),
}


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is stored."""

    coins: int
    filings: FilingsState
    newest_settlements: Mapping[str, datetime]  # exchange → time
    newest_price: datetime | None
    provisional: Mapping[str, int] = field(default_factory=dict)  # exchange → settlements that are estimates
    price_sources: Mapping[str, int] = field(default_factory=dict)  # where how many coins' changes come from
    held: Sequence[Held] = ()
    apart: Sequence[str] = ()  # base coins that share a ticker with another: CAT@gate


@dataclass(frozen=True, slots=True)
class Health:
    """Everything that /status tells."""

    holdings: Holdings
    sources: Sequence[Source]
    last: Refresh | None
    delivering: Delivering
    depth: Depth
    now: datetime
    gaps: Sequence[Gap] = ()  # of the last days, the newest first


def status_view(health: Health) -> View:
    """Ages first: a number from stale data is worse than none."""
    held = health.holdings.held
    body: list[Element] = [_facts(health), _sources_table(health)]
    body += [Note(line) for line in (_closed_line(), _apart_line(health.holdings.apart)) if line]
    body += held_notes(held)
    body.append(Note(numbers.clock(health.now)))
    buttons = []
    if held:
        buttons.append(Button(tr("All {count} in quarantine", count=len(held)), "/status quarantine"))
    if health.depth.exchanges:
        buttons.append(Button(tr("History per exchange"), "/status history"))
    if health.holdings.filings.aside:
        buttons.append(Button(tr("Filings that could not be read"), "/status filings"))
    return View(title=tr("Status"), body=tuple(body), buttons=tuple(buttons), data=_data(health))


def _facts(health: Health) -> Fields:
    holdings, last = health.holdings, health.last
    facts = [
        Field(
            tr("last refresh"),
            tr("never") if last is None else f"{numbers.clock(last.at)}, {numbers.ago(last.at, health.now)}",
        ),
        *_missed(health.gaps),
        Field(
            tr("stored"), f"{numbers.count(holdings.coins, 'coin')}, {numbers.count(holdings.filings.stored, 'filing')}"
        ),
    ]
    if health.depth.exchanges:
        days, progress = numbers.count(health.depth.days, "day"), history_line(health.depth)
        facts.append(Field(tr("history"), tr("{days} wanted: {progress}", days=days, progress=progress)))
    if estimates := sum(holdings.provisional.values()):
        text = tr("{settlements} of estimates, to be confirmed", settlements=numbers.count(estimates, "settlement"))
        facts.append(Field(tr("provisional"), text))
    if holdings.price_sources:
        said = sorted(holdings.price_sources.items(), key=lambda item: (-item[1], item[0]))
        parts = [
            trn("{count} coin from {source}", "{count} coins from {source}", n, source=tr(PRICE_TITLES.get(name, name)))
            for name, n in said
        ]
        facts.append(Field(tr("price changes"), ", ".join(parts)))
    facts += filings_fields(holdings.filings)
    facts += outbox_fields(health.delivering, health.now)
    return Fields(tuple(facts))


def _missed(gaps: Sequence[Gap]) -> list[Field]:
    """What nobody was told of, for nothing was asked: the bot did not run, or the machine slept."""
    if not gaps:
        return []
    said = tr(
        "{refreshes} in {days}, the last of them between {since} and {until} UTC",
        refreshes=numbers.count(sum(one.count for one in gaps), "refresh", "refreshes"),
        days=numbers.days(GAPS_SHOWN.days),
        since=numbers.instant(gaps[0].since.astimezone(UTC)),
        until=numbers.instant(gaps[0].until.astimezone(UTC)),
    )
    return [Field(tr("did not run"), said)]


def _sources_table(health: Health) -> Table:
    holdings, now = health.holdings, health.now
    by_name = {source.name: source for source in health.sources}
    columns = (
        Column(tr("source")),
        Column(tr("newest")),
        Column(tr("age"), "right"),
        Column(tr("last asked"), "right"),
        Column(tr("state"), is_plain=True),
    )
    rows = [
        _row(title_of(name), at, by_name.get(name), now, closed=EXCHANGES[name].closed if name in EXCHANGES else None)
        for name, at in _exchanges(holdings, by_name).items()
    ]
    rows.append(_row(tr("Prices"), holdings.newest_price, by_name.get("prices"), now, stale=PRICE_STALE))
    filings, asked = holdings.filings, by_name.get("filings")
    row = _row(tr("Filings"), filings.newest, asked, now)
    # Nights and weekends are nothing to worry about, and a source that failed says so itself.
    rows.append(row if asked is not None and asked.detail else (*row[:-1], state_of(filings, now)))
    taken = {*EXCHANGES, *holdings.newest_settlements, "prices", "filings"}
    rows += [_row(one.name, None, one, now) for one in health.sources if one.name not in taken]
    return Table(columns, tuple(rows))


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
        state = retold(source.detail)
        if source.outcome == Outcome.REFUSED and source.since is not None:
            state = tr("{what}, since {time}", what=state, time=numbers.instant(source.since))
    elif newest is None:
        state = tr("nothing stored") if source is None or source.answered_at is None else tr("answered")
    elif closed is not None and now.date() >= closed:
        state = tr("closed on {day}", day=numbers.short_day(closed))
    else:
        state = tr("stale") if now - newest > stale else tr("fresh")
    return (
        title,
        numbers.UNKNOWN if newest is None else numbers.instant(newest),
        numbers.UNKNOWN if newest is None else numbers.duration(max(now - newest, timedelta(0))),
        tr("imported") if source is None else numbers.ago(source.asked_at, now),
        state,
    )


def _closed_line() -> str:
    closed = [f"{one.title} ({numbers.short_day(one.closed)})" for one in EXCHANGES.values() if one.closed is not None]
    if not closed:
        return ""
    return tr("Closed, and never asked: {names}; their history can be imported.", names=", ".join(closed))


def _apart_line(apart: Iterable[str]) -> str:
    names = list(apart)
    if not names:
        return ""
    shown = ", ".join(names[:NAMES_SHOWN])
    if more := len(names[NAMES_SHOWN:]):
        shown = tr("{names} and {count} more", names=shown, count=more)
    return tr("Kept apart, for their price says that they are other tokens of the same ticker: {names}.", names=shown)


def _data(health: Health) -> dict[str, Json]:
    holdings = health.holdings
    return {
        "now": numbers.iso(health.now),
        "last_refresh": None if health.last is None else numbers.iso(health.last.at),
        "missed": [
            {"refreshes": one.count, "since": numbers.iso(one.since), "until": numbers.iso(one.until)}
            for one in health.gaps
        ],
        "coins": holdings.coins,
        **filings_data(holdings.filings),
        "newest_settlements": {name: numbers.iso(at) for name, at in holdings.newest_settlements.items()},
        "newest_price": numbers.iso(holdings.newest_price),
        "sources": [
            {
                "name": one.name,
                "asked_at": numbers.iso(one.asked_at),
                "answered_at": numbers.iso(one.answered_at),
                "outcome": one.outcome,
                "since": numbers.iso(one.since),
                "detail": one.detail,
            }
            for one in health.sources
        ],
        "closed": {one.name: str(one.closed) for one in EXCHANGES.values() if one.closed is not None},
        "provisional": dict(holdings.provisional),
        "price_sources": dict(holdings.price_sources),
        "quarantine": [held_data(one) for one in holdings.held],
        "apart": list(holdings.apart),
        "history_days": health.depth.days,
        "history": [coverage_data(one) for one in health.depth.exchanges],
        **outbox_data(health.delivering),
    }
