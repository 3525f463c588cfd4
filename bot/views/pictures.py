"""The pictures of the cards, built from what is stored (pure): what they show, and the same in words."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.charts.daily import Columns, days_of, slots_of
from bot.charts.model import CoinChart, Dot, Heading, HeatChart, Mark, Person, Streak, Strip, TimelineChart, day_label
from bot.feeds.exchanges import title_of
from bot.views import numbers
from bot.views.cluster_card import Company
from bot.views.cluster_words import by_side, plan_share, role
from bot.views.elements import Picture, View
from bot.views.picture_words import captioned, coin_words, heat_words, timeline_words
from bot.views.scores import streak_text
from bot.words import ENGLISH, mark, speaking, spoken, tr, trn
from bot.words.stored import retold
from scoring.clusters import ClusterRule
from scoring.funding import DAY, FundingHistory
from scoring.model import Cluster, Coin, CoinFunding, Filing, Insider, PriceChanges
from scoring.trades import SIDE_OF_CODE, fault

DAYS = 30
LEAST_DAYS = 7  # so many are shown, known or not
FEW_DAYS = 3  # up to so many known days, slots of 8 hours tell more
UNIT, UNIT_BY_DAY = mark("Funding per 8 h"), mark("Funding per 8 h, by day")
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


def in_words(make: Callable[[], Picture | None]) -> Picture | None:
    """The picture, and with it the same in English: for a painter whose fonts lack the letters of the language."""
    picture = make()
    if picture is None or spoken() == ENGLISH:
        return picture
    with speaking(ENGLISH):
        plain = make()
    in_english: Any = None if plain is None else plain.chart  # of the same kind, which no type can say
    chart = replace(picture.chart, language=spoken(), plain=in_english)
    return replace(picture, chart=chart)


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
            tr(UNIT_BY_DAY), numbers.rate(rates[newest]), day_label(first_day + timedelta(days=newest))
        ),
        price_heading=Heading(
            tr("Price"),
            numbers.price(daily[-1]),
            "" if prices.pct_7d is None else tr("{change} in 7 d", change=numbers.percent(prices.pct_7d)),
        ),
        price_high=numbers.price(max(seen)) if seen else "",
        price_low=numbers.price(min(seen)) if seen else "",
        streak=streak,
        marks=tuple(one for one in marks if one.level >= SEEN_FROM * min(rate for rate in rates if rate is not None)),
        footer=_footer(first_day, last_day, 0 if funding is None else len(funding.exchanges)),
        nothing=tr("not known"),
    )
    return Picture(chart, captioned(coin_words(chart, funding)))


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
    by_day = columns.seconds == DAY
    if by_day:
        span = _to(numbers.short_day(start), numbers.short_day(end - timedelta(days=1)))
    else:
        span = _to(numbers.instant(start), numbers.instant(end))
    chart = HeatChart(
        title=coin.symbol,
        name="" if coin.name == coin.symbol else coin.name,
        heading=Heading(tr(UNIT_BY_DAY if by_day else UNIT), numbers.rate(mean[-1]), _last_label(end, by_day=by_day)),
        start=start,
        step_hours=columns.seconds // 3600,
        strips=tuple(strips),
        mean=_strip(tr("Mean"), mean[first:]) if len(strips) > 1 else None,
        footer=tr("{span} UTC · newest at the right", span=span),
        nothing=tr("not known"),
    )
    by = tr("by day, {span} UTC", span=span)
    if not by_day:
        by = tr("by {hours}, {span} UTC", hours=numbers.hours(columns.seconds // 3600), span=span)
    return Picture(chart, captioned(heat_words(chart, mean[first:], by)))


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
        footer=tr(
            "{span}, by trade · area of a dot: value", span=_to(numbers.short_day(first), numbers.short_day(last))
        ),
        legend=(tr("bought"), tr("sold"), tr("10b5-1 plan")),
        nothing=tr("nobody traded"),
    )
    return Picture(chart, captioned(timeline_words(chart, shown)))


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
    days = streak_text(funding.streak, funding.streak_open)
    return Streak(first, tr("{days} since {day}", days=days, day=day_label(first)))


def _footer(first: date, last: date, exchanges: int) -> str:
    span = f"{_to(numbers.short_day(first), numbers.short_day(last))} UTC"
    if not exchanges:
        return span
    return f"{span} · {trn('mean of {count} exchange', 'mean of {count} exchanges', exchanges)}"


def _to(first: str, last: str) -> str:
    return tr("{first} to {last}", first=first, last=last)


def _strip(name: str, values: tuple[float | None, ...]) -> Strip:
    return Strip(name, values, numbers.rate(values[-1]))


def _last_label(end: datetime, *, by_day: bool) -> str:
    if by_day:
        return day_label((end - timedelta(days=1)).date())
    return f"{day_label(end.date())} {numbers.time(end)}"


def _heading(cluster: Cluster) -> Heading:
    share = plan_share(cluster.plan_value, cluster.total_value)
    text = tr(
        by_side(cluster.side, mark("{insiders} bought"), mark("{insiders} sold")),
        insiders=numbers.count(cluster.insider_count, "insider"),
    )
    plan = tr("{share} under a plan", share=share) if share else ""
    return Heading(text, numbers.money(cluster.total_value), plan)


def _people(cluster: Cluster, filings: Mapping[str, Filing]) -> list[Person]:
    return [
        Person(one.name, retold(role(one) or ""), cluster.side, dots, numbers.money(one.value))
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
    return [*shown, Person(trn("{count} other", "{count} others", len(rest)), "", rest[0].side, dots, value)]
