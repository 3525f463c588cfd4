"""The pictures of the cards, built from what is stored (pure): what they show, and the same in words."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from bot.charts.daily import Columns, days_of, slots_of
from bot.charts.model import CoinChart, Dot, Heading, HeatChart, Mark, Person, Streak, Strip, TimelineChart, day_label
from bot.feeds.exchanges import title_of
from bot.views import numbers
from bot.views.cluster_card import Company
from bot.views.cluster_words import plan_share, role, verb
from bot.views.elements import Picture, View
from bot.views.scores import streak_text
from scoring.clusters import ClusterRule
from scoring.funding import DAY, FundingHistory
from scoring.model import Cluster, Coin, CoinFunding, Filing, Insider, PriceChanges
from scoring.trades import SIDE_OF_CODE, fault

DAYS = 30
LEAST_DAYS = 7  # so many are shown, known or not
FEW_DAYS = 3  # up to so many known days, slots of 8 hours tell more
CAPTION_UNITS = 900  # UTF-16; a caption of Telegram may have 1,024
NAME_LENGTH = 40  # of a name in a caption
UNIT = "Funding per 8 h"
BISECTIONS = 40
SEEN_FROM = 2.5  # a mark may make the scale so many times larger, else it is left out
PEOPLE = 11  # rows of a timeline


@dataclass(frozen=True, slots=True)
class CoinDays:
    """What is stored of a coin's last days."""

    history: FundingHistory
    prices: Sequence[tuple[datetime, float]]  # oldest first
    now: datetime


def with_picture(view: View, picture: Picture | None) -> View:
    """The view with a picture, where there is one."""
    return view if picture is None else replace(view, body=(*view.body, picture))


def coin_picture(
    coin: Coin, stored: CoinDays, funding: CoinFunding | None, prices: PriceChanges, marks: Sequence[Mark] = ()
) -> Picture | None:
    """30 days of average funding with the price above it; None where no day is known.

    `funding` is what the scores rest on, None where that is not our own. `marks` are levels of the 72-hour average,
    left out where they would make the days too small to be read.
    """
    days = days_of(stored.history, stored.now)
    known = _only(days)
    if all(rate is None for rate in known):
        return None
    by_day = _last_of_each_day(stored.prices, days)
    # Days before the first that is known say nothing.
    first = min(_first_known(known), _first_known(by_day[:-1]), len(known) - LEAST_DAYS)
    rates, daily = known[first:], (*by_day[first:-1], by_day[-1] if prices.price is None else prices.price)
    first_day = (days.start + timedelta(days=first)).date()
    streak = _streak(funding)
    last_day = first_day + timedelta(days=len(rates) - 1)
    newest = max(at for at, rate in enumerate(rates) if rate is not None)
    seen = [price for price in daily if price is not None]
    chart = CoinChart(
        title=coin.symbol,
        name="" if coin.name == coin.symbol else coin.name,
        first_day=first_day,
        funding=rates,
        prices=daily,
        funding_heading=Heading(
            f"{UNIT}, by day", numbers.rate(rates[newest]), day_label(first_day + timedelta(days=newest))
        ),
        price_heading=Heading(
            "Price",
            numbers.price(daily[-1]),
            "" if prices.pct_7d is None else f"{numbers.percent(prices.pct_7d)} in 7 d",
        ),
        price_high=numbers.price(max(seen)) if seen else "",
        price_low=numbers.price(min(seen)) if seen else "",
        streak=streak,
        marks=tuple(
            mark for mark in marks if mark.level >= SEEN_FROM * min(rate for rate in rates if rate is not None)
        ),
        footer=_footer(first_day, last_day, 0 if funding is None else len(funding.exchanges)),
    )
    return Picture(chart, _captioned(_coin_words(chart, funding)))


def funding_picture(coin: Coin, history: FundingHistory, now: datetime) -> Picture | None:
    """A heat strip per exchange, by day; by 8 hours where few days are known. None where nothing is known."""
    columns = days_of(history, now)
    by_exchange = columns.by_exchange()
    if _known_columns(by_exchange.values()) <= FEW_DAYS:
        columns = slots_of(history, now)
        by_exchange = columns.by_exchange()
    if not by_exchange:
        return None
    mean = _only(columns)
    first = 0
    if columns.seconds == DAY:
        first = min(*(_first_known(values) for values in by_exchange.values()), len(mean) - LEAST_DAYS)
    strips = [_strip(title_of(name), values[first:]) for name, values in by_exchange.items()]
    strips.sort(key=lambda one: (one.values[-1] is None, one.values[-1] or 0.0, one.name))
    start = columns.start + timedelta(seconds=first * columns.seconds)
    end = columns.start + timedelta(seconds=len(mean) * columns.seconds)
    by = "day" if columns.seconds == DAY else f"{columns.seconds // 3600} h"
    span = f"{start:%Y-%m-%d} to {end - timedelta(days=1):%Y-%m-%d}"
    if columns.seconds != DAY:
        span = f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
    chart = HeatChart(
        title=coin.symbol,
        name="" if coin.name == coin.symbol else coin.name,
        heading=Heading(UNIT if by != "day" else f"{UNIT}, by day", numbers.rate(mean[-1]), _last_label(end, by)),
        start=start,
        step_hours=columns.seconds // 3600,
        strips=tuple(strips),
        mean=_strip("Mean", mean[first:]) if len(strips) > 1 else None,
        footer=f"{span} UTC · newest at the right",
    )
    return Picture(chart, _captioned(_heat_words(chart, mean[first:], f"by {by}, {span} UTC")))


def cluster_picture(company: Company, rule: ClusterRule, now: datetime) -> Picture | None:
    """Who traded when and for how much, of both sides that the rule asks for; None where nobody's days are known."""
    found = [*company.clusters, *(one for one in company.close if one.side in rule.sides)]
    shown = [(cluster, people) for cluster in found if (people := _people(cluster, company.filings))]
    if not shown:
        return None
    room = PEOPLE // len(shown)
    issuer = company.issuer
    first, last = rule.first_day(now.date()), now.date()
    chart = TimelineChart(
        title=issuer.ticker or issuer.name,
        name=issuer.name if issuer.ticker else "",
        headings=tuple(_heading(cluster) for cluster, _ in shown),
        first_day=first,
        last_day=last,
        people=tuple(one for _, people in shown for one in _with_others(people, room)),
        footer=f"{day_label(first)} to {day_label(last)} {last.year}, by trade · area of a dot: value",
    )
    return Picture(chart, _captioned(_timeline_words(chart, shown)))


def level_of(score_at: Callable[[float], float], minimum: float, lowest: float) -> float | None:
    """The 72-hour average (decimal per 8 h, between `lowest` and 0) at which a score reaches a minimum.

    None where no average does, and where any negative one does. `score_at` never falls as funding falls.

    >>> level_of(lambda avg: -avg * 20_000, 3.0, -0.0005)
    -0.00015
    """
    if not score_at(lowest) >= minimum or score_at(lowest * 1e-6) >= minimum:
        return None
    high, low = 0.0, lowest
    for _ in range(BISECTIONS):
        middle = (high + low) / 2
        high, low = (high, middle) if score_at(middle) >= minimum else (middle, low)
    return round(low, 9)


def _only(columns: Columns) -> tuple[float | None, ...]:
    """The averages of the only coin."""
    return next(iter(columns.by_coin().values()), ())


def _first_known(values: Sequence[float | None]) -> int:
    return next((at for at, value in enumerate(values) if value is not None), len(values))


def _known_columns(rows: Iterable[Sequence[float | None]]) -> int:
    return sum(any(value is not None for value in column) for column in zip(*rows, strict=True))


def _last_of_each_day(prices: Sequence[tuple[datetime, float]], days: Columns) -> tuple[float | None, ...]:
    """The last price of each day, as settlements belong to days, and the last one of today."""
    last: dict[int, float] = {(int(at.timestamp()) - 1) // DAY: price for at, price in prices}
    return tuple(last.get(day) for day in range(days.history.first_day, days.end + 1))


def _streak(funding: CoinFunding | None) -> Streak | None:
    if funding is None or not funding.streak or funding.signal_start is None:
        return None
    first = funding.signal_start.astimezone(UTC).date()
    return Streak(first, f"{streak_text(funding.streak, funding.streak_open)} since {day_label(first)}")


def _footer(first: date, last: date, exchanges: int) -> str:
    mean = f" · mean of {numbers.count(exchanges, 'exchange')}" if exchanges else ""
    return f"{first} to {last} UTC{mean}"


def _strip(name: str, values: tuple[float | None, ...]) -> Strip:
    return Strip(name, values, numbers.rate(values[-1]))


def _last_label(end: datetime, by: str) -> str:
    return day_label((end - timedelta(days=1)).date()) if by == "day" else f"{day_label(end.date())} {end:%H:%M}"


def _heading(cluster: Cluster) -> Heading:
    share = plan_share(cluster.plan_value, cluster.total_value)
    text = f"{numbers.count(cluster.insider_count, 'insider')} {verb(cluster.side)}"
    return Heading(text, numbers.money(cluster.total_value), f"{share} under a plan" if share else "")


def _people(cluster: Cluster, filings: Mapping[str, Filing]) -> list[Person]:
    return [
        Person(one.name, role(one) or "", cluster.side, dots, numbers.money(one.value))
        for one in cluster.insiders
        if (dots := tuple(_dots(cluster, one, filings)))
    ]


def _dots(cluster: Cluster, insider: Insider, filings: Mapping[str, Filing]) -> Iterator[Dot]:
    """What an insider traded, day by day; where the filings do not add up to what counts, all on the last day.

    They do not where a trade that two filings report was counted with somebody else.
    """
    if insider.value is None or insider.last_date is None:
        return
    by_day: dict[tuple[date, bool], float] = defaultdict(float)
    for filing in (filings[accession] for accession in insider.accessions if accession in filings):
        for row in filing.transactions:
            if SIDE_OF_CODE.get(row.code) is cluster.side and row.price and not fault(row, filing.accepted_at.date()):
                by_day[row.date, filing.plan_10b5_1] += row.shares * row.price
    if math.isclose(math.fsum(by_day.values()), insider.value, rel_tol=1e-6):
        yield from (Dot(day, value, planned) for (day, planned), value in sorted(by_day.items()))
    else:
        yield Dot(insider.last_date, insider.value, planned=insider.plan_value == insider.value)


def _with_others(people: Sequence[Person], room: int) -> list[Person]:
    """As many as there is room for, largest first; the rest together in the last row."""
    if len(people) <= room:
        return list(people)
    shown, rest = people[: room - 1], people[room - 1 :]
    dots = tuple(dot for one in rest for dot in one.dots)
    value = numbers.money(math.fsum(dot.value for dot in dots))
    return [*shown, Person(numbers.count(len(rest), "other"), "", rest[0].side, dots, value)]


def _coin_words(chart: CoinChart, funding: CoinFunding | None) -> Iterator[str]:
    days = [chart.first_day + timedelta(days=at) for at in range(len(chart.funding))]
    known = [(rate, day) for rate, day in zip(chart.funding, days, strict=True) if rate is not None]
    yield (
        f"{_short(chart.title)}: average funding per 8 h of each day, {days[0]} to {days[-1]} (UTC), "
        f"{numbers.rate(known[-1][0])} on {known[-1][1]}."
    )
    (low, on), (high, then) = min(known), max(known)
    if numbers.rate(low) != numbers.rate(high):
        yield f"Lowest {numbers.rate(low)} on {on}, highest {numbers.rate(high)} on {then}."
    if chart.streak is not None and funding is not None:
        lasts = streak_text(funding.streak, funding.streak_open, long=True)
        yield f"Negative for {lasts}, since {chart.streak.first_day}."
    if unknown := len(days) - len(known):
        yield f"{numbers.count(unknown, 'day is', 'days are')} not known."
    prices = [price for price in chart.prices if price is not None]
    if prices:
        between = f"between {numbers.price(min(prices))} and {numbers.price(max(prices))}"
        yield f"Above it the price, {between}, now {numbers.price(chart.prices[-1])}."
    if marks := "; ".join(mark.label for mark in chart.marks):
        yield f"Dashed, for the 72-hour average: {marks}."


def _heat_words(chart: HeatChart, mean: Sequence[float | None], span: str) -> Iterator[str]:
    count = numbers.count(len(chart.strips), "exchange")
    of = f"{_short(chart.title)}: average funding per 8 h on {count}, {span}."
    yield f"{of} Orange is negative, blue above the usual +0.01 %."
    if mean[-1] is not None and len(chart.strips) > 1:
        yield f"The mean is {numbers.rate(mean[-1])}."
    said = [f"{one.name} {one.label}" for one in chart.strips]
    yield f"Last: {', '.join(said)}."


def _timeline_words(chart: TimelineChart, shown: Sequence[tuple[Cluster, Sequence[Person]]]) -> Iterator[str]:
    who = " and ".join(f"{one.text} {one.value}" for one in chart.headings)
    yield f"{_short(chart.title)}: {who}, {chart.first_day} to {chart.last_day}, by the date of the trade."
    for cluster, people in shown:
        for one in people:
            days = sorted({dot.day for dot in one.dots})
            when = f"on {days[0]}" if len(days) == 1 else f"on {len(days)} days from {days[0]} to {days[-1]}"
            known_as = f"{_short(one.name)} ({_short(one.role)})" if one.role else _short(one.name)
            yield f"{known_as} {verb(cluster.side)} {one.value} {when}."


def _short(name: str) -> str:
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1].rstrip()}…"


def _captioned(sentences: Iterable[str]) -> str:
    """As many of the sentences as a caption holds; the first one always, if need be cut."""
    text = ""
    for sentence in sentences:
        longer = f"{text} {sentence}".strip()
        if len(longer.encode("utf-16-le")) // 2 > CAPTION_UNITS:
            break
        text = longer
    return text
