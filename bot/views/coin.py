"""One coin's card: both scores with the numbers behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.feeds.exchanges import title_of
from bot.views import numbers
from bot.views.elements import Button, Column, Field, Fields, Json, Note, Table, Text, View
from bot.views.scores import coin_data, coverage_note, streak_text
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


def coin_card(
    coin: Coin,
    funding: CoinFunding | None,
    prices: PriceChanges,
    scores: Mapping[Signal, tuple[CoinScore, tuple[Step, ...]]],
    coverage: Coverage,
) -> View:
    """Both scores with their arithmetic, or why there is none; then each exchange's vote."""
    body: list[Text | Note | Table | Fields] = [Fields(_facts(coin, funding, prices))]
    for signal in (Signal.PUMP, Signal.SELLING):
        if signal in scores:
            score, steps = scores[signal]
            body.append(Text(f"{TITLES[signal].capitalize()}: {numbers.score(score.score)} of 10"))
            body.append(arithmetic(steps))
        else:
            body.append(Text(f"{TITLES[signal].capitalize()}: no score, {no_score(signal, funding, prices)}."))
    if funding is not None:
        body.append(_votes(funding))
    behind = 0 if funding is None else len(funding.exchanges)
    if 0 < behind < coverage.min_exchanges:
        needed = numbers.count(coverage.min_exchanges, "exchange")
        body.append(Note(f"It is listed, and will not ring: an alert needs {needed} behind the average."))
    now = coverage.now
    stamp = f"{coverage_note(behind, coverage.newest, now)} · {numbers.clock(now)}"
    body.append(Note(f"72 hours of settled rates, each exchange one vote. {stamp}"))
    data: dict[str, Json] = {
        "coin_id": coin.coin_id,
        "symbol": coin.symbol,
        "name": coin.name,
        "price": prices.price,
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


def _facts(coin: Coin, funding: CoinFunding | None, prices: PriceChanges) -> tuple[Field, ...]:
    facts = [
        Field("price", numbers.price(prices.price)),
        Field("24 h", numbers.percent(prices.pct_24h)),
        Field("7 d", numbers.percent(prices.pct_7d)),
    ]
    if funding is not None:
        rate = funding.avg_72h
        facts += [
            Field(
                "funding, 72 h", f"{numbers.rate(rate)} per 8 h, {numbers.percent(annual_rate(rate) * 100, 1)} a year"
            ),
            Field("median", f"{numbers.rate(funding.median_72h)} per 8 h"),
            Field("negative", f"{funding.negative_exchanges} of {numbers.count(len(funding.exchanges), 'exchange')}"),
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
        Column("contract"),
        Column("per 8 h", "right"),
        Column("APR", "right"),
        Column("settlements", "right"),
        Column("covered", "right"),
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
