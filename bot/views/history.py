"""How deep the history of settlements is, and how far it got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.feeds.exchanges import title_of
from bot.feeds.exchanges.coverage import ExchangeCoverage, part_of
from bot.views import numbers
from bot.views.elements import Column, Element, Json, Note, Table, Text, View
from bot.words import tr, trn

BAR_CELLS = 10


@dataclass(frozen=True, slots=True)
class Depth:
    """How deep the history is wanted, and how far it got."""

    days: int
    exchanges: tuple[ExchangeCoverage, ...] = ()  # empty where no history is read

    @property
    def seconds_left(self) -> float:
        """Until the slowest exchange is done; all are read at once."""
        return max((one.seconds_left for one in self.exchanges), default=0.0)


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
    data: list[Json] = [coverage_data(one) for one in depth.exchanges]
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


def _span(seconds: float) -> str:
    return numbers.duration(timedelta(seconds=max(60.0, seconds)))


def coverage_data(one: ExchangeCoverage) -> dict[str, Json]:
    """How deep an exchange's history is, for --json; `seconds_left` until all of it is there."""
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
