"""How fresh everything is, what it rests on, and what is held back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.feeds.base import Outcome
from bot.feeds.exchanges import EXCHANGES, title_of
from bot.feeds.exchanges.coverage import ExchangeCoverage, part_of
from bot.views import numbers
from bot.views.elements import Button, Column, Element, Field, Fields, Json, Note, Table, Text, View
from bot.views.filings import FilingsState, filings_data, filings_fields, state_of
from bot.views.outbox import Delivering, outbox_data, outbox_fields
from bot.words import mark, tr, trn
from bot.words.stored import retold
from scoring.model import Held
from storage.refreshes import Refresh, Source

STALE = timedelta(hours=9)  # the longest common interval and an hour
PRICE_STALE = timedelta(hours=2)  # an older price scores nothing (DESIGN, the method, 9)
HELD_SHOWN = 5  # in the overview
HELD_LISTED = 100
PRICE_TITLES = {
    "coingecko": "CoinGecko",
    "marks": mark("our own marks"),
    "candles": mark("candles"),
    "import": mark("imports"),
}
BAR_CELLS = 10


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
class Depth:
    """How deep the history is wanted, and how far it got."""

    days: int
    exchanges: tuple[ExchangeCoverage, ...] = ()  # empty where no history is read

    @property
    def seconds_left(self) -> float:
        """Until the slowest exchange is done; all are read at once."""
        return max((one.seconds_left for one in self.exchanges), default=0.0)


@dataclass(frozen=True, slots=True)
class Health:
    """Everything that /status tells."""

    holdings: Holdings
    sources: Sequence[Source]
    last: Refresh | None
    delivering: Delivering
    depth: Depth
    now: datetime


def status_view(health: Health) -> View:
    """Ages first: a number from stale data is worse than none."""
    held = health.holdings.held
    body: list[Element] = [_facts(health), _sources_table(health)]
    body += [Note(line) for line in (_closed_line(), _apart_line(health.holdings.apart)) if line]
    body += _held_notes(held)
    body.append(Note(numbers.clock(health.now)))
    buttons = []
    if held:
        buttons.append(Button(tr("All {count} in quarantine", count=len(held)), "/status quarantine"))
    if health.depth.exchanges:
        buttons.append(Button(tr("History per exchange"), "/status history"))
    if health.holdings.filings.aside:
        buttons.append(Button(tr("Filings that could not be read"), "/status filings"))
    return View(title=tr("Status"), body=tuple(body), buttons=tuple(buttons), data=_data(health))


def quarantine_view(held: Sequence[Held], now: datetime) -> View:
    """Every value that is not believed, with its reason."""
    columns = (
        Column(tr("exchange")),
        Column(tr("contract")),
        Column(tr("coin")),
        Column(tr("rate"), "right"),
        Column(tr("since")),
        Column(tr("for"), "right"),
        Column(tr("why")),
    )
    shown = held[:HELD_LISTED]
    rows = tuple(
        (
            title_of(one.exchange),
            one.symbol,
            one.base_coin,
            numbers.rate(one.value) if one.value == one.value else numbers.UNKNOWN,  # NaN differs from itself
            numbers.instant(one.since),
            numbers.count(one.cycles, "refresh", "refreshes"),
            retold(one.reason),
        )
        for one in shown
    )
    nothing = Text(tr("Nothing is held back: every value was believed."))
    body: list[Element] = [Table(columns, rows) if rows else nothing]
    if len(held) > len(shown):
        body.append(Note(tr("The first {some} of {total}.", some=len(shown), total=len(held))))
    never = tr("What is held never reaches a score; the last believed rate stays.")
    body.append(Note(f"{never} {numbers.clock(now)}"))
    data: list[Json] = [_held_data(one) for one in held]
    title = tr("Quarantine: {values}", values=numbers.count(len(held), "value"))
    return View(title=title, body=tuple(body), data={"quarantine": data})


def history_view(depth: Depth, provisional: Mapping[str, int], now: datetime) -> View:
    """How deep each exchange's history is, and how long the rest takes."""
    columns = (
        Column(tr("exchange")),
        Column(tr("there"), "right"),
        Column(tr("contracts"), "right"),
        Column(tr("reaches back")),
        Column(tr("left"), "right"),
        Column(tr("serves less"), "right"),
        Column(tr("failing"), "right"),
        Column(tr("provisional"), "right"),
    )
    rows = tuple(
        (
            title_of(one.exchange),
            numbers.share(f"{one.part * 100:.0f}"),
            tr("{part} of {whole}", part=numbers.whole(one.done), whole=numbers.whole(one.contracts)),
            numbers.UNKNOWN if one.since is None else _reach(one.since, now),
            tr("about {span}", span=_span(one.seconds_left)) if one.seconds_left else numbers.UNKNOWN,
            numbers.whole(one.shorter) if one.shorter else numbers.UNKNOWN,
            numbers.whole(one.failing) if one.failing else numbers.UNKNOWN,
            numbers.whole(provisional.get(one.exchange, 0)),
        )
        for one in depth.exchanges
    )
    nothing = Text(tr("No history is read: see {key}.", key="feeds.funding"))
    body: list[Element] = [Table(columns, rows) if rows else nothing]
    wanted = trn(
        "Wanted: {count} day of settlements; {progress}.",
        "Wanted: {count} days of settlements; {progress}.",
        depth.days,
        progress=history_line(depth),
    )
    body.append(Text(wanted))
    body.append(
        Note(
            tr(
                "“serves less” counts contracts of which the exchange has less than is wanted, such as young ones. "
                "A provisional settlement is the last estimate before it; the exchange's own row replaces it within "
                "hours."
            )
        )
    )
    body.append(Note(numbers.clock(now)))
    data: list[Json] = [_coverage_data(one) for one in depth.exchanges]
    title = tr("History of settlements")
    return View(title=title, body=tuple(body), data={"history_days": depth.days, "history": data})


def _reach(since: datetime, now: datetime) -> str:
    return tr("{span}, to {day}", span=numbers.duration(now - since), day=numbers.short_day(since))


def history_line(depth: Depth) -> str:
    """The progress of the history in one line, with a bar while it is not whole."""
    if not depth.exchanges:
        return tr("none is read")
    part = part_of(depth.exchanges)
    if not depth.seconds_left:
        return tr("all there is has been read")
    full = int(part * BAR_CELLS)
    bar = "█" * full + "░" * (BAR_CELLS - full)
    share = numbers.share(f"{part * 100:.0f}")
    return tr("{bar} {share} read, about {span} left", bar=bar, share=share, span=_span(depth.seconds_left))


def _facts(health: Health) -> Fields:
    holdings, last = health.holdings, health.last
    facts = [
        Field(
            tr("last refresh"),
            tr("never") if last is None else f"{numbers.clock(last.at)}, {numbers.ago(last.at, health.now)}",
        ),
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


def _sources_table(health: Health) -> Table:
    holdings, now = health.holdings, health.now
    by_name = {source.name: source for source in health.sources}
    columns = (
        Column(tr("source")),
        Column(tr("newest")),
        Column(tr("age"), "right"),
        Column(tr("last asked"), "right"),
        Column(tr("state")),
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
    shown = ", ".join(names[:HELD_SHOWN])
    if more := len(names[HELD_SHOWN:]):
        shown = tr("{names} and {count} more", names=shown, count=more)
    return tr("Kept apart, for their price says that they are other tokens of the same ticker: {names}.", names=shown)


def _held_notes(held: Sequence[Held]) -> list[Element]:
    if not held:
        return []
    lines = [f"{title_of(one.exchange)} {one.symbol}: {retold(one.reason)}" for one in held[:HELD_SHOWN]]
    lines += [tr("and {count} more", count=len(held) - HELD_SHOWN)] if len(held) > HELD_SHOWN else []
    said = trn(
        "In quarantine, {count} value that no score uses: {values}.",
        "In quarantine, {count} values that no score uses: {values}.",
        len(held),
        values="; ".join(lines),
    )
    return [Note(said)]


def _span(seconds: float) -> str:
    return numbers.duration(timedelta(seconds=max(60.0, seconds)))


def _data(health: Health) -> dict[str, Json]:
    holdings = health.holdings
    return {
        "now": numbers.iso(health.now),
        "last_refresh": None if health.last is None else numbers.iso(health.last.at),
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
        "quarantine": [_held_data(one) for one in holdings.held],
        "apart": list(holdings.apart),
        "history_days": health.depth.days,
        "history": [_coverage_data(one) for one in health.depth.exchanges],
        **outbox_data(health.delivering),
    }


def _held_data(one: Held) -> dict[str, Json]:
    return {
        "exchange": one.exchange,
        "symbol": one.symbol,
        "base_coin": one.base_coin,
        "reason": one.reason,
        "value": one.value if one.value == one.value else None,
        "since": numbers.iso(one.since),
        "cycles": one.cycles,
    }


def _coverage_data(one: ExchangeCoverage) -> dict[str, Json]:
    return {
        "exchange": one.exchange,
        "contracts": one.contracts,
        "done": one.done,
        "part": round(one.part, 4),
        "since": numbers.iso(one.since),
        "shorter": one.shorter,
        "failing": one.failing,
        "seconds_left": round(one.seconds_left),
    }
