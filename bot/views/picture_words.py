"""What the pictures of the cards show, said in words: the captions (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from bot.charts.model import CoinChart, HeatChart, Person, TimelineChart
from bot.views import numbers
from bot.views.cluster_words import by_side
from bot.views.scores import streak_text
from bot.words import mark, tr, trn
from scoring.model import Cluster, CoinFunding

CAPTION_UNITS = 900  # UTF-16; a caption of Telegram may have 1,024
NAME_LENGTH = 40  # of a name in a caption


def coin_words(chart: CoinChart, funding: CoinFunding | None) -> Iterator[str]:
    """Sentences about a coin's month of funding."""
    days = [chart.first_day + timedelta(days=at) for at in range(len(chart.funding))]
    known = [(rate, day) for rate, day in zip(chart.funding, days, strict=True) if rate is not None]
    yield tr(
        "{coin}: average funding per 8 h of each day, {first} to {last} (UTC), {rate} on {day}.",
        coin=_short(chart.title),
        first=numbers.day(days[0]),
        last=numbers.day(days[-1]),
        rate=numbers.rate(known[-1][0]),
        day=numbers.day(known[-1][1]),
    )
    (low, on), (high, then) = min(known), max(known)
    if numbers.rate(low) != numbers.rate(high):
        yield tr(
            "Lowest {low} on {on}, highest {high} on {then}.",
            low=numbers.rate(low),
            on=numbers.day(on),
            high=numbers.rate(high),
            then=numbers.day(then),
        )
    if chart.streak is not None and funding is not None:
        lasts = streak_text(funding.streak, funding.streak_open, long=True)
        yield tr("Negative for {days}, since {day}.", days=lasts, day=numbers.day(chart.streak.first_day))
    if unknown := len(days) - len(known):
        yield trn("{count} day is not known.", "{count} days are not known.", unknown)
    prices = [price for price in chart.prices if price is not None]
    if prices:
        yield tr(
            "Above it the price, between {low} and {high}, now {now}.",
            low=numbers.price(min(prices)),
            high=numbers.price(max(prices)),
            now=numbers.price(chart.prices[-1]),
        )
    if marks := "; ".join(one.label for one in chart.marks):
        yield tr("Dashed, for the 72-hour average: {marks}.", marks=marks)


def heat_words(chart: HeatChart, mean: Sequence[float | None], span: str) -> Iterator[str]:
    """Sentences about a coin's funding on each exchange; `mean` is that of all, decimal per 8 hours."""
    of = tr(
        "{coin}: average funding per 8 h on {exchanges}, {span}.",
        coin=_short(chart.title),
        exchanges=numbers.count(len(chart.strips), "exchange"),
        span=span,
    )
    yield f"{of} {tr('Orange is negative, blue above the usual {rate}.', rate=numbers.percent(0.01, 2))}"
    if mean[-1] is not None and len(chart.strips) > 1:
        yield tr("The mean is {rate}.", rate=numbers.rate(mean[-1]))
    said = [f"{one.name} {one.label}" for one in chart.strips]
    yield tr("Last: {rates}.", rates=", ".join(said))


def timeline_words(chart: TimelineChart, shown: Sequence[tuple[Cluster, Sequence[Person]]]) -> Iterator[str]:
    """Sentences about who traded what and when."""
    yield tr(
        "{company}: {who}, {first} to {last}, by the date of the trade.",
        company=_short(chart.title),
        who=tr(" and ").join(f"{one.text} {one.value}" for one in chart.headings),
        first=numbers.day(chart.first_day),
        last=numbers.day(chart.last_day),
    )
    for cluster, people in shown:
        for one in people:
            days = sorted({dot.day for dot in one.dots})
            when = tr("on {day}", day=numbers.day(days[0]))
            if len(days) > 1:
                first, last = numbers.day(days[0]), numbers.day(days[-1])
                when = tr("on {count} days from {first} to {last}", count=len(days), first=first, last=last)
            known_as = f"{_short(one.name)} ({_short(one.role)})" if one.role else _short(one.name)
            traded = by_side(cluster.side, mark("{name} bought {value} {when}."), mark("{name} sold {value} {when}."))
            yield tr(traded, name=known_as, value=one.value, when=when)


def _short(name: str) -> str:
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1].rstrip()}…"


def captioned(sentences: Iterable[str]) -> str:
    """As many of the sentences as a caption holds; the first one always, if need be cut."""
    text = ""
    for sentence in sentences:
        longer = f"{text} {sentence}".strip()
        if len(longer.encode("utf-16-le")) // 2 > CAPTION_UNITS:
            break
        text = longer
    return text
