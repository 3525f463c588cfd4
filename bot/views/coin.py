"""One coin's card: both scores with the numbers behind them, or with whose they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.feeds.exchanges import title_of
from bot.views import numbers
from bot.views.elements import Button, Column, Field, Fields, Json, Note, Table, Text, View
from bot.views.scores import coin_data, coverage_note, streak_text
from bot.views.sources import USUAL_PRICES, Service, as_given, given_stamp, price_title
from bot.views.titles import capitalised, signal_title
from bot.words import tr, trc, trn
from scoring.explain import Step
from scoring.funding import annual_rate
from scoring.model import Coin, CoinFunding, CoinScore, PriceChanges, Signal

VOTES = re.compile(r"mean of (?P<count>\d+) exchanges, % per 8 h: (?P<votes>.*)")  # as scoring.explain writes it


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a coin's numbers rest on."""

    newest: datetime | None  # its newest settlement
    min_exchanges: int  # from which it rings
    now: datetime
    service: Service | None = None  # the hosted one whose scores they are; None: ours
    funding_is_own: bool = True  # averaged from settlements; else the service's, with rates of this moment
    others: tuple[str, ...] = ()  # other tokens of the same ticker


def coin_card(
    coin: Coin,
    funding: CoinFunding | None,
    prices: PriceChanges,
    scores: Mapping[Signal, tuple[CoinScore, tuple[Step, ...]]],
    coverage: Coverage,
) -> View:
    """Both scores with their arithmetic, or why there is none; then each exchange's vote."""
    body: list[Text | Note | Table | Fields] = [Fields(_facts(coin, funding, prices, coverage))]
    for signal in (Signal.PUMP, Signal.SELLING):
        if signal not in scores:
            why = no_score(signal, funding, prices) if coverage.service is None else _not_given(coverage.service)
            body.append(Text(tr("{signal}: no score, {why}.", signal=capitalised(signal_title(signal)), why=why)))
            continue
        score, steps = scores[signal]
        given = "" if steps else f", {as_given(score.source)}"
        level = tr("{score} of 10", score=numbers.score(score.score))
        body.append(Text(f"{capitalised(signal_title(signal))}: {level}{given}"))
        if steps:
            body.append(arithmetic(steps))
    if funding is not None and funding.exchanges:
        body.append(_votes(funding) if coverage.funding_is_own else _rates_now(funding))
    body += [Note(text) for text in _notes(funding, prices, scores, coverage)]
    now = coverage.now if coverage.service is None else coverage.service.read_at
    data: dict[str, Json] = {
        "coin_id": coin.coin_id,
        "symbol": coin.symbol,
        "name": coin.name,
        "price": prices.price,
        "price_source": prices.source or None,
        **{signal.value: coin_data(score, coin, now) for signal, (score, _) in scores.items()},
    }
    return View(
        title=coin.symbol if coin.name == coin.symbol else f"{coin.symbol} · {coin.name}",
        body=tuple(body),
        buttons=(
            Button(tr("Funding"), f"/funding {coin.symbol}"),
            Button(tr("🔔 Alert me about this coin"), f"/alert pump coins={coin.symbol}"),
        ),
        data=data,
    )


def arithmetic(steps: tuple[Step, ...]) -> Table:
    """The steps of a score, to be recomputed by hand."""
    rows = tuple((step.label, step_value(step), formula_text(step.formula)) for step in steps)
    return Table(arithmetic_columns(), rows)


def arithmetic_columns() -> tuple[Column, ...]:
    """The titles above steps."""
    return (Column(tr("part")), Column(trc("arithmetic", "value"), "right"), Column(trc("arithmetic", "from"), phone=2))


def formula_text(text: str) -> str:
    """A step's formula, of which only the first begins with words."""
    if (found := VOTES.fullmatch(text)) is None:
        return numbers.formula(text)
    votes = numbers.formula(found["votes"])
    return tr("mean of {count} exchanges, % per 8 h: {votes}", count=found["count"], votes=votes)


def step_value(step: Step) -> str:
    """A step's value: funding in percent, all else with four decimals."""
    return numbers.rate(step.value, 5) if step.label.startswith("avg_") else numbers.formula(f"{step.value:.4f}")


def no_score(signal: Signal, funding: CoinFunding | None, prices: PriceChanges) -> str:
    """Why a coin has no score."""
    if funding is None:
        return tr("for no exchange covers half of the last 72 hours")
    if funding.avg_72h >= 0:
        return tr("for its 72-hour funding is not negative")
    if signal is Signal.PUMP and prices.pct_7d is None:
        return tr("for its price a week ago, or now, is not known")
    return tr("for its price did not rise in 7 days")


def _not_given(service: Service) -> str:
    return tr("for {service} gives none", service=service.title)


def _notes(
    funding: CoinFunding | None,
    prices: PriceChanges,
    scores: Mapping[Signal, tuple[CoinScore, tuple[Step, ...]]],
    coverage: Coverage,
) -> Iterator[str]:
    """The small print: what it rests on, and what else bears its name."""
    now, service = coverage.now, coverage.service
    behind = 0 if funding is None else len(funding.exchanges)
    listed = bool(behind) if service is None else bool(scores)
    if listed and behind < coverage.min_exchanges:
        needed = numbers.count(coverage.min_exchanges, "exchange")
        yield tr("It is listed, and will not ring: an alert needs {exchanges} behind the average.", exchanges=needed)
    if prices.source and prices.source != USUAL_PRICES:
        days = numbers.hours(24) if prices.pct_7d is None else numbers.days(7)
        yield tr("{days} change from {source}.", days=days, source=price_title(prices.source))
    if coverage.others:
        yield trn(
            "{names} is another token of that ticker.",
            "{names} are other tokens of that ticker.",
            len(coverage.others),
            names=tr(" and ").join(coverage.others),
        )
    if service is not None:
        yield f"{given_stamp(service, now)} · {numbers.clock(now)}"
    if coverage.funding_is_own:
        stamp = coverage_note(behind, coverage.newest, now)
        rests = tr("72 hours of settled rates, each exchange one vote.")
        yield f"{rests} {stamp} · {numbers.clock(now)}"
    elif behind:
        yield tr("rate now: of this moment, per 8 h, and not what the average was made of.")


def _facts(coin: Coin, funding: CoinFunding | None, prices: PriceChanges, coverage: Coverage) -> tuple[Field, ...]:
    facts = [
        Field(tr("price"), numbers.price(prices.price)),
        Field(numbers.hours(24), numbers.percent(prices.pct_24h)),
        Field(numbers.days(7), numbers.percent(prices.pct_7d)),
    ]
    if funding is not None:
        rate, own = funding.avg_72h, coverage.funding_is_own
        exchanges = numbers.count(len(funding.exchanges), "exchange")
        negative = tr("{number} of {exchanges}", number=funding.negative_exchanges, exchanges=exchanges)
        year = numbers.percent(annual_rate(rate) * 100, 1)
        paid = tr("{rate} per 8 h, {year} a year", rate=numbers.rate(rate), year=year)
        facts += [
            Field(tr("funding, 72 h"), paid),
            *([Field(tr("median"), tr("{rate} per 8 h", rate=numbers.rate(funding.median_72h)))] if own else []),
            Field(tr("negative") if own else tr("negative now"), negative),
            Field(tr("streak"), streak_text(funding.streak, funding.streak_open, long=True) + _since(funding)),
        ]
    if coin.market_cap_rank is not None:
        facts.append(Field(tr("market-cap rank"), str(coin.market_cap_rank)))
    return tuple(facts)


def _since(funding: CoinFunding) -> str:
    if not funding.streak or funding.signal_start is None:
        return ""
    return tr(", since {day}", day=numbers.day(funding.signal_start))


def _votes(funding: CoinFunding) -> Table:
    columns = (
        Column(tr("exchange")),
        Column(tr("contract"), phone=0),
        Column(tr("per 8 h"), "right"),
        Column(tr("APR"), "right"),
        Column(tr("settlements"), "right", phone=0),
        Column(tr("covered"), "right", phone=0),
    )
    return Table(
        columns,
        tuple(
            (
                title_of(one.exchange),
                one.symbol,
                numbers.rate(one.rate_8h),
                numbers.percent(annual_rate(one.rate_8h) * 100, 1),
                str(one.settlements),
                numbers.hours(one.hours),
            )
            for one in funding.exchanges
        ),
    )


def _rates_now(funding: CoinFunding) -> Table:
    """The exchanges that a hosted service lists a coin on; it does not say how each of them voted."""
    columns = (
        Column(tr("exchange")),
        Column(tr("contract"), phone=0),
        Column(tr("rate now"), "right"),
        Column(tr("APR"), "right"),
    )
    return Table(
        columns,
        tuple(
            (
                title_of(one.exchange),
                one.symbol,
                numbers.rate(one.rate_8h),
                numbers.percent(annual_rate(one.rate_8h) * 100, 1),
            )
            for one in funding.exchanges
        ),
    )
