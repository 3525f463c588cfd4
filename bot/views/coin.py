"""One coin's card: both scores with the numbers behind them, or with whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.feeds.exchanges import title_of
from bot.views import numbers
from bot.views.elements import Button, Column, Field, Fields, Json, Note, Table, Text, View
from bot.views.scores import coin_data, coverage_note, streak_text
from bot.views.sources import USUAL_PRICES, Service, as_given, given_stamp, price_title
from bot.views.titles import TITLES
from scoring.explain import Step
from scoring.funding import annual_rate
from scoring.model import Coin, CoinFunding, CoinScore, PriceChanges, Signal


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
            body.append(Text(f"{TITLES[signal].capitalize()}: no score, {why}."))
            continue
        score, steps = scores[signal]
        given = "" if steps else f", {as_given(score.source)}"
        body.append(Text(f"{TITLES[signal].capitalize()}: {numbers.score(score.score)} of 10{given}"))
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
            Button("Funding", f"/funding {coin.symbol}"),
            Button("🔔 Alert me about this coin", f"/alert pump coins={coin.symbol}"),
        ),
        data=data,
    )


def arithmetic(steps: tuple[Step, ...]) -> Table:
    """The steps of a score, to be recomputed by hand."""
    columns = (Column("part"), Column("value", "right"), Column("from"))
    return Table(columns, tuple((step.label, step_value(step), step.formula) for step in steps))


def step_value(step: Step) -> str:
    """A step's value: funding in percent, all else with four decimals."""
    return numbers.rate(step.value, 5) if step.label.startswith("avg_") else f"{step.value:.4f}"


def no_score(signal: Signal, funding: CoinFunding | None, prices: PriceChanges) -> str:
    """Why a coin has no score."""
    if funding is None:
        return "for no exchange covers half of the last 72 hours"
    if funding.avg_72h >= 0:
        return "for its 72-hour funding is not negative"
    if signal is Signal.PUMP and prices.pct_7d is None:
        return "for its price a week ago, or now, is not known"
    return "for its price did not rise in 7 days"


def _not_given(service: Service) -> str:
    return f"for {service.title} gives none"


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
        yield f"It is listed, and will not ring: an alert needs {needed} behind the average."
    if prices.source and prices.source != USUAL_PRICES:
        days = "24 h" if prices.pct_7d is None else "7 d"
        yield f"{days} change from {price_title(prices.source)}."
    if coverage.others:
        are = "is another token" if len(coverage.others) == 1 else "are other tokens"
        yield f"{' and '.join(coverage.others)} {are} of that ticker."
    if service is not None:
        yield f"{given_stamp(service, now)} · {numbers.clock(now)}"
    if coverage.funding_is_own:
        stamp = coverage_note(behind, coverage.newest, now)
        yield f"72 hours of settled rates, each exchange one vote. {stamp} · {numbers.clock(now)}"
    elif behind:
        yield "rate now: of this moment, per 8 h, and not what the average was made of."


def _facts(coin: Coin, funding: CoinFunding | None, prices: PriceChanges, coverage: Coverage) -> tuple[Field, ...]:
    facts = [
        Field("price", numbers.price(prices.price)),
        Field("24 h", numbers.percent(prices.pct_24h)),
        Field("7 d", numbers.percent(prices.pct_7d)),
    ]
    if funding is not None:
        rate, own = funding.avg_72h, coverage.funding_is_own
        negative = f"{funding.negative_exchanges} of {numbers.count(len(funding.exchanges), 'exchange')}"
        facts += [
            Field(
                "funding, 72 h", f"{numbers.rate(rate)} per 8 h, {numbers.percent(annual_rate(rate) * 100, 1)} a year"
            ),
            *([Field("median", f"{numbers.rate(funding.median_72h)} per 8 h")] if own else []),
            Field("negative" if own else "negative now", negative),
            Field("streak", streak_text(funding.streak, funding.streak_open, long=True) + _since(funding)),
        ]
    if coin.market_cap_rank is not None:
        facts.append(Field("market-cap rank", str(coin.market_cap_rank)))
    return tuple(facts)


def _since(funding: CoinFunding) -> str:
    return f", since {funding.signal_start:%Y-%m-%d}" if funding.streak and funding.signal_start else ""


def _votes(funding: CoinFunding) -> Table:
    columns = (
        Column("exchange"),
        Column("contract", phone=0),
        Column("per 8 h", "right"),
        Column("APR", "right"),
        Column("settlements", "right", phone=0),
        Column("covered", "right", phone=0),
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
                f"{one.hours:g} h",
            )
            for one in funding.exchanges
        ),
    )


def _rates_now(funding: CoinFunding) -> Table:
    """The exchanges that a hosted service lists a coin on; it does not say how each of them voted."""
    columns = (Column("exchange"), Column("contract", phone=0), Column("rate now", "right"), Column("APR", "right"))
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
